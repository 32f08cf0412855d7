/* SPDX-License-Identifier: Apache-2.0 */
/* The fake libvirt's daemon dies and comes back, calls fail as they are told to, and misuse is noticed. */
#include "tests/fake/test_fake.h"

#include <stdlib.h>

/* For tests that provoke a violation on purpose and have looked at it. */
static int teardown_guilty(void **state)
{
    (void)state;
    fake_host_free();
    return 0;
}

#define GUILTY(name) cmocka_unit_test_setup_teardown(name, setup, teardown_guilty)

/* ---- faults ---- */

static void faults_strike_the_call_and_domain_they_are_for(void **state)
{
    (void)state;
    struct fake_domain *bad = fake_host_add_domain("bad");
    fake_host_add_domain("good");
    fake_host_add_fault(&(struct fake_fault){
        .function = "virDomainGetInfo", .domain = bad, .code = VIR_ERR_OPERATION_FAILED, .message = "no", .times = 1});
    virConnectPtr connection = connect_now();
    virDomainPtr one = virDomainLookupByName(connection, "bad"), other = virDomainLookupByName(connection, "good");
    virDomainInfo info;
    assert_int_equal(virDomainGetInfo(other, &info), 0);
    assert_int_equal(virDomainGetInfo(one, &info), -1);
    assert_int_equal(virGetLastErrorCode(), VIR_ERR_OPERATION_FAILED);
    assert_string_equal(virGetLastErrorMessage(), "no");
    assert_int_equal(virDomainGetInfo(one, &info), 0);
    assert_null(virGetLastError());
    virDomainFree(one);
    virDomainFree(other);
    virConnectClose(connection);
}

static void hanging_and_slow_calls_go_on_when_the_fault_is_removed(void **state)
{
    (void)state;
    struct fake_domain *domain = fake_host_add_domain("web");
    unsigned hang = fake_host_add_fault(
        &(struct fake_fault){.function = "virConnectGetAllDomainStats", .domain = domain, .hangs = true});
    virConnectPtr connection = connect_now();
    struct bulk bulk;
    ask_beside(&bulk, connection, VIR_DOMAIN_STATS_STATE, 0);
    assert_true(fake_wait_inside("virConnectGetAllDomainStats", 1, SOON_MS));
    fake_host_remove_fault(hang);
    pthread_join(bulk.thread, NULL);
    assert_int_equal(bulk.count, 1);
    done(&bulk);
    fake_host_add_fault(&(struct fake_fault){.delay_ms = 20, .times = 1});
    struct bulk slow = ask_now(connection, VIR_DOMAIN_STATS_STATE, 0);
    assert_true(slow.took_ns >= 20 * VMT_MS);
    done(&slow);
    virConnectClose(connection);
}

/* ---- the daemon ---- */

static void the_daemon_refuses_and_comes_back(void **state)
{
    (void)state;
    fake_daemon_set(FAKE_DAEMON_REFUSES);
    assert_null(virConnectOpenReadOnly(NULL));
    assert_int_equal(virGetLastErrorCode(), VIR_ERR_SYSTEM_ERROR);
    fake_daemon_set(FAKE_DAEMON_UP);
    virConnectClose(connect_now());
}

static int give_login(virConnectCredentialPtr asked, unsigned count, void *arg)
{
    const char *password = arg;
    for (unsigned i = 0; i < count; i++) {
        asked[i].result = strdup(asked[i].type == VIR_CRED_AUTHNAME ? "monitor" : password);
        asked[i].resultlen = (unsigned)strlen(asked[i].result);
    }
    return 0;
}

