/* SPDX-License-Identifier: Apache-2.0 */
#include "common/event_epoll.h"
#include "common/clock.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A descriptor that is watched, or a timer. */
struct watch {
    int id;
    int fd; /* -1: a timer */
    int events;
    int interval_ms; /* of a timer; -1: off */
    uint64_t due_ns;
    virEventHandleCallback on_event;
    virEventTimeoutCallback on_time;
    void *arg;
    virFreeCallback release;
    bool is_removed; /* its memory goes when the loop comes around: a callback may still be using it */
};

enum { EVENTS_AT_ONCE = 16 };

/* libvirt's functions to be registered have no argument of ours. */
static struct {
    pthread_mutex_t lock;
    int epoll, wake; /* wake: an eventfd that ends a wait */
    int last_id;
    struct watch **watches;
    unsigned count, room;
    bool is_registered;
    uint64_t sleeps_until_ns; /* 0: it does not sleep */
} loop = {.lock = PTHREAD_MUTEX_INITIALIZER, .epoll = -1, .wake = -1};

void vmt_event_epoll_wake(void)
{
    /* Only a counter that is full already refuses, and then the loop wakes all the same. */
    while (eventfd_write(loop.wake, 1) < 0 && errno == EINTR)
        ;
}

/* With the lock held, as all that follows unless it says otherwise. */
static struct watch *find(int id)
{
    for (unsigned i = 0; i < loop.count; i++)
        if (loop.watches[i]->id == id && !loop.watches[i]->is_removed)
            return loop.watches[i];
    return NULL;
}

static int add(const struct watch *watch)
{
    if (loop.count == loop.room) {
        unsigned room = loop.room ? loop.room * 2 : 32;
        struct watch **watches = realloc(loop.watches, room * sizeof(struct watch *));
        if (!watches)
            return -1;
        loop.watches = watches;
        loop.room = room;
    }
    struct watch *added = malloc(sizeof *added);
    if (!added)
        return -1;
    *added = *watch;
    added->id = ++loop.last_id;
    loop.watches[loop.count++] = added;
    return added->id;
}

static uint32_t to_epoll(int events)
{
    return (events & VIR_EVENT_HANDLE_READABLE ? EPOLLIN : 0u) | (events & VIR_EVENT_HANDLE_WRITABLE ? EPOLLOUT : 0u);
}

static int from_epoll(uint32_t events)
{
    return (events & EPOLLIN ? VIR_EVENT_HANDLE_READABLE : 0) | (events & EPOLLOUT ? VIR_EVENT_HANDLE_WRITABLE : 0) |
           (events & EPOLLERR ? VIR_EVENT_HANDLE_ERROR : 0) | (events & EPOLLHUP ? VIR_EVENT_HANDLE_HANGUP : 0);
}

/* A descriptor of which nothing is wanted is taken out: epoll would report a hangup all the same, without end. */
static int watch_for(struct watch *watch, int events)
{
    struct epoll_event event = {.events = to_epoll(events), .data.u64 = (uint64_t)watch->id};
    int operation = !event.events ? EPOLL_CTL_DEL : to_epoll(watch->events) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    bool is_idle = !event.events && !to_epoll(watch->events);
    watch->events = events;
    return is_idle ? 0 : epoll_ctl(loop.epoll, operation, watch->fd, &event);
}

static void remove_last(void)
{
    free(loop.watches[--loop.count]);
}

static int add_handle(int fd, int events, virEventHandleCallback on_event, void *arg, virFreeCallback release)
{
    pthread_mutex_lock(&loop.lock);
    int id = add(&(struct watch){.fd = fd, .on_event = on_event, .arg = arg, .release = release});
    if (id >= 0 && watch_for(loop.watches[loop.count - 1], events) < 0) {
        remove_last();
        id = -1;
    }
    pthread_mutex_unlock(&loop.lock);
    return id;
}

static void update_handle(int id, int events)
{
    pthread_mutex_lock(&loop.lock);
    struct watch *watch = find(id);
    if (watch)
        watch_for(watch, events);
    pthread_mutex_unlock(&loop.lock);
}

/* What is removed is released by the loop's thread, never by the caller: he may hold locks. */
static int remove_watch(int id)
{
    pthread_mutex_lock(&loop.lock);
    struct watch *watch = find(id);
    if (watch) {
        if (watch->fd >= 0)
            watch_for(watch, 0);
        watch->is_removed = true;
        vmt_event_epoll_wake();
    }
    pthread_mutex_unlock(&loop.lock);
    return watch ? 0 : -1;
}

/* Wakes the loop only when it would sleep for too long. */
static void set_interval(struct watch *watch, int interval_ms)
{
    watch->interval_ms = interval_ms;
    watch->due_ns = interval_ms < 0 ? VMT_NEVER : vmt_now_ns() + (uint64_t)interval_ms * VMT_MS;
    if (watch->due_ns < loop.sleeps_until_ns)
        vmt_event_epoll_wake();
}

