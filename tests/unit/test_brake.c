/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/brake.h"
#include "common/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A "aaaaaaaa-0000-4000-8000-000000000000"
#define B "bbbbbbbb-0000-4000-8000-000000000000"

static const struct vmt_brake_limits wide = {.stops = 1000, .user = 1000, .domain = 1000};

static bool passes(struct vmt_brake *brake, unsigned second, const struct vmt_brake_change *change)
{
    uint64_t wait_ns = 0;
    return vmt_brake_pass(brake, second * VMT_SECOND, change, &wait_ns, NULL) == 0;
}

static void a_script_in_a_loop_cannot_stop_all_domains(void **state)
{
    (void)state;
    struct vmt_brake *brake = vmt_brake_new(&(struct vmt_brake_limits){.stops = 5, .user = 1000, .domain = 1000});
    unsigned stopped = 0;
    for (unsigned i = 0; i < 200; i++) { /* 200 domains, five users, in 50 seconds */
        char uuid[37];
        snprintf(uuid, sizeof uuid, "%08u-0000-4000-8000-000000000000", i);
        stopped += passes(brake, i / 4, &(struct vmt_brake_change){1000 + i % 5, uuid, true});
    }
    assert_int_equal(stopped, 5);
    assert_true(passes(brake, 50, &(struct vmt_brake_change){1000, A, false})); /* who starts domains is not held */
    vmt_brake_free(brake);
}

static void limits_hold_in_every_minute_not_only_in_calendar_ones(void **state)
{
    (void)state;
    struct vmt_brake *brake = vmt_brake_new(&(struct vmt_brake_limits){.stops = 2, .user = 1000, .domain = 1000});
    const struct vmt_brake_change stop = {0, A, true};
    assert_true(passes(brake, 30, &stop));
    assert_true(passes(brake, 59, &stop));
    assert_false(passes(brake, 61, &stop));
    assert_false(passes(brake, 89, &stop));
    assert_true(passes(brake, 90, &stop)); /* that of 30 s is forgotten */
    assert_false(passes(brake, 118, &stop));
    assert_true(passes(brake, 119, &stop));
    vmt_brake_free(brake);
}

static void users_and_domains_have_limits_of_their_own(void **state)
{
    (void)state;
    struct vmt_brake *brake = vmt_brake_new(&(struct vmt_brake_limits){.stops = 1000, .user = 3, .domain = 2});
    assert_true(passes(brake, 0, &(struct vmt_brake_change){1, A, false}));
    assert_true(passes(brake, 0, &(struct vmt_brake_change){2, A, false}));
    assert_false(passes(brake, 0, &(struct vmt_brake_change){3, A, false})); /* the domain's two */
    assert_true(passes(brake, 0, &(struct vmt_brake_change){1, B, false}));
    assert_true(passes(brake, 0, &(struct vmt_brake_change){1, NULL, false}));
    assert_false(passes(brake, 0, &(struct vmt_brake_change){1, NULL, false})); /* the user's three */
    for (unsigned i = 0; i < 3; i++) /* what has no UUID yet is not one domain */
        assert_true(passes(brake, 0, &(struct vmt_brake_change){10, "", false}));
    vmt_brake_free(brake);
}

static void who_is_refused_learns_the_limit_and_how_long_to_wait(void **state)
{
    (void)state;
    static const struct {
        struct vmt_brake_limits limits;
        const char *reason;
        unsigned wait_s;
    } cases[] = {
        {{.stops = 1, .user = 9, .domain = 9}, "the brake: no more than 1 stops in a minute", 50},
        {{.stops = 9, .user = 1, .domain = 9}, "the brake: no more than 1 changes by one user in a minute", 50},
        {{.stops = 9, .user = 9, .domain = 1}, "the brake: no more than 1 changes of the same object in a minute", 50},
    };
    const struct vmt_brake_change stop = {1, A, true};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_brake *brake = vmt_brake_new(&cases[i].limits);
        struct vmt_error error = {0};
        uint64_t wait_ns = 0;
        assert_true(passes(brake, 100, &stop));
        assert_int_equal(vmt_brake_pass(brake, 110 * VMT_SECOND, &stop, &wait_ns, &error), -EAGAIN);
        assert_string_equal(error.text, cases[i].reason);
        assert_int_equal(wait_ns, cases[i].wait_s * VMT_SECOND);
        assert_int_equal(vmt_brake_pass(brake, 110 * VMT_SECOND + wait_ns - 1, &stop, &wait_ns, NULL), -EAGAIN);
        assert_int_equal(wait_ns, 1);
        assert_true(passes(brake, 160, &stop));
        vmt_brake_free(brake);
    }
}

