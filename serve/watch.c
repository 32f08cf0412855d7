/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/watch.h"
#include "common/clock.h"
#include "common/thread.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

struct vmt_watched {
    struct vmt_watched *next, **link;
    int fd;
    uint64_t deadline_ns;
};

struct vmt_watch {
    struct vmt_thread thread;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t wake;
    struct vmt_watched *first;
    uint64_t wakes_ns; /* when the thread looks again */
    bool is_stopping;
};

/* Cuts those that are late; returns the next deadline. */
static uint64_t cut_late(struct vmt_watch *watch, uint64_t now)
{
    uint64_t next = VMT_NEVER;
    for (struct vmt_watched *watched = watch->first; watched; watched = watched->next) {
        if (watched->deadline_ns <= now) {
            shutdown(watched->fd, SHUT_RDWR);
            watched->deadline_ns = VMT_NEVER;
        }
        next = watched->deadline_ns < next ? watched->deadline_ns : next;
    }
    return next;
}

static void *run(void *arg)
{
    struct vmt_watch *watch = arg;
    pthread_mutex_lock(&watch->lock);
    while (!watch->is_stopping) {
        watch->wakes_ns = cut_late(watch, vmt_now_ns());
        vmt_cond_wait(&watch->wake, &watch->lock, watch->wakes_ns);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

int vmt_watch_new(struct vmt_watch **ret_watch)
{
    struct vmt_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    pthread_mutex_init(&watch->lock, NULL);
    vmt_cond_init(&watch->wake);
    int failed = vmt_thread_start(&watch->thread, "watch", run, watch);
    if (failed)
        free(watch);
    else
        *ret_watch = watch;
    return failed;
}

void vmt_watch_free(struct vmt_watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    assert(!watch->first);
    watch->is_stopping = true;
    pthread_cond_signal(&watch->wake);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread.id, NULL);
    pthread_cond_destroy(&watch->wake);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

/* The caller holds the lock. */
static void set_deadline(struct vmt_watch *watch, struct vmt_watched *watched, uint64_t deadline_ns)
{
    watched->deadline_ns = deadline_ns;
    if (deadline_ns < watch->wakes_ns)
        pthread_cond_signal(&watch->wake);
}

struct vmt_watched *vmt_watch_add(struct vmt_watch *watch, int fd, uint64_t deadline_ns)
{
    struct vmt_watched *watched = calloc(1, sizeof *watched);
    if (!watched)
        return NULL;
    watched->fd = fd;
    pthread_mutex_lock(&watch->lock);
    watched->next = watch->first;
    watched->link = &watch->first;
    if (watched->next)
        watched->next->link = &watched->next;
    watch->first = watched;
    set_deadline(watch, watched, deadline_ns);
    pthread_mutex_unlock(&watch->lock);
    return watched;
}

void vmt_watch_remove(struct vmt_watch *watch, struct vmt_watched *watched)
{
    pthread_mutex_lock(&watch->lock);
    *watched->link = watched->next;
    if (watched->next)
        watched->next->link = watched->link;
    pthread_mutex_unlock(&watch->lock);
    free(watched);
}

void vmt_watch_set(struct vmt_watch *watch, struct vmt_watched *watched, uint64_t deadline_ns)
{
    if (!watched)
        return;
    pthread_mutex_lock(&watch->lock);
    set_deadline(watch, watched, deadline_ns);
    pthread_mutex_unlock(&watch->lock);
}
