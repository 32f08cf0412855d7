/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a roles file says; filled by roles_parse.c, read by roles.c.
 */
#ifndef VIRTMETER_ADMIN_ROLES_PRIVATE_H
#define VIRTMETER_ADMIN_ROLES_PRIVATE_H

#include "admin/roles.h"
#include "common/arena.h"

#include <stdatomic.h>

struct vmt_roles_word {
    struct vmt_roles_word *next;
    const char *text; /* of names, globs, UUIDs, tags */
    id_t id;          /* of users and groups */
};

struct vmt_roles_scope {
    const struct vmt_roles_word *domains, *networks, *pools; /* globs */
    const struct vmt_roles_word *uuids, *tags;
};

struct vmt_roles_grant {
    struct vmt_roles_grant *next;
    unsigned line;
    enum vmt_role role;
    const struct vmt_roles_word *users, *groups;
    struct vmt_roles_scope scope;
    bool skips_confirmation, lifts_protection;
};

struct vmt_roles {
    atomic_uint references;
    struct vmt_arena memory; /* of everything below */
    const struct vmt_roles_grant *grants;
    struct vmt_roles_scope protected;
};

#endif
