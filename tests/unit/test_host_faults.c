/* SPDX-License-Identifier: Apache-2.0 */
/* The core against guests and daemons that hang, fail and vanish: only what they own may suffer. */
#include "tests/unit/host_fixture.h"

#include <dirent.h>

/* A call that hangs is given up after a second. The first answer is not much later; the next ones do not wait for it.
 */
enum { FIRST_ANSWER_MS = 1500, NEXT_ANSWER_MS = 900 };

static struct vmt_snapshot *scrape_within(unsigned ms)
{
    struct answer answer;
    ask(&answer, VMT_COLLECTORS_ALL, 9 * VMT_SECOND);
    struct vmt_snapshot *snapshot = await(&answer);
    if (took_ms(&answer) > ms)
        fail_msg("the answer took %u ms", took_ms(&answer));
    return snapshot;
}

static void assert_whole(const struct vmt_snapshot *snapshot, const char *name)
{
    assert_int_equal(get(snapshot, VMT_ENTITY_DOMAIN_LIFE, "collected", name), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "balloon.rss", name), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", name), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "cpu.time", name), 1);
}

static void assert_cheap_only(const struct vmt_snapshot *snapshot, const char *name)
{
    assert_int_equal(get(snapshot, VMT_ENTITY_DOMAIN_LIFE, "collected", name), 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "balloon.rss", name), 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", name), 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "state.state", name), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "cpu.time", name), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "balloon.current", name), 1);
}

enum { DOMAINS = 12 };
static struct fake_domain *domains[DOMAINS];

static void start_with_domains(void)
{
    for (int i = 0; i < DOMAINS; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", i);
        domains[i] = fake_host_add_domain(name);
    }
    start();
    vmt_snapshot_unref(scrape());
}

/* A test that fails leaves its guests frozen: what hangs on them must end before the next test. */
static int thaw_all(void **state)
{
    for (int i = 0; i < DOMAINS && domains[i]; i++) {
        fake_domain_thaw(domains[i]);
        domains[i] = NULL;
    }
    return teardown(state);
}

static void assert_only_these_are_stuck(const struct vmt_snapshot *snapshot, int from, int to)
{
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 1);
    for (int i = 0; i < DOMAINS; i++) {
        const char *name = fake_domain_name(domains[i]);
        if (i >= from && i < to)
            assert_cheap_only(snapshot, name);
        else
            assert_whole(snapshot, name);
    }
}

static void freeze(int from, int to)
{
    for (int i = from; i < to; i++)
        fake_domain_freeze(domains[i]);
}

static void thaw(int from, int to)
{
    for (int i = from; i < to; i++)
        fake_domain_thaw(domains[i]);
}

static void frozen_guest_costs_only_its_own_series(void **state)
{
    (void)state;
    start_with_domains();
    freeze(4, 5);
    struct vmt_snapshot *snapshot = scrape_within(FIRST_ANSWER_MS);
    assert_only_these_are_stuck(snapshot, 4, 5);
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_STUCK), 1);
    vmt_snapshot_unref(snapshot);
    for (int i = 0; i < 20; i++) {
        snapshot = scrape_within(NEXT_ANSWER_MS);
        assert_only_these_are_stuck(snapshot, 4, 5);
        assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "stuck_calls", NULL), 1);
        vmt_snapshot_unref(snapshot);
    }
    assert_int_equal(fake_host_usage().monitor, 1);
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_STUCK), 1);
    thaw(4, 5);
    assert_true(fake_wait_inside("virDomainListGetStats", 0, SOON_MS));
    snapshot = scrape_within(NEXT_ANSWER_MS);
    assert_only_these_are_stuck(snapshot, 0, 0);
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_WHOLE), 1);
    vmt_snapshot_unref(snapshot);
}

/* Too short for a query that is given up after a second; collectd that reads each second waits a little less. */
static const uint64_t short_time = VMT_SECOND;

static struct vmt_snapshot *scrape_shortly(void)
{
    struct answer answer;
    ask(&answer, VMT_COLLECTORS_ALL, short_time);
    return await(&answer);
}

