/* SPDX-License-Identifier: Apache-2.0 */
#include "common/thread.h"
#include "common/clock.h"

#include <signal.h>

int vmt_thread_start(struct vmt_thread *thread, const char *name, void *(*run)(void *), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread->id, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return -failed;
    pthread_setname_np(thread->id, name);
    thread->is_running = true;
    return 0;
}

bool vmt_thread_join(struct vmt_thread *thread, uint64_t until_ns)
{
    if (!thread->is_running)
        return true;
    /* pthread_clockjoin_np would take the deadline as it is, but thread sanitizers do not know it. */
    uint64_t now = vmt_now_ns();
    uint64_t patience = until_ns > now ? until_ns - now : 0;
    uint64_t until = vmt_wall_ns() + (patience < VMT_NEVER / 4 ? patience : VMT_NEVER / 4);
    struct timespec wall = {.tv_sec = (time_t)(until / VMT_SECOND), .tv_nsec = (long)(until % VMT_SECOND)};
    thread->is_running = pthread_timedjoin_np(thread->id, NULL, &wall) != 0;
    return !thread->is_running;
}
