/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a call is done, on a worker: found, decided, checked, confirmed, written down, done, written down again. Whatever
 * is refused is refused before anything is done.
 */
#include "admin/conduct_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool may_view(void *arg, const struct vmt_thing *thing)
{
    static const struct vmt_demand to_view = {.role = VMT_ROLE_VIEWER};
    struct vmt_conduct *conduct = arg;
    struct vmt_decision decision;
    vmt_admin_decide(conduct->admin, conduct->call, vmt_conduct_action_of(conduct), &to_view, thing, &decision);
    return vmt_decision_is_allowed(&decision);
}

static void begin(struct vmt_conduct *conduct, struct vmt_admin *admin, struct vmt_call *call,
                  struct vmt_control *control)
{
    *conduct = (struct vmt_conduct){.admin = admin, .call = call};
    conduct->act.lifecycle = admin->lifecycle;
    conduct->act.control = control;
    conduct->act.action = call->request.action;
    conduct->act.thing.target = call->request.action->target;
    conduct->act.may_view = may_view;
    conduct->act.may_view_arg = conduct;
    vmt_subject_init(&conduct->subject, &call->request);
    conduct->act.arguments = &conduct->subject.arguments;
}

static void end(struct vmt_conduct *conduct)
{
    vmt_operation_unref(conduct->operation);
    json_decref(conduct->act.answer);
    vmt_thing_done(&conduct->act.thing);
    vmt_subject_done(&conduct->subject);
}

/* Answers with what is in `json`, or with the problem. */
static void answer(struct vmt_conduct *conduct, unsigned status, json_t *json)
{
    struct vmt_answer answer = {0};
    if (conduct->problem.kind)
        vmt_answer_problem(&answer, &conduct->problem, &conduct->call->asked, conduct->operation);
    else
        vmt_answer_json(&answer, status, json);
    vmt_desk_answer(conduct->admin->desk, conduct->call, &answer);
}

void vmt_conduct_read(struct vmt_admin *admin, struct vmt_call *call, struct vmt_control *control)
{
    struct vmt_conduct conduct;
    begin(&conduct, admin, call, control);
    int failed = vmt_conduct_find_and_decide(&conduct, control, call->answer_by_ns);
    if (!failed && vmt_act_run(&conduct.act))
        vmt_conduct_take_failure(&conduct);
    json_t *json = conduct.act.answer;
    conduct.act.answer = NULL;
    answer(&conduct, 200, json);
    if (conduct.problem.kind)
        json_decref(json);
    end(&conduct);
}

/* The first step of what destroys: what will be lost, and a token. */
static void answer_preparation(struct vmt_conduct *conduct)
{
    char token[VMT_CONFIRM_TOKEN_SIZE];
    struct vmt_error error;
    const struct vmt_thing *thing = &conduct->act.thing;
    const struct vmt_confirm_act act = vmt_conduct_confirm_act(conduct);
    json_t *shown = vmt_subject_describe(&conduct->act);
    json_t *loses = vmt_subject_losses(&conduct->act, shown);
    if (vmt_confirm_prepare(conduct->admin->confirm, vmt_now_ns(), &act, token, &error)) {
        vmt_problem_set(&conduct->problem, VMT_PROBLEM_OVERLOADED, "%s", error.text);
        json_decref(shown);
        json_decref(loses);
        answer(conduct, 0, NULL);
        return;
    }
    json_t *json =
        json_pack("{s:s, s:{s:s, s:s, s:o}, s:s, s:s, s:i, s:o, s:o}", "action", vmt_conduct_action_of(conduct)->name,
                  "target", "kind", vmt_target_names[thing->target], "uuid", thing->uuid, "name",
                  vmt_json_text(thing->name), "state", vmt_state_names[thing->state], "token", token, "expires_in",
                  (int)(VMT_CONFIRM_LIFE_NS / VMT_SECOND), "loses", loses, vmt_target_names[thing->target], shown);
    explicit_bzero(token, sizeof token);
    answer(conduct, 200, json);
}

