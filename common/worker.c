/* SPDX-License-Identifier: Apache-2.0 */
#include "common/worker.h"
#include "common/clock.h"
#include "common/thread.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct vmt_worker {
    struct vmt_workshop *workshop;
    struct vmt_session session;
    struct vmt_thread thread;
    pthread_cond_t wake;   /* with the board's lock, as all that follows */
    struct vmt_task *task; /* waiting or running; NULL: idle */
    bool is_given_up;      /* nobody waits for the task any more */
    bool is_stopping;
};

void vmt_board_init(struct vmt_board *board)
{
    pthread_mutex_init(&board->lock, NULL);
    vmt_cond_init(&board->news);
    board->first = NULL;
    board->end = &board->first;
    board->late = 0;
    board->is_closed = false;
}

void vmt_board_done(struct vmt_board *board)
{
    pthread_cond_destroy(&board->news);
    pthread_mutex_destroy(&board->lock);
}

struct vmt_task *vmt_board_take(struct vmt_board *board, uint64_t until_ns)
{
    pthread_mutex_lock(&board->lock);
    if (!board->first && !board->is_closed && vmt_now_ns() < until_ns)
        vmt_cond_wait(&board->news, &board->lock, until_ns);
    struct vmt_task *task = board->first;
    if (task) {
        board->first = task->next;
        if (!board->first)
            board->end = &board->first;
    }
    pthread_mutex_unlock(&board->lock);
    return task;
}

void vmt_board_close(struct vmt_board *board)
{
    pthread_mutex_lock(&board->lock);
    board->is_closed = true;
    pthread_cond_broadcast(&board->news);
    pthread_mutex_unlock(&board->lock);
}

unsigned vmt_board_late(struct vmt_board *board)
{
    pthread_mutex_lock(&board->lock);
    unsigned late = board->late;
    pthread_mutex_unlock(&board->lock);
    return late;
}

int vmt_task_init(struct vmt_task *task, void (*run)(struct vmt_task *, struct vmt_session *),
                  void (*destroy)(struct vmt_task *))
{
    task->run = run;
    task->free = destroy;
    atomic_init(&task->references, 1);
    task->part = vmt_part_new();
    return task->part ? 0 : -ENOMEM;
}

void vmt_task_unref(struct vmt_task *task)
{
    if (!task || atomic_fetch_sub(&task->references, 1) > 1)
        return;
    vmt_part_unref(task->part);
    task->free(task);
}

static void tell_unknown(void *arg, const char *name)
{
    struct vmt_workshop *workshop = arg;
    if (!vmt_names_add(&workshop->unknown, name) || !workshop->notify)
        return;
    struct vmt_notice notice = {.kind = VMT_NOTICE_UNKNOWN_PARAMETER,
                                .object = name,
                                .text = "libvirt sends a parameter that virtmeter does not know"};
    workshop->notify(workshop->notify_arg, &notice);
}

static void run_task(struct vmt_worker *worker, struct vmt_task *task)
{
    struct vmt_session *session = &worker->session;
    session->part = task->part;
    task->result = vmt_connection_open_session(worker->workshop->connection, session);
    if (task->result == 0)
        task->run(task, session);
    session->part = NULL;
    task->ended_ns = vmt_now_ns();
}

/* Called and returns with the board's lock held; lets go of it in between. */
static void finish(struct vmt_worker *worker)
{
    struct vmt_board *board = &worker->workshop->board;
    struct vmt_task *task = worker->task;
    if (worker->is_given_up) {
        pthread_mutex_unlock(&board->lock);
        vmt_task_unref(task);
        vmt_session_close(&worker->session);
        pthread_mutex_lock(&board->lock);
        worker->is_given_up = false;
        worker->task = NULL;
        board->late--;
        return;
    }
    worker->task = NULL;
    task->next = NULL;
    *board->end = task;
    board->end = &task->next;
    pthread_mutex_unlock(&board->lock); /* which is the first thing that who is woken wants */
    pthread_cond_broadcast(&board->news);
    vmt_task_unref(task);
    pthread_mutex_lock(&board->lock);
}

static void *work(void *arg)
{
    struct vmt_worker *worker = arg;
    struct vmt_board *board = &worker->workshop->board;
    pthread_mutex_lock(&board->lock);
    for (;;) {
        while (!worker->task && !worker->is_stopping)
            vmt_cond_wait(&worker->wake, &board->lock, VMT_NEVER);
        if (!worker->task)
            break;
        struct vmt_task *task = worker->task;
        if (!worker->is_given_up) {
            pthread_mutex_unlock(&board->lock);
            run_task(worker, task);
            pthread_mutex_lock(&board->lock);
        }
        finish(worker);
    }
    pthread_mutex_unlock(&board->lock);
    vmt_session_close(&worker->session);
    return NULL;
}

static void release(struct vmt_worker *worker)
{
    vmt_decoder_free(worker->session.decoder);
    vmt_session_done(&worker->session);
    pthread_cond_destroy(&worker->wake);
    free(worker);
}

struct vmt_worker *vmt_worker_new(struct vmt_workshop *workshop)
{
    struct vmt_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->workshop = workshop;
    vmt_session_init(&worker->session);
    worker->session.calls = &workshop->calls;
    worker->session.filter = workshop->filter;
    worker->session.decoder = vmt_decoder_new(workshop->filter, tell_unknown, workshop);
    vmt_cond_init(&worker->wake);
    if (worker->session.decoder && vmt_thread_start(&worker->thread, "vmt-worker", work, worker) == 0)
        return worker;
    release(worker);
    return NULL;
}

void vmt_worker_stop(struct vmt_worker *worker)
{
    pthread_mutex_lock(&worker->workshop->board.lock);
    worker->is_stopping = true;
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->workshop->board.lock);
}

bool vmt_worker_free(struct vmt_worker *worker, uint64_t until_ns)
{
    if (!worker)
        return true;
    vmt_worker_stop(worker);
    if (!vmt_thread_join(&worker->thread, until_ns))
        return false;
    release(worker);
    return true;
}

bool vmt_worker_is_idle(struct vmt_worker *worker)
{
    pthread_mutex_lock(&worker->workshop->board.lock);
    bool is_idle = !worker->task && !worker->is_stopping;
    pthread_mutex_unlock(&worker->workshop->board.lock);
    return is_idle;
}

void vmt_worker_start(struct vmt_worker *worker, struct vmt_task *task)
{
    atomic_fetch_add(&task->references, 1);
    task->worker = worker;
    task->began_ns = vmt_now_ns();
    pthread_mutex_lock(&worker->workshop->board.lock);
    worker->task = task;
    pthread_mutex_unlock(&worker->workshop->board.lock);
    pthread_cond_signal(&worker->wake);
}

void vmt_worker_asking(struct vmt_worker *worker, char text[VMT_OBJECT_TEXT])
{
    vmt_session_asking(&worker->session, text);
}

bool vmt_worker_give_up(struct vmt_worker *worker)
{
    struct vmt_board *board = &worker->workshop->board;
    pthread_mutex_lock(&board->lock);
    bool is_running = worker->task && !worker->is_given_up;
    if (is_running) {
        worker->is_given_up = true;
        board->late++;
    }
    pthread_mutex_unlock(&board->lock);
    return is_running;
}
