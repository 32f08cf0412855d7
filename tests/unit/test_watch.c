/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "serve/watch.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
    int ends[2]; /* the first is watched */
    struct vmt_watched *watched;
};

static struct pair open_pair(struct vmt_watch *watch, uint64_t deadline_ns)
{
    struct pair pair;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.ends), 0);
    pair.watched = vmt_watch_add(watch, pair.ends[0], deadline_ns);
    assert_non_null(pair.watched);
    return pair;
}

static void close_pair(struct vmt_watch *watch, struct pair *pair)
{
    vmt_watch_remove(watch, pair->watched);
    close(pair->ends[0]);
    close(pair->ends[1]);
}

/* Whether the other end sees the connection cut within the time. */
static bool is_cut(const struct pair *pair, int within_ms)
{
    struct pollfd other = {.fd = pair->ends[1], .events = POLLIN};
    return poll(&other, 1, within_ms) == 1;
}

static void a_late_connection_is_cut_and_no_other(void **state)
{
    (void)state;
    struct vmt_watch *watch;
    assert_int_equal(vmt_watch_new(&watch), 0);
    uint64_t began = vmt_now_ns();
    struct pair never = open_pair(watch, VMT_NEVER), later = open_pair(watch, began + 3600 * VMT_SECOND);
    struct pair late = open_pair(watch, began + 200 * VMT_MS);
    assert_true(is_cut(&late, 10000));
    assert_true(vmt_now_ns() >= began + 200 * VMT_MS);
    assert_false(is_cut(&never, 0));
    assert_false(is_cut(&later, 0));
    close_pair(watch, &never);
    close_pair(watch, &late);
    close_pair(watch, &later);
    vmt_watch_free(watch);
}

static void deadlines_move_both_ways(void **state)
{
    (void)state;
    struct vmt_watch *watch;
    assert_int_equal(vmt_watch_new(&watch), 0);
    struct pair sooner = open_pair(watch, VMT_NEVER), later = open_pair(watch, vmt_now_ns() + VMT_SECOND);
    vmt_watch_set(watch, later.watched, VMT_NEVER);
    vmt_watch_set(watch, sooner.watched, vmt_now_ns() + 50 * VMT_MS);
    vmt_watch_set(watch, NULL, 0);
    assert_true(is_cut(&sooner, 10000));
    assert_false(is_cut(&later, 1300));
    vmt_watch_set(watch, later.watched, 0);
    assert_true(is_cut(&later, 10000));
    close_pair(watch, &sooner);
    close_pair(watch, &later);
    vmt_watch_free(watch);
}

static void removed_connections_are_left_alone(void **state)
{
    (void)state;
    struct vmt_watch *watch;
    assert_int_equal(vmt_watch_new(&watch), 0);
    struct pair pairs[3];
    for (unsigned i = 0; i < 3; i++)
        pairs[i] = open_pair(watch, vmt_now_ns() + 500 * VMT_MS);
    vmt_watch_remove(watch, pairs[1].watched);
    assert_true(is_cut(&pairs[0], 10000));
    assert_true(is_cut(&pairs[2], 10000));
    assert_false(is_cut(&pairs[1], 100));
    pairs[1].watched = vmt_watch_add(watch, pairs[1].ends[0], VMT_NEVER);
    for (unsigned i = 0; i < 3; i++)
        close_pair(watch, &pairs[i]);
    vmt_watch_free(watch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_connection_is_cut_and_no_other),
        cmocka_unit_test(deadlines_move_both_ways),
        cmocka_unit_test(removed_connections_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
