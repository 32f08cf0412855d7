/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/operation_private.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

const char *const vmt_operation_states[] = {"running", "succeeded", "failed", "timed_out", "unknown", NULL};

struct vmt_operations *vmt_operations_new(void (*changed)(void *arg, struct vmt_operation *operation), void *arg)
{
    struct vmt_operations *operations = calloc(1, sizeof *operations);
    uint64_t random = 0;
    if (!operations || getrandom(&random, sizeof random, 0) != sizeof random) {
        free(operations);
        return NULL;
    }
    operations->changed = changed;
    operations->arg = arg;
    snprintf(operations->boot, sizeof operations->boot, "%012" PRIx64, random >> 16);
    pthread_mutex_init(&operations->lock, NULL);
    return operations;
}

static void free_operation(struct vmt_operation *operation)
{
    json_decref(operation->result);
    free(operation->action_name);
    free(operation->name);
    free(operation->key);
    free(operation);
}

struct vmt_operation *vmt_operation_ref(struct vmt_operation *operation)
{
    atomic_fetch_add_explicit(&operation->references, 1, memory_order_relaxed);
    return operation;
}

void vmt_operation_unref(struct vmt_operation *operation)
{
    if (operation && atomic_fetch_sub_explicit(&operation->references, 1, memory_order_acq_rel) == 1)
        free_operation(operation);
}

void vmt_operations_free(struct vmt_operations *operations)
{
    if (!operations)
        return;
    while (operations->first) {
        struct vmt_operation *operation = operations->first;
        operations->first = operation->next;
        vmt_operation_unref(operation);
    }
    pthread_mutex_destroy(&operations->lock);
    free(operations);
}

/* With the lock. Takes it out of the list and gives the list's reference back. */
static void drop(struct vmt_operations *operations, struct vmt_operation **place)
{
    struct vmt_operation *operation = *place;
    *place = operation->next;
    operations->count--;
    vmt_operation_unref(operation);
}

/* With the lock. The list begins with the newest: the last one that is over is the oldest. */
static void make_room(struct vmt_operations *operations)
{
    struct vmt_operation **oldest = NULL;
    if (operations->count < VMT_OPERATIONS_MAX)
        return;
    for (struct vmt_operation **place = &operations->first; *place; place = &(*place)->next)
        if ((*place)->is_over)
            oldest = place;
    if (oldest)
        drop(operations, oldest);
}

