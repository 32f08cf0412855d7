/* SPDX-License-Identifier: Apache-2.0 */
/* The core against a libvirt that is silent, fails and vanishes: no domain is to blame, and no scrape waits for it. */
#include "tests/unit/stuck_fixture.h"

#include <dirent.h>

static void libvirt_that_is_silent_for_a_while_blames_nobody(void **state)
{
    (void)state;
    start_with_domains();
    struct fake_fault fault = {.function = "virDomainListGetStats", .hangs = true};
    /* From less than a query is waited for, to until all are given up. */
    for (unsigned ms = 300; ms <= 1300; ms += 200) {
        unsigned number = fake_host_add_fault(&fault);
        struct answer answer;
        ask(&answer, VMT_COLLECTORS_ALL, ms < 1000 ? short_time : 9 * VMT_SECOND);
        usleep(ms * 1000);
        fake_host_remove_fault(number);
        struct vmt_snapshot *snapshot = await(&answer);
        assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 1);
        if (!count_series(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", NULL))
            assert_int_equal(get(snapshot, VMT_ENTITY_COLLECTOR, "success", "block"), 0);
        vmt_snapshot_unref(snapshot);
        assert_true(fake_wait_inside(NULL, 0, SOON_MS));
        snapshot = scrape();
        assert_only_these_are_stuck(snapshot, 0, 0);
        vmt_snapshot_unref(snapshot);
    }
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_STUCK), 0);
}

/* Few enough that each is asked alone, and no query is dropped. */
static void statistics_of_two_that_come_too_late_are_no_success(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_host_add_domain("db");
    start();
    struct fake_fault fault = {.function = "virDomainListGetStats", .hangs = true};
    unsigned number = fake_host_add_fault(&fault);
    struct vmt_snapshot *snapshot = scrape();
    fake_host_remove_fault(number);
    assert_true(fake_wait_inside(NULL, 0, SOON_MS));
    assert_int_equal(get(snapshot, VMT_ENTITY_COLLECTOR, "success", "block"), 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "cpu.time", NULL), 2);
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_STUCK), 0);
    vmt_snapshot_unref(snapshot);
}

static void statistics_that_nobody_gets_cost_a_bounded_number_of_calls_and_blame_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", i);
        fake_host_add_domain(name);
    }
    start();
    vmt_snapshot_unref(scrape());
    struct fake_fault fault = {
        .function = "virDomainListGetStats", .code = VIR_ERR_INTERNAL_ERROR, .message = "not today"};
    unsigned number = fake_host_add_fault(&fault);
    unsigned long before = fake_host_calls("virDomainListGetStats");
    vmt_snapshot_unref(scrape());
    assert_in_range(fake_host_calls("virDomainListGetStats") - before, 4, 100);
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_STUCK), 0);
    fake_host_remove_fault(number);
}

static unsigned count_threads(void)
{
    DIR *directory = opendir("/proc/self/task");
    assert_non_null(directory);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void storage_pool_that_hangs_costs_only_its_own_series(void **state)
{
    (void)state;
    fake_host_add_pool("first", true);
    fake_host_add_pool("slow", true);
    fake_host_add_pool("last", true);
    start_with_domains();
    unsigned threads = count_threads();
    struct fake_fault fault = {.function = "virStoragePoolGetInfo", .hangs = true, .times = 1};
    unsigned number = fake_host_add_fault(&fault);
    for (int i = 0; i < 4; i++) {
        struct vmt_snapshot *snapshot = scrape_within(i ? NEXT_ANSWER_MS : FIRST_ANSWER_MS);
        assert_only_these_are_stuck(snapshot, 0, 0);
        assert_int_equal(count_series(snapshot, VMT_ENTITY_POOL, "state", NULL), 2);
        assert_int_equal(count_series(snapshot, VMT_ENTITY_POOL, "state", "first"), 0);
        assert_int_equal(get(snapshot, VMT_ENTITY_COLLECTOR, "success", "pool"), 0);
        vmt_snapshot_unref(snapshot);
    }
    fake_host_remove_fault(number);
    assert_true(fake_wait_inside("virStoragePoolGetInfo", 0, SOON_MS));
    usleep(50 * 1000);
    struct vmt_snapshot *snapshot = scrape_within(NEXT_ANSWER_MS);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_POOL, "state", NULL), 3);
    assert_int_equal(count_threads(), threads);
    vmt_snapshot_unref(snapshot);
}

static void any_call_may_hang(void **state)
{
    (void)state;
    static const char *const functions[] = {
        "virNodeGetInfo",
        "virNodeGetFreeMemory",
        "virNodeGetCPUStats",
        "virNodeGetMemoryStats",
        "virNodeGetCellsFreeMemory",
        "virConnectGetMaxVcpus",
        "virConnectListAllStoragePools",
        "virConnectListAllNetworks",
        "virConnectNumOfSecrets",
        "virDomainListGetStats",
        "virConnectGetAllDomainStats",
        "virConnectListAllDomains",
    };
    start_with_domains();
    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++) {
        struct fake_fault fault = {.function = functions[i], .hangs = true};
        unsigned number = fake_host_add_fault(&fault);
        for (int scrapes = 0; scrapes < 3; scrapes++)
            vmt_snapshot_unref(scrape_within(2 * FIRST_ANSWER_MS));
        fake_host_remove_fault(number);
        assert_true(fake_wait_inside(functions[i], 0, SOON_MS));
        usleep(50 * 1000);
        struct vmt_snapshot *snapshot = scrape_within(FIRST_ANSWER_MS);
        assert_only_these_are_stuck(snapshot, 0, 0);
        assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "stuck_calls", NULL), 0);
        vmt_snapshot_unref(snapshot);
    }
}

