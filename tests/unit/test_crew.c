/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/crew.h"
#include "common/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

enum { THREADS = 3, QUEUE = 5, PATIENCE_SECONDS = 20 };

/* A job that ends when it is let go. */
struct held {
    struct vmt_job job;
    atomic_bool may_end, has_begun, has_ended;
};

static void pause_a_little(void)
{
    const struct timespec pause = {.tv_nsec = (long)VMT_MS};
    nanosleep(&pause, NULL);
}

static void run_held(struct vmt_job *job, struct vmt_control *control)
{
    struct held *held = (struct held *)job;
    assert_null(control->connection);
    atomic_store(&held->has_begun, true);
    while (!atomic_load(&held->may_end))
        pause_a_little();
    atomic_store(&held->has_ended, true);
}

static bool comes_true(atomic_bool *flag)
{
    uint64_t until_ns = vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND;
    while (!atomic_load(flag) && vmt_now_ns() < until_ns)
        pause_a_little();
    return atomic_load(flag);
}

static uint64_t soon(void)
{
    return vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND;
}

static void one_that_hangs_holds_up_nobody_else(void **state)
{
    (void)state;
    struct held held = {.job = {.run = run_held}}, others[QUEUE] = {0};
    struct vmt_crew *crew = vmt_crew_new("vmt-test", THREADS, QUEUE);
    assert_int_equal(vmt_crew_submit(crew, &held.job), 0);
    assert_true(comes_true(&held.has_begun));
    for (unsigned i = 0; i < QUEUE; i++) {
        others[i].job.run = run_held;
        atomic_store(&others[i].may_end, true);
        assert_int_equal(vmt_crew_submit(crew, &others[i].job), 0);
        assert_true(comes_true(&others[i].has_ended));
    }
    assert_false(atomic_load(&held.has_ended));
    assert_false(vmt_crew_free(crew, vmt_now_ns() + 10 * VMT_MS));
    atomic_store(&held.may_end, true);
    assert_true(vmt_crew_free(crew, soon()));
    assert_true(atomic_load(&held.has_ended));
}

static void what_waits_is_bounded_and_done_in_the_end(void **state)
{
    (void)state;
    struct held jobs[THREADS + QUEUE + 1] = {0};
    struct vmt_crew *crew = vmt_crew_new("vmt-test", THREADS, QUEUE);
    for (unsigned i = 0; i < THREADS; i++) {
        jobs[i].job.run = run_held;
        assert_int_equal(vmt_crew_submit(crew, &jobs[i].job), 0);
        assert_true(comes_true(&jobs[i].has_begun));
    }
    for (unsigned i = THREADS; i < THREADS + QUEUE + 1; i++) {
        jobs[i].job.run = run_held;
        assert_int_equal(vmt_crew_submit(crew, &jobs[i].job), i < THREADS + QUEUE ? 0 : -EBUSY);
    }
    for (unsigned i = 0; i < THREADS + QUEUE; i++)
        atomic_store(&jobs[i].may_end, true);
    assert_true(vmt_crew_free(crew, soon()));
    for (unsigned i = 0; i < THREADS + QUEUE; i++)
        assert_true(atomic_load(&jobs[i].has_ended));
    assert_false(atomic_load(&jobs[THREADS + QUEUE].has_begun));
}

static void a_crew_that_was_never_used_ends(void **state)
{
    (void)state;
    assert_true(vmt_crew_free(vmt_crew_new("vmt-test", THREADS, QUEUE), soon()));
    assert_true(vmt_crew_free(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_hangs_holds_up_nobody_else),
        cmocka_unit_test(what_waits_is_bounded_and_done_in_the_end),
        cmocka_unit_test(a_crew_that_was_never_used_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
