/* SPDX-License-Identifier: Apache-2.0 */
/* The fake libvirt's guests do what guests were seen to do, frozen ones above all. */
#include "tests/fake/test_fake.h"

#include <stdlib.h>

static void assert_whole(const struct bulk *bulk, int record)
{
    assert_non_null(find(bulk, record, "balloon.rss"));
    assert_non_null(find(bulk, record, "block.0.rd.bytes"));
    assert_non_null(find(bulk, record, "vcpu.0.halted"));
}

static void assert_without_monitor(const struct bulk *bulk, int record)
{
    static const char *const present[] = {"state.state",     "cpu.time",     "cpu.user",
                                          "cpu.system",      "vcpu.0.time",  "balloon.current",
                                          "balloon.maximum", "block.0.name", "block.0.path"};
    static const char *const absent[] = {"balloon.rss", "block.0.rd.bytes", "block.0.capacity", "vcpu.0.halted",
                                         "cpu.haltpoll.fail.time"};
    for (unsigned i = 0; i < sizeof present / sizeof *present; i++)
        if (!find(bulk, record, present[i]))
            fail_msg("%s is missing", present[i]);
    for (unsigned i = 0; i < sizeof absent / sizeof *absent; i++)
        if (find(bulk, record, absent[i]))
            fail_msg("%s is there", absent[i]);
}

/* ---- frozen guests ---- */

static void frozen_guest_hangs_the_first_who_asks_and_is_skipped_by_the_next(void **state)
{
    (void)state;
    struct fake_domain *frozen = fake_host_add_domain("frozen");
    fake_host_add_domain("healthy");
    virConnectPtr first = connect_now(), second = connect_now();
    struct bulk hanging, next;
    fake_domain_freeze(frozen);
    ask_beside(&hanging, first, MONITOR, NOWAIT);
    assert_true(fake_wait_inside("virConnectGetAllDomainStats", 1, SOON_MS));

    next = ask_now(second, MONITOR, NOWAIT);
    assert_int_equal(next.count, 2);
    assert_without_monitor(&next, 0);
    assert_whole(&next, 1);
    done(&next);
    assert_int_equal(fake_domain_asked(frozen).skipped, 1);
    assert_int_equal(fake_host_usage().inside, 1);

    fake_domain_thaw(frozen);
    pthread_join(hanging.thread, NULL);
    assert_int_equal(hanging.count, 2);
    assert_whole(&hanging, 0);
    assert_whole(&hanging, 1);
    done(&hanging);
    assert_int_equal(fake_domain_asked(frozen).waiting_max, 1);
    assert_int_equal(fake_host_usage().monitor_max, 2);
    virConnectClose(first);
    virConnectClose(second);
}

static void cheap_calls_never_wait_for_a_frozen_guest(void **state)
{
    (void)state;
    struct fake_domain *frozen = fake_host_add_domain("frozen");
    fake_domain_freeze(frozen);
    virConnectPtr connection = connect_now();
    struct bulk cheap = ask_now(connection, VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_INTERFACE, 0);
    assert_non_null(find(&cheap, 0, "net.0.rx.bytes"));
    virDomainInfo info;
    assert_int_equal(virDomainGetInfo(cheap.records[0]->dom, &info), 0);
    char *xml = virDomainGetXMLDesc(cheap.records[0]->dom, 0);
    assert_non_null(strstr(xml, "<name>frozen</name>"));
    free(xml);
    done(&cheap);
    assert_int_equal(fake_domain_asked(frozen).asks, 0);
    virConnectClose(connection);
}

