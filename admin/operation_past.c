/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of an earlier process, as the audit file has them. */
#include "admin/operation_private.h"

#include <stdio.h>
#include <string.h>

static enum vmt_operation_state state_of(const struct vmt_history_operation *past)
{
    for (int i = VMT_OPERATION_SUCCEEDED; past->result && i < VMT_OPERATION_STATES; i++)
        if (!strcmp(past->result, vmt_operation_states[i]))
            return (enum vmt_operation_state)i;
    return VMT_OPERATION_UNKNOWN;
}

/* How long from now one of an earlier process is still to be known. */
static uint64_t remaining_life(uint64_t ended_ns)
{
    uint64_t now_ns = vmt_wall_ns();
    uint64_t age_ns = now_ns > ended_ns ? now_ns - ended_ns : 0;
    return age_ns < VMT_OPERATION_LIFE_NS ? VMT_OPERATION_LIFE_NS - age_ns : 0;
}

void vmt_operations_restore(struct vmt_operations *operations, const struct vmt_history_operation *past)
{
    if (!past->operation || !past->action)
        return;
    struct vmt_operation *operation = vmt_operation_new(operations, past->action, past->name, past->key);
    if (!operation)
        return;
    snprintf(operation->id, sizeof operation->id, "%s", past->operation);
    snprintf(operation->uuid, sizeof operation->uuid, "%s", past->uuid ? past->uuid : "");
    snprintf(operation->fingerprint, sizeof operation->fingerprint, "%s", past->fingerprint ? past->fingerprint : "");
    operation->target = past->target;
    operation->uid = past->uid;
    operation->pid = past->pid;
    operation->state = state_of(past);
    operation->is_over = true;
    operation->changed = past->changed;
    operation->began_ms = past->began_ns / VMT_MS;
    operation->ended_ms = past->ended_ns / VMT_MS;
    operation->deadline_ns = VMT_NEVER;
    operation->forget_ns = vmt_now_ns() + remaining_life(past->ended_ns ? past->ended_ns : past->began_ns);
    if (past->problem)
        vmt_problem_set(&operation->problem, vmt_problem_find(past->problem), "%s", past->detail ? past->detail : "");
    else if (operation->state == VMT_OPERATION_UNKNOWN)
        vmt_problem_set(&operation->problem, VMT_PROBLEM_UNKNOWN_OUTCOME,
                        "the daemon ended before it could tell what became of it; look at the domain");
    pthread_mutex_lock(&operations->lock);
    vmt_operations_add(operations, operation);
    pthread_mutex_unlock(&operations->lock);
    vmt_operation_unref(operation);
}
