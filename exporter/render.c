/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/render.h"
#include "common/clock.h"
#include "common/thread.h"
#include "exporter/compress.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

/* Smaller bodies fit one packet as they are. */
enum { GZIP_LEAST = 1024 };

struct vmt_renderer {
    const struct vmt_selfmetrics *self;
    struct vmt_thread thread;
    struct vmt_exposition exposition;
    struct vmt_compressor *compressor;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct vmt_rendering *queue, **queue_end;
    struct vmt_rendering *batch; /* that wait for the body which is being made */
    struct vmt_text spare;       /* a buffer is worth keeping; one is enough */
    bool is_stopping;
};

struct vmt_body *vmt_body_ref(struct vmt_body *body)
{
    atomic_fetch_add_explicit(&body->references, 1, memory_order_relaxed);
    return body;
}

static struct vmt_text take_spare(struct vmt_renderer *renderer)
{
    pthread_mutex_lock(&renderer->lock);
    struct vmt_text text = renderer->spare;
    renderer->spare = (struct vmt_text){0};
    pthread_mutex_unlock(&renderer->lock);
    vmt_text_reset(&text);
    return text;
}

/* A page of a big host takes megabytes; between two scrapes they are worth more to the host than the time to get them.
 */
enum { SPARE_MAX = 1024 * 1024 };

/* Keeps the bigger buffer of `text` and the spare one. */
static void give_spare(struct vmt_renderer *renderer, struct vmt_text *text)
{
    pthread_mutex_lock(&renderer->lock);
    if (text->capacity > renderer->spare.capacity && text->capacity <= SPARE_MAX) {
        struct vmt_text smaller = renderer->spare;
        renderer->spare = *text;
        *text = smaller;
    }
    pthread_mutex_unlock(&renderer->lock);
    vmt_text_done(text);
}

void vmt_body_unref(struct vmt_body *body)
{
    if (!body || atomic_fetch_sub_explicit(&body->references, 1, memory_order_acq_rel) > 1)
        return;
    if (body->is_gzip)
        vmt_text_done(&body->text);
    else
        give_spare(body->renderer, &body->text);
    free(body);
}

/* Packs the body's text. It stays as it is when it is small, or when there is no memory for more. */
static void pack(struct vmt_renderer *renderer, struct vmt_body *body)
{
    struct vmt_text packed = {0};
    if (body->text.length < GZIP_LEAST || vmt_compressor_gzip(renderer->compressor, &body->text, &packed)) {
        vmt_text_done(&packed);
        return;
    }
    give_spare(renderer, &body->text);
    vmt_text_shrink(&packed);
    body->text = packed;
    body->is_gzip = true;
}

static struct vmt_body *render(struct vmt_renderer *renderer, const struct vmt_rendering *what)
{
    struct vmt_body *body = calloc(1, sizeof *body);
    struct vmt_part *own = vmt_selfmetrics_part(renderer->self);
    if (body && own) {
        atomic_init(&body->references, 1);
        body->renderer = renderer;
        body->text = take_spare(renderer);
        if (!vmt_exposition_write(&renderer->exposition, what->snapshot, own, what->format, what->collectors,
                                  &body->text)) {
            if (what->wants_gzip)
                pack(renderer, body);
            vmt_part_unref(own);
            return body;
        }
        vmt_text_done(&body->text);
    }
    vmt_part_unref(own);
    free(body);
    return NULL;
}

static bool is_same(const struct vmt_rendering *a, const struct vmt_rendering *b)
{
    return a->snapshot == b->snapshot && a->format == b->format && a->collectors == b->collectors &&
           a->wants_gzip == b->wants_gzip;
}

/* Moves the first wish of the queue, and all that want the same, into the batch. */
static void begin_batch(struct vmt_renderer *renderer)
{
    struct vmt_rendering **link = &renderer->queue, **end = &renderer->batch;
    while (*link) {
        struct vmt_rendering *rendering = *link;
        if (renderer->batch && !is_same(rendering, renderer->batch)) {
            link = &rendering->next;
            continue;
        }
        *link = rendering->next;
        rendering->next = NULL;
        *end = rendering;
        end = &rendering->next;
    }
    renderer->queue_end = link;
}

static void answer(struct vmt_rendering *batch, struct vmt_body *body)
{
    while (batch) {
        struct vmt_rendering *next = batch->next;
        batch->ready(batch, body ? vmt_body_ref(body) : NULL);
        batch = next;
    }
    vmt_body_unref(body);
}

static void *run(void *arg)
{
    struct vmt_renderer *renderer = arg;
    pthread_mutex_lock(&renderer->lock);
    while (renderer->queue || !renderer->is_stopping) {
        if (!renderer->queue) {
            pthread_cond_wait(&renderer->wake, &renderer->lock);
            continue;
        }
        begin_batch(renderer);
        const struct vmt_rendering *first = renderer->batch;
        pthread_mutex_unlock(&renderer->lock);
        struct vmt_body *body = render(renderer, first);
        pthread_mutex_lock(&renderer->lock);
        struct vmt_rendering *batch = renderer->batch;
        renderer->batch = NULL;
        pthread_mutex_unlock(&renderer->lock);
        answer(batch, body);
        malloc_trim(0); /* libvirt's answers were as big again as the page, and are of no use until the next scrape */
        pthread_mutex_lock(&renderer->lock);
    }
    pthread_mutex_unlock(&renderer->lock);
    return NULL;
}

void vmt_renderer_submit(struct vmt_renderer *renderer, struct vmt_rendering *rendering)
{
    pthread_mutex_lock(&renderer->lock);
    if (renderer->batch && is_same(rendering, renderer->batch)) {
        rendering->next = renderer->batch->next;
        renderer->batch->next = rendering;
    } else {
        rendering->next = NULL;
        *renderer->queue_end = rendering;
        renderer->queue_end = &rendering->next;
        pthread_cond_signal(&renderer->wake);
    }
    pthread_mutex_unlock(&renderer->lock);
}

int vmt_renderer_new(const struct vmt_selfmetrics *self, struct vmt_renderer **ret_renderer)
{
    struct vmt_renderer *renderer = calloc(1, sizeof *renderer);
    if (!renderer)
        return -ENOMEM;
    renderer->self = self;
    renderer->queue_end = &renderer->queue;
    pthread_mutex_init(&renderer->lock, NULL);
    vmt_cond_init(&renderer->wake);
    renderer->compressor = vmt_compressor_new();
    int failed = renderer->compressor ? vmt_thread_start(&renderer->thread, "render", run, renderer) : -ENOMEM;
    if (!failed) {
        *ret_renderer = renderer;
        return 0;
    }
    vmt_compressor_free(renderer->compressor);
    free(renderer);
    return failed;
}

void vmt_renderer_free(struct vmt_renderer *renderer)
{
    if (!renderer)
        return;
    pthread_mutex_lock(&renderer->lock);
    renderer->is_stopping = true;
    pthread_cond_signal(&renderer->wake);
    pthread_mutex_unlock(&renderer->lock);
    pthread_join(renderer->thread.id, NULL);
    vmt_exposition_done(&renderer->exposition);
    vmt_compressor_free(renderer->compressor);
    vmt_text_done(&renderer->spare);
    pthread_cond_destroy(&renderer->wake);
    pthread_mutex_destroy(&renderer->lock);
    free(renderer);
}
