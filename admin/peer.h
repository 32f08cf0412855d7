/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is at the other end of the admin socket, as the kernel says it at accept (SO_PEERCRED, SO_PEERGROUPS). Plain
 * data.
 */
#ifndef VIRTMETER_ADMIN_PEER_H
#define VIRTMETER_ADMIN_PEER_H

#include "common/lifecycle/action.h"

#include <stddef.h>
#include <sys/types.h>

/* What the kernel shows for users and groups that this user namespace does not know; never anybody's credentials. */
enum { VMT_OVERFLOW_ID = 65534 };

struct vmt_peer {
    enum vmt_role ceiling; /* the most that this connection may do, whatever the roles say; zeroed: nothing */
    uid_t uid;
    gid_t gid;
    const gid_t *groups; /* the supplementary ones */
    size_t group_count;
    pid_t pid; /* for information: it may belong to another process by now */
};

#endif
