/* SPDX-License-Identifier: Apache-2.0 */
/* Which of libvirt's values collectd gets, under which names and in which unit. */
#include "common/collect.h"
#include "tests/unit/collectd_fixture.h"

/* Everything that the virt plugin's selectors ask for; job_stats_completed and fs_info apart. */
#define ALL_EXTRA_STATS                                                                                                \
    "ExtraStats \"cpu_util disk disk_err domain_state job_stats_background memory pcpu perf vcpu vcpupin "             \
    "disk_physical disk_allocation disk_capacity\"\n"

#define MANY UINT64_C(123456789012345678)

/* A parameter of the bulk statistics of a domain called "web", and what becomes of it. Written by what collectd's virt
 * plugin documents and does, and not by the tables. */
static const struct {
    const char *parameter;
    uint64_t number;
    const char *selector; /* NULL: always */
    const char *identifier;
    unsigned source;
    bool is_gauge;
    uint64_t expected;
} mapping[] = {
    {"cpu.time", MANY, NULL, "virt_cpu_total", 0, false, MANY},
    {"cpu.user", MANY + 1, "pcpu", "ps_cputime", 0, false, MANY + 1},
    {"cpu.system", MANY + 2, "pcpu", "ps_cputime", 1, false, MANY + 2},
    {"balloon.current", 1001, NULL, "memory-total", 0, true, 1001 * 1024},
    {"balloon.current", 1001, "memory", "memory-actual_balloon", 0, true, 1001 * 1024},
    {"balloon.rss", 1002, "memory", "memory-rss", 0, true, 1002 * 1024},
    {"balloon.available", 1003, "memory", "memory-available", 0, true, 1003 * 1024},
    {"balloon.unused", 1004, "memory", "memory-unused", 0, true, 1004 * 1024},
    {"balloon.usable", 1005, "memory", "memory-usable", 0, true, 1005 * 1024},
    {"balloon.disk_caches", 1006, "memory", "memory-disk_caches", 0, true, 1006 * 1024},
    {"balloon.hugetlb_pgalloc", 7, "memory", "memory-hugetlb_pgalloc", 0, true, 7},
    {"balloon.hugetlb_pgfail", 8, "memory", "memory-hugetlb_pgfail", 0, true, 8},
    {"balloon.last-update", 1700000000, "memory", "memory-last_update", 0, true, 1700000000},
    {"balloon.swap_in", 1009, "memory", "swap_io-in", 0, false, 1009 * 1024},
    {"balloon.swap_out", 1010, "memory", "swap_io-out", 0, false, 1010 * 1024},
    {"balloon.minor_fault", 1011, "memory", "ps_pagefaults", 0, false, 1011},
    {"balloon.major_fault", 1012, "memory", "ps_pagefaults", 1, false, 1012},
    {"vcpu.0.time", MANY + 3, "vcpu", "virt_vcpu-0", 0, false, MANY + 3},
    {"vcpu.1.time", MANY + 4, "vcpu", "virt_vcpu-1", 0, false, MANY + 4},
    {"block.0.rd.reqs", 2001, NULL, "disk_ops-vda", 0, false, 2001},
    {"block.0.wr.reqs", 2002, NULL, "disk_ops-vda", 1, false, 2002},
    {"block.0.rd.bytes", MANY + 5, NULL, "disk_octets-vda", 0, false, MANY + 5},
    {"block.0.wr.bytes", MANY + 6, NULL, "disk_octets-vda", 1, false, MANY + 6},
    {"block.0.rd.times", MANY + 7, "disk", "disk_time-vda", 0, false, MANY + 7},
    {"block.0.wr.times", MANY + 8, "disk", "disk_time-vda", 1, false, MANY + 8},
    {"block.0.fl.reqs", 2003, "disk", "total_requests-flush-vda", 0, false, 2003},
    {"block.0.fl.times", 7999999, "disk", "total_time_in_ms-flush-vda", 0, false, 7},
    {"block.0.capacity", 3001, "disk_capacity", "disk_capacity-vda", 0, true, 3001},
    {"block.0.allocation", 3002, "disk_allocation", "disk_allocation-vda", 0, true, 3002},
    {"block.0.physical", 3003, "disk_physical", "disk_physical-vda", 0, true, 3003},
    {"net.0.rx.bytes", MANY + 9, NULL, "if_octets-vnet1", 0, false, MANY + 9},
    {"net.0.tx.bytes", MANY + 10, NULL, "if_octets-vnet1", 1, false, MANY + 10},
    {"net.0.rx.pkts", 4001, NULL, "if_packets-vnet1", 0, false, 4001},
    {"net.0.tx.pkts", 4002, NULL, "if_packets-vnet1", 1, false, 4002},
    {"net.0.rx.errs", 4003, NULL, "if_errors-vnet1", 0, false, 4003},
    {"net.0.tx.errs", 4004, NULL, "if_errors-vnet1", 1, false, 4004},
    {"net.0.rx.drop", 4005, NULL, "if_dropped-vnet1", 0, false, 4005},
    {"net.0.tx.drop", 4006, NULL, "if_dropped-vnet1", 1, false, 4006},
    {"perf.cpu_cycles", 5001, "perf", "perf-perf_cpu_cycles", 0, false, 5001},
    {"perf.task_clock", 5002, "perf", "perf-perf_task_clock", 0, false, 5002},
};
enum { MAPPING = sizeof mapping / sizeof *mapping };

