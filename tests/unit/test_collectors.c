/* SPDX-License-Identifier: Apache-2.0 */
/* The collectors that are off by default: what they learn, and what is lost when their calls hang. */
#include "tests/unit/host_fixture.h"

static void start_collector(enum vmt_collector collector)
{
    struct vmt_host_options with = options();
    with.collectors = VMT_COLLECTOR_BIT(VMT_COLLECTOR_DOMAIN) | VMT_COLLECTOR_BIT(collector);
    start_with(&with);
    for (int i = 0; i < 500 && !vmt_host_was_connected(host); i++)
        usleep(10 * 1000);
}

/* The sample of `entity` with these first two labels; fails the test when there is none. */
static const struct vmt_sample *find_sample(const struct vmt_snapshot *snapshot, enum vmt_entity entity,
                                            const char *domain, const char *label)
{
    for (unsigned i = 0; i < snapshot->part_count; i++)
        for (const struct vmt_sample *at = snapshot->parts[i]->samples[entity].first; at; at = at->next)
            if (!strcmp(at->labels[0], domain) && (!label || !strcmp(at->labels[1], label)))
                return at;
    fail_msg("no %s of %s, %s", vmt_entity_table(entity)->name, domain, label ? label : "-");
    return NULL;
}

static uint64_t number(const struct vmt_sample *sample, enum vmt_entity entity, const char *key)
{
    struct vmt_value value = sample->value[vmt_entity_slot(entity, key)];
    assert_int_equal(value.type, VMT_INTEGER);
    return value.integer;
}

static void affinity_is_a_list_of_cpus_for_each_vcpu(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    start_collector(VMT_COLLECTOR_AFFINITY);
    struct vmt_snapshot *snapshot = scrape();
    static const char *const cpus[] = {"0,2", "1,3"};
    for (unsigned i = 0; i < 2; i++) {
        const char *vcpu = i ? "1" : "0";
        assert_string_equal(find_sample(snapshot, VMT_ENTITY_VCPU_AFFINITY_INFO, "web", vcpu)->labels[2], cpus[i]);
        const struct vmt_sample *sample = find_sample(snapshot, VMT_ENTITY_VCPU_AFFINITY, "web", vcpu);
        assert_int_equal(number(sample, VMT_ENTITY_VCPU_AFFINITY, "cpus"), 2);
        assert_int_equal(number(sample, VMT_ENTITY_VCPU_AFFINITY, "host_cpu"), i);
    }
    assert_int_equal(get(snapshot, VMT_ENTITY_COLLECTOR, "success", "affinity"), 1);
    vmt_snapshot_unref(snapshot);
}

static void perf_events_are_there_once(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_host_add_domain_with(&(struct fake_domain_options){.name = "off", .state = VIR_DOMAIN_SHUTOFF});
    start_collector(VMT_COLLECTOR_PERF);
    struct vmt_snapshot *snapshot = scrape();
    assert_true(get(snapshot, VMT_ENTITY_PERF, "cpu_cycles", "web") > 0);
    assert_true(get(snapshot, VMT_ENTITY_PERF, "task_clock", "web") > 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_PERF, "instructions", NULL), 0);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_PERF, "cpu_cycles", "off"), 0);
    assert_int_equal(get(snapshot, VMT_ENTITY_COLLECTOR, "success", "perf"), 1);
    assert_int_equal(get(snapshot, VMT_ENTITY_EXPORTER, "unknown_parameters", NULL), 0);
    vmt_snapshot_unref(snapshot);
}

static void only_disks_in_an_error_are_told(void **state)
{
    (void)state;
    fake_host_add_domain("good");
    struct fake_domain *full = fake_host_add_domain("full");
    fake_domain_set_disk_error(full, VIR_DOMAIN_DISK_ERROR_NO_SPACE);
    start_collector(VMT_COLLECTOR_DISK_ERRORS);
    struct vmt_snapshot *snapshot = scrape();
    assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK_ERROR, "error", NULL), 1);
    const struct vmt_sample *sample = find_sample(snapshot, VMT_ENTITY_BLOCK_ERROR, "full", "vda");
    uint64_t error = number(sample, VMT_ENTITY_BLOCK_ERROR, "error");
    assert_int_equal(error, VIR_DOMAIN_DISK_ERROR_NO_SPACE);
    assert_string_equal(vmt_entity_table(VMT_ENTITY_BLOCK_ERROR)->metrics[0].states[error], "no_space");
    vmt_snapshot_unref(snapshot);
}

