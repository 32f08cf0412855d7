/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/scrape.h"
#include "common/clock.h"
#include "exporter/reply.h"
#include "exporter/scrape_request.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

struct vmt_scraper {
    struct vmt_scraper_options options;
    struct vmt_renderer *renderer;

    pthread_mutex_t lock; /* of what follows, and of the scrapes' states */
    pthread_cond_t idle;
    struct vmt_scrape *waiting; /* all whose connection is suspended */
    unsigned count;             /* of scrapes that are not over */
    bool is_stopping;
};

/* Held twice: by the request, until it is over, and by the core and the renderer, until they have answered. */
struct vmt_scrape {
    atomic_uint references;
    struct vmt_scraper *scraper;
    struct vmt_scrape *next, **link; /* in `waiting`; no link: not suspended */
    struct MHD_Connection *connection;
    struct vmt_body *body; /* NULL: none was made */
    char content_type[VMT_CONTENT_TYPE];
    struct vmt_rendering rendering;
};

static struct vmt_scrape *scrape_of(struct vmt_rendering *rendering)
{
    return (struct vmt_scrape *)((char *)rendering - offsetof(struct vmt_scrape, rendering));
}

static void unref(struct vmt_scrape *scrape)
{
    if (atomic_fetch_sub_explicit(&scrape->references, 1, memory_order_acq_rel) > 1)
        return;
    vmt_body_unref(scrape->body);
    free(scrape);
}

/* The caller holds the lock. */
static void suspend(struct vmt_scrape *scrape)
{
    struct vmt_scraper *scraper = scrape->scraper;
    scrape->next = scraper->waiting;
    scrape->link = &scraper->waiting;
    if (scrape->next)
        scrape->next->link = &scrape->next;
    scraper->waiting = scrape;
    MHD_suspend_connection(scrape->connection);
}

/* The caller holds the lock. */
static void resume(struct vmt_scrape *scrape)
{
    assert(scrape->link);
    *scrape->link = scrape->next;
    if (scrape->next)
        scrape->next->link = scrape->link;
    scrape->link = NULL;
    MHD_resume_connection(scrape->connection);
}

/* The core and the renderer are done with the scrape; takes ownership of the body. */
static void finish(struct vmt_scrape *scrape, struct vmt_body *body)
{
    struct vmt_scraper *scraper = scrape->scraper;
    pthread_mutex_lock(&scraper->lock);
    if (scrape->link) { /* else it was answered without us */
        scrape->body = body;
        body = NULL;
        resume(scrape);
    }
    pthread_mutex_unlock(&scraper->lock);
    vmt_body_unref(body);
    unref(scrape);
}

static void on_body(struct vmt_rendering *rendering, struct vmt_body *body)
{
    struct vmt_snapshot *snapshot = rendering->snapshot;
    finish(scrape_of(rendering), body);
    vmt_snapshot_unref(snapshot);
}

static void on_snapshot(void *arg, struct vmt_snapshot *snapshot)
{
    struct vmt_scrape *scrape = arg;
    scrape->rendering.snapshot = snapshot;
    if (snapshot)
        vmt_renderer_submit(scrape->scraper->renderer, &scrape->rendering);
    else
        finish(scrape, NULL);
}

static enum MHD_Result take_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    if (value)
        vmt_scrape_request_header(arg, name, value);
    return MHD_YES;
}

static enum MHD_Result take_parameter(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    vmt_scrape_request_parameter(arg, name, value);
    return MHD_YES;
}

/* Reserves one of the places; NULL when all are taken or the scraper stops. */
static struct vmt_scrape *reserve(struct vmt_scraper *scraper, struct MHD_Connection *connection)
{
    struct vmt_scrape *scrape = calloc(1, sizeof *scrape);
    if (!scrape)
        return NULL;
    pthread_mutex_lock(&scraper->lock);
    unsigned limit = scraper->options.max_requests;
    bool is_free = !scraper->is_stopping && (!limit || scraper->count < limit);
    scraper->count += is_free;
    pthread_mutex_unlock(&scraper->lock);
    if (!is_free) {
        free(scrape);
        return NULL;
    }
    atomic_init(&scrape->references, 1);
    scrape->scraper = scraper;
    scrape->connection = connection;
    return scrape;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, const char *why)
{
    return vmt_reply_line(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                          (struct vmt_header){MHD_HTTP_HEADER_RETRY_AFTER, "1"}, "%s", why);
}

