/* SPDX-License-Identifier: Apache-2.0 */
#include "common/host.h"
#include "common/clock.h"
#include "common/engine.h"
#include "common/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct request *next;
    vmt_collectors collectors;
    uint64_t made_ns, deadline_ns;
    vmt_snapshot_ready *ready;
    void *arg;
};

struct vmt_host {
    struct vmt_host_options options;
    struct vmt_engine *engine;
    struct vmt_thread collecting, delivering;
    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t asked; /* the collecting thread waits for requests … */
    pthread_cond_t news;  /* … the delivering one for snapshots and deadlines */
    struct request *requests;
    struct vmt_collection *collection; /* running now, or NULL */
    struct vmt_snapshot *last;         /* of the last collection that ended, or NULL */
    bool is_stopping;
};

static bool is_served_by(const struct vmt_host *host, const struct request *request)
{
    const struct vmt_snapshot *last = host->last;
    /* What had to end early for somebody in a hurry is good enough for him, and for nobody with more time. */
    return last && (last->is_complete || request->deadline_ns <= last->deadline_ns) &&
           (last->collectors & request->collectors) == request->collectors &&
           last->began_ns + host->options.coalesce_ns >= request->made_ns;
}

/* The collectors that the open requests want and the last snapshot does not serve, and the latest of their deadlines.
 */
static vmt_collectors wanted(const struct vmt_host *host, uint64_t *ret_deadline_ns)
{
    vmt_collectors collectors = 0;
    *ret_deadline_ns = 0;
    for (const struct request *request = host->requests; request; request = request->next) {
        if (is_served_by(host, request))
            continue;
        collectors |= request->collectors;
        if (request->deadline_ns > *ret_deadline_ns)
            *ret_deadline_ns = request->deadline_ns;
    }
    return collectors;
}

/* Called and returns with the lock held. */
static void collect_once(struct vmt_host *host, vmt_collectors collectors, uint64_t deadline_ns)
{
    vmt_snapshot_unref(host->last);
    host->last = NULL;
    struct vmt_collection *collection = vmt_collection_new(collectors, deadline_ns);
    host->collection = collection;
    if (!collection) { /* the requests are answered at their deadlines; until then there may be memory again */
        vmt_cond_wait(&host->asked, &host->lock, vmt_now_ns() + 100 * VMT_MS);
        return;
    }
    pthread_mutex_unlock(&host->lock);
    vmt_engine_collect(host->engine, collection);
    struct vmt_snapshot *snapshot = vmt_engine_cut(host->engine, collection);
    pthread_mutex_lock(&host->lock);
    host->last = snapshot;
    host->collection = NULL;
    vmt_collection_free(collection);
    pthread_cond_signal(&host->news);
}

static void *collect(void *arg)
{
    struct vmt_host *host = arg;
    pthread_mutex_lock(&host->lock);
    while (!host->is_stopping) {
        uint64_t deadline;
        vmt_collectors collectors = wanted(host, &deadline);
        if (collectors)
            collect_once(host, collectors, deadline);
        else
            vmt_cond_wait(&host->asked, &host->lock, VMT_NEVER);
    }
    pthread_mutex_unlock(&host->lock);
    return NULL;
}

/* What a request whose time has come gets: what the running collection has, marked as not complete. */
static struct vmt_snapshot *cut(struct vmt_host *host)
{
    if (host->collection)
        return vmt_engine_cut(host->engine, host->collection);
    struct vmt_collection *nothing = vmt_collection_new(VMT_COLLECTORS_ALL, 0);
    struct vmt_snapshot *snapshot = nothing ? vmt_engine_cut(host->engine, nothing) : NULL;
    vmt_collection_free(nothing);
    return snapshot;
}

/* Takes the first request out that can be answered now; NULL: none, and `ret_next_ns` is when to look again. */
static struct request *take_due(struct vmt_host *host, uint64_t *ret_next_ns)
{
    uint64_t now = vmt_now_ns();
    *ret_next_ns = VMT_NEVER;
    for (struct request **at = &host->requests; *at; at = &(*at)->next) {
        struct request *request = *at;
        if (host->is_stopping || request->deadline_ns <= now || is_served_by(host, request)) {
            *at = request->next;
            return request;
        }
        if (request->deadline_ns < *ret_next_ns)
            *ret_next_ns = request->deadline_ns;
    }
    return NULL;
}

