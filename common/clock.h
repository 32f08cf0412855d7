/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time that only goes forward, in nanoseconds, and condition variables that wait by it. Safe from any thread.
 */
#ifndef VIRTMETER_COMMON_CLOCK_H
#define VIRTMETER_COMMON_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#define VMT_MS UINT64_C(1000000)
#define VMT_SECOND UINT64_C(1000000000)
#define VMT_NEVER UINT64_MAX

/* CLOCK_MONOTONIC now. */
static inline uint64_t vmt_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * VMT_SECOND + (uint64_t)now.tv_nsec;
}

/* Seconds since 1970 now, in nanoseconds. */
static inline uint64_t vmt_wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * VMT_SECOND + (uint64_t)now.tv_nsec;
}

static inline void vmt_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Waits for a signal, at the latest until `until_ns` of CLOCK_MONOTONIC; may wake early. */
static inline void vmt_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t until_ns)
{
    if (until_ns == VMT_NEVER) {
        pthread_cond_wait(cond, lock);
        return;
    }
    struct timespec until = {.tv_sec = (time_t)(until_ns / VMT_SECOND), .tv_nsec = (long)(until_ns % VMT_SECOND)};
    pthread_cond_timedwait(cond, lock, &until);
}

#endif
