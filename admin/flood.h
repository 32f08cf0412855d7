/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps somebody who is refused again and again from filling the disk with it: so many lines of a user in a minute,
 * then they are only counted. Not thread safe; the clock is the caller's.
 */
#ifndef VIRTMETER_ADMIN_FLOOD_H
#define VIRTMETER_ADMIN_FLOOD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    VMT_FLOOD_LINES_MAX = 60, /* of a user in a minute */
    VMT_FLOOD_USERS_MAX =
        64, /* that are told apart; who comes then takes the place of the one with the oldest minute */
};

/* Zeroed memory is one that has seen nothing. */
struct vmt_flood {
    struct vmt_flood_user {
        bool is_used;
        uid_t uid;
        uint64_t since_ns;
        unsigned lines, left_out;
    } users[VMT_FLOOD_USERS_MAX];
};

/*
 * Whether a line of this user is to be written at `now_ns`; if so *ret_left_out is how many were not since the last one
 * that was.
 */
bool vmt_flood_pass(struct vmt_flood *flood, uint64_t now_ns, uid_t uid, unsigned *ret_left_out);

#endif
