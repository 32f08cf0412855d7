/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/crew.h"
#include "common/clock.h"
#include "common/thread.h"

#include <errno.h>
#include <stdlib.h>

/* Who has had nothing to do for so long gives its connection back. */
static const uint64_t IDLE = 60 * VMT_SECOND;

struct member {
    struct vmt_crew *crew;
    struct vmt_thread thread;
    struct vmt_control control;
};

struct vmt_crew {
    const char *name;
    unsigned queue_max, thread_max;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct vmt_job *first, **end; /* with the lock, as what follows */
    unsigned waiting, idle, thread_count;
    bool is_stopping;
    struct member members[];
};

struct vmt_crew *vmt_crew_new(const char *name, unsigned threads, unsigned queue)
{
    struct vmt_crew *crew = calloc(1, sizeof *crew + threads * sizeof *crew->members);
    if (!crew)
        return NULL;
    crew->name = name;
    crew->thread_max = threads;
    crew->queue_max = queue;
    crew->end = &crew->first;
    pthread_mutex_init(&crew->lock, NULL);
    vmt_cond_init(&crew->wake);
    return crew;
}

/* With the lock, which is given back while the connection is closed. */
static void wait_for_job(struct vmt_crew *crew, struct member *member)
{
    uint64_t until_ns = member->control.connection ? vmt_now_ns() + IDLE : VMT_NEVER;
    crew->idle++;
    vmt_cond_wait(&crew->wake, &crew->lock, until_ns);
    crew->idle--;
    if (crew->first || crew->is_stopping || vmt_now_ns() < until_ns)
        return;
    pthread_mutex_unlock(&crew->lock);
    vmt_control_close(&member->control);
    pthread_mutex_lock(&crew->lock);
}

static void *work(void *arg)
{
    struct member *member = arg;
    struct vmt_crew *crew = member->crew;
    pthread_mutex_lock(&crew->lock);
    while (crew->first || !crew->is_stopping) {
        struct vmt_job *job = crew->first;
        if (!job) {
            wait_for_job(crew, member);
            continue;
        }
        crew->first = job->next;
        if (!crew->first)
            crew->end = &crew->first;
        crew->waiting--;
        pthread_mutex_unlock(&crew->lock);
        job->run(job, &member->control);
        pthread_mutex_lock(&crew->lock);
    }
    pthread_mutex_unlock(&crew->lock);
    vmt_control_close(&member->control);
    return NULL;
}

bool vmt_crew_free(struct vmt_crew *crew, uint64_t until_ns)
{
    if (!crew)
        return true;
    pthread_mutex_lock(&crew->lock);
    crew->is_stopping = true;
    pthread_cond_broadcast(&crew->wake);
    unsigned count = crew->thread_count;
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < count; i++)
        if (!vmt_thread_join(&crew->members[i].thread, until_ns))
            return false;
    pthread_cond_destroy(&crew->wake);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
    return true;
}

/* With the lock. One more thread, if all that there are have something to do. */
static int ensure_thread(struct vmt_crew *crew)
{
    if (crew->idle > crew->waiting || crew->thread_count == crew->thread_max)
        return 0;
    struct member *member = &crew->members[crew->thread_count];
    member->crew = crew;
    int failed = vmt_thread_start(&member->thread, crew->name, work, member);
    if (failed && !crew->thread_count)
        return failed;
    crew->thread_count += !failed;
    return 0;
}

int vmt_crew_submit(struct vmt_crew *crew, struct vmt_job *job)
{
    pthread_mutex_lock(&crew->lock);
    int failed = crew->is_stopping || crew->waiting >= crew->queue_max ? -EBUSY : ensure_thread(crew);
    if (!failed) {
        job->next = NULL;
        *crew->end = job;
        crew->end = &job->next;
        crew->waiting++;
        pthread_cond_signal(&crew->wake);
    }
    pthread_mutex_unlock(&crew->lock);
    return failed;
}