/* An operation that never was one: a dry run, or nothing that would need a second step. */
static void answer_without_doing(struct vmt_conduct *conduct, const char *state)
{
    const struct vmt_thing *thing = &conduct->act.thing;
    const struct vmt_peer *peer = &conduct->call->peer;
    json_t *json =
        json_pack("{s:n, s:s, s:{s:s, s:o, s:o}, s:s, s:o, s:{s:I, s:I}, s:n, s:n, s:n, s:n, s:n}", "id", "action",
                  vmt_conduct_action_of(conduct)->name, "target", "kind", vmt_target_names[thing->target], "uuid",
                  *thing->uuid ? json_string(thing->uuid) : json_null(), "name", vmt_json_text(thing->name), "state",
                  state, "changed", json_boolean(false), "requested_by", "uid", (json_int_t)peer->uid, "pid",
                  (json_int_t)peer->pid, "started", "finished", "step", "result", "problem");
    answer(conduct, 200, json);
}

static uint64_t patience_of(const struct vmt_conduct *conduct)
{
    const struct vmt_admin_options *options = &conduct->admin->options;
    const struct vmt_action *action = vmt_conduct_action_of(conduct);
    uint64_t patience_ns = action->flags & VMT_ACTION_LONG ? options->transfer_timeout_ns : options->call_timeout_ns;
    int timeout = vmt_action_param(action, "timeout");
    if (timeout >= 0)
        patience_ns += conduct->subject.arguments.values[timeout].number * VMT_SECOND;
    return patience_ns;
}

/* Registers the operation; the call waits for it from now on. */
static int begin_operation(struct vmt_conduct *conduct)
{
    struct vmt_call *call = conduct->call;
    const struct vmt_thing *thing = &conduct->act.thing;
    uint64_t now_ns = vmt_now_ns();
    const struct vmt_operation_spec spec = {.action = vmt_conduct_action_of(conduct),
                                            .target = thing->target,
                                            .uuid = thing->uuid,
                                            .name = thing->name,
                                            .uid = call->peer.uid,
                                            .pid = call->peer.pid,
                                            .key = call->request.key,
                                            .fingerprint = call->request.fingerprint,
                                            .deadline_ns = now_ns + patience_of(conduct)};
    conduct->act.until_ns = spec.deadline_ns;
    return vmt_operations_begin(conduct->admin->operations, &spec, &conduct->operation, &conduct->problem);
}

/* What only has to be written down is over at once. */
static uint64_t wait_until(const struct vmt_conduct *conduct)
{
    uint64_t seconds = vmt_conduct_option(conduct, VMT_OPTION_WAIT)->number;
    return vmt_now_ns() + (conduct->has_nothing_to_do && !seconds ? 1 : seconds) * VMT_SECOND;
}

/* The answer to a request that repeats an earlier one: as that one goes, whether it goes on or has ended. */
static void answer_repeat(struct vmt_conduct *conduct)
{
    conduct->call->is_replay = true;
    if (vmt_desk_begin(conduct->admin->desk, conduct->call, conduct->operation, wait_until(conduct)))
        vmt_desk_operation_changed(conduct->admin->desk, conduct->operation);
}

/* Writes the end down, then tells it. */
static void finish(struct vmt_conduct *conduct, int changed, uint64_t began_ns)
{
    struct vmt_admin *admin = conduct->admin;
    struct vmt_operation_view view;
    struct vmt_error error;
    char request_id[24];
    const struct vmt_problem *problem = conduct->problem.kind ? &conduct->problem : NULL;
    const struct vmt_operation_outcome outcome = {.problem = problem,
                                                  .changed = changed,
                                                  .result = conduct->act.answer,
                                                  .uuid =
                                                      json_string_value(json_object_get(conduct->act.answer, "uuid"))};
    vmt_operation_view(conduct->operation, &view);
    struct vmt_audit_act act = vmt_admin_audit_act(conduct->call, &conduct->act.thing, view.id, NULL, request_id);
    act.uuid = outcome.uuid ? outcome.uuid : act.uuid; /* of what was made */
    const char *state = vmt_operation_states[vmt_operation_state_after(problem)];
    const struct vmt_audit_result result = {.result = state,
                                            .problem = problem ? vmt_problem_row(problem->kind)->name : NULL,
                                            .detail = problem ? problem->detail : NULL,
                                            .changed = changed,
                                            .duration_ns = vmt_now_ns() - began_ns};
    if (vmt_audit_result(admin->audit, vmt_wall_ns(), &act, &result, &error))
        vmt_admin_audit_failed(admin, &error);
    conduct->act.answer = NULL;
    vmt_stats_operation(admin->stats, vmt_conduct_action_of(conduct), state, result.duration_ns);
    vmt_operations_finish(admin->operations, conduct->operation, &outcome);
}