static void frozen_guest_costs_only_its_own_series_when_time_is_short(void **state)
{
    (void)state;
    start_with_domains();
    freeze(4, 5);
    for (int i = 0; i < 3; i++) {
        struct vmt_snapshot *snapshot = scrape_shortly();
        assert_only_these_are_stuck(snapshot, 4, 5);
        vmt_snapshot_unref(snapshot);
        usleep(300 * 1000);
    }
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_STUCK), 1);
    thaw(4, 5);
}

static void guests_that_pause_for_less_than_a_second_are_not_stuck(void **state)
{
    (void)state;
    start_with_domains();
    freeze(4, 6);
    vmt_snapshot_unref(scrape_shortly());
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_STUCK), 0);
    thaw(4, 6);
    assert_true(fake_wait_inside(NULL, 0, SOON_MS));
    struct vmt_snapshot *snapshot = scrape();
    assert_only_these_are_stuck(snapshot, 0, 0);
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_STUCK), 0);
    vmt_snapshot_unref(snapshot);
}

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

static void as_many_frozen_guests_as_calls_may_be_left_behind_cost_only_their_own_series(void **state)
{
    (void)state;
    start_with_domains();
    freeze(3, 6);
    struct vmt_snapshot *snapshot = scrape_within(FIRST_ANSWER_MS);
    assert_only_these_are_stuck(snapshot, 3, 6);
    vmt_snapshot_unref(snapshot);
    snapshot = scrape_within(NEXT_ANSWER_MS);
    assert_only_these_are_stuck(snapshot, 3, 6);
    vmt_snapshot_unref(snapshot);
    thaw(3, 6);
}

static void more_frozen_guests_than_that_leave_the_cheap_values_of_all(void **state)
{
    (void)state;
    start_with_domains();
    freeze(0, DOMAINS);
    for (int i = 0; i < 5; i++) {
        struct vmt_snapshot *snapshot = scrape_within(i == 0 ? 2 * FIRST_ANSWER_MS : NEXT_ANSWER_MS);
        assert_only_these_are_stuck(snapshot, 0, DOMAINS);
        assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "stuck_calls", NULL), 4);
        vmt_snapshot_unref(snapshot);
    }
    assert_true(fake_host_usage().monitor_max <= 4);
    thaw(0, DOMAINS);
    assert_true(fake_wait_inside("virDomainListGetStats", 0, SOON_MS));
    struct vmt_snapshot *snapshot = scrape_within(NEXT_ANSWER_MS);
    assert_only_these_are_stuck(snapshot, 0, 0);
    vmt_snapshot_unref(snapshot);
}

static void guest_that_another_client_asks_is_asked_again(void **state)
{
    (void)state;
    start_with_domains();
    for (int i = 0; i < 10; i++) {
        fake_domain_hold_asks(domains[i], 3);
        struct vmt_snapshot *snapshot = scrape_within(NEXT_ANSWER_MS);
        assert_only_these_are_stuck(snapshot, 0, 0);
        vmt_snapshot_unref(snapshot);
    }
    assert_int_equal(heard_of(VMT_NOTICE_DOMAIN_STUCK), 0);
}

