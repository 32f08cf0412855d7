/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request that takes time, between the server, the worker that does it, and the clock: it is answered once, by
 * whoever is first. The worker may go on afterwards. Counted by references; all functions are safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_CALL_H
#define VIRTMETER_ADMIN_CALL_H

#include "admin/answer.h"
#include "admin/crew.h"
#include "admin/peer.h"

#include <stdatomic.h>

struct vmt_admin;
struct vmt_desk;

struct vmt_call {
    atomic_uint references;
    struct vmt_job job;
    struct vmt_admin *admin;
    struct vmt_desk *desk;
    struct vmt_asked asked; /* the path is in the memory of the request */
    struct vmt_peer peer;
    struct vmt_request request;
    void (*ready)(struct vmt_call *call, void *arg); /* called once, when it was answered; short */
    void *arg;

    struct vmt_call *next; /* the desk's, with its lock, as what follows */
    bool is_answered;
    bool is_replay;                  /* of an operation that an earlier request began */
    bool shows_operation;            /* it only wants to see one: 200, however that stands */
    struct vmt_operation *operation; /* what is waited for; NULL: not begun */
    uint64_t answer_by_ns;
    struct vmt_answer answer; /* read it after `ready` */
};

/* A call with one reference; the groups of `peer` and the path are copied. NULL when there is no memory. */
struct vmt_call *vmt_call_new(const struct vmt_peer *peer, uint64_t id, const char *path);
struct vmt_call *vmt_call_ref(struct vmt_call *call);
void vmt_call_unref(struct vmt_call *call);

/*
 * Where calls wait for their answers, and the clock that answers those which have waited for long enough and makes
 * operations unknown whose deadline has passed.
 */
struct vmt_desk_options {
    struct vmt_operations *operations;
    unsigned wait_max;       /* so many calls wait for an operation; for more of them an answer is not waited for */
    void (*tick)(void *arg); /* called about once in a second */
    void *arg;
};

/* Starts the clock. 0 or a negative errno. */
int vmt_desk_new(const struct vmt_desk_options *options, struct vmt_desk **ret_desk);

/* Stops the clock; no call may be left. */
void vmt_desk_free(struct vmt_desk *desk);

/* From now on the call is answered at `answer_by_ns` at the latest. Takes a reference until it is answered. */
void vmt_desk_enter(struct vmt_desk *desk, struct vmt_call *call, uint64_t answer_by_ns);

/*
 * From now on it is about an operation, for which it waits until `answer_by_ns`. False when it was answered already,
 * with that nothing was done: then nothing may be done.
 */
bool vmt_desk_begin(struct vmt_desk *desk, struct vmt_call *call, struct vmt_operation *operation,
                    uint64_t answer_by_ns);

/* Answers, unless that has happened; takes what is in `answer`. */
void vmt_desk_answer(struct vmt_desk *desk, struct vmt_call *call, struct vmt_answer *answer);

/* Answers with a problem. */
void vmt_desk_refuse(struct vmt_desk *desk, struct vmt_call *call, const struct vmt_problem *problem,
                     struct vmt_operation *operation);

/* Answers whoever waits for this operation, unless it still runs. */
void vmt_desk_operation_changed(struct vmt_desk *desk, struct vmt_operation *operation);

/* Answers all calls that are left, and from now on each at once: the daemon ends. */
void vmt_desk_dismiss(struct vmt_desk *desk);

#endif