static int add_timeout(int interval_ms, virEventTimeoutCallback on_time, void *arg, virFreeCallback release)
{
    pthread_mutex_lock(&loop.lock);
    int id = add(&(struct watch){.fd = -1, .on_time = on_time, .arg = arg, .release = release});
    if (id >= 0)
        set_interval(loop.watches[loop.count - 1], interval_ms);
    pthread_mutex_unlock(&loop.lock);
    return id;
}

static void update_timeout(int id, int interval_ms)
{
    pthread_mutex_lock(&loop.lock);
    struct watch *watch = find(id);
    if (watch)
        set_interval(watch, interval_ms);
    pthread_mutex_unlock(&loop.lock);
}

/* Whether virEvent* ends up here: registering a second implementation does nothing, and does not say so. */
static bool is_ours(void)
{
    int id = virEventAddTimeout(-1, NULL, NULL, NULL);
    pthread_mutex_lock(&loop.lock);
    bool is_ours = id >= 0 && id == loop.last_id && find(id);
    pthread_mutex_unlock(&loop.lock);
    if (id >= 0)
        virEventRemoveTimeout(id);
    return is_ours;
}

int vmt_event_epoll_register(void)
{
    if (loop.is_registered)
        return 0;
    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    loop.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN};
    int failed = loop.epoll < 0 || loop.wake < 0 || epoll_ctl(loop.epoll, EPOLL_CTL_ADD, loop.wake, &event) < 0;
    if (failed) {
        failed = -errno;
    } else {
        virEventRegisterImpl(add_handle, update_handle, remove_watch, add_timeout, update_timeout, remove_watch);
        loop.is_registered = is_ours();
        failed = loop.is_registered ? 0 : -EEXIST;
    }
    if (failed) {
        close(loop.epoll);
        close(loop.wake);
    }
    return failed;
}

static uint64_t first_due(void)
{
    uint64_t first = VMT_NEVER;
    for (unsigned i = 0; i < loop.count; i++)
        if (loop.watches[i]->fd < 0 && !loop.watches[i]->is_removed && loop.watches[i]->due_ns < first)
            first = loop.watches[i]->due_ns;
    return first;
}

/* Frees what was removed; releases without the lock. */
static void purge(void)
{
    for (unsigned i = 0; i < loop.count;) {
        struct watch *watch = loop.watches[i];
        if (!watch->is_removed) {
            i++;
            continue;
        }
        loop.watches[i] = loop.watches[--loop.count];
        pthread_mutex_unlock(&loop.lock);
        if (watch->release)
            watch->release(watch->arg);
        free(watch);
        pthread_mutex_lock(&loop.lock);
        i = 0;
    }
}

static int sleep_until_event(struct epoll_event *events)
{
    uint64_t due = first_due(), now = vmt_now_ns();
    uint64_t pause_ms = due <= now ? 0 : (due - now + VMT_MS - 1) / VMT_MS;
    int timeout_ms = due == VMT_NEVER ? -1 : pause_ms > INT32_MAX ? INT32_MAX : (int)pause_ms;
    loop.sleeps_until_ns = due;
    pthread_mutex_unlock(&loop.lock);
    int count = epoll_wait(loop.epoll, events, EVENTS_AT_ONCE, timeout_ms);
    pthread_mutex_lock(&loop.lock);
    loop.sleeps_until_ns = 0;
    return count;
}

static void call_back_for_event(const struct epoll_event *event)
{
    struct watch *watch = find((int)event->data.u64);
    eventfd_t ignored;
    if (!event->data.u64)
        eventfd_read(loop.wake, &ignored);
    if (!watch || !watch->events) /* taken away since */
        return;
    int id = watch->id, fd = watch->fd;
    virEventHandleCallback on_event = watch->on_event;
    void *arg = watch->arg;
    pthread_mutex_unlock(&loop.lock);
    on_event(id, fd, from_epoll(event->events), arg);
    pthread_mutex_lock(&loop.lock);
}

/* Timers that callbacks add meanwhile have their turn the next time. */
static void call_back_for_times(void)
{
    uint64_t now = vmt_now_ns();
    for (unsigned i = 0, count = loop.count; i < count; i++) {
        struct watch *watch = loop.watches[i];
        if (watch->fd >= 0 || watch->is_removed || watch->due_ns > now)
            continue;
        set_interval(watch, watch->interval_ms);
        int id = watch->id;
        virEventTimeoutCallback on_time = watch->on_time;
        void *arg = watch->arg;
        pthread_mutex_unlock(&loop.lock);
        on_time(id, arg);
        pthread_mutex_lock(&loop.lock);
    }
}

void vmt_event_epoll_run(void)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    pthread_mutex_lock(&loop.lock);
    purge();
    int count = sleep_until_event(events);
    for (int i = 0; i < count; i++)
        call_back_for_event(&events[i]);
    call_back_for_times();
    purge();
    pthread_mutex_unlock(&loop.lock);
}
