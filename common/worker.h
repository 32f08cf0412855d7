/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libvirt call with a deadline. libvirt's calls have no time-out and cannot be cancelled, so each runs on a worker: a
 * thread with a connection of its own that does one task at a time. Who started a task waits for it on the shared board
 * until a deadline of his own; when that passes he gives the task up, and the worker is late until its call returns.
 * Then what came back is thrown away and its connection, which may stall from then on, is closed.
 */
#ifndef VIRTMETER_COMMON_WORKER_H
#define VIRTMETER_COMMON_WORKER_H

#include "common/connection.h"
#include "common/names.h"

struct vmt_worker;

/* Something to do with libvirt. Embedded, as first member, in what knows more. */
struct vmt_task {
    /* On the worker's thread: asks libvirt, fills `part`. Not run when there is no connection: then result says so. */
    void (*run)(struct vmt_task *task, struct vmt_session *session);
    void (*free)(struct vmt_task *task); /* frees what the task embeds, and the task */
    atomic_uint references;              /* its owner's, and the worker's while it has it */
    struct vmt_part *part;               /* what was learned; failures are noted in it */
    int result;                          /* 0, or why it could not be run */
    uint64_t began_ns, ended_ns;         /* CLOCK_MONOTONIC */
    struct vmt_worker *worker;
    struct vmt_task *next; /* on the board */
};

/* Where finished tasks are put; shared by the workers of one host. */
struct vmt_board {
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct vmt_task *first, **end;
    unsigned late; /* tasks given up whose call has not returned yet */
    bool is_closed;
};

void vmt_board_init(struct vmt_board *board);
void vmt_board_done(struct vmt_board *board);

/* The next finished task, or NULL when `until_ns` passes first. The caller owns it already: he started it. */
struct vmt_task *vmt_board_take(struct vmt_board *board, uint64_t until_ns);

/* From now on vmt_board_take does not wait. */
void vmt_board_close(struct vmt_board *board);

unsigned vmt_board_late(struct vmt_board *board);

/* What all workers of a host share. Must outlive them. */
struct vmt_workshop {
    struct vmt_connection *connection;
    struct vmt_calls calls;
    struct vmt_board board;
    const struct vmt_filter *filter;
    struct vmt_names unknown; /* parameters that no table knows */
    vmt_notify *notify;
    void *notify_arg;
};

/* A worker with its thread, idle; NULL when there is no memory or no thread. */
struct vmt_worker *vmt_worker_new(struct vmt_workshop *workshop);

/* Stops and frees; false when its call has not returned by `until_ns`: nothing is freed then. */
bool vmt_worker_free(struct vmt_worker *worker, uint64_t until_ns);

/* Tells the worker to end after its present task; vmt_worker_free need not wait for one after the other then. */
void vmt_worker_stop(struct vmt_worker *worker);

/* Whether it can be given a task: it neither has one, nor is late with one, nor was told to end. */
bool vmt_worker_is_idle(struct vmt_worker *worker);

/* What the worker's call in progress is about, as vmt_session_asking. */
void vmt_worker_asking(struct vmt_worker *worker, char text[VMT_OBJECT_TEXT]);

/* Gives an idle worker a task; it comes back on the board. */
void vmt_worker_start(struct vmt_worker *worker, struct vmt_task *task);

/* Gives the running task up: it will never be on the board. False when it is there already. */
bool vmt_worker_give_up(struct vmt_worker *worker);

/* Makes a task ready, with one reference and an empty part. 0 or -ENOMEM. */
int vmt_task_init(struct vmt_task *task, void (*run)(struct vmt_task *, struct vmt_session *),
                  void (*destroy)(struct vmt_task *));

/* Gives a reference back; the last one frees the task and its part. NULL is fine. */
void vmt_task_unref(struct vmt_task *task);

#endif
