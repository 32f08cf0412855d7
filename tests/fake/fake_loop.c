/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop with its timers. What it delivers is in fake_events.c. */
#include "tests/fake/fake_events.h"

#include <stdlib.h>

struct timer {
    int id, interval_ms; /* -1: disabled */
    uint64_t due_ns;
    bool is_removed;
    virEventTimeoutCallback callback;
    void *arg;
    virFreeCallback release;
    struct timer *next;
};

/* Not in struct fake: threads may still be about to leave the loop when a host is reset. */
static struct {
    bool is_registered, is_interrupted, was_offered;
    unsigned running;
    int next_id;
    struct timer *timers;
} loop;

bool fake_events_has_loop(void)
{
    return loop.is_registered;
}

void fake_loop_forget(void)
{
    fake_must(!loop.running);
    while (loop.timers) {
        struct timer *next = loop.timers->next;
        free(loop.timers);
        loop.timers = next;
    }
    loop.is_registered = loop.is_interrupted = loop.was_offered = false;
}

bool fake_loop_was_offered(void)
{
    return loop.was_offered;
}

int virEventRegisterDefaultImpl(void)
{
    fake_error_clear();
    pthread_mutex_lock(&fake.lock);
    loop.is_registered = true;
    pthread_mutex_unlock(&fake.lock);
    return 0;
}

/* As if another part of the process had been first: libvirt then leaves things as they are, without a word. */
void virEventRegisterImpl(virEventAddHandleFunc add_handle, virEventUpdateHandleFunc update_handle,
                          virEventRemoveHandleFunc remove_handle, virEventAddTimeoutFunc add_timeout,
                          virEventUpdateTimeoutFunc update_timeout, virEventRemoveTimeoutFunc remove_timeout)
{
    (void)add_handle;
    (void)update_handle;
    (void)remove_handle;
    (void)add_timeout;
    (void)update_timeout;
    (void)remove_timeout;
    loop.was_offered = true;
    fake_error_clear();
}

static void interrupt(void)
{
    loop.is_interrupted = true;
    pthread_cond_broadcast(&fake.changed);
}

static void set_interval(struct timer *timer, int interval_ms)
{
    timer->interval_ms = interval_ms;
    timer->due_ns = interval_ms < 0 ? VMT_NEVER : vmt_now_ns() + (uint64_t)interval_ms * VMT_MS;
    interrupt();
}

int virEventAddTimeout(int timeout, virEventTimeoutCallback cb, void *opaque, virFreeCallback ff)
{
    pthread_mutex_lock(&fake.lock);
    int id = -1;
    if (loop.is_registered) {
        struct timer *timer = fake_alloc(sizeof *timer);
        *timer = (struct timer){.id = ++loop.next_id, .callback = cb, .arg = opaque, .release = ff};
        timer->next = loop.timers;
        loop.timers = timer;
        set_interval(timer, timeout);
        fake.usage.timeouts++;
        id = timer->id;
    }
    pthread_mutex_unlock(&fake.lock);
    return id;
}

static struct timer *find(int id)
{
    struct timer *timer = loop.timers;
    while (timer && (timer->id != id || timer->is_removed))
        timer = timer->next;
    return timer;
}

void virEventUpdateTimeout(int id, int timeout)
{
    pthread_mutex_lock(&fake.lock);
    struct timer *timer = find(id);
    if (timer)
        set_interval(timer, timeout);
    pthread_mutex_unlock(&fake.lock);
}

int virEventRemoveTimeout(int id)
{
    pthread_mutex_lock(&fake.lock);
    struct timer *timer = find(id);
    if (timer) {
        timer->is_removed = true;
        fake.usage.timeouts--;
        interrupt();
    }
    pthread_mutex_unlock(&fake.lock);
    return timer ? 0 : -1;
}

/* The loop frees what was removed, as libvirt's does. */
static void purge(void)
{
    struct timer **link = &loop.timers;
    while (*link) {
        struct timer *timer = *link;
        if (!timer->is_removed) {
            link = &timer->next;
            continue;
        }
        *link = timer->next;
        pthread_mutex_unlock(&fake.lock);
        if (timer->release)
            timer->release(timer->arg);
        free(timer);
        pthread_mutex_lock(&fake.lock);
        link = &loop.timers;
    }
}

static struct timer *first_due(void)
{
    struct timer *first = NULL;
    for (struct timer *timer = loop.timers; timer; timer = timer->next)
        if (!timer->is_removed && (!first || timer->due_ns < first->due_ns))
            first = timer;
    return first;
}

static void fire(struct timer *timer)
{
    set_interval(timer, timer->interval_ms);
    virEventTimeoutCallback callback = timer->callback;
    void *arg = timer->arg;
    int id = timer->id;
    pthread_mutex_unlock(&fake.lock);
    callback(id, arg);
    pthread_mutex_lock(&fake.lock);
}

/* Waits, for ever when nothing is registered; then does one thing that was due. */
int virEventRunDefaultImpl(void)
{
    pthread_mutex_lock(&fake.lock);
    fake_must(fake.is_set);
    loop.running++;
    purge();
    struct timer *due = first_due();
    while (!loop.is_interrupted && !fake_events_are_waiting() && !(due && vmt_now_ns() >= due->due_ns)) {
        vmt_cond_wait(&fake.changed, &fake.lock, due ? due->due_ns : VMT_NEVER);
        due = first_due();
    }
    loop.is_interrupted = false;
    if (due && vmt_now_ns() >= due->due_ns)
        fire(due);
    else if (fake_events_are_waiting())
        fake_events_deliver();
    loop.running--;
    pthread_cond_broadcast(&fake.changed);
    pthread_mutex_unlock(&fake.lock);
    return 0;
}
