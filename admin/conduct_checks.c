/* SPDX-License-Identifier: Apache-2.0 */
/* What is checked before anything is done. */
#include "admin/conduct_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

int vmt_conduct_take_failure(struct vmt_conduct *conduct)
{
    vmt_problem_take(&conduct->problem, &conduct->act.failure);
    return -EINVAL;
}

/* A role that is too low is told to those who may know of the thing; for the others there is none. */
static int refuse_by_role(struct vmt_conduct *conduct)
{
    const struct vmt_decision *decision = &conduct->decision;
    enum vmt_problem_kind kind = VMT_PROBLEM_FORBIDDEN;
    if (decision->denial == VMT_DENIAL_PROTECTED)
        kind = VMT_PROBLEM_PROTECTED;
    else if (decision->denial == VMT_DENIAL_SCOPE && *conduct->call->request.id)
        kind = VMT_PROBLEM_NOT_FOUND;
    vmt_admin_deny(conduct->admin, conduct->call, &conduct->act.thing, vmt_denial_names[decision->denial],
                   decision->reason);
    if (kind == VMT_PROBLEM_NOT_FOUND)
        return vmt_problem_set(&conduct->problem, kind, "there is no %s '%.200s'",
                               vmt_target_names[vmt_conduct_action_of(conduct)->target], conduct->call->request.id);
    /* What is there under the UUID that was given may have a name that the caller may not know. */
    if (decision->denial == VMT_DENIAL_SCOPE && conduct->act.thing.domain)
        return vmt_problem_set(&conduct->problem, kind, "uid %u has no role on a domain of this name or UUID",
                               (unsigned)conduct->call->peer.uid);
    return vmt_problem_set(&conduct->problem, kind, "%s", decision->reason);
}

static int decide_about(struct vmt_conduct *conduct, const struct vmt_thing *thing)
{
    vmt_admin_decide(conduct->admin, conduct->call, vmt_conduct_action_of(conduct), &conduct->demand, thing,
                     &conduct->decision);
    return vmt_decision_is_allowed(&conduct->decision) ? 0 : refuse_by_role(conduct);
}

/* Whoever asks for what nobody may have is written down; what the document says is not. */
static void note_refused_xml(const struct vmt_conduct *conduct)
{
    char reason[64];
    const char *detail = conduct->problem.detail;
    if (conduct->problem.kind != VMT_PROBLEM_XML_REFUSED)
        return;
    snprintf(reason, sizeof reason, "the XML is not allowed: %.*s", (int)strcspn(detail, ":"), detail);
    vmt_admin_deny(conduct->admin, conduct->call, &conduct->act.thing, "xml", reason);
}

int vmt_conduct_find_and_decide(struct vmt_conduct *conduct, struct vmt_control *control, uint64_t until_ns)
{
    struct vmt_act *act = &conduct->act;
    struct vmt_call *call = conduct->call;
    conduct->demand = vmt_action_demand(vmt_conduct_action_of(conduct), &call->request.arguments);
    if (vmt_control_open(conduct->admin->lifecycle, control, until_ns, &act->failure))
        return vmt_conduct_take_failure(conduct);
    if (vmt_subject_find(&conduct->subject, act, &call->request, &conduct->admin->domain_limits, &conduct->problem)) {
        note_refused_xml(conduct);
        return -EINVAL;
    }
    int failed = 0;
    /* A definition must be allowed for the name that it will have, and for the domain that it replaces. */
    if (conduct->subject.is_made)
        failed = decide_about(conduct, &conduct->subject.made);
    if (!failed && (act->thing.domain || !conduct->subject.is_made))
        failed = decide_about(conduct, &act->thing);
    return failed;
}

/* Of domains, too, somebody may expect no more than that they run, or do not. */
static bool is_in_state(const struct vmt_thing *thing, enum vmt_state state)
{
    if (state == VMT_STATE_ACTIVE || state == VMT_STATE_INACTIVE)
        return vmt_thing_is_active(thing) == (state == VMT_STATE_ACTIVE);
    return thing->state == state;
}

