/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/services.h"
#include "admin/openapi.h"

#include <libvirt/libvirt.h>
#include <stdio.h>

enum { OPERATIONS_SHOWN = 500 };

static bool may_see(const struct vmt_services_options *options, const struct vmt_call *call,
                    const struct vmt_operation_view *view)
{
    return view->uid == call->peer.uid ||
           vmt_admin_may_view(options->admin, &call->peer, view->target, view->uuid, view->name);
}

static json_t *list_operations(const struct vmt_services_options *options, const struct vmt_call *call)
{
    struct vmt_operation *operations[OPERATIONS_SHOWN];
    unsigned count = vmt_operations_list(vmt_admin_operations(options->admin), operations, OPERATIONS_SHOWN);
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        struct vmt_operation_view view;
        vmt_operation_view(operations[i], &view);
        if (may_see(options, call, &view))
            json_array_append_new(list, vmt_operation_json(operations[i]));
        vmt_operation_unref(operations[i]);
    }
    return json_pack("{s:o}", "operations", list);
}

/* One operation, now, or when it has ended, or when it has been waited for long enough. */
static bool show_operation(const struct vmt_services_options *options, struct vmt_call *call)
{
    struct vmt_operation_view view;
    struct vmt_problem problem;
    struct vmt_operation *operation = vmt_operations_find(vmt_admin_operations(options->admin), call->request.id);
    bool is_shown = operation && (vmt_operation_view(operation, &view), may_see(options, call, &view));
    uint64_t wait_ns = call->request.arguments.values[0].number * VMT_SECOND;
    if (!is_shown) {
        vmt_problem_set(&problem, VMT_PROBLEM_NOT_FOUND, "there is no operation '%.64s'", call->request.id);
        vmt_answer_problem(&call->answer, &problem, &call->asked, NULL);
    } else if (!wait_ns || view.state != VMT_OPERATION_RUNNING) {
        vmt_answer_json(&call->answer, 200, vmt_operation_json(operation));
    } else {
        call->shows_operation = true;
        vmt_admin_wait(options->admin, call, operation, vmt_now_ns() + wait_ns);
    }
    vmt_operation_unref(operation);
    return !call->shows_operation;
}

static json_t *whoami(const struct vmt_services_options *options, const struct vmt_call *call)
{
    json_t *groups = json_array();
    for (size_t i = 0; i < call->peer.group_count; i++)
        json_array_append_new(groups, json_integer(call->peer.groups[i]));
    enum vmt_role role = vmt_admin_role(options->admin, &call->peer);
    return json_pack("{s:I, s:I, s:o, s:s}", "uid", (json_int_t)call->peer.uid, "gid", (json_int_t)call->peer.gid,
                     "groups", groups, "role", vmt_role_names[role]);
}

static json_t *version(const struct vmt_services_options *options)
{
    char libvirt[32] = "unknown";
    unsigned long number;
    if (!virGetVersion(&number, NULL, NULL))
        snprintf(libvirt, sizeof libvirt, "%lu.%lu.%lu", number / 1000000, number / 1000 % 1000, number % 1000);
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", "virtmeter-admind", "version", options->version, "revision",
                     options->revision, "api", "v1", "libvirt", libvirt);
}

static void answer_health(const struct vmt_services_options *options, struct vmt_answer *answer)
{
    bool is_connected = vmt_admin_is_connected(options->admin);
    vmt_answer_json(answer, is_connected ? 200 : 503,
                    json_pack("{s:s, s:s}", "status", is_connected ? "ok" : "degraded", "libvirt",
                              is_connected ? "connected" : "disconnected"));
}

static void answer_metrics(const struct vmt_services_options *options, struct vmt_answer *answer, unsigned connections)
{
    const struct vmt_stats_gauges gauges = {.running = vmt_operations_running(vmt_admin_operations(options->admin)),
                                            .connections = connections,
                                            .streams = vmt_feed_count(options->feed),
                                            .is_connected = vmt_admin_is_connected(options->admin)};
    if (vmt_stats_write(vmt_admin_stats(options->admin), &gauges, &answer->body)) {
        vmt_answer_json(answer, 500, NULL);
        return;
    }
    answer->status = 200;
    answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
}

bool vmt_services_answer(const struct vmt_services_options *options, struct vmt_call *call, enum vmt_service service,
                         unsigned connections)
{
    struct vmt_answer *answer = &call->answer;
    switch (service) {
    case VMT_SERVICE_OPERATIONS:
        vmt_answer_json(answer, 200, list_operations(options, call));
        break;
    case VMT_SERVICE_OPERATION:
        return show_operation(options, call);
    case VMT_SERVICE_WHOAMI:
        vmt_answer_json(answer, 200, whoami(options, call));
        break;
    case VMT_SERVICE_VERSION:
        vmt_answer_json(answer, 200, version(options));
        break;
    case VMT_SERVICE_HEALTHZ:
        answer_health(options, answer);
        break;
    case VMT_SERVICE_OPENAPI:
        vmt_answer_json(answer, 200, vmt_openapi(options->version));
        break;
    case VMT_SERVICE_METRICS:
        answer_metrics(options, answer, connections);
        break;
    case VMT_SERVICE_EVENTS:
    case VMT_SERVICE_COUNT:
        break;
    }
    return true;
}
