/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of the metric tables become which value lists of collectd, worked out once from the options: rows have the
 * names of collectd's virt plugin in the tables; those that have none and are asked for by Collector get names by a
 * rule. Made at start, then only read.
 */
#ifndef VIRTMETER_COLLECTD_PLAN_H
#define VIRTMETER_COLLECTD_PLAN_H

#include "collectd-plugin/config.h"

#include <collectd/core/daemon/plugin.h>

enum { VMT_PLAN_SOURCES = 4 };

/* One value list for each sample of an entity. */
struct vmt_plan_list {
    enum vmt_entity entity;
    const data_set_t *set; /* collectd's: the type, its data sources, each a counter or a gauge */
    char *instance;        /* type instance, {label} standing for the sample's label */
    enum vmt_unit unit;    /* that the values are to be in */
    enum vmt_collectd_form form;
    bool is_of_active; /* says something only of active domains: what others will start with is not told */
    unsigned slots[VMT_PLAN_SOURCES]; /* of the sample's values, one for each data source */
};

struct vmt_plan {
    vmt_collectors collectors;   /* that yield the rows */
    bool needs_cpus;             /* something is said of the host's CPUs: how many there are must be known */
    struct vmt_plan_list *lists; /* by entity */
    unsigned count;
    const char *missing; /* a type that collectd does not know, whose values are left out; NULL: none */
};

/* 0 or -ENOMEM. */
int vmt_plan_new(const struct vmt_config *config, struct vmt_plan **ret_plan, struct vmt_error *error);
void vmt_plan_free(struct vmt_plan *plan);

#endif
