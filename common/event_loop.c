/* SPDX-License-Identifier: Apache-2.0 */
#include "common/event_loop.h"
#include "common/thread.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The loop sleeps for ever when nothing is registered with it; this wakes it often enough to hear that it shall stop.
 */
enum { HEARTBEAT_MS = 200 };

struct vmt_event_loop {
    struct vmt_thread thread;
    int heartbeat;
    atomic_bool is_stopping;
};

static void beat(int timer, void *arg)
{
    (void)timer;
    (void)arg;
}

static void *turn(void *arg)
{
    struct vmt_event_loop *loop = arg;
    while (!atomic_load(&loop->is_stopping))
        virEventRunDefaultImpl();
    return NULL;
}

int vmt_event_loop_new(struct vmt_event_loop **ret_loop, struct vmt_error *error)
{
    struct vmt_event_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return vmt_error_set(error, -ENOMEM, "no memory for the event loop");
    /* Registering fails when somebody else in this process did it first: the loop is theirs and ours. */
    virEventRegisterDefaultImpl();
    loop->heartbeat = virEventAddTimeout(HEARTBEAT_MS, beat, NULL, NULL);
    int failed = loop->heartbeat < 0 ? -ENOSYS : vmt_thread_start(&loop->thread, "vmt-events", turn, loop);
    if (failed) {
        if (loop->heartbeat >= 0)
            virEventRemoveTimeout(loop->heartbeat);
        free(loop);
        return vmt_error_set(error, failed, "cannot start libvirt's event loop");
    }
    *ret_loop = loop;
    return 0;
}

bool vmt_event_loop_free(struct vmt_event_loop *loop, uint64_t until_ns)
{
    if (!loop)
        return true;
    atomic_store(&loop->is_stopping, true);
    if (!vmt_thread_join(&loop->thread, until_ns))
        return false;
    virEventRemoveTimeout(loop->heartbeat);
    free(loop);
    return true;
}