static void *deliver(void *arg)
{
    struct vmt_host *host = arg;
    pthread_mutex_lock(&host->lock);
    for (;;) {
        uint64_t next;
        struct request *request = take_due(host, &next);
        if (request) {
            struct vmt_snapshot *snapshot = is_served_by(host, request) ? vmt_snapshot_ref(host->last) : cut(host);
            pthread_mutex_unlock(&host->lock);
            request->ready(request->arg, snapshot);
            free(request);
            pthread_mutex_lock(&host->lock);
        } else if (host->is_stopping) {
            break;
        } else {
            vmt_cond_wait(&host->news, &host->lock, next);
        }
    }
    pthread_mutex_unlock(&host->lock);
    return NULL;
}

int vmt_host_request(struct vmt_host *host, vmt_collectors collectors, uint64_t deadline_ns, vmt_snapshot_ready *ready,
                     void *arg)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return -ENOMEM;
    request->collectors = (collectors | VMT_COLLECTOR_BIT(VMT_COLLECTOR_EXPORTER)) & host->options.collectors;
    request->made_ns = vmt_now_ns();
    request->deadline_ns = deadline_ns;
    request->ready = ready;
    request->arg = arg;
    pthread_mutex_lock(&host->lock);
    struct request **end = &host->requests;
    while (*end)
        end = &(*end)->next;
    *end = request;
    pthread_mutex_unlock(&host->lock);
    pthread_cond_signal(&host->asked);
    pthread_cond_signal(&host->news);
    return 0;
}

static void stop(struct vmt_host *host)
{
    pthread_mutex_lock(&host->lock);
    host->is_stopping = true;
    pthread_cond_signal(&host->asked);
    pthread_cond_signal(&host->news);
    pthread_mutex_unlock(&host->lock);
    vmt_engine_abort(host->engine);
}

static void release(struct vmt_host *host)
{
    vmt_snapshot_unref(host->last);
    pthread_cond_destroy(&host->asked);
    pthread_cond_destroy(&host->news);
    pthread_mutex_destroy(&host->lock);
    free(host);
}

static int start_threads(struct vmt_host *host, struct vmt_error *error)
{
    int failed = vmt_thread_start(&host->collecting, "vmt-collect", collect, host);
    if (failed)
        return vmt_error_set(error, failed, "cannot start the collecting thread: %s", strerror(-failed));
    failed = vmt_thread_start(&host->delivering, "vmt-deliver", deliver, host);
    if (!failed)
        return 0;
    stop(host);
    vmt_thread_join(&host->collecting, vmt_now_ns() + VMT_SECOND);
    return vmt_error_set(error, failed, "cannot start the delivering thread: %s", strerror(-failed));
}

int vmt_host_new(const struct vmt_host_options *options, struct vmt_host **ret_host, struct vmt_error *error)
{
    struct vmt_host *host = calloc(1, sizeof *host);
    if (!host)
        return vmt_error_set(error, -ENOMEM, "no memory for the host");
    host->options = *options;
    host->options.collectors |= VMT_COLLECTOR_BIT(VMT_COLLECTOR_EXPORTER);
    pthread_mutex_init(&host->lock, NULL);
    vmt_cond_init(&host->asked);
    vmt_cond_init(&host->news);
    int failed = vmt_engine_new(options, &host->engine, error);
    if (!failed && (failed = start_threads(host, error)))
        vmt_engine_free(host->engine, vmt_now_ns() + VMT_SECOND);
    if (failed) {
        release(host);
        return failed;
    }
    *ret_host = host;
    return 0;
}

bool vmt_host_free(struct vmt_host *host, uint64_t patience_ns)
{
    if (!host)
        return true;
    uint64_t until = vmt_now_ns() + patience_ns;
    stop(host);
    if (!vmt_thread_join(&host->collecting, until) || !vmt_thread_join(&host->delivering, until))
        return false;
    if (!vmt_engine_free(host->engine, until))
        return false;
    release(host);
    return true;
}

bool vmt_host_was_connected(struct vmt_host *host)
{
    return vmt_engine_was_connected(host->engine);
}
