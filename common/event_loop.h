/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's event loop, turned by a thread of its own: without it there is no keepalive, no close callback, no event.
 * The loop belongs to the process. In a process of our own it is event_epoll.h's, which costs less; where others may
 * use libvirt too (collectd's own virt plugin) it is libvirt's default, which is turned by whoever waits for it.
 */
#ifndef VIRTMETER_COMMON_EVENT_LOOP_H
#define VIRTMETER_COMMON_EVENT_LOOP_H

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

struct vmt_event_loop;

/* Starts the thread; must come before the first connection is opened. `is_alone`: nothing else in this process uses
 * libvirt. 0 or a negative errno with the reason. */
int vmt_event_loop_new(bool is_alone, struct vmt_event_loop **ret_loop, struct vmt_error *error);

/* Stops and joins the thread; false when it does not end before `until_ns` (CLOCK_MONOTONIC): nothing is freed then. */
bool vmt_event_loop_free(struct vmt_event_loop *loop, uint64_t until_ns);

#endif
