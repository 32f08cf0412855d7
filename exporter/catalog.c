/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/catalog.h"
#include "common/collect.h"

#include <string.h>

static const char *const kinds[] = {
    [VMT_COUNTER] = "counter",    [VMT_GAUGE] = "gauge",         [VMT_INFO] = "info",
    [VMT_STATESET] = "state set", [VMT_HISTOGRAM] = "histogram",
};

/* Rows [first, end) of a table that share a name. */
struct family {
    const struct vmt_entity_table *table;
    const struct vmt_metric *first, *end;
};

static void add_label_values(struct vmt_text *text, const struct family *family)
{
    if (!family->first->label)
        return;
    vmt_text_printf(text, "%s`%s` (", family->table->label_count ? ", " : "", family->first->label);
    const char *const *states = family->first->states;
    for (unsigned i = 0; states && states[i]; i++)
        vmt_text_printf(text, "%s%s", i ? ", " : "", states[i]);
    for (const struct vmt_metric *row = family->first; !states && row < family->end; row++)
        if (row->label_value)
            vmt_text_printf(text, "%s%s", row == family->first ? "" : ", ", row->label_value);
    vmt_text_add_string(text, ")");
}

static void add_since(struct vmt_text *text, unsigned since)
{
    if (since)
        vmt_text_printf(text, "%u.%u.%u", since / 1000000, since / 1000 % 1000, since % 1000);
}

/* Of a histogram, what it observes: its buckets and its count are plain numbers. */
static const char *unit_of(const struct family *family)
{
    const char *unit = "";
    for (const struct vmt_metric *row = family->first; row < family->end && !*unit; row++)
        unit = vmt_unit_base(row->unit);
    return unit;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

/* Rows of a family can share a name whose type instance has their label in it. */
static bool is_told_before(const struct family *family, const struct vmt_metric *row, const struct vmt_collectd *name)
{
    for (const struct vmt_metric *earlier = family->first; earlier < row; earlier++)
        for (unsigned i = 0; i < VMT_COLLECTD_NAMES && earlier->collectd[i].type; i++)
            if (!strcmp(earlier->collectd[i].type, name->type) &&
                is_same_text(earlier->collectd[i].instance, name->instance) &&
                is_same_text(earlier->collectd[i].source, name->source))
                return true;
    return false;
}

/* `type-instance` source (selector) */
static void add_collectd(struct vmt_text *text, const struct family *family)
{
    bool is_first = true;
    for (const struct vmt_metric *row = family->first; row < family->end; row++) {
        for (unsigned i = 0; i < VMT_COLLECTD_NAMES && row->collectd[i].type; i++) {
            const struct vmt_collectd *name = &row->collectd[i];
            if (is_told_before(family, row, name))
                continue;
            vmt_text_printf(text, "%s`%s%s%s`", is_first ? "" : ", ", name->type, name->instance ? "-" : "",
                            name->instance ? name->instance : "");
            if (name->source)
                vmt_text_printf(text, " %s", name->source);
            if (name->selector)
                vmt_text_printf(text, " (%s)", name->selector);
            is_first = false;
        }
    }
}

static void add_family(struct vmt_text *text, const struct family *family)
{
    const char *quote = *family->first->name ? "`" : "";
    vmt_text_printf(text, "| %s%s%s | %s | %s | ", quote, *quote ? family->first->name : "(none)", quote,
                    kinds[family->first->kind], unit_of(family));
    for (unsigned i = 0; i < family->table->label_count; i++)
        vmt_text_printf(text, "%s`%s`", i ? ", " : "", family->table->label_names[i]);
    add_label_values(text, family);
    vmt_text_add_string(text, " | ");
    add_collectd(text, family);
    vmt_text_add_string(text, " | ");
    add_since(text, family->first->since);
    vmt_text_printf(text, " | %s |\n", family->first->help ? family->first->help : "");
}

static void add_families(struct vmt_text *text, enum vmt_collector collector, const struct vmt_entity_table *table)
{
    const struct vmt_metric *all_end = table->metrics + table->metric_count;
    struct family family = {.table = table, .first = table->metrics};
    for (; family.first < all_end; family.first = family.end) {
        family.end = family.first + 1;
        while (family.end < all_end && !strcmp(family.end->name, family.first->name) && *family.first->name)
            family.end++;
        if (family.first->collector == collector)
            add_family(text, &family);
    }
}

static void add_collector(struct vmt_text *text, enum vmt_collector collector)
{
    const struct vmt_collector_row *row = vmt_collector_row(collector);
    const char *how = collector == VMT_COLLECTOR_EXPORTER ? "Always on."
                      : row->is_for_collectd              ? "For collectd only."
                      : row->is_default                   ? "On by default."
                                                          : "Off by default.";
    vmt_text_printf(text, "\n## `%s`: %s\n\n%s\n\n", row->name, row->help, how);
    vmt_text_add_string(text, "| Metric | Type | Unit | Labels | collectd | libvirt | Meaning |\n"
                              "|---|---|---|---|---|---|---|\n");
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++)
        add_families(text, collector, vmt_entity_table(entity));
}

void vmt_catalog_write(struct vmt_text *text)
{
    vmt_text_add_string(
        text,
        "# Metrics\n\n"
        "All metrics of virtmeter, by the collector that yields them; `--collector.NAME` and "
        "`--no-collector.NAME` switch a collector on and off.\n"
        "What libvirt does not know is left out: a missing series is never a zero. The column *libvirt* says which "
        "version brought a value, unless it has always been there.\n"
        "An info metric is always 1 and says everything in its labels; a state set has one series for each state, "
        "1 for the one that is.\n"
        "The column *collectd* has the names that the collectd plugin gives the values, which are those of collectd's "
        "own virt plugin: type and type instance, the data source where there are several, and in parentheses the "
        "`ExtraStats` selector that asks for it; (none) stands for the metric of what collectd alone gets.\n"
        "\n<!-- Written by `virtmeter-exporter --list-metrics`. -->\n");
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        add_collector(text, i);
}
