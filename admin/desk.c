/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/call.h"
#include "common/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t TICK = VMT_SECOND;

struct vmt_desk {
    struct vmt_desk_options options;
    struct vmt_thread thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct vmt_call *calls; /* with the lock, as what follows; each with a reference */
    unsigned waiting;       /* of them, for an operation */
    bool is_stopping, is_closed;
};

struct vmt_call *vmt_call_new(const struct vmt_peer *peer, uint64_t id, const char *path)
{
    struct vmt_call *call = calloc(1, sizeof *call);
    gid_t *groups = call ? calloc(peer->group_count + 1, sizeof *groups) : NULL;
    if (!groups) {
        free(call);
        return NULL;
    }
    atomic_init(&call->references, 1);
    if (peer->group_count)
        memcpy(groups, peer->groups, peer->group_count * sizeof *groups);
    call->peer = *peer;
    call->peer.groups = groups;
    call->asked = (struct vmt_asked){id, vmt_arena_strdup(&call->request.arena, path)};
    return call;
}

struct vmt_call *vmt_call_ref(struct vmt_call *call)
{
    atomic_fetch_add_explicit(&call->references, 1, memory_order_relaxed);
    return call;
}

void vmt_call_unref(struct vmt_call *call)
{
    if (!call || atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) > 1)
        return;
    vmt_operation_unref(call->operation);
    vmt_answer_done(&call->answer);
    vmt_request_done(&call->request);
    free((void *)call->peer.groups);
    free(call);
}

/* With the lock. False when it is not there. */
static bool take_out(struct vmt_desk *desk, struct vmt_call *call)
{
    struct vmt_call **place = &desk->calls;
    while (*place && *place != call)
        place = &(*place)->next;
    if (!*place)
        return false;
    *place = call->next;
    desk->waiting -= call->operation != NULL;
    call->is_answered = true;
    return true;
}

/* Gives the answer to a call that was taken out; gives back the desk's reference. */
static void deliver(struct vmt_call *call, const struct vmt_answer *answer)
{
    call->answer = *answer;
    call->ready(call, call->arg);
    vmt_call_unref(call);
}

void vmt_desk_answer(struct vmt_desk *desk, struct vmt_call *call, struct vmt_answer *answer)
{
    pthread_mutex_lock(&desk->lock);
    bool is_first = take_out(desk, call);
    pthread_mutex_unlock(&desk->lock);
    if (is_first)
        deliver(call, answer);
    else
        vmt_answer_done(answer);
}

void vmt_desk_refuse(struct vmt_desk *desk, struct vmt_call *call, const struct vmt_problem *problem,
                     struct vmt_operation *operation)
{
    struct vmt_answer answer = {0};
    vmt_answer_problem(&answer, problem, &call->asked, operation);
    vmt_desk_answer(desk, call, &answer);
}

void vmt_desk_enter(struct vmt_desk *desk, struct vmt_call *call, uint64_t answer_by_ns)
{
    vmt_call_ref(call);
    pthread_mutex_lock(&desk->lock);
    call->desk = desk;
    call->answer_by_ns = desk->is_closed ? 0 : answer_by_ns;
    call->next = desk->calls;
    desk->calls = call;
    pthread_cond_signal(&desk->wake);
    pthread_mutex_unlock(&desk->lock);
}

bool vmt_desk_begin(struct vmt_desk *desk, struct vmt_call *call, struct vmt_operation *operation,
                    uint64_t answer_by_ns)
{
    pthread_mutex_lock(&desk->lock);
    bool is_open = !call->is_answered;
    if (is_open) {
        call->operation = vmt_operation_ref(operation);
        call->answer_by_ns = desk->waiting < desk->options.wait_max && !desk->is_closed ? answer_by_ns : 0;
        desk->waiting++;
        pthread_cond_signal(&desk->wake);
    }
    pthread_mutex_unlock(&desk->lock);
    return is_open;
}

/* Tells a call that was taken out how things stand. */
static void tell(struct vmt_call *call)
{
    struct vmt_answer answer = {.is_replay = call->is_replay};
    struct vmt_problem problem;
    if (!call->operation) {
        vmt_problem_set(&problem, VMT_PROBLEM_LIBVIRT_TIMEOUT, "libvirt did not answer in time; nothing has been done");
        vmt_answer_problem(&answer, &problem, &call->asked, NULL);
    } else if (call->shows_operation) {
        vmt_answer_json(&answer, 200, vmt_operation_json(call->operation));
    } else {
        vmt_answer_operation(&answer, &call->asked, call->operation);
    }
    deliver(call, &answer);
}

