/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the fake libvirt itself: a fresh host for each test, and a bulk call, perhaps on a thread of its
 * own.
 */
#ifndef VIRTMETER_TESTS_TEST_FAKE_H
#define VIRTMETER_TESTS_TEST_FAKE_H

#include "common/clock.h"
#include "tests/fake/fake_libvirt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SOON_MS = 5000 }; /* what comes, comes much earlier */

enum {
    /* Groups that ask the monitor. */
    MONITOR = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU |
              VIR_DOMAIN_STATS_BLOCK,
    NOWAIT = VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT,
};

static inline int setup(void **state)
{
    (void)state;
    fake_host_reset();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    int problems = (int)fake_host_problems();
    fake_host_free();
    return problems;
}

static inline virConnectPtr connect_now(void)
{
    virConnectPtr connection = virConnectOpenReadOnly(NULL);
    assert_non_null(connection);
    return connection;
}

/* ---- a bulk call, perhaps on a thread of its own ---- */

struct bulk {
    virConnectPtr connection;
    unsigned stats, flags;
    virDomainStatsRecordPtr *records;
    int count, code;
    uint64_t took_ns;
    pthread_t thread;
};

static inline void *ask(void *arg)
{
    struct bulk *bulk = arg;
    uint64_t began = vmt_now_ns();
    bulk->count = virConnectGetAllDomainStats(bulk->connection, bulk->stats, &bulk->records, bulk->flags);
    bulk->code = virGetLastErrorCode();
    bulk->took_ns = vmt_now_ns() - began;
    return NULL;
}

static inline struct bulk ask_now(virConnectPtr connection, unsigned stats, unsigned flags)
{
    struct bulk bulk = {.connection = connection, .stats = stats, .flags = flags};
    ask(&bulk);
    return bulk;
}

static inline void ask_beside(struct bulk *bulk, virConnectPtr connection, unsigned stats, unsigned flags)
{
    *bulk = (struct bulk){.connection = connection, .stats = stats, .flags = flags};
    assert_int_equal(pthread_create(&bulk->thread, NULL, ask, bulk), 0);
}

static inline const virTypedParameter *find(const struct bulk *bulk, int record, const char *field)
{
    assert_in_range(record, 0, bulk->count - 1);
    for (int i = 0; i < bulk->records[record]->nparams; i++)
        if (!strcmp(bulk->records[record]->params[i].field, field))
            return &bulk->records[record]->params[i];
    return NULL;
}

static inline void done(struct bulk *bulk)
{
    if (bulk->count >= 0)
        virDomainStatsRecordListFree(bulk->records);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
