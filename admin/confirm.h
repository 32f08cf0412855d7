/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second step of destructive actions: the first shows what will be lost and gives a token; the second must bring it
 * within a minute, for the same user, object, action, parameters and state. A token works once.
 *
 * A token is 256 random bits that stand for an entry of a bounded table, not a signed description: a token that works
 * only once needs such a table anyway, and a signature would add a key and nothing else. The table keeps digests, so
 * that what is read from it by accident is no token. Nothing survives a restart. Safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_CONFIRM_H
#define VIRTMETER_ADMIN_CONFIRM_H

#include "admin/digest.h"
#include "common/clock.h"
#include "common/error.h"

#include <stdint.h>
#include <sys/types.h>

#define VMT_CONFIRM_LIFE_NS (60 * VMT_SECOND)

enum {
    VMT_CONFIRM_TOKEN_SIZE = VMT_DIGEST_TEXT_SIZE, /* 64 hexadecimal digits and the final zero */
    VMT_CONFIRM_TOKENS_MAX = 256,
    VMT_CONFIRM_USER_TOKENS_MAX = 16, /* of one user; the oldest makes room for one more */
};

/* What a token is bound to. No text is NULL. */
struct vmt_confirm_act {
    uid_t uid;
    const char *uuid;       /* of the domain, network or pool */
    const char *action;     /* the row's name */
    const char *parameters; /* as one text that is the same for the same parameters */
    const char *state;      /* of the object, as it was shown */
};

struct vmt_confirm;

/* NULL when there is no memory. */
struct vmt_confirm *vmt_confirm_new(void);
void vmt_confirm_free(struct vmt_confirm *confirm);

/*
 * Makes a token for `act`. 0, or -EAGAIN when too many users hold tokens, or -EIO when the system gives no random
 * numbers. `now_ns` is of CLOCK_MONOTONIC.
 */
int vmt_confirm_prepare(struct vmt_confirm *confirm, uint64_t now_ns, const struct vmt_confirm_act *act,
                        char ret_token[VMT_CONFIRM_TOKEN_SIZE], struct vmt_error *error);

/*
 * Uses a token up, whatever comes of it: 0 when it was made for this `act` and is not too old; otherwise -EACCES, and
 * why. `token` is any text.
 */
int vmt_confirm_commit(struct vmt_confirm *confirm, uint64_t now_ns, const struct vmt_confirm_act *act,
                       const char *token, struct vmt_error *error);

#endif
