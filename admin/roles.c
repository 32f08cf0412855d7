/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/roles_private.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const vmt_denial_names[] = {"none", "stranger", "scope", "role", "protected", NULL};

struct vmt_roles *vmt_roles_ref(struct vmt_roles *roles)
{
    atomic_fetch_add(&roles->references, 1);
    return roles;
}

void vmt_roles_unref(struct vmt_roles *roles)
{
    if (!roles || atomic_fetch_sub(&roles->references, 1) > 1)
        return;
    vmt_arena_done(&roles->memory);
    free(roles);
}

bool vmt_roles_use_tags(const struct vmt_roles *roles)
{
    bool is_used = roles->protected.tags != NULL;
    for (const struct vmt_roles_grant *grant = roles->grants; grant; grant = grant->next)
        is_used |= grant->scope.tags != NULL;
    return is_used;
}

static bool has_id(const struct vmt_roles_word *words, id_t id)
{
    for (; words; words = words->next)
        if (words->id == id)
            return true;
    return false;
}

static bool has_text(const struct vmt_roles_word *words, const char *text)
{
    for (; text && words; words = words->next)
        if (!strcmp(words->text, text))
            return true;
    return false;
}

static bool has_match(const struct vmt_roles_word *globs, const char *name)
{
    for (; name && globs; globs = globs->next)
        if (fnmatch(globs->text, name, 0) == 0)
            return true;
    return false;
}

static bool has_tag(const struct vmt_roles_word *tags, const struct vmt_object *object)
{
    for (size_t i = 0; i < object->tag_count; i++)
        if (has_text(tags, object->tags[i]))
            return true;
    return false;
}

static bool is_for(const struct vmt_roles_grant *grant, const struct vmt_peer *peer)
{
    if (has_id(grant->users, peer->uid) || (peer->gid != VMT_OVERFLOW_ID && has_id(grant->groups, peer->gid)))
        return true;
    for (size_t i = 0; i < peer->group_count; i++)
        if (peer->groups[i] != VMT_OVERFLOW_ID && has_id(grant->groups, peer->groups[i]))
            return true;
    return false;
}

static bool covers(const struct vmt_roles_scope *scope, const struct vmt_object *object)
{
    switch (object->target) {
    case VMT_TARGET_DOMAIN:
        return has_match(scope->domains, object->name) || has_text(scope->uuids, object->uuid) ||
               has_tag(scope->tags, object);
    case VMT_TARGET_DOMAINS:
        return !object->name || has_match(scope->domains, object->name) || has_text(scope->uuids, object->uuid);
    case VMT_TARGET_NETWORK:
        return has_match(scope->networks, object->name);
    case VMT_TARGET_POOL:
        return has_match(scope->pools, object->name);
    default: /* the host and lists, whose entries are decided one by one */
        return true;
    }
}

/* What all grants together say about a peer and an object. */
struct sum {
    bool is_known, lifts, skips;
    enum vmt_role role;
    unsigned line; /* of the grant with that role */
};

static struct sum add_up(const struct vmt_roles *roles, const struct vmt_peer *peer, const struct vmt_demand *demand,
                         const struct vmt_object *object)
{
    struct sum sum = {.role = VMT_ROLE_NONE};
    for (const struct vmt_roles_grant *grant = roles->grants; grant; grant = grant->next) {
        if (!is_for(grant, peer))
            continue;
        sum.is_known = true;
        if (!covers(&grant->scope, object))
            continue;
        if (grant->role > sum.role) {
            sum.role = grant->role;
            sum.line = grant->line;
        }
        sum.lifts |= grant->lifts_protection;
        sum.skips |= grant->skips_confirmation && grant->role >= demand->role;
    }
    if (sum.role > peer->ceiling)
        sum.role = peer->ceiling;
    return sum;
}

static bool is_protected(const struct vmt_roles *roles, const struct vmt_peer *peer, const struct vmt_object *object)
{
    if (object->target != VMT_TARGET_DOMAIN || !covers(&roles->protected, object))
        return false;
    return !object->is_lifted || object->lifted_by == peer->uid;
}

static enum vmt_denial judge(const struct vmt_roles *roles, const struct vmt_peer *peer,
                             const struct vmt_action *action, const struct vmt_demand *demand,
                             const struct vmt_object *object, const struct sum *sum)
{
    bool lifts = action->flags & VMT_ACTION_LIFTS;
    if (!sum->is_known)
        return VMT_DENIAL_STRANGER;
    if (sum->role == VMT_ROLE_NONE)
        return VMT_DENIAL_SCOPE;
    if (sum->role < demand->role || (lifts && !sum->lifts))
        return VMT_DENIAL_ROLE;
    if (!lifts && !(action->flags & VMT_ACTION_READS) && is_protected(roles, peer, object))
        return VMT_DENIAL_PROTECTED;
    return VMT_DENIAL_NONE;
}

/* "domain 'web-1'", "pools". */
static void describe(const struct vmt_object *object, char *ret_text, size_t size)
{
    const char *kind =
        object->target == VMT_TARGET_DOMAINS && object->name ? "domain" : vmt_target_names[object->target];
    if (object->name)
        snprintf(ret_text, size, "%s '%s'", kind, object->name);
    else
        snprintf(ret_text, size, "%s", kind);
}

static void explain(const struct vmt_peer *peer, const struct vmt_action *action, const struct vmt_demand *demand,
                    const struct vmt_object *object, const struct sum *sum, struct vmt_decision *decision)
{
    char what[300];
    char *reason = decision->reason;
    const size_t size = sizeof decision->reason;
    describe(object, what, sizeof what);
    switch (decision->denial) {
    case VMT_DENIAL_STRANGER:
        snprintf(reason, size, "uid %u has no role", peer->uid);
        break;
    case VMT_DENIAL_SCOPE:
        snprintf(reason, size, "uid %u has no role on %s", peer->uid, what);
        break;
    case VMT_DENIAL_PROTECTED:
        snprintf(reason, size, "%s is protected, and nobody but uid %u has lifted that", what, peer->uid);
        if (!object->is_lifted)
            snprintf(reason, size, "%s is protected until somebody else lifts that", what);
        break;
    case VMT_DENIAL_ROLE:
        if (sum->role < demand->role)
            snprintf(reason, size, "uid %u is %s on %s; %s needs %s", peer->uid, vmt_role_names[sum->role], what,
                     action->name, vmt_role_names[demand->role]);
        else
            snprintf(reason, size, "uid %u may not lift the protection of %s", peer->uid, what);
        break;
    default:
        snprintf(reason, size, "uid %u is %s on %s by line %u of the roles file", peer->uid, vmt_role_names[sum->role],
                 what, sum->line);
    }
}

void vmt_roles_decide(const struct vmt_roles *roles, const struct vmt_peer *peer, const struct vmt_action *action,
                      const struct vmt_demand *demand, const struct vmt_object *object,
                      struct vmt_decision *ret_decision)
{
    struct sum sum = {.role = VMT_ROLE_NONE};
    if (peer->uid != VMT_OVERFLOW_ID)
        sum = add_up(roles, peer, demand, object);
    *ret_decision = (struct vmt_decision){.role = sum.role};
    ret_decision->denial = judge(roles, peer, action, demand, object, &sum);
    ret_decision->may_skip_confirmation = vmt_decision_is_allowed(ret_decision) && sum.skips;
    explain(peer, action, demand, object, &sum, ret_decision);
}