/* Suspends the connection and asks the core. What cannot be asked is resumed at once, with nothing to say. */
static void ask(struct vmt_scrape *scrape, uint64_t patience_ns)
{
    struct vmt_scraper *scraper = scrape->scraper;
    atomic_fetch_add_explicit(&scrape->references, 1, memory_order_relaxed);
    pthread_mutex_lock(&scraper->lock);
    suspend(scrape);
    if (scraper->is_stopping)
        resume(scrape);
    pthread_mutex_unlock(&scraper->lock);
    if (vmt_host_request(scraper->options.host, scrape->rendering.collectors, vmt_now_ns() + patience_ns, on_snapshot,
                         scrape))
        finish(scrape, NULL);
}

enum MHD_Result vmt_scrape_begin(struct vmt_scraper *scraper, struct MHD_Connection *connection,
                                 struct vmt_scrape **ret_scrape)
{
    struct vmt_scrape_request request = {0};
    struct vmt_error error;
    vmt_collectors collectors;
    *ret_scrape = NULL;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_header, &request);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_parameter, &request);
    if (vmt_scrape_request_collectors(&request, scraper->options.collectors, &collectors, &error))
        return vmt_reply_line(connection, MHD_HTTP_BAD_REQUEST, (struct vmt_header){NULL, NULL}, "%s", error.text);
    struct vmt_scrape *scrape = reserve(scraper, connection);
    if (!scrape)
        return refuse(connection, "too many scrapes at the same time");
    scrape->rendering = (struct vmt_rendering){.format = vmt_accept_format(&request.accept, scrape->content_type),
                                               .collectors = collectors,
                                               .wants_gzip = vmt_accept_gzip(&request.accept),
                                               .ready = on_body};
    *ret_scrape = scrape;
    ask(scrape, vmt_scrape_request_patience(&request, scraper->options.timeout_ns, scraper->options.timeout_offset_ns));
    return MHD_YES;
}

enum MHD_Result vmt_scrape_answer(struct vmt_scrape *scrape, struct MHD_Connection *connection)
{
    if (!scrape->body)
        return refuse(connection, "virtmeter is stopping, or has no memory");
    struct vmt_body *body = scrape->body;
    scrape->body = NULL;
    return vmt_reply_body(connection, body, scrape->content_type);
}

void vmt_scrape_end(struct vmt_scrape *scrape)
{
    struct vmt_scraper *scraper = scrape->scraper;
    pthread_mutex_lock(&scraper->lock);
    assert(!scrape->link);
    if (!--scraper->count)
        pthread_cond_broadcast(&scraper->idle);
    pthread_mutex_unlock(&scraper->lock);
    unref(scrape);
}

int vmt_scraper_new(const struct vmt_scraper_options *options, struct vmt_scraper **ret_scraper)
{
    struct vmt_scraper *scraper = calloc(1, sizeof *scraper);
    if (!scraper)
        return -ENOMEM;
    scraper->options = *options;
    int failed = vmt_renderer_new(options->self, &scraper->renderer);
    if (failed) {
        free(scraper);
        return failed;
    }
    pthread_mutex_init(&scraper->lock, NULL);
    vmt_cond_init(&scraper->idle);
    *ret_scraper = scraper;
    return 0;
}

void vmt_scraper_free(struct vmt_scraper *scraper)
{
    if (!scraper)
        return;
    vmt_renderer_free(scraper->renderer);
    assert(!scraper->count);
    pthread_cond_destroy(&scraper->idle);
    pthread_mutex_destroy(&scraper->lock);
    free(scraper);
}

void vmt_scraper_stop(struct vmt_scraper *scraper)
{
    pthread_mutex_lock(&scraper->lock);
    scraper->is_stopping = true;
    while (scraper->waiting)
        resume(scraper->waiting);
    pthread_mutex_unlock(&scraper->lock);
}

bool vmt_scraper_wait(struct vmt_scraper *scraper, uint64_t until_ns)
{
    pthread_mutex_lock(&scraper->lock);
    while (scraper->count && vmt_now_ns() < until_ns)
        vmt_cond_wait(&scraper->idle, &scraper->lock, until_ns);
    bool is_idle = !scraper->count;
    pthread_mutex_unlock(&scraper->lock);
    return is_idle;
}