/* Takes one out that waits for `operation` (NULL: for anything) and is due; NULL: there is none. */
static struct vmt_call *take_due(struct vmt_desk *desk, const struct vmt_operation *operation, uint64_t now_ns,
                                 uint64_t *next_ns)
{
    pthread_mutex_lock(&desk->lock);
    struct vmt_call *call = desk->calls;
    for (; call; call = call->next) {
        bool is_due = operation ? call->operation == operation : call->answer_by_ns <= now_ns;
        if (is_due)
            break;
        *next_ns = call->answer_by_ns < *next_ns ? call->answer_by_ns : *next_ns;
    }
    if (call)
        take_out(desk, call);
    pthread_mutex_unlock(&desk->lock);
    return call;
}

void vmt_desk_operation_changed(struct vmt_desk *desk, struct vmt_operation *operation)
{
    struct vmt_operation_view view;
    struct vmt_call *call;
    uint64_t ignored = 0;
    vmt_operation_view(operation, &view);
    while (view.state != VMT_OPERATION_RUNNING && (call = take_due(desk, operation, 0, &ignored)))
        tell(call);
}

/* When the next one is due. */
static uint64_t answer_due(struct vmt_desk *desk, uint64_t now_ns)
{
    struct vmt_call *call;
    uint64_t next_ns = VMT_NEVER;
    while ((call = take_due(desk, NULL, now_ns, &next_ns))) {
        tell(call);
        next_ns = VMT_NEVER;
    }
    return next_ns;
}

void vmt_desk_dismiss(struct vmt_desk *desk)
{
    pthread_mutex_lock(&desk->lock);
    desk->is_closed = true;
    pthread_mutex_unlock(&desk->lock);
    answer_due(desk, VMT_NEVER);
}

static void *turn(void *arg)
{
    struct vmt_desk *desk = arg;
    uint64_t tick_ns = vmt_now_ns() + TICK;
    pthread_mutex_lock(&desk->lock);
    while (!desk->is_stopping) {
        pthread_mutex_unlock(&desk->lock);
        uint64_t now_ns = vmt_now_ns();
        uint64_t expiry_ns = vmt_operations_expire(desk->options.operations, now_ns);
        uint64_t next_ns = answer_due(desk, now_ns);
        if (now_ns >= tick_ns) {
            desk->options.tick(desk->options.arg);
            tick_ns = now_ns + TICK;
        }
        next_ns = expiry_ns < next_ns ? expiry_ns : next_ns;
        next_ns = tick_ns < next_ns ? tick_ns : next_ns;
        pthread_mutex_lock(&desk->lock);
        bool has_earlier = false;
        for (struct vmt_call *call = desk->calls; call; call = call->next)
            has_earlier |= call->answer_by_ns < next_ns;
        if (!desk->is_stopping && !has_earlier)
            vmt_cond_wait(&desk->wake, &desk->lock, next_ns);
    }
    pthread_mutex_unlock(&desk->lock);
    return NULL;
}

int vmt_desk_new(const struct vmt_desk_options *options, struct vmt_desk **ret_desk)
{
    struct vmt_desk *desk = calloc(1, sizeof *desk);
    if (!desk)
        return -ENOMEM;
    desk->options = *options;
    pthread_mutex_init(&desk->lock, NULL);
    vmt_cond_init(&desk->wake);
    int failed = vmt_thread_start(&desk->thread, "vmt-desk", turn, desk);
    if (failed)
        vmt_desk_free(desk);
    else
        *ret_desk = desk;
    return failed;
}

void vmt_desk_free(struct vmt_desk *desk)
{
    if (!desk)
        return;
    pthread_mutex_lock(&desk->lock);
    desk->is_stopping = true;
    pthread_cond_signal(&desk->wake);
    pthread_mutex_unlock(&desk->lock);
    vmt_thread_join(&desk->thread, VMT_NEVER);
    pthread_cond_destroy(&desk->wake);
    pthread_mutex_destroy(&desk->lock);
    free(desk);
}
