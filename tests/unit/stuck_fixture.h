/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the core with a dozen domains of which some hang.
 */
#ifndef VIRTMETER_TESTS_STUCK_FIXTURE_H
#define VIRTMETER_TESTS_STUCK_FIXTURE_H

#include "tests/unit/host_fixture.h"

/* A call that hangs is given up after a second. The first answer is not much later; the next ones do not wait for it.
 */
enum { FIRST_ANSWER_MS = 1500, NEXT_ANSWER_MS = 900 };

static inline struct vmt_snapshot *scrape_within(unsigned ms)
{
    struct answer answer;
    ask(&answer, VMT_COLLECTORS_ALL, 9 * VMT_SECOND);
    struct vmt_snapshot *snapshot = await(&answer);
    if (took_ms(&answer) > ms)
        fail_msg("the answer took %u ms", took_ms(&answer));
    return snapshot;
}

static inline void assert_whole(const struct vmt_snapshot *snapshot, const char *name)
{
    assert_int_equal(get(snapshot, VMT_ENTITY_DOMAIN_LIFE, "collected", name), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "balloon.rss", name), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_BLOCK, "rd.bytes", name), 1);
    assert_int_equal(count_series(snapshot, VMT_ENTITY_DOMAIN, "cpu.time", name), 1);
}

static inline void assert_cheap_only(const struct vmt_snapshot *snapshot, const char *name)
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

static inline void start_with_domains(void)
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
static inline int thaw_all(void **state)
{
    for (int i = 0; i < DOMAINS && domains[i]; i++) {
        fake_domain_thaw(domains[i]);
        domains[i] = NULL;
    }
    return teardown(state);
}

static inline void assert_only_these_are_stuck(const struct vmt_snapshot *snapshot, int from, int to)
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

static inline void freeze(int from, int to)
{
    for (int i = from; i < to; i++)
        fake_domain_freeze(domains[i]);
}

static inline void thaw(int from, int to)
{
    for (int i = from; i < to; i++)
        fake_domain_thaw(domains[i]);
}

/* Too short for a query that is given up after a second; collectd that reads each second waits a little less. */
static const uint64_t short_time = VMT_SECOND;

static inline struct vmt_snapshot *scrape_shortly(void)
{
    struct answer answer;
    ask(&answer, VMT_COLLECTORS_ALL, short_time);
    return await(&answer);
}

#endif
