/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/guests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { MANY = 64 };

struct party {
    struct vmt_guests guests;
    struct vmt_guest *entered[MANY];
    int ours[MANY], theirs[MANY];
    unsigned count;
};

static struct vmt_guest *enter(struct party *party)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    party->ours[party->count] = pair[0];
    party->theirs[party->count] = pair[1];
    struct vmt_guest *guest = vmt_guests_enter(&party->guests, pair[0]);
    assert_non_null(guest);
    party->entered[party->count++] = guest;
    return guest;
}

static void end(struct party *party)
{
    for (unsigned i = 0; i < party->count; i++) {
        vmt_guests_leave(&party->guests, party->entered[i]);
        close(party->ours[i]);
        close(party->theirs[i]);
    }
    assert_null(party->guests.first);
    assert_int_equal(party->guests.count, 0);
}

/* Whether somebody was cut off, as he sees it. */
static bool is_cut(const struct party *party, unsigned number)
{
    char byte;
    return recv(party->theirs[number], &byte, 1, MSG_DONTWAIT) == 0;
}

static void the_oldest_silent_one_makes_room(void **state)
{
    (void)state;
    struct party party = {.count = 0};
    for (unsigned i = 0; i < VMT_GUESTS_OF_USER; i++)
        enter(&party)->is_busy = i == 0;
    assert_false(is_cut(&party, 1));
    assert_false(enter(&party)->is_surplus);
    assert_false(is_cut(&party, 0));
    assert_true(is_cut(&party, 1));
    assert_false(is_cut(&party, 2));
    assert_false(enter(&party)->is_surplus);
    assert_true(is_cut(&party, 2));
    end(&party);
}

static void who_has_spoken_is_not_silent(void **state)
{
    (void)state;
    struct party party = {.count = 0};
    for (unsigned i = 0; i < VMT_GUESTS_OF_USER; i++)
        enter(&party);
    assert_int_equal(send(party.theirs[0], "G", 1, 0), 1);
    enter(&party);
    assert_false(is_cut(&party, 0));
    assert_true(is_cut(&party, 1));
    end(&party);
}

static void when_all_are_busy_there_is_one_too_many(void **state)
{
    (void)state;
    struct party party = {.count = 0};
    for (unsigned i = 0; i < VMT_GUESTS_OF_USER; i++)
        enter(&party)->is_busy = true;
    assert_true(enter(&party)->is_surplus);
    for (unsigned i = 0; i < party.count; i++)
        assert_false(is_cut(&party, i));
    end(&party);
}

static void all_users_together_are_bounded_too(void **state)
{
    (void)state;
    struct party party = {.count = 0};
    for (unsigned i = 0; i < VMT_GUESTS_ALL; i++)
        enter(&party)->peer.uid = 2000 + i; /* everybody is somebody else */
    assert_false(enter(&party)->is_surplus);
    assert_true(is_cut(&party, 0));
    for (unsigned i = 1; i < party.count; i++)
        party.entered[i]->is_busy = true;
    assert_true(enter(&party)->is_surplus);
    end(&party);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_silent_one_makes_room),
        cmocka_unit_test(who_has_spoken_is_not_silent),
        cmocka_unit_test(when_all_are_busy_there_is_one_too_many),
        cmocka_unit_test(all_users_together_are_bounded_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
