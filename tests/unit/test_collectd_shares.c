/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/shares.h"
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void a_share_is_of_all_cpus_since_the_last_time(void **state)
{
    (void)state;
    struct vmt_shares shares = {0};
    double percent = -1;
    assert_false(vmt_shares_next(&shares, "a", 5 * VMT_SECOND, 100 * VMT_SECOND, 4, &percent));
    assert_true(vmt_shares_next(&shares, "a", 7 * VMT_SECOND, 110 * VMT_SECOND, 4, &percent));
    assert_true(percent > 4.999 && percent < 5.001); /* 2 s of 40 */
    assert_true(vmt_shares_next(&shares, "a", 7 * VMT_SECOND, 120 * VMT_SECOND, 4, &percent));
    assert_true(percent >= 0 && percent < 0.001);
    assert_true(vmt_shares_next(&shares, "a", 100 * VMT_SECOND, 121 * VMT_SECOND, 4, &percent));
    assert_true(percent > 99.999 && percent < 100.001); /* what cannot be is cut */
    vmt_shares_done(&shares);
}

static void what_began_anew_has_no_share(void **state)
{
    (void)state;
    struct vmt_shares shares = {0};
    double percent;
    assert_false(vmt_shares_next(&shares, "a", 5 * VMT_SECOND, 100 * VMT_SECOND, 4, &percent));
    assert_false(vmt_shares_next(&shares, "a", 1 * VMT_SECOND, 110 * VMT_SECOND, 4, &percent));
    assert_true(vmt_shares_next(&shares, "a", 2 * VMT_SECOND, 120 * VMT_SECOND, 4, &percent));
    assert_false(vmt_shares_next(&shares, "a", 3 * VMT_SECOND, 120 * VMT_SECOND, 4, &percent)); /* no time passed */
    assert_false(vmt_shares_next(&shares, "a", 4 * VMT_SECOND, 130 * VMT_SECOND, 0, &percent)); /* CPUs not known */
    vmt_shares_done(&shares);
}

static void who_misses_a_round_is_forgotten(void **state)
{
    (void)state;
    struct vmt_shares shares = {0};
    double percent;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 200; i++) {
            char uuid[37];
            snprintf(uuid, sizeof uuid, "%u", (i * 7919) % 200);
            bool is_there = round != 1 || i % 2;
            if (is_there)
                assert_int_equal(
                    vmt_shares_next(&shares, uuid, (round + 1) * VMT_SECOND, (round + 1) * VMT_SECOND, 1, &percent),
                    round == 1 || (round == 2 && i % 2));
        }
        vmt_shares_turn(&shares);
        assert_int_equal(shares.count, round == 1 ? 100 : 200);
    }
    vmt_shares_done(&shares);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_of_all_cpus_since_the_last_time),
        cmocka_unit_test(what_began_anew_has_no_share),
        cmocka_unit_test(who_misses_a_round_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