int vmt_conduct_check_expectations(struct vmt_conduct *conduct)
{
    const struct vmt_thing *thing = &conduct->act.thing;
    const struct vmt_argument *uuid = vmt_conduct_option(conduct, VMT_OPTION_IF_UUID);
    const struct vmt_argument *state = vmt_conduct_option(conduct, VMT_OPTION_IF_STATE);
    bool exists = thing->domain || thing->network || thing->pool;
    if (uuid->is_given && (!exists || strcasecmp(uuid->text, thing->uuid) != 0))
        return vmt_problem_set(&conduct->problem, VMT_PROBLEM_PRECONDITION_FAILED, "its UUID is %s",
                               exists ? thing->uuid : "not there");
    if (state->is_given && (!exists || !is_in_state(thing, (enum vmt_state)state->number)))
        return vmt_problem_set(&conduct->problem, VMT_PROBLEM_PRECONDITION_FAILED, "it is %s",
                               exists ? vmt_state_names[thing->state] : "not there");
    return 0;
}

int vmt_conduct_check_state(struct vmt_conduct *conduct)
{
    const struct vmt_action *action = vmt_conduct_action_of(conduct);
    const struct vmt_thing *thing = &conduct->act.thing;
    bool exists = thing->domain || thing->network || thing->pool;
    if (!exists)
        return 0;
    vmt_states state = VMT_STATE_BIT(thing->state);
    bool has_outlived = action->flags & VMT_ACTION_TRANSIENT && thing->is_persistent;
    conduct->has_nothing_to_do = has_outlived || state & action->done;
    if (conduct->has_nothing_to_do)
        return vmt_conduct_option(conduct, VMT_OPTION_STRICT)->number
                   ? vmt_problem_set(&conduct->problem, VMT_PROBLEM_NOTHING_TO_DO, "'%s' is %s already", thing->name,
                                     has_outlived ? "persistent" : vmt_state_names[thing->state])
                   : 0;
    if (action->flags & VMT_ACTION_PERSISTENT && !thing->is_persistent)
        return vmt_problem_set(&conduct->problem, VMT_PROBLEM_WRONG_STATE, "'%s' is transient: it has no definition",
                               thing->name);
    if (action->states && !(state & action->states))
        return vmt_problem_set(&conduct->problem, VMT_PROBLEM_WRONG_STATE, "'%s' is %s: %s cannot be done then",
                               thing->name, vmt_state_names[thing->state], action->name);
    return 0;
}

struct vmt_confirm_act vmt_conduct_confirm_act(const struct vmt_conduct *conduct)
{
    const struct vmt_thing *thing = &conduct->act.thing;
    return (struct vmt_confirm_act){.uid = conduct->call->peer.uid,
                                    .uuid = thing->uuid,
                                    .action = vmt_conduct_action_of(conduct)->name,
                                    .parameters = conduct->call->request.parameters,
                                    .state = vmt_state_names[thing->state]};
}

int vmt_conduct_check_confirmation(struct vmt_conduct *conduct)
{
    const char *token = conduct->call->request.token;
    struct vmt_error error;
    if (!conduct->demand.destroys || (!token && conduct->decision.may_skip_confirmation))
        return 0;
    if (!token)
        return vmt_problem_set(&conduct->problem, VMT_PROBLEM_CONFIRMATION_REQUIRED,
                               "%s needs a second step: ask with prepare=1, then send the token as Confirm-Token",
                               vmt_conduct_action_of(conduct)->name);
    const struct vmt_confirm_act act = vmt_conduct_confirm_act(conduct);
    if (!vmt_confirm_commit(conduct->admin->confirm, vmt_now_ns(), &act, token, &error))
        return 0;
    vmt_admin_deny(conduct->admin, conduct->call, &conduct->act.thing, "confirmation", error.text);
    return vmt_problem_set(&conduct->problem, VMT_PROBLEM_CONFIRMATION_REFUSED, "%s", error.text);
}

/* After the confirmation: what was never confirmed must not keep others from stopping what they have to stop. */
int vmt_conduct_check_brake(struct vmt_conduct *conduct)
{
    const struct vmt_brake_change change = {
        .uid = conduct->call->peer.uid, .uuid = conduct->act.thing.uuid, .is_stop = conduct->demand.stops};
    struct vmt_error error;
    uint64_t wait_ns;
    if (!vmt_brake_pass(conduct->admin->brake, vmt_now_ns(), &change, &wait_ns, &error))
        return 0;
    vmt_admin_deny(conduct->admin, conduct->call, &conduct->act.thing, "brake", error.text);
    vmt_problem_set(&conduct->problem, VMT_PROBLEM_RATE_LIMITED, "%s", error.text);
    conduct->problem.retry_after = wait_ns == VMT_NEVER ? 0 : (unsigned)((wait_ns + VMT_SECOND - 1) / VMT_SECOND);
    return -EINVAL;
}
