/* SPDX-License-Identifier: Apache-2.0 */
#include "common/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct vmt_arena arena;
    vmt_arena_init(&arena);
    *state = &arena;
    return 0;
}

static int teardown(void **state)
{
    vmt_arena_done(*state);
    return 0;
}

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct vmt_arena *arena = *state;
    enum { PIECES = 3000 };
    unsigned char *pieces[PIECES];
    for (unsigned i = 0; i < PIECES; i++) {
        size_t size = i % 61;
        pieces[i] = vmt_arena_alloc(arena, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)i, size);
    }
    for (unsigned i = 0; i < PIECES; i++)
        for (size_t k = 0; k < i % 61; k++)
            assert_int_equal(pieces[i][k], (unsigned char)i);
}

static void a_large_piece_gets_room_of_its_own(void **state)
{
    struct vmt_arena *arena = *state;
    static const size_t sizes[] = {1, 4096, 5000, 1 << 20, 3, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *piece = vmt_arena_alloc(arena, sizes[i]);
        assert_non_null(piece);
        assert_int_equal(piece[0] | piece[sizes[i] - 1], 0);
        memset(piece, 0xff, sizes[i]); /* the address sanitizer watches the end */
    }
}

static void an_impossible_size_is_refused(void **state)
{
    struct vmt_arena *arena = *state;
    assert_null(vmt_arena_alloc(arena, SIZE_MAX));
    assert_null(vmt_arena_alloc(arena, SIZE_MAX - 8));
    assert_non_null(vmt_arena_alloc(arena, 8));
}

static void texts_are_copied(void **state)
{
    struct vmt_arena *arena = *state;
    char text[] = "virtual";
    char *whole = vmt_arena_strdup(arena, text), *part = vmt_arena_strndup(arena, text, 4);
    char *empty = vmt_arena_strndup(arena, text, 0);
    memset(text, 'x', sizeof text - 1);
    assert_string_equal(whole, "virtual");
    assert_string_equal(part, "virt");
    assert_string_equal(empty, "");
    assert_null(vmt_arena_strdup(arena, NULL));
    assert_null(vmt_arena_strndup(arena, NULL, 0));
}

static void formatted_texts_have_the_length_they_need(void **state)
{
    struct vmt_arena *arena = *state;
    assert_string_equal(vmt_arena_printf(arena, "%s.%u", "block", 12u), "block.12");
    assert_string_equal(vmt_arena_printf(arena, "%s", ""), "");
    char *wide = vmt_arena_printf(arena, "%*d", 10000, 7);
    assert_int_equal(strlen(wide), 10000);
    assert_int_equal(wide[9999], '7');
}

static void a_finished_arena_is_empty_and_can_be_used_again(void **state)
{
    struct vmt_arena *arena = *state;
    memset(vmt_arena_alloc(arena, 64), 0xff, 64);
    vmt_arena_done(arena);
    vmt_arena_done(arena);
    const unsigned char *piece = vmt_arena_alloc(arena, 64);
    assert_non_null(piece);
    assert_int_equal(piece[0], 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(pieces_are_zeroed_aligned_and_apart),
        CASE(a_large_piece_gets_room_of_its_own),
        CASE(an_impossible_size_is_refused),
        CASE(texts_are_copied),
        CASE(formatted_texts_have_the_length_they_need),
        CASE(a_finished_arena_is_empty_and_can_be_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