static void guest_whose_statistics_fail_costs_only_its_own_series(void **state)
{
    (void)state;
    start_with_domains();
    struct fake_fault fault = {.function = "virDomainListGetStats",
                               .domain = domains[7],
                               .code = VIR_ERR_INTERNAL_ERROR,
                               .message = "no luck"};
    unsigned number = fake_host_add_fault(&fault);
    struct vmt_snapshot *snapshot = scrape_within(FIRST_ANSWER_MS);
    assert_only_these_are_stuck(snapshot, 7, 8);
    vmt_snapshot_unref(snapshot);
    assert_int_equal(heard_of(VMT_NOTICE_CALL_FAILED), 1);
    fake_host_remove_fault(number);
    snapshot = scrape_within(NEXT_ANSWER_MS);
    assert_only_these_are_stuck(snapshot, 0, 0);
    assert_int_equal(heard_of(VMT_NOTICE_CALL_RECOVERED), 1);
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

static void guest_whose_xml_hangs_costs_only_its_own_info(void **state)
{
    (void)state;
    for (int i = 0; i < DOMAINS; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", i);
        domains[i] = fake_host_add_domain(name);
    }
    struct fake_fault fault = {.function = "virDomainGetXMLDesc", .domain = domains[2], .hangs = true};
    unsigned number = fake_host_add_fault(&fault);
    start();
    for (int scrapes = 0; scrapes < 3; scrapes++) {
        struct vmt_snapshot *snapshot = scrape_within(scrapes ? NEXT_ANSWER_MS : FIRST_ANSWER_MS);
        assert_only_these_are_stuck(snapshot, 0, 0);
        for (int i = 0; i < DOMAINS; i++)
            assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", fake_domain_name(domains[i])),
                             i != 2);
        vmt_snapshot_unref(snapshot);
    }
    fake_host_remove_fault(number);
    assert_true(fake_wait_inside("virDomainGetXMLDesc", 0, SOON_MS));
    usleep(50 * 1000); /* what it said is being kept */
    struct vmt_snapshot *snapshot = scrape_within(NEXT_ANSWER_MS);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", NULL), DOMAINS);
    vmt_snapshot_unref(snapshot);
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

static void job_that_hangs_hides_nobody_elses(void **state)
{
    (void)state;
    start_with_domains();
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_UNBOUNDED, .timeElapsed = 1500};
    fake_domain_set_job(domains[3], &job, VIR_DOMAIN_JOB_OPERATION_BACKUP);
    struct fake_fault fault = {.function = "virDomainGetJobStats", .domain = domains[1], .hangs = true};
    unsigned number = fake_host_add_fault(&fault);
    for (int i = 0; i < 6; i++) {
        struct vmt_snapshot *snapshot = scrape_within(i ? NEXT_ANSWER_MS : FIRST_ANSWER_MS);
        assert_int_equal(count_series(snapshot, VMT_ENTITY_JOB_INFO, "info", fake_domain_name(domains[3])), 1);
        assert_only_these_are_stuck(snapshot, 0, 0);
        vmt_snapshot_unref(snapshot);
    }
    assert_true(fake_wait_inside("virDomainGetJobStats", 1, SOON_MS)); /* once, however often they were asked */
    fake_host_remove_fault(number);
    assert_true(fake_wait_inside(NULL, 0, SOON_MS));
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
        TEST(frozen_guest_costs_only_its_own_series),
        TEST(frozen_guest_costs_only_its_own_series_when_time_is_short),
        TEST(guests_that_pause_for_less_than_a_second_are_not_stuck),
        TEST(libvirt_that_is_silent_for_a_while_blames_nobody),
        TEST(statistics_of_two_that_come_too_late_are_no_success),
        TEST(as_many_frozen_guests_as_calls_may_be_left_behind_cost_only_their_own_series),
        TEST(more_frozen_guests_than_that_leave_the_cheap_values_of_all),
        TEST(guest_that_another_client_asks_is_asked_again),
        TEST(guest_whose_statistics_fail_costs_only_its_own_series),
        TEST(statistics_that_nobody_gets_cost_a_bounded_number_of_calls_and_blame_nobody),
        TEST(guest_whose_xml_hangs_costs_only_its_own_info),
        TEST(storage_pool_that_hangs_costs_only_its_own_series),
        TEST(any_call_may_hang),
        TEST(job_that_hangs_hides_nobody_elses),
        TEST(roster_that_hangs_does_not_make_libvirt_down),
        TEST(frozen_daemon_is_down_and_back_when_it_answers),
        TEST(killed_daemon_is_reconnected),
        TEST(late_daemon_is_waited_for),
        TEST(request_is_answered_at_its_deadline_with_what_there_is),
        TEST(stopping_does_not_wait_for_a_frozen_guest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