static void alter(struct fake_domain *domain, const char *field, uint64_t number)
{
    virTypedParameter parameter = {.type = VIR_TYPED_PARAM_ULLONG, .value.ul = number};
    snprintf(parameter.field, sizeof parameter.field, "%s", field);
    fake_domain_alter(domain, &parameter);
}

static struct fake_domain *add_mapped_domain(void)
{
    struct fake_domain *web = fake_host_add_domain("web");
    for (unsigned i = 0; i < MAPPING; i++)
        alter(web, mapping[i].parameter, mapping[i].number);
    return web;
}

static void whole(unsigned i, char identifier[256])
{
    snprintf(identifier, 256, "web/virtmeter/%s", mapping[i].identifier);
}

static void every_value_has_its_name_and_its_unit(void **state)
{
    (void)state;
    add_mapped_domain();
    start(ALL_EXTRA_STATS);
    read_once();
    for (unsigned i = 0; i < MAPPING; i++) {
        char identifier[256];
        whole(i, identifier);
        if (mapping[i].is_gauge)
            expect_gauge(identifier, mapping[i].source, (double)mapping[i].expected);
        else
            expect_derive(identifier, mapping[i].source, (int64_t)mapping[i].expected);
    }
}

static void without_a_selector_only_the_usual_values_are_there(void **state)
{
    (void)state;
    add_mapped_domain();
    start("");
    read_once();
    for (unsigned i = 0; i < MAPPING; i++) {
        char identifier[256];
        whole(i, identifier);
        if (!fake_collectd_find(identifier) != !!mapping[i].selector)
            fail_msg("%s", identifier);
    }
    assert_int_equal(fake_collectd_count(), 8);
    read_once();
    assert_int_equal(fake_collectd_count(), 8); /* nor a percentage */
}

static void each_selector_asks_for_its_own_values_alone(void **state)
{
    (void)state;
    static const char *const selectors[] = {"pcpu",          "memory",          "vcpu",          "disk",
                                            "disk_capacity", "disk_allocation", "disk_physical", "perf"};
    for (unsigned s = 0; s < sizeof selectors / sizeof *selectors; s++) {
        char options[64];
        fake_host_reset();
        fake_collectd_start();
        add_mapped_domain();
        snprintf(options, sizeof options, "ExtraStats %s\n", selectors[s]);
        start(options);
        read_once();
        for (unsigned i = 0; i < MAPPING; i++) {
            char identifier[256];
            whole(i, identifier);
            bool is_asked = !mapping[i].selector || !strcmp(mapping[i].selector, selectors[s]);
            if (!fake_collectd_find(identifier) == is_asked)
                fail_msg("%s with %s", identifier, selectors[s]);
        }
        assert_int_equal(fake_collectd_shutdown(), 0);
        assert_int_equal(fake_host_problems(), 0);
    }
}

