/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/plan.h"
#include "common/collect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_FILLED = -1 };

/* The rule for rows that collectd's virt plugin does not have: stock types by kind and unit. */
static const struct {
    const char *base; /* of the unit */
    const char *counter_type, *gauge_type;
    enum vmt_unit counter_unit, gauge_unit;
} rules[] = {
    {"bytes", "total_bytes", "bytes", VMT_BYTES, VMT_BYTES},
    {"seconds", "total_time_in_ms", "gauge", VMT_MILLISECONDS, VMT_SECONDS},
    {"hertz", "derive", "gauge", VMT_NUMBER, VMT_HERTZ},
    {"bytes_per_second", "derive", "gauge", VMT_NUMBER, VMT_BYTES_PER_SECOND},
    {"", "derive", "gauge", VMT_NUMBER, VMT_NUMBER},
};

static bool is_domains_name(const struct vmt_entity_table *table, unsigned label)
{
    return !label && !strcmp(table->label_names[0], "domain");
}

static struct vmt_collectd by_rule(const struct vmt_metric *metric)
{
    unsigned i = 0;
    while (strcmp(rules[i].base, vmt_unit_base(metric->unit)) != 0)
        i++;
    bool is_counter = metric->kind == VMT_COUNTER || metric->kind == VMT_HISTOGRAM;
    return (struct vmt_collectd){
        .type = is_counter ? rules[i].counter_type : rules[i].gauge_type,
        .unit = is_counter ? rules[i].counter_unit : rules[i].gauge_unit,
    };
}

/* The metric's name without what is said elsewhere: that it is libvirt's and a domain's, that it is a total, and the
 * unit where the type says it. Then its own label's value, and places for the sample's labels. */
static char *make_instance(const struct vmt_entity_table *table, const struct vmt_metric *metric, const char *type)
{
    static const char *const begins[] = {"libvirt_", "domain_"};
    const char *const ends[] = {"_total", strstr(type, "bytes") ? "_bytes" : "",
                                strstr(type, "time") ? "_seconds" : ""};
    const char *name = metric->name;
    for (unsigned i = 0; i < sizeof begins / sizeof *begins; i++)
        name += strncmp(name, begins[i], strlen(begins[i])) ? 0 : strlen(begins[i]);
    char text[512], stem[128];
    snprintf(stem, sizeof stem, "%s", name);
    for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t length = strlen(stem), tail = strlen(ends[i]);
        if (length > tail && !strcmp(stem + length - tail, ends[i]))
            stem[length - tail] = '\0';
    }
    int length = snprintf(text, sizeof text, "%s%s", stem, metric->suffix ? metric->suffix : "");
    if (metric->label_value)
        length += snprintf(text + length, sizeof text - (size_t)length, "-%s", metric->label_value);
    for (unsigned i = 0; i < table->key_count; i++)
        if (!is_domains_name(table, i))
            length += snprintf(text + length, sizeof text - (size_t)length, "-{%s}", table->label_names[i]);
    return strdup(text);
}

/* `instance` of the table, with the label of the row itself filled in. */
static char *fill_own_label(const char *instance, const struct vmt_metric *metric)
{
    char label[64];
    snprintf(label, sizeof label, "{%s}", metric->label ? metric->label : "");
    const char *at = instance ? strstr(instance, label) : NULL;
    if (!at || !metric->label_value)
        return strdup(instance ? instance : "");
    char *text = NULL;
    if (asprintf(&text, "%.*s%s%s", (int)(at - instance), instance, metric->label_value, at + strlen(label)) < 0)
        return NULL;
    return text;
}

static int find_source(const data_set_t *set, const char *source)
{
    for (size_t i = 0; i < set->ds_num; i++)
        if (!source ? set->ds_num == 1 : !strcmp(set->ds[i].name, source))
            return (int)i;
    return -1;
}

/* The list of this name that lacks the value `source`. */
static struct vmt_plan_list *find_list(struct vmt_plan *plan, enum vmt_entity entity, const data_set_t *set,
                                       const char *instance, int source)
{
    for (unsigned i = 0; i < plan->count; i++) {
        struct vmt_plan_list *list = &plan->lists[i];
        if (list->entity == entity && list->set == set && !strcmp(list->instance, instance) &&
            list->slots[source] == (unsigned)NOT_FILLED)
            return list;
    }
    return NULL;
}

static struct vmt_plan_list *add_list(struct vmt_plan *plan, enum vmt_entity entity, const data_set_t *set)
{
    struct vmt_plan_list *lists = realloc(plan->lists, (plan->count + 1) * sizeof *lists);
    if (!lists)
        return NULL;
    plan->lists = lists;
    struct vmt_plan_list *list = &lists[plan->count++];
    *list = (struct vmt_plan_list){.entity = entity, .set = set};
    for (unsigned i = 0; i < VMT_PLAN_SOURCES; i++)
        list->slots[i] = (unsigned)NOT_FILLED;
    return list;
}

