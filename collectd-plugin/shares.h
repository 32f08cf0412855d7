/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The share that a domain had of the host's CPUs since it was looked at last: the only value that is worked out from
 * two collections. One thread.
 */
#ifndef VIRTMETER_COLLECTD_SHARES_H
#define VIRTMETER_COLLECTD_SHARES_H

#include <stdbool.h>
#include <stdint.h>

struct vmt_shares {
    struct vmt_share *known; /* by uuid */
    unsigned count, room;
    unsigned round;
};

void vmt_shares_done(struct vmt_shares *shares);

/*
 * Notes the CPU time of the domain `uuid` at `at_ns`, and says how many percent of the time of `cpus` CPUs it had since
 * it was noted last. False when it was not, or its time began anew, or there is no memory.
 */
bool vmt_shares_next(struct vmt_shares *shares, const char *uuid, uint64_t cpu_ns, uint64_t at_ns, unsigned cpus,
                     double *ret_percent);

/* A round of all domains is over: forgets those that were not in it. */
void vmt_shares_turn(struct vmt_shares *shares);

#endif
