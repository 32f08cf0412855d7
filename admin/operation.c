/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/operation.h"
#include "common/lifecycle/json.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

const char *const vmt_operation_states[] = {"running", "succeeded", "failed", "timed_out", "unknown", NULL};

struct vmt_operation {
    atomic_uint references;
    struct vmt_operations *store;
    struct vmt_operation *next; /* older; with the lock, as all that follows */
    char id[VMT_OPERATION_ID];
    const struct vmt_action *action;
    char *action_name;
    enum vmt_target target;
    char uuid[VMT_UUID_TEXT];
    char *name;
    uid_t uid;
    pid_t pid;
    char *key;
    char fingerprint[VMT_DIGEST_TEXT_SIZE];
    enum vmt_operation_state state;
    bool is_over;
    int changed;
    uint64_t began_ms, ended_ms; /* since 1970; 0: not ended */
    uint64_t deadline_ns, forget_ns;
    _Atomic(const char *) step;
    json_t *result;
    struct vmt_problem problem;
};

struct vmt_operations {
    void (*changed)(void *arg, struct vmt_operation *operation);
    void *arg;
    char boot[17]; /* what makes ids differ from those of other processes */
    pthread_mutex_t lock;
    struct vmt_operation *first;
    unsigned count, running;
    uint64_t serial;
};

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

/* With the lock. The list takes a reference. */
static void add(struct vmt_operations *operations, struct vmt_operation *operation)
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

static struct vmt_operation *new_operation(struct vmt_operations *operations, const char *action_name, const char *name,
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
    struct vmt_operation *operation = new_operation(operations, past->action, past->name, past->key);
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
    add(operations, operation);
    pthread_mutex_unlock(&operations->lock);
    vmt_operation_unref(operation);
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
    struct vmt_operation *operation = new_operation(operations, spec->action->name, spec->name, spec->key);
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
    add(operations, operation);
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

unsigned vmt_operations_list(struct vmt_operations *operations, struct vmt_operation **ret_list, unsigned most)
{
    unsigned count = 0;
    pthread_mutex_lock(&operations->lock);
    for (struct vmt_operation *operation = operations->first; operation && count < most; operation = operation->next)
        ret_list[count++] = vmt_operation_ref(operation);
    pthread_mutex_unlock(&operations->lock);
    return count;
}
