/* SPDX-License-Identifier: Apache-2.0 */
/* The core on a healthy host: what it learns, what it costs, and when it asks again. */
#include "tests/unit/host_fixture.h"

static unsigned long calls_of_one_scrape(void)
{
    unsigned long before = fake_host_calls(NULL);
    vmt_snapshot_unref(scrape());
    return fake_host_calls(NULL) - before;
}

static void add_domains(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%u", i);
        fake_host_add_domain(name);
    }
}

/* The job collector alone asks domain by domain, a bounded number of them; it has a test of its own. */
static void start_without_jobs(void)
{
    struct vmt_host_options with = options();
    with.is_alone = true; /* the fake has a loop already: that must do */
    with.collectors &= ~VMT_COLLECTOR_BIT(VMT_COLLECTOR_JOB);
    start_with(&with);
    for (int i = 0; i < 500 && !vmt_host_was_connected(host); i++)
        usleep(10 * 1000);
    vmt_snapshot_unref(scrape());
}

static unsigned long calls_with_domains(unsigned count)
{
    fake_host_reset();
    add_domains(count);
    start_without_jobs();
    /* A worker that has not been given a batch yet lists the domains first. */
    unsigned long calls = calls_of_one_scrape();
    for (int i = 0; i < 20; i++) {
        unsigned long again = calls_of_one_scrape();
        calls = again < calls ? again : calls;
    }
    assert_true(vmt_host_free(host, 5 * VMT_SECOND));
    host = NULL;
    assert_int_equal(fake_host_problems(), 0);
    return calls;
}

static void first_scrape_waits_for_the_first_connection(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    struct fake_fault fault = {.function = "virConnectOpenAuth", .delay_ms = 300, .times = 1};
    fake_host_add_fault(&fault);
    struct vmt_host_options with = options();
    start_with(&with);
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", "web"), 1);
    vmt_snapshot_unref(snapshot);
}

static void number_of_calls_does_not_depend_on_the_number_of_domains(void **state)
{
    (void)state;
    unsigned long with_100 = calls_with_domains(100);
    assert_int_equal(calls_with_domains(1000), with_100);
    assert_in_range(calls_with_domains(1), 1, with_100);
    assert_in_range(with_100, 1, 40);
}

static void lists_of_domains_are_asked_for_who_wants_what_is_in_them(void **state)
{
    (void)state;
    add_domains(3);
    start();
    struct answer answer;
    ask(&answer, VMT_COLLECTOR_BIT(VMT_COLLECTOR_CPU), 9 * VMT_SECOND);
    struct vmt_snapshot *snapshot = await(&answer);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "state.state", NULL), 3);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "autostart", NULL), 0);
    vmt_snapshot_unref(snapshot);
    ask(&answer, VMT_COLLECTOR_BIT(VMT_COLLECTOR_DOMAIN), 9 * VMT_SECOND);
    snapshot = await(&answer);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "autostart", NULL), 3);
    vmt_snapshot_unref(snapshot);
}

static void job_collector_asks_a_bounded_number_of_domains(void **state)
{
    (void)state;
    add_domains(300);
    start();
    vmt_snapshot_unref(scrape());
    unsigned long before = fake_host_calls("virDomainGetJobStats");
    vmt_snapshot_unref(scrape());
    assert_int_equal(fake_host_calls("virDomainGetJobStats") - before, 8);
}

static void jobs_are_found_in_turn_and_then_followed(void **state)
{
    (void)state;
    add_domains(200);
    struct fake_domain *busy = fake_host_add_domain("busy");
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_UNBOUNDED, .timeElapsed = 1500, .memRemaining = 4096};
    fake_domain_set_job(busy, &job, VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    start();
    struct vmt_snapshot *snapshot = scrape();
    for (int i = 0; i < 26 && !count_series(snapshot, VMT_ENTITY_JOB_INFO, "info", "busy"); i++) {
        vmt_snapshot_unref(snapshot);
        snapshot = scrape();
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(get(snapshot, VMT_ENTITY_JOB, "time_elapsed", "busy"), 1500);
        assert_int_equal(get(snapshot, VMT_ENTITY_JOB, "memory_remaining", "busy"), 4096);
        assert_int_equal(count_series(snapshot, VMT_ENTITY_JOB_INFO, "info", NULL), 1);
        vmt_snapshot_unref(snapshot);
        snapshot = scrape();
    }
    vmt_snapshot_unref(snapshot);
    virDomainJobInfo none = {.type = VIR_DOMAIN_JOB_NONE};
    fake_domain_set_job(busy, &none, VIR_DOMAIN_JOB_OPERATION_UNKNOWN);
    snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_JOB_INFO, "info", NULL), 0);
    vmt_snapshot_unref(snapshot);
}