static void frozen_guests_cost_their_own_disk_errors(void **state)
{
    (void)state;
    struct fake_domain *frozen[2] = {fake_host_add_domain("frozen0"), fake_host_add_domain("frozen1")};
    fake_domain_set_disk_error(fake_host_add_domain("full"), VIR_DOMAIN_DISK_ERROR_UNSPEC);
    struct vmt_host_options with = options();
    with.collectors |= VMT_COLLECTOR_BIT(VMT_COLLECTOR_DISK_ERRORS);
    start_with(&with);
    vmt_snapshot_unref(scrape());
    fake_domain_freeze(frozen[0]);
    fake_domain_freeze(frozen[1]);
    vmt_snapshot_unref(scrape()); /* finds out */
    for (int i = 0; i < 3; i++) {
        struct vmt_snapshot *snapshot = scrape();
        assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK_ERROR, "error", "full"), 1);
        vmt_snapshot_unref(snapshot);
    }
    fake_domain_thaw(frozen[0]);
    fake_domain_thaw(frozen[1]);
}

static void a_job_is_told_parameter_by_parameter(void **state)
{
    (void)state;
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_UNBOUNDED, .timeElapsed = 1500, .memRemaining = 4096};
    fake_domain_set_job(fake_host_add_domain("moving"), &job, VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    start();
    struct vmt_snapshot *snapshot = scrape();
    const struct vmt_sample *sample = find_sample(snapshot, VMT_ENTITY_JOB_PARAMETER, "moving", "time_elapsed");
    assert_int_equal(number(sample, VMT_ENTITY_JOB_PARAMETER, "value"), 1500);
    sample = find_sample(snapshot, VMT_ENTITY_JOB_PARAMETER, "moving", "operation");
    assert_int_equal(number(sample, VMT_ENTITY_JOB_PARAMETER, "value"), VIR_DOMAIN_JOB_OPERATION_MIGRATION_OUT);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_LAST_JOB_PARAMETER, "value", NULL), 0);
    vmt_snapshot_unref(snapshot);
}

static void the_last_job_is_told_again_and_again(void **state)
{
    (void)state;
    virDomainJobInfo job = {.type = VIR_DOMAIN_JOB_FAILED, .timeElapsed = 700};
    fake_domain_set_last_job(fake_host_add_domain("moved"), &job, VIR_DOMAIN_JOB_OPERATION_SAVE);
    fake_host_add_domain("never");
    start_collector(VMT_COLLECTOR_JOB_COMPLETED);
    for (int i = 0; i < 2; i++) {
        struct vmt_snapshot *snapshot = scrape();
        const struct vmt_sample *sample = find_sample(snapshot, VMT_ENTITY_LAST_JOB_PARAMETER, "moved", "time_elapsed");
        assert_int_equal(number(sample, VMT_ENTITY_LAST_JOB_PARAMETER, "value"), 700);
        sample = find_sample(snapshot, VMT_ENTITY_LAST_JOB_PARAMETER, "moved", "errmsg");
        assert_string_equal(sample->labels[2], "no space left");
        assert_int_equal(sample->value[0].type, VMT_ABSENT);
        assert_int_equal(count_series(snapshot, VMT_ENTITY_LAST_JOB_PARAMETER, "value", "never"), 0);
        vmt_snapshot_unref(snapshot);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(affinity_is_a_list_of_cpus_for_each_vcpu), TEST(perf_events_are_there_once),
        TEST(only_disks_in_an_error_are_told),          TEST(frozen_guests_cost_their_own_disk_errors),
        TEST(a_job_is_told_parameter_by_parameter),     TEST(the_last_job_is_told_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
