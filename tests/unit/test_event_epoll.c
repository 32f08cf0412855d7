/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop behind libvirt's own functions for it, and libvirt's test driver on top of it. */
#include "common/clock.h"
#include "common/event_epoll.h"

#include <libvirt/libvirt.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

enum { BOTH = VIR_EVENT_HANDLE_READABLE | VIR_EVENT_HANDLE_HANGUP };

/* What callbacks saw. */
struct seen {
    int calls, events, releases;
    int id; /* of what the callback removes */
};

static void on_event(int id, int fd, int events, void *arg)
{
    struct seen *seen = arg;
    char byte;
    seen->calls++;
    seen->events = events;
    if (events & VIR_EVENT_HANDLE_READABLE)
        assert_int_equal(read(fd, &byte, 1), 1);
    if (seen->id == id)
        virEventRemoveHandle(id);
}

static void on_time(int id, void *arg)
{
    struct seen *seen = arg;
    seen->calls++;
    if (seen->id == id)
        virEventRemoveTimeout(id);
}

static void on_release(void *arg)
{
    ((struct seen *)arg)->releases++;
}

/* Turns the loop for about so long. */
static unsigned turn_for(int ms)
{
    struct seen alarm = {0};
    int timer = virEventAddTimeout(ms, on_time, &alarm, NULL);
    unsigned turns = 0;
    for (; !alarm.calls; turns++)
        vmt_event_epoll_run();
    virEventRemoveTimeout(timer);
    return turns;
}

static void readable_descriptor_is_told_until_nobody_wants_it(void **state)
{
    (void)state;
    int ends[2];
    struct seen seen = {0};
    assert_int_equal(pipe(ends), 0);
    int id = virEventAddHandle(ends[0], VIR_EVENT_HANDLE_READABLE, on_event, &seen, on_release);
    assert_true(id > 0);
    assert_int_equal(write(ends[1], "ab", 2), 2);
    turn_for(5);
    assert_int_equal(seen.calls, 2);
    assert_int_equal(seen.events, VIR_EVENT_HANDLE_READABLE);
    virEventUpdateHandle(id, 0);
    assert_int_equal(write(ends[1], "c", 1), 1);
    turn_for(5);
    assert_int_equal(seen.calls, 2);
    virEventUpdateHandle(id, VIR_EVENT_HANDLE_READABLE);
    turn_for(5);
    assert_int_equal(seen.calls, 3);
    assert_int_equal(virEventRemoveHandle(id), 0);
    assert_int_equal(seen.releases, 0); /* the caller may hold what the release wants */
    turn_for(1);
    assert_int_equal(seen.releases, 1);
    assert_int_equal(virEventRemoveHandle(id), -1);
    close(ends[0]);
    close(ends[1]);
}

static void hangup_that_nobody_wants_does_not_keep_the_loop_busy(void **state)
{
    (void)state;
    int ends[2];
    struct seen seen = {0};
    assert_int_equal(pipe(ends), 0);
    int id = virEventAddHandle(ends[0], 0, on_event, &seen, NULL);
    close(ends[1]);
    assert_in_range(turn_for(20), 1, 3);
    assert_int_equal(seen.calls, 0);
    seen.id = id;
    virEventUpdateHandle(id, BOTH);
    turn_for(5);
    assert_int_equal(seen.calls, 1); /* it has removed itself */
    assert_true(seen.events & VIR_EVENT_HANDLE_HANGUP);
    close(ends[0]);
}

static void timer_fires_at_its_interval_and_is_off_when_negative(void **state)
{
    (void)state;
    struct seen seen = {0}, once = {0};
    uint64_t began = vmt_now_ns();
    int id = virEventAddTimeout(2, on_time, &seen, on_release);
    once.id = virEventAddTimeout(0, on_time, &once, on_release);
    while (seen.calls < 3)
        vmt_event_epoll_run();
    assert_true(vmt_now_ns() - began >= 6 * VMT_MS);
    assert_int_equal(once.calls, 1);
    assert_int_equal(once.releases, 1);
    virEventUpdateTimeout(id, -1);
    turn_for(10);
    assert_int_equal(seen.calls, 3);
    virEventRemoveTimeout(id);
    turn_for(1);
    assert_int_equal(seen.releases, 1);
}

static void *hurry(void *arg)
{
    usleep(20000);
    virEventUpdateTimeout(*(int *)arg, 0);
    return NULL;
}

static void loop_that_sleeps_hears_of_a_timer_that_is_due_earlier(void **state)
{
    (void)state;
    struct seen seen = {0};
    pthread_t thread;
    seen.id = virEventAddTimeout(60000, on_time, &seen, NULL);
    int id = seen.id;
    assert_int_equal(pthread_create(&thread, NULL, hurry, &id), 0);
    uint64_t began = vmt_now_ns();
    while (!seen.calls)
        vmt_event_epoll_run();
    assert_true(vmt_now_ns() - began < 30 * VMT_SECOND);
    pthread_join(thread, NULL);
}

static void *wake(void *arg)
{
    (void)arg;
    usleep(20000);
    vmt_event_epoll_wake();
    return NULL;
}

static void wait_without_anything_to_wait_for_can_be_ended(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake, NULL), 0);
    vmt_event_epoll_run(); /* what was removed before may have left a wake */
    vmt_event_epoll_run();
    pthread_join(thread, NULL);
}

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *arg)
{
    (void)connection;
    (void)domain;
    (void)detail;
    *(int *)arg = event;
    return 0;
}

static void libvirt_delivers_its_events_through_it(void **state)
{
    (void)state;
    int event = -1;
    virConnectPtr connection = virConnectOpen("test:///default");
    assert_non_null(connection);
    int id = virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                              VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), &event, NULL);
    assert_true(id >= 0);
    virDomainPtr domain = virDomainLookupByName(connection, "test");
    assert_int_equal(virDomainSuspend(domain), 0);
    turn_for(20);
    assert_int_equal(event, VIR_DOMAIN_EVENT_SUSPENDED);
    virConnectDomainEventDeregisterAny(connection, id);
    virDomainFree(domain);
    assert_int_equal(virConnectClose(connection), 0);
    turn_for(1);
}

static int register_it(void **state)
{
    (void)state;
    int failed = vmt_event_epoll_register();
    return failed ? failed : vmt_event_epoll_register(); /* a second time does no harm */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readable_descriptor_is_told_until_nobody_wants_it),
        cmocka_unit_test(hangup_that_nobody_wants_does_not_keep_the_loop_busy),
        cmocka_unit_test(timer_fires_at_its_interval_and_is_off_when_negative),
        cmocka_unit_test(loop_that_sleeps_hears_of_a_timer_that_is_due_earlier),
        cmocka_unit_test(wait_without_anything_to_wait_for_can_be_ended),
        cmocka_unit_test(libvirt_delivers_its_events_through_it),
    };
    return cmocka_run_group_tests(tests, register_it, NULL);
}
