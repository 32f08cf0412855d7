/* SPDX-License-Identifier: Apache-2.0 */
/* The fake libvirt's event loop delivers what libvirt's would. */
#include "tests/fake/test_fake.h"

#include <sched.h>
#include <stdatomic.h>

/* ---- the event loop ---- */

struct heard {
    atomic_int lifecycle, device, closed, reason, freed, beats;
    _Atomic(pthread_t) thread;
    char uuid[VIR_UUID_STRING_BUFLEN];
};

static int on_lifecycle(virConnectPtr connection, virDomainPtr domain, int event, int detail, void *arg)
{
    (void)connection;
    struct heard *heard = arg;
    assert_int_equal(event, VIR_DOMAIN_EVENT_STARTED);
    assert_int_equal(detail, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    virDomainGetUUIDString(domain, heard->uuid);
    heard->thread = pthread_self();
    heard->lifecycle++;
    return 0;
}

static void on_device(virConnectPtr connection, virDomainPtr domain, const char *alias, void *arg)
{
    (void)connection;
    (void)domain;
    struct heard *heard = arg;
    assert_string_equal(alias, "virtio-disk1");
    heard->device++;
}

static void on_close(virConnectPtr connection, int reason, void *arg)
{
    (void)connection;
    struct heard *heard = arg;
    heard->reason = reason;
    heard->closed++;
}

static void on_free(void *arg)
{
    struct heard *heard = arg;
    heard->freed++;
}

static void on_beat(int timer, void *arg)
{
    (void)timer;
    struct heard *heard = arg;
    heard->beats++;
}

static atomic_bool is_turning;

static void *turn(void *arg)
{
    (void)arg;
    while (is_turning)
        virEventRunDefaultImpl();
    return NULL;
}

static pthread_t start_loop(struct heard *heard, int *ret_timer)
{
    pthread_t thread;
    assert_int_equal(virEventRegisterDefaultImpl(), 0);
    *ret_timer = virEventAddTimeout(1, on_beat, heard, NULL);
    is_turning = true;
    assert_int_equal(pthread_create(&thread, NULL, turn, NULL), 0);
    return thread;
}

static void stop_loop(pthread_t thread, int timer)
{
    is_turning = false;
    pthread_join(thread, NULL);
    assert_int_equal(virEventRemoveTimeout(timer), 0);
}

static void events_come_on_the_thread_that_turns_the_loop(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct fake_domain *web = fake_host_add_domain("web");
    int timer;
    pthread_t thread = start_loop(&heard, &timer);
    virConnectPtr connection = connect_now();
    int lifecycle = virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                     VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), &heard, on_free);
    int device = virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
                                                  VIR_DOMAIN_EVENT_CALLBACK(on_device), &heard, NULL);
    assert_true(lifecycle >= 0 && device >= 0);
    fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    fake_emit(web, &(struct fake_event){.id = VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, .text = "virtio-disk1"});
    assert_true(fake_wait_events(SOON_MS));
    assert_int_equal(heard.lifecycle, 1);
    assert_int_equal(heard.device, 1);
    assert_true(pthread_equal(heard.thread, thread));
    assert_string_equal(heard.uuid, fake_domain_uuid(web));
    while (!heard.beats)
        sched_yield();

    assert_int_equal(virConnectDomainEventDeregisterAny(connection, lifecycle), 0);
    assert_int_equal(heard.freed, 1);
    fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    assert_true(fake_wait_events(SOON_MS));
    assert_int_equal(heard.lifecycle, 1);
    assert_int_equal(fake_host_usage().callbacks, 1);
    assert_int_equal(virConnectDomainEventDeregisterAny(connection, device), 0);
    assert_int_equal(virConnectClose(connection), 0);
    stop_loop(thread, timer);
}

static void a_frozen_daemon_sends_no_events_until_it_is_up_again(void **state)
{
    (void)state;
    struct heard heard = {0};
    struct fake_domain *web = fake_host_add_domain("web");
    int timer;
    pthread_t thread = start_loop(&heard, &timer);
    virConnectPtr connection = connect_now();
    int lifecycle = virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                     VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), &heard, NULL);
    fake_daemon_set(FAKE_DAEMON_FROZEN);
    fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    assert_false(fake_wait_events(20));
    assert_int_equal(heard.lifecycle, 0);
    fake_daemon_set(FAKE_DAEMON_UP);
    assert_true(fake_wait_events(SOON_MS));
    assert_int_equal(heard.lifecycle, 1);
    virConnectDomainEventDeregisterAny(connection, lifecycle);
    virConnectClose(connection);
    stop_loop(thread, timer);
}

static void the_close_callback_is_called_once_with_the_reason(void **state)
{
    (void)state;
    struct heard heard = {0};
    int timer;
    pthread_t thread = start_loop(&heard, &timer);
    virConnectPtr connection = connect_now();
    assert_int_equal(virConnectSetKeepAlive(connection, 5, 3), 0);
    assert_int_equal(virConnectRegisterCloseCallback(connection, on_close, &heard, on_free), 0);
    fake_daemon_drop(VIR_CONNECT_CLOSE_REASON_KEEPALIVE);
    assert_true(fake_wait_events(SOON_MS));
    assert_int_equal(heard.closed, 1);
    assert_int_equal(heard.reason, VIR_CONNECT_CLOSE_REASON_KEEPALIVE);
    assert_int_equal(heard.freed, 1);
    assert_int_equal(virConnectUnregisterCloseCallback(connection, on_close), -1);
    assert_int_equal(virConnectClose(connection), 0);
    stop_loop(thread, timer);
}

static void without_an_event_loop_there_is_no_keepalive_and_no_event(void **state)
{
    (void)state;
    assert_int_equal(virEventAddTimeout(1, on_beat, NULL, NULL), -1);
    virConnectPtr connection = connect_now();
    assert_int_equal(virConnectSetKeepAlive(connection, 5, 3), -1);
    assert_int_equal(virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                                                      VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle), NULL, NULL),
                     -1);
    virConnectClose(connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(events_come_on_the_thread_that_turns_the_loop),
        CASE(a_frozen_daemon_sends_no_events_until_it_is_up_again),
        CASE(the_close_callback_is_called_once_with_the_reason),
        CASE(without_an_event_loop_there_is_no_keepalive_and_no_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
