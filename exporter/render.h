/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that turns snapshots into bodies: renders, compresses, tells who waits. Those who wait at the same time
 * for the same body get the same one. Knows no HTTP. All functions are safe from any thread.
 */
#ifndef VIRTMETER_EXPORTER_RENDER_H
#define VIRTMETER_EXPORTER_RENDER_H

#include "serve/exposition.h"
#include "serve/selfmetrics.h"

struct vmt_renderer;

/* What to send. Immutable and counted; none may outlive its renderer. */
struct vmt_body {
    atomic_uint references;
    struct vmt_renderer *renderer;
    struct vmt_text text;
    bool is_gzip;
};

struct vmt_body *vmt_body_ref(struct vmt_body *body);
void vmt_body_unref(struct vmt_body *body);

/* A wish for a body. It belongs to the caller and must stay where it is until it was answered. */
struct vmt_rendering {
    struct vmt_rendering *next; /* the renderer's */
    struct vmt_snapshot *snapshot;
    enum vmt_format format;
    vmt_collectors collectors;
    bool wants_gzip;
    /* Called once, on the renderer's thread: short. The body is the callee's (unref it); NULL: there was no memory. */
    void (*ready)(struct vmt_rendering *rendering, struct vmt_body *body);
};

/* Starts the thread; `self` must outlive it. 0 or a negative errno. */
int vmt_renderer_new(const struct vmt_selfmetrics *self, struct vmt_renderer **ret_renderer);

/* Fulfils all wishes, then stops. */
void vmt_renderer_free(struct vmt_renderer *renderer);

void vmt_renderer_submit(struct vmt_renderer *renderer, struct vmt_rendering *rendering);

#endif
