/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that may hang in libvirt and must be joined with a deadline. Safe from any thread.
 */
#ifndef VIRTMETER_COMMON_THREAD_H
#define VIRTMETER_COMMON_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct vmt_thread {
    pthread_t id;
    bool is_running; /* false: never started, or joined */
};

/* Starts a thread with all signals blocked, called `name` (at most 15 bytes). 0 or a negative errno. */
int vmt_thread_start(struct vmt_thread *thread, const char *name, void *(*run)(void *), void *arg);

/* Joins, if there is anything to join; false when the thread has not ended by `until_ns` of CLOCK_MONOTONIC. */
bool vmt_thread_join(struct vmt_thread *thread, uint64_t until_ns);

#endif
