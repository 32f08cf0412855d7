/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot to collectd: walks the plan's value lists over the samples. What is absent is left out, and so is what
 * collectd's types cannot hold: no value is bent.
 */
#ifndef VIRTMETER_COLLECTD_DISPATCH_H
#define VIRTMETER_COLLECTD_DISPATCH_H

#include "collectd-plugin/plan.h"
#include "collectd-plugin/roll.h"
#include "collectd-plugin/shares.h"

#define VMT_PLUGIN_NAME "virtmeter"

/* The host's CPUs, as the last snapshot said that told of them; 0: not known. */
struct vmt_cpus {
    unsigned active, all;
};

/* Dispatches all that the roll's snapshot has. One thread. */
void vmt_dispatch(const struct vmt_plan *plan, const struct vmt_config *config, const struct vmt_roll *roll,
                  struct vmt_shares *shares, struct vmt_cpus *cpus);

#endif
