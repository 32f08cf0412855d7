/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stops a script in a loop: how many changes a user, a domain and the whole host see in any minute, and how many stops.
 * It remembers each change of the last minute, so the limits hold for every minute, not for calendar ones. The clock is
 * the caller's. Safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_BRAKE_H
#define VIRTMETER_ADMIN_BRAKE_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { VMT_BRAKE_CHANGES_MAX = 1024 }; /* of all users in a minute, whatever the limits are */

/* How many pass in any minute; 0 lets none pass. */
struct vmt_brake_limits {
    unsigned stops;  /* of all users: what takes a running domain from its users */
    unsigned user;   /* changes by one user */
    unsigned domain; /* changes of one domain, network or pool */
};

struct vmt_brake_change {
    uid_t uid;
    const char *uuid; /* of the domain, network or pool, lower case; NULL or empty when there is none yet */
    bool is_stop;
};

struct vmt_brake;

/* NULL when there is no memory. */
struct vmt_brake *vmt_brake_new(const struct vmt_brake_limits *limits);
void vmt_brake_free(struct vmt_brake *brake);

/*
 * Lets a change pass and remembers it, or refuses it: -EAGAIN, with the limit in words and in `ret_wait_ns` how long it
 * takes until the same change would pass (VMT_NEVER for a limit of 0). What is refused is not remembered. `now_ns` must
 * not go back.
 */
int vmt_brake_pass(struct vmt_brake *brake, uint64_t now_ns, const struct vmt_brake_change *change,
                   uint64_t *ret_wait_ns, struct vmt_error *error);

/* Remembers a change that was made at `now_ns`, before a restart: it counts whatever the limits say. In order of time.
 */
void vmt_brake_remember(struct vmt_brake *brake, uint64_t now_ns, const struct vmt_brake_change *change);

#endif