/* Names in the tables that the cases above, or the other tests of this file, do not look at. */
static bool is_looked_at(const struct vmt_collectd *name)
{
    static const char *const elsewhere[] = {"percent", "domain_state", "cpu_affinity", "disk_error", "job_stats"};
    for (unsigned i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (!strcmp(elsewhere[i], name->type))
            return true;
    for (unsigned i = 0; i < MAPPING; i++) {
        size_t length = strlen(name->type);
        bool has_type = !strncmp(mapping[i].identifier, name->type, length);
        const char *rest = has_type ? mapping[i].identifier + length : "";
        size_t plain = name->instance ? strcspn(name->instance, "{") : 0;
        if (has_type && (name->instance ? *rest == '-' && !strncmp(rest + 1, name->instance, plain) : !*rest))
            return true;
    }
    return false;
}

static void no_row_of_the_tables_was_forgotten_here(void **state)
{
    (void)state;
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++) {
        const struct vmt_entity_table *table = vmt_entity_table(entity);
        for (unsigned row = 0; row < table->metric_count; row++)
            for (unsigned i = 0; i < VMT_COLLECTD_NAMES; i++) {
                const struct vmt_collectd *name = &table->metrics[row].collectd[i];
                if (name->type && entity != VMT_ENTITY_PERF && !is_looked_at(name))
                    fail_msg("%s-%s", name->type, name->instance ? name->instance : "");
                if (name->type && !plugin_get_ds(name->type))
                    fail_msg("the types database has no %s", name->type);
            }
    }
}

static void state_and_reason_are_libvirts_numbers_for_inactive_domains_too(void **state)
{
    (void)state;
    fake_host_add_domain_with(&(struct fake_domain_options){
        .name = "held", .state = VIR_DOMAIN_PAUSED, .reason = VIR_DOMAIN_PAUSED_IOERROR, .vcpus = 1});
    fake_host_add_domain_with(&(struct fake_domain_options){
        .name = "off", .state = VIR_DOMAIN_SHUTOFF, .reason = VIR_DOMAIN_SHUTOFF_CRASHED, .vcpus = 1, .disks = 1});
    start(ALL_EXTRA_STATS);
    read_once();
    expect_gauge("held/virtmeter/domain_state", 0, VIR_DOMAIN_PAUSED);
    expect_gauge("held/virtmeter/domain_state", 1, VIR_DOMAIN_PAUSED_IOERROR);
    expect_gauge("off/virtmeter/domain_state", 0, VIR_DOMAIN_SHUTOFF);
    expect_gauge("off/virtmeter/domain_state", 1, VIR_DOMAIN_SHUTOFF_CRASHED);
    assert_int_equal(fake_collectd_count_matching("off/*/*"), 1); /* what it will start with is not told */
    assert_non_null(fake_collectd_find("held/virtmeter/virt_cpu_total"));
}

static void affinity_has_a_value_for_each_cpu_of_the_host(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    start("ExtraStats vcpupin\n");
    read_once();
    unsigned cpus = fake_collectd_count_matching("web/virtmeter/cpu_affinity-vcpu_0-cpu_*");
    assert_true(cpus >= 4);
    assert_int_equal(fake_collectd_count_matching("*/cpu_affinity-*"), 2 * cpus);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        char identifier[64];
        snprintf(identifier, sizeof identifier, "web/virtmeter/cpu_affinity-vcpu_1-cpu_%u", cpu);
        expect_gauge(identifier, 0, cpu == 1 || cpu == 3); /* as the fake libvirt has it */
    }
}

static void share_of_the_cpus_needs_two_reads(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    alter(web, "cpu.time", 1 * VMT_SECOND);
    start("ExtraStats cpu_util\n");
    read_once();
    expect_none("*/percent-*");
    usleep(200 * 1000);
    alter(web, "cpu.time", 1 * VMT_SECOND + 100 * VMT_MS);
    read_once();
    double percent = list_of("web/virtmeter/percent-virt_cpu_total")->values[0].gauge;
    assert_true(percent > 0 && percent < 100);
    alter(web, "cpu.time", 1); /* it began anew */
    read_once();
    expect_none("*/percent-*");
}

static void the_host_is_not_asked_at_each_read_how_many_cpus_it_has(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    start("ExtraStats cpu_util\n");
    for (unsigned i = 1; i <= 3; i++) {
        alter(web, "cpu.time", i * VMT_SECOND);
        read_once();
    }
    list_of("web/virtmeter/percent-virt_cpu_total");
    assert_int_equal(fake_host_calls("virNodeGetInfo"), 1);
}

static void disks_in_an_error_are_told(void **state)
{
    (void)state;
    fake_host_add_domain("good");
    fake_domain_set_disk_error(fake_host_add_domain("full"), VIR_DOMAIN_DISK_ERROR_NO_SPACE);
    start("ExtraStats disk_err\n");
    read_once();
    expect_gauge("full/virtmeter/disk_error-vda", 0, VIR_DOMAIN_DISK_ERROR_NO_SPACE);
    assert_int_equal(fake_collectd_count_matching("*/disk_error-*"), 1);
}