static void jobs_that_show_are_asked_at_once(void **state)
{
    (void)state;
    add_domains(400); /* in turn the two would be found in one of fifty scrapes */
    struct fake_domain *saved = fake_host_add_domain("saved"), *moving = fake_host_add_domain("moving");
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_UNBOUNDED, .timeElapsed = 1500};
    start();
    vmt_snapshot_unref(scrape());
    fake_domain_set_job(saved, &job, VIR_DOMAIN_JOB_OPERATION_SAVE);
    fake_domain_set_state(saved, VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_SAVE);
    fake_domain_set_job(moving, &job, VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    struct fake_event iteration = {.id = VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION, .number = 1};
    fake_emit(moving, &iteration);
    assert_true(fake_wait_events(SOON_MS));
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_JOB_INFO, "info", "saved"), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_JOB_INFO, "info", "moving"), 1);
    vmt_snapshot_unref(snapshot);
}

static void scrapers_that_come_together_cause_one_collection(void **state)
{
    (void)state;
    enum { SCRAPERS = 20 };
    add_domains(3);
    struct vmt_host_options with = options();
    with.coalesce_ns = VMT_SECOND;
    start_with(&with);
    for (int i = 0; i < 500 && !vmt_host_was_connected(host); i++)
        usleep(10 * 1000);
    vmt_snapshot_unref(scrape());
    usleep(1100 * 1000);
    unsigned long before = fake_host_calls("virConnectGetAllDomainStats");
    static struct answer answers[SCRAPERS];
    for (int i = 0; i < SCRAPERS; i++)
        ask(&answers[i], VMT_COLLECTORS_ALL, 9 * VMT_SECOND);
    struct vmt_snapshot *first = await(&answers[0]);
    for (int i = 1; i < SCRAPERS; i++) {
        struct vmt_snapshot *snapshot = await(&answers[i]);
        assert_ptr_equal(snapshot, first);
        vmt_snapshot_unref(snapshot);
    }
    vmt_snapshot_unref(first);
    assert_int_equal(fake_host_calls("virConnectGetAllDomainStats") - before, 1);
}

static void only_the_wanted_collectors_are_asked(void **state)
{
    (void)state;
    add_domains(2);
    start();
    vmt_snapshot_unref(scrape());
    unsigned long stats = fake_host_calls("virDomainListGetStats"),
                  pools = fake_host_calls("virConnectListAllStoragePools");
    struct answer answer;
    ask(&answer, VMT_COLLECTOR_BIT(VMT_COLLECTOR_NODE), 9 * VMT_SECOND);
    struct vmt_snapshot *snapshot = await(&answer);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_NODE, "cpus", NULL), 1);
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 1);
    vmt_snapshot_unref(snapshot);
    assert_int_equal(fake_host_calls("virDomainListGetStats"), stats);
    assert_int_equal(fake_host_calls("virConnectListAllStoragePools"), pools);
}

