/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"
#include "exporter/options_private.h"
#include "serve/words.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_MAX = 64, FLAG_TEXT = 64 };

struct parser {
    struct vmt_options *options;
    struct vmt_error *error;
    bool is_given[ROWS_MAX];
    vmt_collectors on, off; /* off wins */
};

/* Calls `use` for each flag without its dashes, until it says true. */
static void each_flag(bool (*use)(void *arg, const char *flag), void *arg)
{
    char flag[FLAG_TEXT];
    for (size_t i = 0; i < vmt_options_row_count; i++)
        if (use(arg, vmt_options_rows[i].flag))
            return;
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++) {
        for (unsigned is_off = 0; is_off < 2 && vmt_collector_is_offered(i); is_off++) {
            snprintf(flag, sizeof flag, "%scollector.%s", is_off ? "no-" : "", vmt_collector_row(i)->name);
            if (use(arg, flag))
                return;
        }
    }
}

struct nearest {
    const char *wanted;
    unsigned distance;
    char flag[FLAG_TEXT];
};

static bool use_nearer(void *arg, const char *flag)
{
    struct nearest *nearest = arg;
    unsigned here = vmt_words_distance(nearest->wanted, flag);
    if (here < nearest->distance) {
        nearest->distance = here;
        snprintf(nearest->flag, sizeof nearest->flag, "%s", flag);
    }
    return false;
}

static int refuse_unknown(struct parser *parser, const char *flag)
{
    struct nearest nearest = {.wanted = flag, .distance = UINT_MAX};
    each_flag(use_nearer, &nearest);
    return vmt_error_set(parser->error, -EINVAL, "unknown flag '--%s'; the nearest known one is '--%s'", flag,
                         nearest.flag);
}

/* Whether `flag` is about a collector; then it is done. */
static bool take_collector(struct parser *parser, const char *flag)
{
    bool is_off = !strncmp(flag, "no-", 3);
    flag += is_off ? 3 : 0;
    if (strncmp(flag, "collector.", 10) != 0)
        return false;
    int collector = vmt_collector_find(flag + 10);
    if (collector < 0)
        return false;
    vmt_collectors bit = VMT_COLLECTOR_BIT(collector);
    if (is_off) {
        parser->off |= bit;
    } else {
        parser->on |= bit;
        parser->off &= ~bit;
    }
    return true;
}

static const struct vmt_option *find_option(const char *flag)
{
    for (size_t i = 0; i < vmt_options_row_count; i++)
        if (!strcmp(vmt_options_rows[i].flag, flag))
            return &vmt_options_rows[i];
    return NULL;
}

static int set(struct parser *parser, const struct vmt_option *option, const char *value)
{
    parser->is_given[option - vmt_options_rows] = true;
    return option->set(option, (char *)parser->options + option->field, value, parser->error);
}

/* Takes one flag; `value` is what stands after its equals sign, or NULL, and `next` the next argument, or NULL. */
static int take_flag(struct parser *parser, const char *flag, const char *value, const char *next, bool *ret_took_next)
{
    const struct vmt_option *option = find_option(flag);
    *ret_took_next = false;
    bool is_collector = !option && take_collector(parser, flag);
    if (!option && !is_collector)
        return refuse_unknown(parser, flag);
    if (is_collector || !option->argument) {
        if (value)
            return vmt_error_set(parser->error, -EINVAL, "flag '--%s' takes no value", flag);
        return option ? set(parser, option, NULL) : 0;
    }
    if (!value && (!next || !strncmp(next, "--", 2)))
        return vmt_error_set(parser->error, -EINVAL, "flag '--%s' needs a value: --%s=%s", flag, flag,
                             option->argument);
    *ret_took_next = !value;
    return set(parser, option, value ? value : next);
}