static void the_daemon_asks_for_a_login(void **state)
{
    (void)state;
    char wrong[] = "wrong", right[] = "right";
    int kinds[] = {VIR_CRED_AUTHNAME, VIR_CRED_PASSPHRASE};
    virConnectAuth auth = {.credtype = kinds, .ncredtype = 2, .cb = give_login, .cbdata = wrong};
    fake_host_require_login("monitor", "right");
    assert_null(virConnectOpenAuth("qemu+tcp://host/system", &auth, VIR_CONNECT_RO));
    assert_int_equal(virGetLastErrorCode(), VIR_ERR_AUTH_FAILED);
    auth.cbdata = right;
    virConnectPtr connection = virConnectOpenAuth("qemu+tcp://host/system", &auth, VIR_CONNECT_RO);
    assert_non_null(connection);
    char *uri = virConnectGetURI(connection);
    assert_string_equal(uri, "qemu+tcp://host/system");
    free(uri);
    assert_int_equal(fake_host_usage().read_write_connections, 0);
    virConnectClose(connection);
}

static void a_frozen_daemon_hangs_all_calls_until_the_connection_breaks(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    virConnectPtr connection = connect_now();
    fake_daemon_set(FAKE_DAEMON_FROZEN);
    struct bulk bulk;
    ask_beside(&bulk, connection, VIR_DOMAIN_STATS_STATE, 0);
    assert_true(fake_wait_inside(NULL, 1, SOON_MS));
    assert_int_equal(virConnectIsAlive(connection), 1);
    fake_daemon_drop(VIR_CONNECT_CLOSE_REASON_EOF);
    pthread_join(bulk.thread, NULL);
    assert_int_equal(bulk.count, -1);
    assert_int_equal(bulk.code, VIR_ERR_SYSTEM_ERROR);
    assert_int_equal(virConnectIsAlive(connection), 0);
    assert_int_equal(virConnectClose(connection), 0);
}

static void a_broken_connection_frees_the_jobs_of_its_calls(void **state)
{
    (void)state;
    struct fake_domain *domain = fake_host_add_domain("web");
    virConnectPtr connection = connect_now();
    struct bulk bulk;
    fake_domain_freeze(domain);
    ask_beside(&bulk, connection, MONITOR, NOWAIT);
    while (!fake_domain_asked(domain).asks)
        fake_wait_inside(NULL, 1, 1);
    fake_daemon_drop(VIR_CONNECT_CLOSE_REASON_KEEPALIVE);
    pthread_join(bulk.thread, NULL);
    assert_int_equal(bulk.code, VIR_ERR_INTERNAL_ERROR);
    fake_domain_thaw(domain);
    virConnectClose(connection);
    connection = connect_now();
    struct bulk again = ask_now(connection, MONITOR, NOWAIT);
    assert_non_null(find(&again, 0, "balloon.rss"));
    done(&again);
    virConnectClose(connection);
}

/* ---- what it notices ---- */

static void handles_keep_their_connection_and_what_is_left_is_counted(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    virConnectPtr connection = connect_now();
    struct bulk bulk = ask_now(connection, VIR_DOMAIN_STATS_STATE, 0);
    virDomainPtr domain = virDomainLookupByName(connection, "web");
    assert_int_equal(virConnectClose(connection), 2);
    assert_int_equal(fake_host_problems(), 1 + 2 + 1); /* connection, domains, list of records */
    done(&bulk);
    assert_int_equal(fake_host_problems(), 1 + 1);
    virDomainFree(domain);
    assert_int_equal(fake_host_problems(), 0);
}

static void a_dead_handle_is_refused_and_noticed(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    virConnectPtr connection = connect_now();
    virDomainPtr domain = virDomainLookupByName(connection, "web");
    virDomainFree(domain);
    assert_null(virDomainGetName(domain));
    assert_int_equal(virGetLastErrorCode(), VIR_ERR_INVALID_DOMAIN);
    virConnectClose(connection);
    assert_int_equal(virConnectIsAlive(connection), -1);
    assert_int_equal(fake_host_usage().violations, 2);
    assert_int_equal(fake_host_problems(), 2);
}

static void two_threads_inside_one_connection_are_noticed(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    unsigned hang = fake_host_add_fault(&(struct fake_fault){.function = "virConnectGetAllDomainStats", .hangs = true});
    virConnectPtr connection = connect_now();
    struct bulk bulk;
    ask_beside(&bulk, connection, VIR_DOMAIN_STATS_STATE, 0);
    assert_true(fake_wait_inside(NULL, 1, SOON_MS));
    assert_int_equal(fake_host_usage().violations, 0);
    virNodeInfo info;
    virNodeGetInfo(connection, &info);
    assert_int_equal(fake_host_usage().violations, 1);
    assert_int_equal(fake_host_usage().inside_max, 2);
    fake_host_remove_fault(hang);
    pthread_join(bulk.thread, NULL);
    done(&bulk);
    virConnectClose(connection);
}

