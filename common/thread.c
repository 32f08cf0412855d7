/* SPDX-License-Identifier: Apache-2.0 */
#include "common/thread.h"
#include "common/clock.h"

#include <signal.h>

int vmt_thread_start(pthread_t *ret_thread, const char *name, void *(*run)(void *), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(ret_thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return -failed;
    pthread_setname_np(*ret_thread, name);
    return 0;
}

bool vmt_thread_join(pthread_t thread, uint64_t until_ns)
{
    struct timespec until = {.tv_sec = (time_t)(until_ns / VMT_SECOND), .tv_nsec = (long)(until_ns % VMT_SECOND)};
    return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}
