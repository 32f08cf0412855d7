/* SPDX-License-Identifier: Apache-2.0 */
/* The core against guests that freeze, fail and are held by others: only their own series may suffer. */
#include "tests/unit/stuck_fixture.h"

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

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, thaw_all)
    const struct CMUnitTest tests[] = {
        TEST(frozen_guest_costs_only_its_own_series),
        TEST(frozen_guest_costs_only_its_own_series_when_time_is_short),
        TEST(guests_that_pause_for_less_than_a_second_are_not_stuck),
        TEST(as_many_frozen_guests_as_calls_may_be_left_behind_cost_only_their_own_series),
        TEST(more_frozen_guests_than_that_leave_the_cheap_values_of_all),
        TEST(guest_that_another_client_asks_is_asked_again),
        TEST(guest_whose_statistics_fail_costs_only_its_own_series),
        TEST(guest_whose_xml_hangs_costs_only_its_own_info),
        TEST(job_that_hangs_hides_nobody_elses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
