/* SPDX-License-Identifier: Apache-2.0 */
#include "common/event_loop.h"
#include "common/event_epoll.h"
#include "common/thread.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <stdatomic.h>
#include <stdlib.h>

/* libvirt's own loop sleeps for ever when nothing is registered with it, and who of those that turn it is woken is not
 * known; this wakes it often enough to hear that it shall stop. */
enum { HEARTBEAT_MS = 200 };

struct vmt_event_loop {
    struct vmt_thread thread;
    bool is_epoll;
    int heartbeat; /* of libvirt's own loop; otherwise -1 */
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
        if (loop->is_epoll)
            vmt_event_epoll_run();
        else
            virEventRunDefaultImpl();
    return NULL;
}

/* False when the loop has no heartbeat, and so cannot be stopped. */
static bool register_loop(struct vmt_event_loop *loop, bool is_alone)
{
    loop->heartbeat = -1;
    loop->is_epoll = is_alone && vmt_event_epoll_register() == 0;
    if (loop->is_epoll)
        return true;
    /* Registering fails when somebody else in this process did it first: the loop is theirs and ours. */
    virEventRegisterDefaultImpl();
    loop->heartbeat = virEventAddTimeout(HEARTBEAT_MS, beat, NULL, NULL);
    return loop->heartbeat >= 0;
}

static void end_heartbeat(struct vmt_event_loop *loop)
{
    if (loop->heartbeat >= 0)
        virEventRemoveTimeout(loop->heartbeat);
}

int vmt_event_loop_new(bool is_alone, struct vmt_event_loop **ret_loop, struct vmt_error *error)
{
    struct vmt_event_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return vmt_error_set(error, -ENOMEM, "no memory for the event loop");
    int failed = register_loop(loop, is_alone) ? vmt_thread_start(&loop->thread, "vmt-events", turn, loop) : -ENOSYS;
    if (failed) {
        end_heartbeat(loop);
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
    if (loop->is_epoll)
        vmt_event_epoll_wake();
    if (!vmt_thread_join(&loop->thread, until_ns))
        return false;
    end_heartbeat(loop);
    free(loop);
    return true;
}
