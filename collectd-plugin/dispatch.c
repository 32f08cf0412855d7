/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/dispatch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One snapshot on its way to collectd. */
struct dispatching {
    const struct vmt_plan *plan;
    const struct vmt_config *config;
    const struct vmt_roll *roll;
    struct vmt_shares *shares;
    const struct vmt_cpus *cpus;
    value_list_t list;                 /* the one that is sent again and again */
    const struct vmt_subject *subject; /* whose name is in it; NULL: the host's */
    const char *device;                /* what the sample's device is called, when it has one */
    char number[VMT_ROLL_NUMBER];
    const char *cpu; /* of the list `cpus`, while it is spread */
};

static uint64_t node_number(const struct vmt_sample *sample, const char *key)
{
    struct vmt_value value = sample->value[vmt_entity_slot(VMT_ENTITY_NODE, key)];
    return value.type == VMT_INTEGER ? value.integer : 0;
}

static void find_cpus(const struct vmt_snapshot *snapshot, struct vmt_cpus *cpus)
{
    for (unsigned i = 0; i < snapshot->part_count; i++) {
        const struct vmt_sample *sample = snapshot->parts[i]->samples[VMT_ENTITY_NODE].first;
        for (; sample; sample = sample->next) {
            unsigned active = (unsigned)node_number(sample, "cpus");
            if (!active)
                continue;
            cpus->active = active;
            cpus->all = (unsigned)(node_number(sample, "cells") * node_number(sample, "sockets") *
                                   node_number(sample, "cores") * node_number(sample, "threads"));
        }
    }
}

/* ---- values ---- */

static bool to_source(const data_source_t *source, struct vmt_value value, enum vmt_unit from, enum vmt_unit unit,
                      value_t *ret_value)
{
    if (value.type == VMT_ABSENT)
        return false;
    if (source->type == DS_TYPE_GAUGE) {
        double real = vmt_value_real(value, from, unit);
        ret_value->gauge = real;
        return isfinite(real) && real >= 0 && !(real < source->min) && !(real > source->max);
    }
    uint64_t number;
    if (!vmt_value_whole(value, from, unit, &number) || number > INT64_MAX)
        return false;
    if (source->type == DS_TYPE_DERIVE)
        ret_value->derive = (derive_t)number;
    else
        ret_value->counter = number; /* and absolute: both are of its kind */
    return true;
}

static bool to_share(struct dispatching *own, const struct vmt_plan_list *list, const struct vmt_sample *sample,
                     value_t *ret_value)
{
    struct vmt_value value = sample->value[list->slots[0]];
    return own->subject && value.type == VMT_INTEGER &&
           vmt_shares_next(own->shares, own->subject->domain->uuid, value.integer, own->roll->snapshot->began_ns,
                           own->cpus->active, &ret_value->gauge);
}

static bool to_values(struct dispatching *own, const struct vmt_plan_list *list, const struct vmt_sample *sample,
                      value_t values[VMT_PLAN_SOURCES])
{
    if (list->form == VMT_COLLECTD_SHARE)
        return to_share(own, list, sample, values);
    const struct vmt_metric *metrics = vmt_entity_table(list->entity)->metrics;
    for (size_t i = 0; i < list->set->ds_num; i++) {
        unsigned slot = list->slots[i];
        if (!to_source(&list->set->ds[i], sample->value[slot], metrics[slot].unit, list->unit, &values[i]))
            return false;
    }
    return true;
}

/* ---- names ---- */

static const char *label_of(const struct dispatching *own, const struct vmt_plan_list *list,
                            const struct vmt_sample *sample, const char *label, size_t length)
{
    const struct vmt_entity_table *table = vmt_entity_table(list->entity);
    for (unsigned i = 0; i < table->label_count; i++)
        if (!strncmp(table->label_names[i], label, length) && !table->label_names[i][length])
            return i == 1 && own->device ? own->device : i == 2 && own->cpu ? own->cpu : sample->labels[i];
    return NULL;
}

/* False when one of the labels is not known. */
static bool write_instance(const struct dispatching *own, const struct vmt_plan_list *list,
                           const struct vmt_sample *sample, struct vmt_name *ret_name)
{
    vmt_name_init(ret_name);
    for (const char *at = list->instance; *at;) {
        size_t plain = strcspn(at, "{");
        vmt_name_add(ret_name, at, plain);
        at += plain;
        if (!*at)
            break;
        size_t length = strcspn(++at, "}");
        const char *label = label_of(own, list, sample, at, length);
        if (!label)
            return false;
        vmt_name_add(ret_name, label, strlen(label));
        at += length + 1;
    }
    vmt_name_finish(ret_name);
    return true;
}

