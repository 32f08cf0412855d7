/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/flood.h"
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint64_t now_ns = 1000 * VMT_SECOND;

/* Spends what a user may write in a minute. */
static void spend(struct vmt_flood *flood, uint64_t at_ns, uid_t uid)
{
    unsigned left_out = 0;
    for (unsigned i = 0; i < VMT_FLOOD_LINES_MAX; i++)
        assert_true(vmt_flood_pass(flood, at_ns, uid, &left_out));
    assert_false(vmt_flood_pass(flood, at_ns, uid, &left_out));
}

static void what_is_left_out_is_counted(void **state)
{
    (void)state;
    struct vmt_flood flood = {0};
    unsigned left_out = 7;
    assert_true(vmt_flood_pass(&flood, now_ns, 1, &left_out));
    assert_int_equal(left_out, 0);
    for (unsigned i = 1; i < VMT_FLOOD_LINES_MAX + 5; i++)
        assert_int_equal(vmt_flood_pass(&flood, now_ns + i, 1, &left_out), i < VMT_FLOOD_LINES_MAX);
    assert_false(vmt_flood_pass(&flood, now_ns + 60 * VMT_SECOND - 1, 1, &left_out));
    assert_true(vmt_flood_pass(&flood, now_ns + 60 * VMT_SECOND, 1, &left_out));
    assert_int_equal(left_out, 6);
    assert_true(vmt_flood_pass(&flood, now_ns + 60 * VMT_SECOND, 1, &left_out));
    assert_int_equal(left_out, 0);
}

static void users_do_not_silence_each_other(void **state)
{
    (void)state;
    struct vmt_flood flood = {0};
    unsigned left_out = 0;
    for (uid_t uid = 0; uid < 2 * VMT_FLOOD_USERS_MAX; uid++)
        spend(&flood, now_ns + uid, uid);
    assert_true(vmt_flood_pass(&flood, now_ns + 1000, 5000, &left_out));
    assert_false(vmt_flood_pass(&flood, now_ns + 1000, 2 * VMT_FLOOD_USERS_MAX - 1, &left_out)); /* the last is known */
}

static void a_clock_that_is_set_back_silences_nobody(void **state)
{
    (void)state;
    struct vmt_flood flood = {0};
    unsigned left_out = 0;
    spend(&flood, now_ns, 1);
    assert_true(vmt_flood_pass(&flood, 1, 1, &left_out));
    assert_int_equal(left_out, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_is_counted),
        cmocka_unit_test(users_do_not_silence_each_other),
        cmocka_unit_test(a_clock_that_is_set_back_silences_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
