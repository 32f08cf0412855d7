/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of roles: a system with a few users and groups, and files made from a text.
 */
#ifndef VIRTMETER_TESTS_UNIT_ROLES_FIXTURE_H
#define VIRTMETER_TESTS_UNIT_ROLES_FIXTURE_H

#include "admin/roles.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROLES_FIXTURE_FILE "roles.yaml"

static inline int roles_fixture_find(const char *const *names, const id_t *ids, const char *name, id_t *ret_id)
{
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *ret_id = ids[i];
        return 0;
    }
    return strcmp(name, "unreachable") != 0 ? -ENOENT : -ETIMEDOUT;
}

static inline int roles_fixture_user(const char *name, uid_t *ret_uid)
{
    static const char *const names[] = {"root", "alice", "bob", "nobody", NULL};
    static const id_t ids[] = {0, 1001, 1002, 65534};
    return roles_fixture_find(names, ids, name, ret_uid);
}

static inline int roles_fixture_group(const char *name, gid_t *ret_gid)
{
    static const char *const names[] = {"root", "web", "ops", "nogroup", "web-team", NULL};
    static const id_t ids[] = {0, 2001, 2002, 65534, 2003};
    return roles_fixture_find(names, ids, name, ret_gid);
}

static const struct vmt_roles_lookup roles_fixture_lookup = {roles_fixture_user, roles_fixture_group};

static inline struct vmt_roles *roles_fixture_parse(const char *text)
{
    struct vmt_roles *roles = NULL;
    struct vmt_error error = {0};
    if (vmt_roles_parse(ROLES_FIXTURE_FILE, text, strlen(text), &roles_fixture_lookup, &roles, &error) != 0)
        fail_msg("%s\nin\n%s", error.text, text);
    return roles;
}

/* What the action called `name` is decided to be. */
static inline struct vmt_decision roles_fixture_decide(const struct vmt_roles *roles, const struct vmt_peer *peer,
                                                       const char *name, const struct vmt_object *object)
{
    const struct vmt_action *action = vmt_action_find(name);
    if (!action)
        fail_msg("no action '%s'", name);
    struct vmt_demand demand = {.role = action->role};
    struct vmt_decision decision;
    vmt_roles_decide(roles, peer, action, &demand, object, &decision);
    return decision;
}

#endif