static void xml_is_read_once_and_again_after_an_event(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    fake_host_add_domain("db");
    start();
    for (int i = 0; i < 3; i++)
        vmt_snapshot_unref(scrape());
    assert_int_equal(fake_host_calls("virDomainGetXMLDesc"), 2);
    struct fake_event added = {.id = VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, .text = "virtio-disk1"};
    fake_emit(web, &added);
    assert_true(fake_wait_events(SOON_MS));
    vmt_snapshot_unref(scrape());
    assert_int_equal(fake_host_calls("virDomainGetXMLDesc"), 3);
    fake_domain_set_state(web, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED);
    fake_domain_set_state(web, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
    struct vmt_snapshot *snapshot = scrape(); /* a new id says as much as an event */
    assert_int_equal(fake_host_calls("virDomainGetXMLDesc"), 4);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", NULL), 2);
    vmt_snapshot_unref(snapshot);
}

static void distant_host_is_whole_in_its_first_scrape(void **state)
{
    (void)state;
    enum { FAR = 300 };
    add_domains(FAR);
    struct fake_fault fault = {.function = "virDomainGetXMLDesc", .delay_ms = 6};
    fake_host_add_fault(&fault);
    start();
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", NULL), FAR);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", NULL), FAR);
    vmt_snapshot_unref(snapshot);
}

static void renamed_and_removed_domains_leave_nothing_behind(void **state)
{
    (void)state;
    struct fake_domain *first = fake_host_add_domain("first"), *second = fake_host_add_domain("second");
    start();
    vmt_snapshot_unref(scrape());
    fake_domain_rename(first, "renamed");
    fake_domain_remove(second);
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", "first"), 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", "second"), 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN_INFO, "info", "renamed"), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "state.state", NULL), 1);
    vmt_snapshot_unref(snapshot);
}

static void events_are_counted_and_a_start_is_dated(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    start();
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN_LIFE, "started", "web"), 0);
    vmt_snapshot_unref(snapshot);
    fake_domain_set_state(web, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED);
    fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED);
    fake_domain_set_state(web, VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED);
    fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    struct fake_event reboot = {.id = VIR_DOMAIN_EVENT_ID_REBOOT};
    fake_emit(web, &reboot);
    fake_emit(web, &reboot);
    assert_true(fake_wait_events(SOON_MS));
    uint64_t now = vmt_wall_ns();
    snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_LIFECYCLE_EVENT, "events", "web"), 2);
    assert_int_equal(get(snapshot, VMT_ENTITY_DOMAIN_EVENT, "events", "web"), 2);
    assert_in_range(get(snapshot, VMT_ENTITY_DOMAIN_LIFE, "started", "web"), now - 10 * VMT_SECOND, now);
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "event_registrations", NULL), 1);
    vmt_snapshot_unref(snapshot);
}

static void poor_driver_is_filled_by_calls_for_each_domain(void **state)
{
    (void)state;
    fake_host_set_driver("TEST");
    add_domains(3);
    start();
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "cpu.time", NULL), 3);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "balloon.current", NULL), 3);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_VCPU, "time", NULL), 6);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", NULL), 3);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_INTERFACE, "rx.bytes", NULL), 3);
    assert_int_equal(get(snapshot, VMT_ENTITY_COLLECTOR, "success", "cpu"), 1);
    vmt_snapshot_unref(snapshot);
}

static void sums_over_domains_are_absent_while_one_is_unknown(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    fake_host_add_domain("db");
    start();
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(get(snapshot, VMT_ENTITY_NODE, "vcpus_allocated", NULL), 4);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_NODE, "memory_allocated", NULL), 1);
    vmt_snapshot_unref(snapshot);
    fake_domain_drop_parameters(web, "vcpu.current");
    snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_NODE, "vcpus_allocated", NULL), 0);
    vmt_snapshot_unref(snapshot);
}

static void excluded_domains_are_counted_by_state_and_nowhere_else(void **state)
{
    (void)state;
    fake_host_add_domain("web-1");
    struct fake_domain *build = fake_host_add_domain("build-1");
    fake_host_add_domain("build-2");
    struct vmt_filter_patterns patterns = {.domain_exclude = "build-.*"};
    struct vmt_filter *filter;
    struct vmt_error error;
    assert_int_equal(vmt_filter_new(&patterns, &filter, &error), 0);
    struct vmt_host_options with = options();
    with.filter = filter;
    start_with(&with);
    for (int i = 0; i < 500 && !vmt_host_was_connected(host); i++)
        usleep(10 * 1000);
    fake_emit_lifecycle(build, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    assert_true(fake_wait_events(SOON_MS));
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_LIFECYCLE_EVENT, "events", NULL), 0);
    assert_int_equal(get(snapshot, VMT_ENTITY_NODE, "domains.running", NULL), 3);
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "domains_skipped.filtered", NULL), 2);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "state.state", NULL), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", NULL), 1);
    vmt_snapshot_unref(snapshot);
    assert_true(vmt_host_free(host, 5 * VMT_SECOND));
    host = NULL;
    vmt_filter_free(filter);
}

