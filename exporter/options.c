/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"
#include "exporter/options_private.h"
#include "serve/words.h"

#include <stdio.h>
#include <stdlib.h>

/* What the flags about collectors say; off wins. */
struct choice {
    vmt_collectors on, off;
};

/* The `place`th of the collectors that are offered; VMT_COLLECTOR_COUNT after the last. */
static enum vmt_collector offered(unsigned place)
{
    enum vmt_collector collector = 0;
    for (; collector < VMT_COLLECTOR_COUNT; collector++)
        if (vmt_collector_is_offered(collector) && !place--)
            break;
    return collector;
}

/* Two flags for each collector: to switch it on, and off. */
static const char *collector_flag(unsigned number, char text[VMT_FLAG_TEXT])
{
    enum vmt_collector collector = offered(number / 2);
    if (collector >= VMT_COLLECTOR_COUNT)
        return NULL;
    snprintf(text, VMT_FLAG_TEXT, "%scollector.%s", number % 2 ? "no-" : "", vmt_collector_row(collector)->name);
    return text;
}

static void take_collector(void *arg, unsigned number)
{
    struct choice *choice = arg;
    vmt_collectors bit = VMT_COLLECTOR_BIT(offered(number / 2));
    if (number % 2) {
        choice->off |= bit;
    } else {
        choice->on |= bit;
        choice->off &= ~bit;
    }
}

static vmt_collectors resolve_collectors(const struct vmt_options *options, const struct choice *choice)
{
    vmt_collectors collectors = options->has_no_default_collectors ? 0 : vmt_collectors_default();
    if (options->metadata_labels.count)
        collectors |= VMT_COLLECTOR_BIT(VMT_COLLECTOR_METADATA);
    return ((collectors | choice->on) & ~choice->off) | VMT_COLLECTOR_BIT(VMT_COLLECTOR_EXPORTER);
}

int vmt_options_parse(int argument_count, const char *const *arguments, struct vmt_options *ret_options,
                      struct vmt_error *error)
{
    struct vmt_options parsed = {0};
    struct choice choice = {0};
    const struct vmt_flags flags = {.rows = vmt_options_rows,
                                    .count = vmt_options_row_count,
                                    .other_name = collector_flag,
                                    .take_other = take_collector,
                                    .arg = &choice};
    int failed = vmt_flags_parse(&flags, argument_count, arguments, &parsed, error);
    if (failed) {
        vmt_options_done(&parsed);
        return failed;
    }
    parsed.collectors = resolve_collectors(&parsed, &choice);
    *ret_options = parsed;
    return 0;
}

void vmt_options_done(struct vmt_options *done)
{
    free(done->listen_addresses.values);
    free(done->metadata_labels.values);
    *done = (struct vmt_options){0};
}

void vmt_options_help(struct vmt_text *text)
{
    vmt_text_add_string(text, "Usage: virtmeter-exporter [FLAG]...\n\n"
                              "Publishes what libvirt knows of this host and its domains, for Prometheus.\n\nFlags:\n");
    vmt_flags_help(&(struct vmt_flags){.rows = vmt_options_rows, .count = vmt_options_row_count}, text);
    vmt_text_add_string(text, "\nCollectors:\n");
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++) {
        const struct vmt_collector_row *row = vmt_collector_row(i);
        if (!vmt_collector_is_offered(i))
            continue;
        char help[512];
        snprintf(help, sizeof help, "%s. Default: %s.", row->help, row->is_default ? "on" : "off");
        vmt_text_printf(text, "  --collector.%s, --no-collector.%s\n", row->name, row->name);
        vmt_words_wrap(text, help);
    }
}