static void jobs_are_told_parameter_by_parameter(void **state)
{
    (void)state;
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_UNBOUNDED, .timeElapsed = 1500};
    fake_domain_set_job(fake_host_add_domain("moving"), &job, VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    fake_host_add_domain("still");
    start("ExtraStats job_stats_background\n");
    read_once();
    expect_derive("moving/virtmeter/job_stats-time_elapsed", 0, 1500);
    expect_derive("moving/virtmeter/job_stats-operation", 0, VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    expect_none("still/*/job_stats-*");
}

static void expect_last_job(const char *options)
{
    struct fake_domain *moved = fake_host_add_domain("moved");
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_FAILED, .timeElapsed = 700};
    fake_domain_set_last_job(moved, &job, VIR_DOMAIN_JOB_OPERATION_SAVE);
    start(options);
    for (int i = 0; i < 3; i++) {
        read_once();
        expect_derive("moved/virtmeter/job_stats-time_elapsed", 0, 700);
        expect_none("*/job_stats-errmsg");
    }
    notification_t last = {0};
    assert_true(fake_collectd_await_notification("job_stats", "errmsg", 1, SOON_MS, &last));
    assert_string_equal(last.message, "no space left");
    assert_string_equal(last.host, "moved");
    fake_collectd_shutdown();
    assert_int_equal(fake_collectd_notifications("job_stats", NULL), 1); /* once, not at each read */
}

static void the_last_job_is_told_and_its_words_are_a_notification(void **state)
{
    (void)state;
    expect_last_job("ExtraStats job_stats_completed\n");
    fake_host_reset();
    fake_collectd_start();
    expect_last_job("Collector job_completed true\n");
}

static void words_of_a_job_that_a_reading_lacks_are_not_new_when_they_come_again(void **state)
{
    (void)state;
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_FAILED, .timeElapsed = 700};
    fake_domain_set_last_job(fake_host_add_domain("moved"), &job, VIR_DOMAIN_JOB_OPERATION_SAVE);
    start("ExtraStats job_stats_completed\n");
    read_once();
    struct fake_fault fault = {
        .function = "virDomainGetJobStats", .code = VIR_ERR_INTERNAL_ERROR, .message = "no luck"};
    unsigned number = fake_host_add_fault(&fault);
    read_once();
    expect_none("moved/*/job_stats-*");
    fake_host_remove_fault(number);
    read_once();
    list_of("moved/virtmeter/job_stats-time_elapsed");
    fake_collectd_shutdown();
    assert_int_equal(fake_collectd_notifications("job_stats", NULL), 1);
}

/* ---- what collectd's types cannot hold ---- */

static void what_overflows_or_is_negative_or_absent_is_not_sent(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    alter(web, "cpu.time", (uint64_t)INT64_MAX + 1);
    alter(web, "block.0.rd.bytes", UINT64_MAX);
    alter(web, "balloon.swap_in", UINT64_MAX / 1000);
    alter(web, "balloon.rss", UINT64_C(1) << 40); /* times 1024, more than the type says */
    virTypedParameter negative = {.field = "net.0.rx.errs", .type = VIR_TYPED_PARAM_LLONG, .value.l = -1};
    fake_domain_alter(web, &negative);
    fake_domain_drop_parameters(web, "block.0.wr.reqs");
    start(ALL_EXTRA_STATS);
    read_once();
    expect_none("*/virt_cpu_total");
    expect_none("*/disk_octets-*");
    expect_none("*/swap_io-in");
    expect_none("*/memory-rss");
    expect_none("*/if_errors-*");
    expect_none("*/disk_ops-*"); /* one of its two values is not there */
    assert_non_null(fake_collectd_find("web/virtmeter/if_octets-vnet1"));
    assert_non_null(fake_collectd_find("web/virtmeter/swap_io-out"));
    alter(web, "cpu.time", INT64_MAX);
    read_once();
    expect_derive("web/virtmeter/virt_cpu_total", 0, INT64_MAX);
}

