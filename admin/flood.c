/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/flood.h"
#include "common/clock.h"

#define MINUTE (60 * VMT_SECOND)

static struct vmt_flood_user *place_of(struct vmt_flood *flood, uid_t uid)
{
    struct vmt_flood_user *oldest = &flood->users[0];
    for (unsigned i = 0; i < VMT_FLOOD_USERS_MAX; i++) {
        struct vmt_flood_user *user = &flood->users[i];
        if (user->is_used && user->uid == uid)
            return user;
        if (!user->is_used || (oldest->is_used && user->since_ns < oldest->since_ns))
            oldest = user;
    }
    *oldest = (struct vmt_flood_user){.uid = uid};
    return oldest;
}

bool vmt_flood_pass(struct vmt_flood *flood, uint64_t now_ns, uid_t uid, unsigned *ret_left_out)
{
    struct vmt_flood_user *user = place_of(flood, uid);
    /* A clock that was set back begins a new minute, too. */
    if (!user->is_used || now_ns < user->since_ns || now_ns - user->since_ns >= MINUTE)
        *user = (struct vmt_flood_user){
            .is_used = true, .uid = uid, .since_ns = now_ns, .left_out = user->is_used ? user->left_out : 0};
    if (user->lines == VMT_FLOOD_LINES_MAX) {
        user->left_out++;
        return false;
    }
    user->lines++;
    *ret_left_out = user->left_out;
    user->left_out = 0;
    return true;
}
