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
    /* pthread_clockjoin_np would take the deadline as it is, but thread sanitizers do not know it. */
    uint64_t now = vmt_now_ns();
    uint64_t until = vmt_wall_ns() + (until_ns > now ? until_ns - now : 0);
    struct timespec wall = {.tv_sec = (time_t)(until / VMT_SECOND), .tv_nsec = (long)(until % VMT_SECOND)};
    return pthread_timedjoin_np(thread, NULL, &wall) == 0;
}
