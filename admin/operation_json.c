/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/operation_private.h"
#include "common/lifecycle/json.h"

#include <stdio.h>

static json_t *time_json(uint64_t ms)
{
    char text[40];
    struct tm parts;
    time_t seconds = (time_t)(ms / 1000);
    if (!ms || !gmtime_r(&seconds, &parts))
        return json_null();
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + length, sizeof text - length, ".%03uZ", (unsigned)(ms % 1000));
    return json_string(text);
}

/* With the lock. */
static json_t *pack(struct vmt_operation *operation)
{
    json_t *changed = operation->changed < 0 ? json_null() : json_boolean(operation->changed);
    json_t *problem = operation->problem.kind ? vmt_problem_json(&operation->problem) : json_null();
    json_t *uuid = *operation->uuid ? json_string(operation->uuid) : json_null();
    return json_pack("{s:s, s:s, s:{s:s, s:o, s:o}, s:s, s:o, s:{s:I, s:I}, s:o, s:o, s:o, s:o, s:o}", "id",
                     operation->id, "action", operation->action_name, "target", "kind",
                     vmt_target_names[operation->target], "uuid", uuid, "name", vmt_json_text(operation->name), "state",
                     vmt_operation_states[operation->state], "changed", changed, "requested_by", "uid",
                     (json_int_t)operation->uid, "pid", (json_int_t)operation->pid, "started",
                     time_json(operation->began_ms), "finished", time_json(operation->ended_ms), "step",
                     vmt_json_text(atomic_load(&operation->step)), "result",
                     operation->result ? json_deep_copy(operation->result) : json_null(), "problem", problem);
}

json_t *vmt_operation_json(struct vmt_operation *operation)
{
    pthread_mutex_lock(&operation->store->lock);
    json_t *json = pack(operation);
    pthread_mutex_unlock(&operation->store->lock);
    return json;
}
