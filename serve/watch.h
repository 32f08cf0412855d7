/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of connections, kept by a thread that cuts those which are late. An HTTP server's own time-outs count
 * inactivity, so a client that sends or takes a byte now and then would hold its connection for ever.
 * All functions are safe from any thread.
 */
#ifndef VIRTMETER_SERVE_WATCH_H
#define VIRTMETER_SERVE_WATCH_H

#include <stdint.h>

struct vmt_watch;
struct vmt_watched; /* one connection */

/* Starts the thread. 0 or a negative errno. */
int vmt_watch_new(struct vmt_watch **ret_watch);

/* Nothing may be watched any more. */
void vmt_watch_free(struct vmt_watch *watch);

/*
 * Watches the connection on `fd`, which must stay open until it is removed. It is shut down at `deadline_ns` of
 * CLOCK_MONOTONIC (VMT_NEVER: never); closing it is left to its owner. NULL when there is no memory.
 */
struct vmt_watched *vmt_watch_add(struct vmt_watch *watch, int fd, uint64_t deadline_ns);
void vmt_watch_remove(struct vmt_watch *watch, struct vmt_watched *watched);

/* Another deadline from now on. `watched` may be NULL. */
void vmt_watch_set(struct vmt_watch *watch, struct vmt_watched *watched, uint64_t deadline_ns);

#endif