static void a_type_that_collectd_does_not_know_is_left_out_and_told(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_collectd_forget_type("virt_cpu_total");
    start("");
    read_once();
    assert_true(fake_collectd_await_log(LOG_ERR, "no usable type 'virt_cpu_total'", 0));
    assert_int_equal(fake_collectd_count(), 7);
}

/* ---- what the virt plugin does not have ---- */

static void collectors_give_the_rest_under_stock_types(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    alter(web, "vcpu.1.delay", 5999999);
    fake_host_add_pool("images", true);
    fake_host_add_network("default", true, 3);
    start("Collector vcpu true\nCollector pool true\nCollector network true\nCollector node true\n"
          "Collector exporter true\nCollector control true\nCollector calls true\nCollector events true\n");
    read_once();
    expect_derive("web/virtmeter/total_time_in_ms-vcpu_delay-1", 0, 5);
    assert_non_null(fake_collectd_find("web/virtmeter/virt_vcpu-1"));
    expect_gauge("web/virtmeter/gauge-control_state", 0, VIR_DOMAIN_CONTROL_OK);
    expect_gauge("web/virtmeter/gauge-collected", 0, 1);
    expect_gauge("here/virtmeter/gauge-up", 0, 1);
    assert_non_null(fake_collectd_find("here/virtmeter/gauge-node_cpus"));
    expect_gauge("here/virtmeter/gauge-network_dhcp_leases-default", 0, 3);
    assert_non_null(fake_collectd_find("here/virtmeter/bytes-storage_pool_capacity-images"));
    assert_non_null(fake_collectd_find("here/virtmeter/gauge-storage_pool_status-images"));
    assert_non_null(fake_collectd_find("here/virtmeter/total_time_in_ms-node_cpu-user"));
    assert_non_null(fake_collectd_find("here/virtmeter/derive-exporter_libvirt_calls-virConnectListAllStoragePools"));
    expect_none("*_info*");
}

/* The fake collectd complains of an identifier that comes twice. */
static void everything_at_once_has_no_name_twice(void **state)
{
    (void)state;
    char options[2048] = ALL_EXTRA_STATS;
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_UNBOUNDED, .timeElapsed = 1500};
    struct fake_domain *busy = fake_host_add_domain("busy");
    fake_domain_set_job(busy, &job, VIR_DOMAIN_JOB_OPERATION_BACKUP);
    fake_domain_set_disk_error(busy, VIR_DOMAIN_DISK_ERROR_UNSPEC);
    fake_host_add_domain("web");
    fake_host_add_pool("images", true);
    fake_host_add_network("default", true, 3);
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        if (i != VMT_COLLECTOR_JOB_COMPLETED)
            snprintf(options + strlen(options), sizeof options - strlen(options), "Collector %s true\n",
                     vmt_collector_row(i)->name);
    start(options);
    read_once();
    fake_domain_hold_ms(busy, 50); /* its control interface has a time then */
    read_once();
    list_of("busy/virtmeter/bytes-job_remaining-memory");
    list_of("web/virtmeter/gauge-control_state");
    assert_true(fake_collectd_count() > 400);
}

static void collectors_can_be_switched_off(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    start("Collector cpu false\nReportBlockDevices false\nReportNetworkInterfaces false\n");
    read_once();
    assert_int_equal(fake_collectd_count(), 1);
    assert_non_null(fake_collectd_find("web/virtmeter/memory-total"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_value_has_its_name_and_its_unit),
        TEST(without_a_selector_only_the_usual_values_are_there),
        TEST(each_selector_asks_for_its_own_values_alone),
        TEST(no_row_of_the_tables_was_forgotten_here),
        TEST(state_and_reason_are_libvirts_numbers_for_inactive_domains_too),
        TEST(affinity_has_a_value_for_each_cpu_of_the_host),
        TEST(share_of_the_cpus_needs_two_reads),
        TEST(the_host_is_not_asked_at_each_read_how_many_cpus_it_has),
        TEST(disks_in_an_error_are_told),
        TEST(jobs_are_told_parameter_by_parameter),
        TEST(the_last_job_is_told_and_its_words_are_a_notification),
        TEST(words_of_a_job_that_a_reading_lacks_are_not_new_when_they_come_again),
        TEST(what_overflows_or_is_negative_or_absent_is_not_sent),
        TEST(a_type_that_collectd_does_not_know_is_left_out_and_told),
        TEST(collectors_give_the_rest_under_stock_types),
        TEST(everything_at_once_has_no_name_twice),
        TEST(collectors_can_be_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