static void unknown_parameters_are_told_once_and_counted(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    virTypedParameter parameter = {.field = "block.0.zoned.resets", .type = VIR_TYPED_PARAM_ULLONG, .value.ul = 7};
    fake_domain_add_parameter(web, &parameter);
    start();
    for (int i = 0; i < 3; i++) {
        struct vmt_snapshot *snapshot = scrape();
        assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "unknown_parameters", NULL), 1);
        vmt_snapshot_unref(snapshot);
    }
    assert_int_equal(heard_of(VMT_NOTICE_UNKNOWN_PARAMETER), 1);
    assert_non_null(strstr(heard.last[VMT_NOTICE_UNKNOWN_PARAMETER], "block.N.zoned.resets"));
}

static void login_comes_from_the_credentials_file(void **state)
{
    (void)state;
    char path[] = "/tmp/virtmeter-credentials-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_true(write(file, "username=meter\npassword=secret word\n", 36) == 36);
    close(file);
    fake_host_require_login("meter", "secret word");
    fake_host_add_domain("web");
    struct vmt_host_options with = options();
    with.credentials_file = path;
    start_with(&with);
    for (int i = 0; i < 500 && !vmt_host_was_connected(host); i++)
        usleep(10 * 1000);
    struct vmt_snapshot *snapshot = scrape();
    unlink(path);
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "up", NULL), 1);
    vmt_snapshot_unref(snapshot);
    assert_int_equal(fake_host_usage().read_write_connections, 0);
}

static void images_of_inactive_domains_are_left_alone(void **state)
{
    (void)state;
    struct fake_domain_options off = {
        .name = "off", .state = VIR_DOMAIN_SHUTOFF, .reason = VIR_DOMAIN_SHUTOFF_SHUTDOWN, .vcpus = 1, .disks = 2};
    fake_host_add_domain_with(&off);
    fake_host_add_domain("on");
    start();
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "state.state", "off"), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "id", "off"), 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK_INFO, "info", "off"), 2);
    assert_int_equal(get(snapshot, VMT_ENTITY_DOMAIN, "vcpu.current", "off"), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "cpu.time", "off"), 0);
    assert_int_equal(get(snapshot, VMT_ENTITY_NODE, "vcpus_allocated", NULL), 2); /* of "on" alone */
    vmt_snapshot_unref(snapshot);
    assert_int_equal(fake_host_usage().images_opened, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(first_scrape_waits_for_the_first_connection),
        TEST(number_of_calls_does_not_depend_on_the_number_of_domains),
        TEST(jobs_are_found_in_turn_and_then_followed),
        TEST(jobs_that_show_are_asked_at_once),
        TEST(lists_of_domains_are_asked_for_who_wants_what_is_in_them),
        TEST(job_collector_asks_a_bounded_number_of_domains),
        TEST(scrapers_that_come_together_cause_one_collection),
        TEST(only_the_wanted_collectors_are_asked),
        TEST(xml_is_read_once_and_again_after_an_event),
        TEST(distant_host_is_whole_in_its_first_scrape),
        TEST(renamed_and_removed_domains_leave_nothing_behind),
        TEST(events_are_counted_and_a_start_is_dated),
        TEST(poor_driver_is_filled_by_calls_for_each_domain),
        TEST(sums_over_domains_are_absent_while_one_is_unknown),
        TEST(excluded_domains_are_counted_by_state_and_nowhere_else),
        TEST(unknown_parameters_are_told_once_and_counted),
        TEST(login_comes_from_the_credentials_file),
        TEST(images_of_inactive_domains_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