static void a_limit_of_zero_lets_none_pass(void **state)
{
    (void)state;
    struct vmt_brake *brake = vmt_brake_new(&(struct vmt_brake_limits){.stops = 0, .user = 9, .domain = 9});
    uint64_t wait_ns = 0;
    assert_int_equal(vmt_brake_pass(brake, 0, &(struct vmt_brake_change){1, A, true}, &wait_ns, NULL), -EAGAIN);
    assert_true(wait_ns == VMT_NEVER);
    assert_true(passes(brake, 0, &(struct vmt_brake_change){1, A, false}));
    vmt_brake_free(brake);
}

static void a_restart_does_not_loosen_the_brake(void **state)
{
    (void)state;
    struct vmt_brake *brake = vmt_brake_new(&(struct vmt_brake_limits){.stops = 2, .user = 9, .domain = 9});
    const struct vmt_brake_change stop = {1, A, true};
    for (unsigned i = 0; i < 3; i++) /* more than the limit, which may have been another one */
        vmt_brake_remember(brake, 100 * VMT_SECOND, &stop);
    assert_false(passes(brake, 159, &stop));
    assert_true(passes(brake, 160, &stop));
    vmt_brake_free(brake);
}

static void there_is_a_limit_whatever_the_limits_are(void **state)
{
    (void)state;
    struct vmt_brake *brake = vmt_brake_new(&wide);
    struct vmt_error error = {0};
    uint64_t wait_ns = 0;
    struct vmt_brake_change change = {0, NULL, false};
    for (unsigned i = 0; i < VMT_BRAKE_CHANGES_MAX; i++) {
        change.uid = i;
        assert_true(passes(brake, 1, &change));
    }
    assert_int_equal(vmt_brake_pass(brake, 2 * VMT_SECOND, &change, &wait_ns, &error), -EAGAIN);
    assert_string_equal(error.text, "the brake: no more than 1024 changes in a minute");
    assert_true(passes(brake, 61, &change));
    vmt_brake_free(brake);
}

/* The same rules, told by a list of all that ever passed. */
static bool model_passes(const struct vmt_brake_limits *limits, const struct vmt_brake_change *passed,
                         const uint64_t *times, unsigned count, uint64_t now_ns, const struct vmt_brake_change *change)
{
    unsigned stops = 0, of_user = 0, of_domain = 0;
    for (unsigned i = 0; i < count; i++) {
        if (times[i] + 60 * VMT_SECOND <= now_ns)
            continue;
        stops += passed[i].is_stop;
        of_user += passed[i].uid == change->uid;
        of_domain += passed[i].uuid == change->uuid;
    }
    return (!change->is_stop || stops < limits->stops) && of_user < limits->user && of_domain < limits->domain;
}

static void the_brake_does_what_a_plain_list_does(void **state)
{
    (void)state;
    static const char *const uuids[] = {A, B, "cccccccc-0000-4000-8000-000000000000"};
    static const struct vmt_brake_limits limits = {.stops = 4, .user = 9, .domain = 7};
    enum { ROUNDS = 20 * 1000 };
    struct vmt_brake *brake = vmt_brake_new(&limits);
    struct vmt_brake_change *passed = calloc(ROUNDS, sizeof *passed);
    uint64_t *times = calloc(ROUNDS, sizeof *times), now_ns = 0;
    unsigned count = 0, seed = 7;
    for (unsigned i = 0; i < ROUNDS; i++) {
        now_ns += (uint64_t)(rand_r(&seed) % 6) * VMT_SECOND;
        const struct vmt_brake_change change = {(uid_t)(rand_r(&seed) % 2), uuids[rand_r(&seed) % 3],
                                                rand_r(&seed) % 2};
        unsigned from = count > 100 ? count - 100 : 0;
        bool expected = model_passes(&limits, passed + from, times + from, count - from, now_ns, &change);
        uint64_t wait_ns = 0;
        assert_int_equal(vmt_brake_pass(brake, now_ns, &change, &wait_ns, NULL) == 0, expected);
        if (expected) {
            passed[count] = change;
            times[count++] = now_ns;
        }
    }
    assert_true(count > ROUNDS / 10 && count < ROUNDS);
    free(passed);
    free(times);
    vmt_brake_free(brake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_in_a_loop_cannot_stop_all_domains),
        cmocka_unit_test(limits_hold_in_every_minute_not_only_in_calendar_ones),
        cmocka_unit_test(users_and_domains_have_limits_of_their_own),
        cmocka_unit_test(who_is_refused_learns_the_limit_and_how_long_to_wait),
        cmocka_unit_test(a_limit_of_zero_lets_none_pass),
        cmocka_unit_test(a_restart_does_not_loosen_the_brake),
        cmocka_unit_test(there_is_a_limit_whatever_the_limits_are),
        cmocka_unit_test(the_brake_does_what_a_plain_list_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
