/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the plugin as collectd sees it: a fake collectd above it, a fake libvirt below.
 */
#ifndef VIRTMETER_TESTS_COLLECTD_FIXTURE_H
#define VIRTMETER_TESTS_COLLECTD_FIXTURE_H

#include "common/clock.h"
#include "common/metric.h"
#include "tests/fake/fake_libvirt.h"
#include "tests/fake_collectd/fake_collectd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOON_MS = 5000 };

static inline int setup(void **state)
{
    (void)state;
    fake_host_reset();
    fake_collectd_start();
    return 0;
}

/* Loads the plugin with these options. */
static inline void start(const char *options)
{
    assert_int_equal(fake_collectd_configure(options), 0);
    assert_int_equal(fake_collectd_init(), 0);
}

/* One read; it never says that it failed. */
static inline void read_once(void)
{
    assert_int_equal(fake_collectd_read(), 0);
}

/* Stops, and looks for what must not be. */
static inline int teardown(void **state)
{
    (void)state;
    fake_collectd_shutdown();
    int problems = (int)(fake_host_problems() + fake_collectd_complaints());
    fake_host_free();
    fake_collectd_free();
    return problems;
}

static inline const value_list_t *list_of(const char *identifier)
{
    const value_list_t *list = fake_collectd_find(identifier);
    if (!list)
        fail_msg("no %s among %u", identifier, fake_collectd_count());
    return list;
}

static inline void expect_derive(const char *identifier, unsigned source, int64_t expected)
{
    if (list_of(identifier)->values[source].derive != expected)
        fail_msg("%s[%u] is %lld, not %lld", identifier, source, (long long)list_of(identifier)->values[source].derive,
                 (long long)expected);
}

static inline void expect_gauge(const char *identifier, unsigned source, double expected)
{
    double value = list_of(identifier)->values[source].gauge;
    if (value < expected - 1e-9 || value > expected + 1e-9)
        fail_msg("%s[%u] is %.17g, not %.17g", identifier, source, value, expected);
}

static inline void expect_none(const char *pattern)
{
    if (fake_collectd_count_matching(pattern))
        fail_msg("%u of %s", fake_collectd_count_matching(pattern), pattern);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