static void a_call_hangs_at_the_first_frozen_guest_and_holds_only_its_job(void **state)
{
    (void)state;
    struct fake_domain *one = fake_host_add_domain("one"), *two = fake_host_add_domain("two");
    fake_host_add_domain("three");
    fake_domain_freeze(one);
    fake_domain_freeze(two);
    virConnectPtr connections[3] = {connect_now(), connect_now(), connect_now()};
    struct bulk first, second;
    ask_beside(&first, connections[0], MONITOR, NOWAIT);
    assert_true(fake_wait_inside("virConnectGetAllDomainStats", 1, SOON_MS));
    while (!fake_domain_asked(one).asks)
        fake_wait_inside(NULL, 1, 1);
    assert_int_equal(fake_domain_asked(two).asks, 0);
    ask_beside(&second, connections[1], MONITOR, NOWAIT);
    while (!fake_domain_asked(two).asks)
        fake_wait_inside(NULL, 2, 1);
    struct bulk third = ask_now(connections[2], MONITOR, NOWAIT);
    assert_without_monitor(&third, 0);
    assert_without_monitor(&third, 1);
    assert_whole(&third, 2);
    done(&third);
    fake_domain_thaw(two);
    pthread_join(second.thread, NULL);
    assert_without_monitor(&second, 0);
    assert_whole(&second, 1);
    fake_domain_thaw(one);
    pthread_join(first.thread, NULL);
    assert_whole(&first, 1);
    done(&first);
    done(&second);
    for (unsigned i = 0; i < 3; i++)
        virConnectClose(connections[i]);
}

static void control_info_tells_who_is_occupied_and_for_how_long(void **state)
{
    (void)state;
    struct fake_domain *domain = fake_host_add_domain("web");
    virConnectPtr connection = connect_now(), other = connect_now();
    virDomainPtr handle = virDomainLookupByName(connection, "web");
    virDomainControlInfo info;
    assert_int_equal(virDomainGetControlInfo(handle, &info, 0), 0);
    assert_int_equal(info.state, VIR_DOMAIN_CONTROL_OK);

    fake_domain_freeze(domain);
    struct bulk hanging;
    ask_beside(&hanging, other, MONITOR, NOWAIT);
    while (!fake_domain_asked(domain).waiting)
        fake_wait_inside(NULL, 1, 1);
    do {
        assert_int_equal(virDomainGetControlInfo(handle, &info, 0), 0);
        assert_int_equal(info.state, VIR_DOMAIN_CONTROL_OCCUPIED);
    } while (info.stateTime < 3);
    fake_domain_thaw(domain);
    pthread_join(hanging.thread, NULL);
    done(&hanging);

    fake_domain_set_job(domain, &(virDomainJobInfo){.type = VIR_DOMAIN_JOB_UNBOUNDED}, VIR_DOMAIN_JOB_OPERATION_SAVE);
    assert_int_equal(virDomainGetControlInfo(handle, &info, 0), 0);
    assert_int_equal(info.state, VIR_DOMAIN_CONTROL_OK);
    fake_domain_hold_ms(domain, 1000);
    assert_int_equal(virDomainGetControlInfo(handle, &info, 0), 0);
    assert_int_equal(info.state, VIR_DOMAIN_CONTROL_JOB);
    virDomainFree(handle);
    virConnectClose(connection);
    virConnectClose(other);
}

static void without_nowait_a_call_waits_for_the_job_and_then_goes_on_without(void **state)
{
    (void)state;
    struct fake_domain *held = fake_host_add_domain("held");
    fake_host_add_domain("healthy");
    fake_host_set_job_timeout_ms(40);
    virConnectPtr connection = connect_now();
    fake_domain_hold_ms(held, SOON_MS);
    struct bulk bulk = ask_now(connection, MONITOR, 0);
    assert_true(bulk.took_ns >= 40 * VMT_MS);
    assert_without_monitor(&bulk, 0);
    assert_whole(&bulk, 1);
    done(&bulk);

    virDomainPtr handle = virDomainLookupByName(connection, "held");
    virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
    assert_int_equal(virDomainMemoryStats(handle, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0), -1);
    assert_int_equal(virGetLastErrorCode(), VIR_ERR_OPERATION_TIMEOUT);
    virDomainFree(handle);
    virConnectClose(connection);
}