/* The daemon's own actions: the protection of domains. */
static int lift(struct vmt_conduct *conduct)
{
    int duration = vmt_action_param(vmt_conduct_action_of(conduct), "duration");
    uint64_t until_ns =
        duration < 0 ? 0 : vmt_now_ns() + conduct->subject.arguments.values[duration].number * VMT_SECOND;
    if (!vmt_admin_lift(conduct->admin, conduct->act.thing.uuid, conduct->call->peer.uid, until_ns))
        return vmt_problem_set(&conduct->problem, VMT_PROBLEM_OVERLOADED, "too many domains are unprotected already");
    conduct->act.has_changed = true;
    return 0;
}

static void on_step(void *arg, const char *step)
{
    vmt_operation_step(arg, step);
}

static void run(struct vmt_conduct *conduct)
{
    conduct->act.on_step = on_step;
    conduct->act.on_step_arg = conduct->operation;
    if (!vmt_conduct_action_of(conduct)->run)
        lift(conduct);
    else if (vmt_act_run(&conduct->act))
        vmt_conduct_take_failure(conduct);
}

/* Writes the intention down, acts, and writes down what became of it. */
static void act(struct vmt_conduct *conduct)
{
    struct vmt_admin *admin = conduct->admin;
    struct vmt_operation_view view;
    struct vmt_error error;
    char request_id[24];
    uint64_t began_ns = vmt_now_ns();
    vmt_operation_view(conduct->operation, &view);
    const struct vmt_audit_act intent =
        vmt_admin_audit_act(conduct->call, &conduct->act.thing, view.id, conduct->decision.reason, request_id);
    if (vmt_audit_intent(admin->audit, vmt_wall_ns(), &intent, &error)) {
        vmt_admin_audit_failed(admin, &error);
        vmt_problem_set(&conduct->problem, VMT_PROBLEM_AUDIT_FAILED, "%s; nothing has been done", error.text);
    } else if (!conduct->has_nothing_to_do) {
        vmt_operations_announce(admin->operations, conduct->operation);
        run(conduct);
    }
    bool is_unknown = conduct->problem.kind == VMT_PROBLEM_UNKNOWN_OUTCOME;
    finish(conduct, is_unknown ? -1 : conduct->act.has_changed, began_ns);
}

/* True when there is an operation to be done; otherwise it is answered. */
static bool pass(struct vmt_conduct *conduct, struct vmt_control *control)
{
    if (vmt_conduct_find_and_decide(conduct, control, conduct->call->answer_by_ns) ||
        vmt_conduct_check_expectations(conduct) || vmt_conduct_check_state(conduct)) {
        answer(conduct, 0, NULL);
        return false;
    }
    bool prepares = vmt_conduct_option(conduct, VMT_OPTION_PREPARE)->number;
    bool is_dry = vmt_conduct_option(conduct, VMT_OPTION_DRY_RUN)->number;
    if ((is_dry || prepares) && !conduct->has_nothing_to_do && vmt_act_check(&conduct->act)) {
        vmt_conduct_take_failure(conduct);
        answer(conduct, 0, NULL);
    } else if (is_dry) {
        answer_without_doing(conduct, "dry_run");
    } else if (prepares && conduct->demand.destroys && !conduct->has_nothing_to_do) {
        answer_preparation(conduct);
    } else if (prepares) {
        answer_without_doing(conduct, vmt_operation_states[VMT_OPERATION_SUCCEEDED]);
    } else if (!conduct->has_nothing_to_do &&
               (vmt_conduct_check_confirmation(conduct) || vmt_conduct_check_brake(conduct))) {
        answer(conduct, 0, NULL);
    } else {
        return true;
    }
    return false;
}

void vmt_conduct_action(struct vmt_admin *admin, struct vmt_call *call, struct vmt_control *control)
{
    struct vmt_conduct conduct;
    begin(&conduct, admin, call, control);
    conduct.operation = vmt_operations_repeat(admin->operations, call->peer.uid, call->request.key,
                                              call->request.fingerprint, &conduct.problem);
    if (conduct.operation && conduct.problem.kind) {
        answer(&conduct, 0, NULL);
    } else if (conduct.operation) {
        answer_repeat(&conduct);
    } else if (pass(&conduct, control)) {
        int result = begin_operation(&conduct);
        if (result < 0)
            answer(&conduct, 0, NULL);
        else if (result > 0)
            answer_repeat(&conduct);
        else if (vmt_desk_begin(admin->desk, call, conduct.operation, wait_until(&conduct)))
            act(&conduct);
        else
            vmt_operations_discard(admin->operations, conduct.operation);
    }
    end(&conduct);
}