/* Whoever collects anything learns which domains there are, and their states with them. */
static bool comes_by_itself(const struct vmt_metric *metric)
{
    return metric->collector == VMT_COLLECTOR_DOMAIN && !strncmp(metric->key, "state.", strlen("state."));
}

/* Takes `instance`. Types that collectd has not, or has with other data sources, are left out. */
static int add(struct vmt_plan *plan, enum vmt_entity entity, unsigned slot, const struct vmt_collectd *name,
               char *instance)
{
    if (!instance)
        return -ENOMEM;
    const data_set_t *set = plugin_get_ds(name->type);
    enum vmt_collector collector = vmt_entity_table(entity)->metrics[slot].collector;
    int source = set && set->ds_num <= VMT_PLAN_SOURCES ? find_source(set, name->source) : -1;
    if (source < 0) {
        plan->missing = name->type;
        free(instance);
        return 0;
    }
    struct vmt_plan_list *list = find_list(plan, entity, set, instance, source);
    if (list) {
        free(instance);
    } else {
        list = add_list(plan, entity, set);
        if (!list) {
            free(instance);
            return -ENOMEM;
        }
        list->instance = instance;
        list->unit = name->unit;
        list->form = name->form;
    }
    list->slots[source] = slot;
    list->is_of_active = vmt_collector_row(collector)->stats & ~(unsigned)VIR_DOMAIN_STATS_STATE;
    if (!comes_by_itself(&vmt_entity_table(entity)->metrics[slot]))
        plan->collectors |= VMT_COLLECTOR_BIT(collector);
    if (name->form != VMT_COLLECTD_VALUE) /* says something of the host's CPUs */
        plan->needs_cpus = true;
    return 0;
}

static bool is_off(const struct vmt_config *config, enum vmt_collector collector)
{
    return config->off & VMT_COLLECTOR_BIT(collector) ||
           (collector == VMT_COLLECTOR_BLOCK && !config->reports_blocks) ||
           (collector == VMT_COLLECTOR_INTERFACE && !config->reports_interfaces);
}

/* All that the row is called: its names in the table, or the one by the rule. Infos are text: collectd has none. */
static int add_row(struct vmt_plan *plan, const struct vmt_config *config, enum vmt_entity entity, unsigned slot)
{
    const struct vmt_entity_table *table = vmt_entity_table(entity);
    const struct vmt_metric *metric = &table->metrics[slot];
    bool is_on = config->on & VMT_COLLECTOR_BIT(metric->collector);
    if (is_off(config, metric->collector))
        return 0;
    int result = 0;
    for (unsigned i = 0; !result && i < VMT_COLLECTD_NAMES && metric->collectd[i].type; i++) {
        const struct vmt_collectd *name = &metric->collectd[i];
        if (is_on || vmt_config_selects(config, name->selector))
            result = add(plan, entity, slot, name, fill_own_label(name->instance, metric));
    }
    if (metric->collectd[0].type || !is_on || metric->kind == VMT_INFO)
        return result;
    struct vmt_collectd name = by_rule(metric);
    return add(plan, entity, slot, &name, make_instance(table, metric, name.type));
}

/* A value list without all of its values cannot be sent. */
static void drop_unfilled(struct vmt_plan *plan)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < plan->count; i++) {
        struct vmt_plan_list *list = &plan->lists[i];
        bool is_filled = true;
        for (size_t source = 0; source < list->set->ds_num; source++)
            is_filled = is_filled && list->slots[source] != (unsigned)NOT_FILLED;
        if (is_filled)
            plan->lists[kept++] = *list;
        else
            free(list->instance);
    }
    plan->count = kept;
}

int vmt_plan_new(const struct vmt_config *config, struct vmt_plan **ret_plan, struct vmt_error *error)
{
    struct vmt_plan *plan = calloc(1, sizeof *plan);
    int result = plan ? 0 : -ENOMEM;
    for (enum vmt_entity entity = 0; !result && entity < VMT_ENTITY_COUNT; entity++)
        for (unsigned slot = 0; !result && slot < vmt_entity_table(entity)->metric_count; slot++)
            result = add_row(plan, config, entity, slot);
    if (result < 0) {
        vmt_plan_free(plan);
        return vmt_error_set(error, result, "no memory for the list of values");
    }
    drop_unfilled(plan);
    if (config->notifies_persistently) /* which tells of persistent domains */
        plan->collectors |= VMT_COLLECTOR_BIT(VMT_COLLECTOR_DOMAIN);
    *ret_plan = plan;
    return 0;
}

void vmt_plan_free(struct vmt_plan *plan)
{
    for (unsigned i = 0; plan && i < plan->count; i++)
        free(plan->lists[i].instance);
    if (plan)
        free(plan->lists);
    free(plan);
}