static void another_clients_job_ends_by_itself(void **state)
{
    (void)state;
    struct fake_domain *domain = fake_host_add_domain("web");
    virConnectPtr connection = connect_now();
    fake_domain_hold_ms(domain, 30);
    struct bulk skipped = ask_now(connection, MONITOR, NOWAIT);
    assert_without_monitor(&skipped, 0);
    struct bulk waited = ask_now(connection, MONITOR, 0);
    assert_whole(&waited, 0);
    fake_domain_hold_asks(domain, 1);
    struct bulk robbed = ask_now(connection, MONITOR, NOWAIT), whole = ask_now(connection, MONITOR, NOWAIT);
    assert_without_monitor(&robbed, 0);
    assert_whole(&whole, 0);
    done(&skipped);
    done(&waited);
    done(&robbed);
    done(&whole);
    virConnectClose(connection);
}

static void a_guest_that_ends_while_it_is_asked_leaves_the_answer(void **state)
{
    (void)state;
    struct fake_domain *domain = fake_host_add_domain("web");
    virConnectPtr connection = connect_now(), other = connect_now();
    struct bulk bulk;
    fake_domain_freeze(domain);
    ask_beside(&bulk, connection, MONITOR, NOWAIT);
    while (!fake_domain_asked(domain).asks)
        fake_wait_inside(NULL, 1, 1);
    virDomainPtr handle = virDomainLookupByName(other, "web");
    fake_domain_remove(domain);
    pthread_join(bulk.thread, NULL);
    assert_int_equal(bulk.count, 0);
    done(&bulk);
    virDomainInfo info;
    assert_int_equal(virDomainGetInfo(handle, &info), -1);
    assert_int_equal(virGetLastErrorCode(), VIR_ERR_NO_DOMAIN);
    virDomainFree(handle);
    virConnectClose(connection);
    virConnectClose(other);
}

/* ---- what the bulk calls answer ---- */

static void bulk_calls_give_the_groups_and_domains_that_were_asked(void **state)
{
    (void)state;
    fake_host_add_domain("on");
    fake_host_add_domain_with(&(struct fake_domain_options){.name = "off", .state = VIR_DOMAIN_SHUTOFF, .disks = 1});
    virConnectPtr connection = connect_now();
    struct bulk active = ask_now(connection, VIR_DOMAIN_STATS_STATE, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE);
    assert_int_equal(active.count, 1);
    assert_int_equal(active.records[0]->nparams, 2);
    done(&active);
    assert_int_equal(fake_host_usage().images_opened, 0);
    struct bulk all = ask_now(connection, 0, 0);
    assert_int_equal(all.count, 2);
    assert_whole(&all, 0);
    assert_null(find(&all, 1, "cpu.time"));
    assert_non_null(find(&all, 1, "block.0.capacity"));
    done(&all);
    assert_int_equal(fake_host_usage().images_opened, 1);

    struct fake_bulk asked;
    assert_true(fake_host_bulk_call(0, &asked));
    assert_int_equal(asked.stats, VIR_DOMAIN_STATS_STATE);
    assert_int_equal(asked.flags, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE);
    assert_false(fake_host_bulk_call(2, &asked));
    virConnectClose(connection);
}

static void list_stats_skips_domains_that_are_gone_or_filtered(void **state)
{
    (void)state;
    struct fake_domain *one = fake_host_add_domain("one");
    struct fake_domain *two = fake_host_add_domain("two");
    virConnectPtr connection = connect_now();
    virDomainPtr *domains;
    assert_int_equal(virConnectListAllDomains(connection, &domains, VIR_CONNECT_LIST_DOMAINS_RUNNING), 2);
    fake_domain_remove(two);
    struct bulk bulk = {.count = virDomainListGetStats(domains, MONITOR, &bulk.records, NOWAIT)};
    assert_int_equal(bulk.count, 1);
    assert_string_equal(virDomainGetName(bulk.records[0]->dom), "one");
    done(&bulk);
    fake_domain_set_state(one, VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_DESTROYED);
    bulk.count = virDomainListGetStats(domains, MONITOR, &bulk.records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE);
    assert_int_equal(bulk.count, 0);
    done(&bulk);
    virDomainFree(domains[0]);
    virDomainFree(domains[1]);
    free(domains);
    virConnectClose(connection);
}