void vmt_operations_add(struct vmt_operations *operations, struct vmt_operation *operation)
{
    make_room(operations);
    operation->next = operations->first;
    operations->first = vmt_operation_ref(operation);
    operations->count++;
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

struct vmt_operation *vmt_operation_new(struct vmt_operations *operations, const char *action_name, const char *name,
                                        const char *key)
{
    struct vmt_operation *operation = calloc(1, sizeof *operation);
    if (!operation)
        return NULL;
    atomic_init(&operation->references, 1);
    operation->store = operations;
    operation->changed = -1;
    operation->action = vmt_action_find(action_name);
    operation->action_name = strdup(action_name);
    operation->name = copy(name);
    operation->key = copy(key);
    if (operation->action_name && (operation->name || !name) && (operation->key || !key))
        return operation;
    free_operation(operation);
    return NULL;
}

/* With the lock. */
static struct vmt_operation *find_key(struct vmt_operations *operations, uid_t uid, const char *key)
{
    for (struct vmt_operation *operation = operations->first; key && operation; operation = operation->next)
        if (operation->uid == uid && operation->key && !strcmp(operation->key, key))
            return operation;
    return NULL;
}

/* With the lock. */
static struct vmt_operation *check_key(struct vmt_operations *operations, uid_t uid, const char *key,
                                       const char *fingerprint, struct vmt_problem *problem)
{
    struct vmt_operation *operation = find_key(operations, uid, key);
    if (!operation)
        return NULL;
    if (strcmp(operation->fingerprint, fingerprint) != 0)
        vmt_problem_set(problem, VMT_PROBLEM_IDEMPOTENCY_CONFLICT,
                        "operation %s began with this key for another request", operation->id);
    return vmt_operation_ref(operation);
}

struct vmt_operation *vmt_operations_repeat(struct vmt_operations *operations, uid_t uid, const char *key,
                                            const char *fingerprint, struct vmt_problem *ret_problem)
{
    pthread_mutex_lock(&operations->lock);
    struct vmt_operation *operation = check_key(operations, uid, key, fingerprint, ret_problem);
    pthread_mutex_unlock(&operations->lock);
    return operation;
}

/* With the lock. The one that keeps `spec` from being begun. */
static struct vmt_operation *find_conflict(struct vmt_operations *operations, const struct vmt_operation_spec *spec)
{
    bool is_beside = spec->action->flags & VMT_ACTION_BESIDE;
    if (!spec->uuid || !*spec->uuid)
        return NULL;
    for (struct vmt_operation *operation = operations->first; operation; operation = operation->next) {
        if (operation->is_over || strcmp(operation->uuid, spec->uuid) != 0)
            continue;
        if (!is_beside || operation->action == spec->action)
            return operation;
    }
    return NULL;
}

static struct vmt_operation *make(struct vmt_operations *operations, const struct vmt_operation_spec *spec)
{
    struct vmt_operation *operation = vmt_operation_new(operations, spec->action->name, spec->name, spec->key);
    if (!operation)
        return NULL;
    operation->action = spec->action;
    operation->target = spec->target;
    snprintf(operation->uuid, sizeof operation->uuid, "%s", spec->uuid ? spec->uuid : "");
    snprintf(operation->fingerprint, sizeof operation->fingerprint, "%s", spec->fingerprint);
    operation->uid = spec->uid;
    operation->pid = spec->pid;
    operation->began_ms = vmt_wall_ns() / VMT_MS;
    operation->deadline_ns = spec->deadline_ns;
    operation->forget_ns = VMT_NEVER;
    return operation;
}

/* With the lock. */
static int begin(struct vmt_operations *operations, const struct vmt_operation_spec *spec,
                 struct vmt_operation **ret_operation, struct vmt_problem *problem)
{
    *ret_operation = check_key(operations, spec->uid, spec->key, spec->fingerprint, problem);
    if (*ret_operation)
        return problem->kind ? -EINVAL : 1;
    struct vmt_operation *other = find_conflict(operations, spec);
    if (other) {
        *ret_operation = vmt_operation_ref(other);
        vmt_problem_set(problem, VMT_PROBLEM_BUSY, "operation %s (%s) is under way on it", other->id,
                        other->action_name);
        return -EBUSY;
    }
    struct vmt_operation *operation = make(operations, spec);
    if (!operation)
        return vmt_problem_set(problem, VMT_PROBLEM_INTERNAL, "no memory");
    snprintf(operation->id, sizeof operation->id, "%s-%" PRIu64, operations->boot, ++operations->serial);
    operations->running++;
    vmt_operations_add(operations, operation);
    *ret_operation = operation;
    return 0;
}

int vmt_operations_begin(struct vmt_operations *operations, const struct vmt_operation_spec *spec,
                         struct vmt_operation **ret_operation, struct vmt_problem *problem)
{
    pthread_mutex_lock(&operations->lock);
    int result = begin(operations, spec, ret_operation, problem);
    pthread_mutex_unlock(&operations->lock);
    return result;
}

void vmt_operations_discard(struct vmt_operations *operations, struct vmt_operation *operation)
{
    pthread_mutex_lock(&operations->lock);
    for (struct vmt_operation **place = &operations->first; *place; place = &(*place)->next) {
        if (*place != operation)
            continue;
        operations->running--;
        drop(operations, place);
        break;
    }
    pthread_mutex_unlock(&operations->lock);
}

void vmt_operations_announce(struct vmt_operations *operations, struct vmt_operation *operation)
{
    operations->changed(operations->arg, operation);
}

enum vmt_operation_state vmt_operation_state_after(const struct vmt_problem *problem)
{
    if (!problem || !problem->kind)
        return VMT_OPERATION_SUCCEEDED;
    return problem->kind == VMT_PROBLEM_TIMED_OUT         ? VMT_OPERATION_TIMED_OUT
           : problem->kind == VMT_PROBLEM_UNKNOWN_OUTCOME ? VMT_OPERATION_UNKNOWN
                                                          : VMT_OPERATION_FAILED;
}

void vmt_operations_finish(struct vmt_operations *operations, struct vmt_operation *operation,
                           const struct vmt_operation_outcome *outcome)
{
    pthread_mutex_lock(&operations->lock);
    assert(!operation->is_over);
    operation->is_over = true;
    operation->state = vmt_operation_state_after(outcome->problem);
    operation->problem = outcome->problem ? *outcome->problem : (struct vmt_problem){0};
    operation->changed = outcome->changed;
    operation->result = outcome->result;
    operation->ended_ms = vmt_wall_ns() / VMT_MS;
    operation->forget_ns = vmt_now_ns() + VMT_OPERATION_LIFE_NS;
    operation->deadline_ns = VMT_NEVER;
    if (outcome->uuid)
        snprintf(operation->uuid, sizeof operation->uuid, "%s", outcome->uuid);
    operations->running--;
    pthread_mutex_unlock(&operations->lock);
    operations->changed(operations->arg, operation);
}

/* With the lock. One that has just become unknown, with a reference, or NULL. */
static struct vmt_operation *expire_one(struct vmt_operations *operations, uint64_t now_ns, uint64_t *next_ns)
{
    for (struct vmt_operation **place = &operations->first; *place;) {
        struct vmt_operation *operation = *place;
        if (operation->forget_ns <= now_ns) {
            drop(operations, place);
            continue;
        }
        if (operation->deadline_ns <= now_ns) {
            operation->deadline_ns = VMT_NEVER;
            operation->state = VMT_OPERATION_UNKNOWN;
            vmt_problem_set(&operation->problem, VMT_PROBLEM_UNKNOWN_OUTCOME,
                            "libvirt has not answered; operation %s will tell when it does", operation->id);
            return vmt_operation_ref(operation);
        }
        *next_ns = operation->deadline_ns < *next_ns ? operation->deadline_ns : *next_ns;
        place = &operation->next;
    }
    return NULL;
}

uint64_t vmt_operations_expire(struct vmt_operations *operations, uint64_t now_ns)
{
    uint64_t next_ns;
    struct vmt_operation *operation;
    do {
        next_ns = now_ns + VMT_OPERATION_LIFE_NS;
        pthread_mutex_lock(&operations->lock);
        operation = expire_one(operations, now_ns, &next_ns);
        pthread_mutex_unlock(&operations->lock);
        if (operation)
            operations->changed(operations->arg, operation);
        vmt_operation_unref(operation);
    } while (operation);
    return next_ns;
}

struct vmt_operation *vmt_operations_find(struct vmt_operations *operations, const char *id)
{
    pthread_mutex_lock(&operations->lock);
    struct vmt_operation *operation = operations->first;
    while (operation && strcmp(operation->id, id) != 0)
        operation = operation->next;
    if (operation)
        vmt_operation_ref(operation);
    pthread_mutex_unlock(&operations->lock);
    return operation;
}

/* With the lock. */
static void fill_view(const struct vmt_operation *operation, struct vmt_operation_view *view)
{
    *view = (struct vmt_operation_view){.id = operation->id,
                                        .action = operation->action,
                                        .target = operation->target,
                                        .uuid = operation->uuid,
                                        .name = operation->name,
                                        .uid = operation->uid,
                                        .state = operation->state,
                                        .is_over = operation->is_over,
                                        .problem = operation->problem};
}

void vmt_operation_view(struct vmt_operation *operation, struct vmt_operation_view *ret_view)
{
    pthread_mutex_lock(&operation->store->lock);
    fill_view(operation, ret_view);
    pthread_mutex_unlock(&operation->store->lock);
}

unsigned vmt_operations_running(struct vmt_operations *operations)
{
    pthread_mutex_lock(&operations->lock);
    unsigned running = operations->running;
    pthread_mutex_unlock(&operations->lock);
    return running;
}

void vmt_operation_step(struct vmt_operation *operation, const char *step)
{
    atomic_store(&operation->step, step);
}

unsigned vmt_operations_list(struct vmt_operations *operations, struct vmt_operation **ret_list, unsigned most)
{
    unsigned count = 0;
    pthread_mutex_lock(&operations->lock);
    for (struct vmt_operation *operation = operations->first; operation && count < most; operation = operation->next)
        ret_list[count++] = vmt_operation_ref(operation);
    pthread_mutex_unlock(&operations->lock);
    return count;
}