/* As take_flag, for an argument as it stands on the command line. */
static int take_argument(struct parser *parser, const char *argument, const char *next, bool *ret_took_next)
{
    *ret_took_next = false;
    for (size_t i = 0; i < vmt_options_row_count; i++)
        if (vmt_options_rows[i].letter && argument[0] == '-' && argument[1] == vmt_options_rows[i].letter &&
            !argument[2])
            return set(parser, &vmt_options_rows[i], NULL);
    if (strncmp(argument, "--", 2) != 0 || !argument[2])
        return vmt_error_set(parser->error, -EINVAL, "unexpected argument '%s'", argument);
    const char *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) - 2 : strlen(argument + 2);
    char *flag = strndup(argument + 2, length);
    if (!flag)
        return vmt_error_set(parser->error, -ENOMEM, "no memory");
    int result = take_flag(parser, flag, equals ? equals + 1 : NULL, next, ret_took_next);
    free(flag);
    return result;
}

static int take_fallbacks(struct parser *parser)
{
    int result = 0;
    for (size_t i = 0; i < vmt_options_row_count && !result; i++) {
        if (parser->is_given[i])
            continue;
        const char *value = vmt_options_rows[i].environment ? getenv(vmt_options_rows[i].environment) : NULL;
        if (!value || !*value)
            value = vmt_options_rows[i].fallback;
        if (value)
            result = set(parser, &vmt_options_rows[i], value);
    }
    return result;
}

static vmt_collectors resolve_collectors(const struct parser *parser)
{
    vmt_collectors collectors = parser->options->has_no_default_collectors ? 0 : vmt_collectors_default();
    if (parser->options->metadata_labels.count)
        collectors |= VMT_COLLECTOR_BIT(VMT_COLLECTOR_METADATA);
    return ((collectors | parser->on) & ~parser->off) | VMT_COLLECTOR_BIT(VMT_COLLECTOR_EXPORTER);
}

int vmt_options_parse(int argument_count, const char *const *arguments, struct vmt_options *ret_options,
                      struct vmt_error *error)
{
    assert(vmt_options_row_count <= ROWS_MAX);
    struct vmt_options parsed = {0};
    struct parser parser = {.options = &parsed, .error = error};
    int result = 0;
    for (int i = 1; i < argument_count && !result; i++) {
        bool took_next;
        result = take_argument(&parser, arguments[i], i + 1 < argument_count ? arguments[i + 1] : NULL, &took_next);
        i += took_next;
    }
    if (!result)
        result = take_fallbacks(&parser);
    if (result) {
        vmt_options_done(&parsed);
        return result;
    }
    parsed.collectors = resolve_collectors(&parser);
    *ret_options = parsed;
    return 0;
}

void vmt_options_done(struct vmt_options *done)
{
    free(done->listen_addresses.values);
    free(done->metadata_labels.values);
    *done = (struct vmt_options){0};
}

static void add_option(struct vmt_text *text, const struct vmt_option *option)
{
    char help[512];
    int length = snprintf(help, sizeof help, "%s", option->help);
    if (option->fallback)
        length += snprintf(help + length, sizeof help - (size_t)length, " Default: %s.", option->fallback);
    if (option->environment)
        length += snprintf(help + length, sizeof help - (size_t)length, " Environment: %s.", option->environment);
    for (unsigned i = 0; option->words && option->words[i]; i++)
        length += snprintf(help + length, sizeof help - (size_t)length, "%s%s%s",
                           i ? ", " : " One of: ", option->words[i], option->words[i + 1] ? "" : ".");
    vmt_text_printf(text, "  --%s%s%s", option->flag, option->argument ? "=" : "",
                    option->argument ? option->argument : "");
    if (option->letter)
        vmt_text_printf(text, ", -%c", option->letter);
    vmt_text_add(text, "\n", 1);
    vmt_words_wrap(text, help);
}

void vmt_options_help(struct vmt_text *text)
{
    vmt_text_add_string(text, "Usage: virtmeter-exporter [FLAG]...\n\n"
                              "Publishes what libvirt knows of this host and its domains, for Prometheus.\n\nFlags:\n");
    for (size_t i = 0; i < vmt_options_row_count; i++)
        add_option(text, &vmt_options_rows[i]);
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
