/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first step of every collection: which domains there are and what their state is, for all of them in one call that
 * never touches a hypervisor's monitor. Nothing that a domain does can take this away.
 */
#ifndef VIRTMETER_COMMON_ROSTER_H
#define VIRTMETER_COMMON_ROSTER_H

#include "common/worker.h"

enum { VMT_STATES = 8 }; /* virDomainState, from nostate to pmsuspended */

/* A domain that is measured. */
struct vmt_roster_entry {
    const struct vmt_domain *domain;
    unsigned char uuid[VIR_UUID_BUFLEN];
    int state;   /* virDomainState, -1: unknown */
    unsigned id; /* 0 when it is not active */
    bool is_active;
    bool may_have_job; /* it is paused for what a job does */
    struct vmt_sample *sample;
};

/* Lives in the part of the task that made it. */
struct vmt_roster {
    struct vmt_roster_entry *entries; /* by uuid, ascending */
    unsigned count, active_count;
    unsigned filtered_count; /* domains that the filter refuses */
    bool is_qemu;            /* as vmt_session */
};

struct vmt_roster_task {
    struct vmt_task task;
    unsigned stats;            /* VIR_DOMAIN_STATS_* groups that are wanted; those that cost little are asked */
    bool wants_lists;          /* who is persistent, starts with the host, has a saved image: a call each */
    struct vmt_roster *roster; /* NULL when libvirt did not answer */
};

/* A task that makes the roster; NULL when there is no memory. */
struct vmt_roster_task *vmt_roster_task_new(unsigned stats, bool wants_lists);

/* The entry of a domain, or NULL. */
const struct vmt_roster_entry *vmt_roster_find(const struct vmt_roster *roster,
                                               const unsigned char uuid[VIR_UUID_BUFLEN]);

#endif