/* Four of these a value: printf would be a tenth of what a reading costs. */
static void copy(char to[DATA_MAX_NAME_LEN], const char *from)
{
    size_t length = strnlen(from, DATA_MAX_NAME_LEN - 1);
    memcpy(to, from, length);
    to[length] = '\0';
}

static void set_subject(struct dispatching *own, const struct vmt_subject *subject)
{
    own->subject = subject;
    copy(own->list.host, subject ? subject->host.text : hostname_g);
    copy(own->list.plugin_instance, subject ? subject->plugin_instance.text : "");
}

/* ---- samples ---- */

static void dispatch_list(struct dispatching *own, const struct vmt_plan_list *list, const char *instance,
                          value_t *values)
{
    copy(own->list.type, list->set->type);
    copy(own->list.type_instance, instance);
    own->list.values = values;
    own->list.values_len = list->set->ds_num;
    plugin_dispatch_values(&own->list);
    own->list.values = NULL;
}

/* Whether `cpu` is in a list such as "0-3,8". */
static bool is_listed(const char *cpus, unsigned long cpu)
{
    while (*cpus) {
        char *end;
        unsigned long first = strtoul(cpus, &end, 10), last = first;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        if (cpu >= first && cpu <= last)
            return true;
        cpus = end + (*end == ',');
    }
    return false;
}

/* One value for each CPU that the host can have. */
static void spread_sample(struct dispatching *own, const struct vmt_plan_list *list, const struct vmt_sample *sample)
{
    const char *cpus = sample->labels[2];
    for (unsigned cpu = 0; cpus && cpu < own->cpus->all; cpu++) {
        char number[16];
        struct vmt_name instance;
        value_t value = {.gauge = is_listed(cpus, cpu)};
        snprintf(number, sizeof number, "%u", cpu);
        own->cpu = number;
        if (write_instance(own, list, sample, &instance))
            dispatch_list(own, list, instance.text, &value);
    }
    own->cpu = NULL;
}

static void dispatch_sample(struct dispatching *own, const struct vmt_plan_list *list, const struct vmt_sample *sample)
{
    value_t values[VMT_PLAN_SOURCES];
    struct vmt_name instance;
    if (list->form == VMT_COLLECTD_SPREAD) {
        spread_sample(own, list, sample);
        return;
    }
    if (list->is_of_active && own->subject && !own->subject->is_active)
        return;
    if (to_values(own, list, sample, values) && write_instance(own, list, sample, &instance))
        dispatch_list(own, list, instance.text, values);
}

/* Whether the sample is somebody's whose name is known, which is then set, and a device that is wanted. */
static bool address(struct dispatching *own, enum vmt_entity entity, const struct vmt_sample *sample)
{
    const struct vmt_entity_table *table = vmt_entity_table(entity);
    const struct vmt_subject *subject = NULL;
    if (table->label_count && !strcmp(table->label_names[0], "domain")) {
        subject = sample->labels[0] ? vmt_roll_find(own->roll, sample->labels[0]) : NULL;
        if (!subject || subject->is_nameless)
            return false;
    }
    if (subject != own->subject || !own->list.host[0])
        set_subject(own, subject);
    own->device = NULL;
    if (entity == VMT_ENTITY_BLOCK)
        own->device = vmt_roll_block(subject, own->config, sample->labels[1]);
    else if (entity == VMT_ENTITY_INTERFACE)
        own->device = vmt_roll_interface(subject, own->config, sample->labels[1], own->number);
    else
        return true;
    return own->device;
}

static void dispatch_entity(struct dispatching *own, const struct vmt_plan_list *lists, unsigned count)
{
    const struct vmt_snapshot *snapshot = own->roll->snapshot;
    for (unsigned part = 0; part < snapshot->part_count; part++) {
        const struct vmt_sample *sample = snapshot->parts[part]->samples[lists->entity].first;
        for (; sample; sample = sample->next) {
            if (!address(own, lists->entity, sample))
                continue;
            for (unsigned i = 0; i < count; i++)
                dispatch_sample(own, &lists[i], sample);
        }
    }
}

void vmt_dispatch(const struct vmt_plan *plan, const struct vmt_config *config, const struct vmt_roll *roll,
                  struct vmt_shares *shares, struct vmt_cpus *cpus)
{
    struct dispatching own = {.plan = plan, .config = config, .roll = roll, .shares = shares, .cpus = cpus};
    copy(own.list.plugin, VMT_PLUGIN_NAME);
    find_cpus(roll->snapshot, cpus);
    for (unsigned first = 0, end; first < plan->count; first = end) {
        end = first + 1;
        while (end < plan->count && plan->lists[end].entity == plan->lists[first].entity)
            end++;
        dispatch_entity(&own, &plan->lists[first], end - first);
    }
    vmt_shares_turn(shares);
}