static void groups_that_the_daemon_does_not_know_are_left_out_or_refused(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_host_set_known_stats(~(unsigned)VIR_DOMAIN_STATS_BLOCK);
    virConnectPtr connection = connect_now();
    struct bulk silent = ask_now(connection, MONITOR, 0);
    assert_null(find(&silent, 0, "block.count"));
    assert_non_null(find(&silent, 0, "balloon.rss"));
    done(&silent);
    struct bulk refused = ask_now(connection, MONITOR, VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS);
    assert_int_equal(refused.count, -1);
    assert_int_equal(refused.code, VIR_ERR_CONFIG_UNSUPPORTED);
    virConnectClose(connection);
}

static void poor_drivers_know_the_state_only(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_host_set_driver("TEST");
    virConnectPtr connection = connect_now();
    assert_string_equal(virConnectGetType(connection), "TEST");
    struct bulk bulk = ask_now(connection, MONITOR, NOWAIT);
    assert_int_equal(bulk.records[0]->nparams, 2);
    virDomainInterfaceStatsStruct stats;
    assert_int_equal(virDomainInterfaceStats(bulk.records[0]->dom, "vnet1", &stats, sizeof stats), 0);
    done(&bulk);
    virConnectClose(connection);
}

static void parameters_can_be_altered_added_and_dropped(void **state)
{
    (void)state;
    struct fake_domain *domain = fake_host_add_domain("web");
    fake_domain_alter(domain, &(virTypedParameter){"balloon.rss", VIR_TYPED_PARAM_UINT, {.ui = 7}});
    fake_domain_alter(domain, &(virTypedParameter){"block.0.name", VIR_TYPED_PARAM_STRING, {.s = (char *)"sda"}});
    fake_domain_add_parameter(domain, &(virTypedParameter){"new.thing", VIR_TYPED_PARAM_DOUBLE, {.d = 0.5}});
    fake_domain_drop_parameters(domain, "block.*.rd.*");
    virConnectPtr connection = connect_now();
    struct bulk bulk = ask_now(connection, MONITOR, 0);
    assert_int_equal(find(&bulk, 0, "balloon.rss")->type, VIR_TYPED_PARAM_UINT);
    assert_int_equal(find(&bulk, 0, "balloon.rss")->value.ui, 7);
    assert_string_equal(find(&bulk, 0, "block.0.name")->value.s, "sda");
    assert_non_null(find(&bulk, 0, "new.thing"));
    assert_null(find(&bulk, 0, "block.0.rd.bytes"));
    assert_non_null(find(&bulk, 0, "block.0.wr.bytes"));
    done(&bulk);
    fake_domain_hold_asks(domain, 1);
    struct bulk skipped = ask_now(connection, MONITOR, NOWAIT);
    assert_null(find(&skipped, 0, "balloon.rss"));
    done(&skipped);
    virConnectClose(connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(frozen_guest_hangs_the_first_who_asks_and_is_skipped_by_the_next),
        CASE(cheap_calls_never_wait_for_a_frozen_guest),
        CASE(a_call_hangs_at_the_first_frozen_guest_and_holds_only_its_job),
        CASE(control_info_tells_who_is_occupied_and_for_how_long),
        CASE(without_nowait_a_call_waits_for_the_job_and_then_goes_on_without),
        CASE(another_clients_job_ends_by_itself),
        CASE(a_guest_that_ends_while_it_is_asked_leaves_the_answer),
        CASE(bulk_calls_give_the_groups_and_domains_that_were_asked),
        CASE(list_stats_skips_domains_that_are_gone_or_filtered),
        CASE(groups_that_the_daemon_does_not_know_are_left_out_or_refused),
        CASE(poor_drivers_know_the_state_only),
        CASE(parameters_can_be_altered_added_and_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