static void closing_under_a_running_call_is_noticed(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_host_add_fault(&(struct fake_fault){.function = "virNodeGetFreeMemory", .hangs = true});
    virConnectPtr connection = connect_now();
    struct bulk bulk;
    unsigned hang = fake_host_add_fault(&(struct fake_fault){.function = "virConnectGetAllDomainStats", .hangs = true});
    ask_beside(&bulk, connection, VIR_DOMAIN_STATS_STATE, 0);
    assert_true(fake_wait_inside(NULL, 1, SOON_MS));
    assert_int_equal(virConnectClose(connection), 0);
    assert_int_equal(fake_host_usage().violations, 2); /* inside with another, and closed under it */
    fake_host_remove_fault(hang);
    pthread_join(bulk.thread, NULL);
    done(&bulk);
}

static void calls_are_counted_by_function(void **state)
{
    (void)state;
    virConnectPtr connection = connect_now();
    virNodeInfo info;
    virNodeGetInfo(connection, &info);
    virNodeGetInfo(connection, &info);
    virConnectIsAlive(connection);
    assert_int_equal(fake_host_calls("virNodeGetInfo"), 2);
    assert_int_equal(fake_host_calls("virConnectIsAlive"), 0); /* asks nobody */
    assert_int_equal(fake_host_calls(NULL), 3);
    assert_true(fake_wait_calls("virNodeGetInfo", 2, 0));
    assert_false(fake_wait_calls("virNodeGetInfo", 3, 10));
    virConnectClose(connection);
    assert_int_equal(fake_host_usage().connections_max, 1);
}

/* ---- pools and networks ---- */

static void pools_and_networks_are_listed_and_described(void **state)
{
    (void)state;
    fake_host_add_pool("default", true);
    fake_host_add_pool("old", false);
    fake_host_add_network("default", true, 2);
    virConnectPtr connection = connect_now();
    virStoragePoolPtr *pools;
    assert_int_equal(virConnectListAllStoragePools(connection, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE), 1);
    virStoragePoolInfo info;
    assert_int_equal(virStoragePoolGetInfo(pools[0], &info), 0);
    assert_int_equal(info.capacity, info.allocation + info.available);
    virStoragePoolFree(pools[0]);
    free(pools);
    virNetworkPtr *networks;
    assert_int_equal(virConnectListAllNetworks(connection, &networks, 0), 1);
    virNetworkDHCPLeasePtr *leases;
    assert_int_equal(virNetworkGetDHCPLeases(networks[0], NULL, &leases, 0), 2);
    assert_string_equal(leases[1]->ipaddr, "192.0.2.3");
    assert_int_equal(fake_host_usage().leases, 2);
    virNetworkDHCPLeaseFree(leases[0]);
    virNetworkDHCPLeaseFree(leases[1]);
    free(leases);
    virNetworkFree(networks[0]);
    free(networks);
    virConnectClose(connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(faults_strike_the_call_and_domain_they_are_for),
        CASE(hanging_and_slow_calls_go_on_when_the_fault_is_removed),
        CASE(the_daemon_refuses_and_comes_back),
        CASE(the_daemon_asks_for_a_login),
        CASE(a_frozen_daemon_hangs_all_calls_until_the_connection_breaks),
        CASE(a_broken_connection_frees_the_jobs_of_its_calls),
        CASE(handles_keep_their_connection_and_what_is_left_is_counted),
        GUILTY(a_dead_handle_is_refused_and_noticed),
        GUILTY(two_threads_inside_one_connection_are_noticed),
        GUILTY(closing_under_a_running_call_is_noticed),
        CASE(calls_are_counted_by_function),
        CASE(pools_and_networks_are_listed_and_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
