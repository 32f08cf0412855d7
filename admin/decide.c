/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what: the roles, asked about what libvirt says. */
#include "admin/admin_private.h"
#include "admin/tags.h"

#include <inttypes.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct vmt_demand to_view = {.role = VMT_ROLE_VIEWER};

/* With what is known of a thing, but for its tags. */
static struct vmt_object object_of(struct vmt_admin *admin, const struct vmt_action *action,
                                   const struct vmt_thing *thing)
{
    struct vmt_object object = {.target = action->target, .name = thing->name, .uuid = thing->uuid};
    if (thing->domain || thing->network || thing->pool)
        object.target = thing->target;
    else if (thing->name)
        object.target = VMT_TARGET_DOMAINS;
    pthread_mutex_lock(&admin->lock);
    uint64_t now_ns = vmt_now_ns();
    for (unsigned i = 0; i < VMT_LIFTED_MAX && thing->domain; i++) {
        const struct vmt_lifted *lifted = &admin->lifted[i];
        if (lifted->until_ns <= now_ns || strcmp(lifted->uuid, thing->uuid) != 0)
            continue;
        object.is_lifted = true;
        object.lifted_by = lifted->uid;
    }
    pthread_mutex_unlock(&admin->lock);
    return object;
}

/* False when they cannot be read: then nobody can say what they would allow, or protect. */
static bool read_tags(const struct vmt_thing *thing, struct vmt_tags *ret_tags)
{
    char *xml = virDomainGetXMLDesc(thing->domain, 0);
    bool is_read = xml && !vmt_tags_read(xml, ret_tags, NULL);
    free(xml);
    return is_read;
}

void vmt_admin_decide(struct vmt_admin *admin, const struct vmt_call *call, const struct vmt_action *action,
                      const struct vmt_demand *demand, const struct vmt_thing *thing, struct vmt_decision *ret_decision)
{
    struct vmt_roles *roles = vmt_admin_roles(admin);
    struct vmt_object object = object_of(admin, action, thing);
    struct vmt_tags tags;
    bool has_tags = thing->domain && vmt_roles_use_tags(roles);
    bool is_read = has_tags && read_tags(thing, &tags);
    if (has_tags && !is_read) {
        *ret_decision = (struct vmt_decision){.denial = VMT_DENIAL_SCOPE};
        snprintf(ret_decision->reason, sizeof ret_decision->reason, "the tags of domain '%.200s' cannot be read",
                 thing->name);
    } else {
        object.tags = is_read ? tags.texts : NULL;
        object.tag_count = is_read ? tags.count : 0;
        vmt_roles_decide(roles, &call->peer, action, demand, &object, ret_decision);
    }
    if (is_read)
        vmt_tags_done(&tags);
    vmt_roles_unref(roles);
}

bool vmt_admin_may_view(struct vmt_admin *admin, const struct vmt_peer *peer, enum vmt_target target, const char *uuid,
                        const char *name)
{
    static const struct vmt_action *const show = &vmt_services[VMT_SERVICE_OPERATION];
    struct vmt_roles *roles = vmt_admin_roles(admin);
    struct vmt_object object = {.target = target, .uuid = uuid, .name = name};
    struct vmt_decision decision;
    vmt_roles_decide(roles, peer, show, &to_view, &object, &decision);
    vmt_roles_unref(roles);
    return vmt_decision_is_allowed(&decision);
}

/* A role of its own for each question: the highest one that is not refused to somebody who names no object. */
enum vmt_role vmt_admin_role(struct vmt_admin *admin, const struct vmt_peer *peer)
{
    struct vmt_roles *roles = vmt_admin_roles(admin);
    struct vmt_object object = {.target = VMT_TARGET_HOST};
    struct vmt_decision decision;
    vmt_roles_decide(roles, peer, &vmt_services[VMT_SERVICE_WHOAMI], &to_view, &object, &decision);
    vmt_roles_unref(roles);
    return decision.role;
}

bool vmt_admin_knows(struct vmt_admin *admin, const struct vmt_peer *peer, const struct vmt_action *action,
                     uint64_t request_id, struct vmt_problem *problem)
{
    if (vmt_admin_role(admin, peer) >= VMT_ROLE_VIEWER)
        return true;
    struct vmt_call call = {.asked = {.id = request_id}, .peer = *peer, .request = {.action = action}};
    struct vmt_thing nothing = {.target = action->target};
    vmt_problem_set(problem, VMT_PROBLEM_FORBIDDEN, "uid %u has no role", (unsigned)peer->uid);
    vmt_admin_deny(admin, &call, &nothing, vmt_denial_names[VMT_DENIAL_STRANGER], problem->detail);
    return false;
}

bool vmt_admin_lift(struct vmt_admin *admin, const char *uuid, uid_t uid, uint64_t until_ns)
{
    struct vmt_lifted *place = NULL;
    uint64_t now_ns = vmt_now_ns();
    pthread_mutex_lock(&admin->lock);
    for (unsigned i = 0; i < VMT_LIFTED_MAX; i++) {
        struct vmt_lifted *lifted = &admin->lifted[i];
        bool is_same = !strcmp(lifted->uuid, uuid);
        if (is_same || (!place && lifted->until_ns <= now_ns))
            place = lifted;
        if (is_same)
            break;
    }
    if (place) {
        snprintf(place->uuid, sizeof place->uuid, "%s", uuid);
        place->uid = uid;
        place->until_ns = until_ns;
    }
    pthread_mutex_unlock(&admin->lock);
    return place;
}

struct vmt_audit_act vmt_admin_audit_act(const struct vmt_call *call, const struct vmt_thing *thing,
                                         const char *operation, const char *reason, char request_id[24])
{
    snprintf(request_id, 24, "%" PRIu64, call->asked.id);
    return (struct vmt_audit_act){.peer = &call->peer,
                                  .operation = operation,
                                  .request = request_id,
                                  .key = call->request.key,
                                  .fingerprint = call->request.fingerprint,
                                  .action = call->request.action->name,
                                  .target = thing->target,
                                  .uuid = *thing->uuid ? thing->uuid : NULL,
                                  .name = thing->name,
                                  .reason = reason};
}

void vmt_admin_audit_failed(struct vmt_admin *admin, const struct vmt_error *error)
{
    vmt_stats_audit_failure(admin->stats);
    vmt_log_write(admin->options.log, VMT_LOG_ERROR, "the audit file cannot be written", "error", error->text, NULL);
}

void vmt_admin_deny(struct vmt_admin *admin, const struct vmt_call *call, const struct vmt_thing *thing,
                    const char *kind, const char *reason)
{
    char request_id[24];
    struct vmt_error error;
    const struct vmt_audit_act act = vmt_admin_audit_act(call, thing, NULL, reason, request_id);
    vmt_stats_denial(admin->stats, kind);
    if (vmt_audit_denial(admin->audit, vmt_wall_ns(), &act, &error))
        vmt_admin_audit_failed(admin, &error);
}