/* A libvirtd that holds a domain holds up who lists them. */
static void roster_that_hangs_does_not_make_libvirt_down(void **state)
{
    (void)state;
    start_with_domains();
    struct fake_fault fault = {.function = "virConnectGetAllDomainStats", .hangs = true};
    unsigned number = fake_host_add_fault(&fault);
    struct vmt_snapshot *snapshot = scrape_within(FIRST_ANSWER_MS);
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 1);
    assert_int_equal(get(snapshot, VMT_ENTITY_COLLECTOR, "success", "domain"), 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "state.state", NULL), 0);
    vmt_snapshot_unref(snapshot);
    fake_host_remove_fault(number);
    assert_true(fake_wait_inside(NULL, 0, SOON_MS));
}

static void frozen_daemon_is_down_and_back_when_it_answers(void **state)
{
    (void)state;
    start_with_domains();
    fake_daemon_set(FAKE_DAEMON_FROZEN);
    for (int i = 0; i < 5; i++) {
        struct vmt_snapshot *snapshot = scrape_within(i ? NEXT_ANSWER_MS : FIRST_ANSWER_MS);
        assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 0);
        assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "state.state", NULL), 0);
        vmt_snapshot_unref(snapshot);
    }
    fake_daemon_set(FAKE_DAEMON_UP);
    assert_true(fake_wait_inside(NULL, 0, SOON_MS));
    usleep(50 * 1000);
    struct vmt_snapshot *snapshot = scrape_within(NEXT_ANSWER_MS);
    assert_only_these_are_stuck(snapshot, 0, 0);
    vmt_snapshot_unref(snapshot);
}

static void killed_daemon_is_reconnected(void **state)
{
    (void)state;
    start_with_domains();
    for (int round = 0; round < 5; round++) {
        fake_daemon_set(FAKE_DAEMON_REFUSES);
        fake_daemon_drop(VIR_CONNECT_CLOSE_REASON_EOF);
        usleep(20 * 1000);
        struct vmt_snapshot *snapshot = scrape_within(NEXT_ANSWER_MS);
        assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 0);
        vmt_snapshot_unref(snapshot);
        fake_daemon_set(FAKE_DAEMON_UP);
        unsigned connected = heard_of(VMT_NOTICE_CONNECTED);
        for (int i = 0; i < 500 && heard_of(VMT_NOTICE_CONNECTED) == connected; i++)
            usleep(10 * 1000);
        snapshot = scrape_within(FIRST_ANSWER_MS);
        assert_only_these_are_stuck(snapshot, 0, 0);
        assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "reconnects.eof", NULL), round + 1);
        vmt_snapshot_unref(snapshot);
    }
}

static void late_daemon_is_waited_for(void **state)
{
    (void)state;
    fake_daemon_set(FAKE_DAEMON_REFUSES);
    fake_host_add_domain("early");
    struct vmt_host_options with = options();
    start_with(&with);
    struct vmt_snapshot *snapshot = scrape_within(NEXT_ANSWER_MS);
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 0);
    vmt_snapshot_unref(snapshot);
    assert_false(vmt_host_was_connected(host));
    fake_daemon_set(FAKE_DAEMON_UP);
    for (int i = 0; i < 500 && !vmt_host_was_connected(host); i++)
        usleep(10 * 1000);
    snapshot = scrape_within(FIRST_ANSWER_MS);
    assert_whole(snapshot, "early");
    vmt_snapshot_unref(snapshot);
}

static void request_is_answered_at_its_deadline_with_what_there_is(void **state)
{
    (void)state;
    fake_host_add_pool("slow", true);
    start_with_domains();
    struct fake_fault fault = {.function = "virStoragePoolGetInfo", .hangs = true, .times = 1};
    unsigned number = fake_host_add_fault(&fault);
    struct answer answer;
    ask(&answer, VMT_COLLECTORS_ALL, 300 * VMT_MS);
    struct vmt_snapshot *snapshot = await(&answer);
    assert_in_range(took_ms(&answer), 290, 600);
    assert_false(snapshot->is_complete);
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "state.state", NULL), DOMAINS);
    vmt_snapshot_unref(snapshot);
    fake_host_remove_fault(number);
    assert_true(fake_wait_inside("virStoragePoolGetInfo", 0, SOON_MS));
}

static void stopping_does_not_wait_for_a_frozen_guest(void **state)
{
    (void)state;
    start_with_domains();
    freeze(0, 1);
    struct answer answer;
    ask(&answer, VMT_COLLECTORS_ALL, 9 * VMT_SECOND);
    assert_true(fake_wait_inside("virDomainListGetStats", 1, SOON_MS));
    uint64_t began = vmt_now_ns();
    assert_false(vmt_host_free(host, 500 * VMT_MS)); /* the call still hangs, and it says so */
    assert_in_range((vmt_now_ns() - began) / VMT_MS, 400, 900);
    vmt_snapshot_unref(await(&answer));
    thaw(0, 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, thaw_all)
    const struct CMUnitTest tests[] = {
        TEST(libvirt_that_is_silent_for_a_while_blames_nobody),
        TEST(statistics_of_two_that_come_too_late_are_no_success),
        TEST(statistics_that_nobody_gets_cost_a_bounded_number_of_calls_and_blame_nobody),
        TEST(storage_pool_that_hangs_costs_only_its_own_series),
        TEST(any_call_may_hang),
        TEST(roster_that_hangs_does_not_make_libvirt_down),
        TEST(frozen_daemon_is_down_and_back_when_it_answers),
        TEST(killed_daemon_is_reconnected),
        TEST(late_daemon_is_waited_for),
        TEST(request_is_answered_at_its_deadline_with_what_there_is),
        TEST(stopping_does_not_wait_for_a_frozen_guest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
