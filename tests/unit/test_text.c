/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void texts_grow_and_keep_what_is_in_them(void **state)
{
    (void)state;
    struct vmt_text text = {0};
    for (unsigned i = 0; i < 10000; i++)
        vmt_text_printf(&text, "%05u", i);
    assert_int_equal(text.length, 50000);
    assert_memory_equal(text.bytes, "000000000100002", 15);
    assert_memory_equal(text.bytes + 49990, "0999809999", 10);
    assert_false(text.out_of_memory);
    vmt_text_done(&text);
}

static void a_reset_text_is_empty_and_keeps_its_memory(void **state)
{
    (void)state;
    struct vmt_text text = {0};
    assert_true(vmt_text_reserve(&text, 100000));
    const char *bytes = text.bytes;
    vmt_text_add_string(&text, "one");
    vmt_text_reset(&text);
    vmt_text_add_string(&text, "two");
    assert_ptr_equal(text.bytes, bytes);
    assert_int_equal(text.length, 3);
    assert_memory_equal(text.bytes, "two", 3);
    vmt_text_done(&text);
    assert_null(text.bytes);
}

static void shrinking_gives_back_what_is_not_used(void **state)
{
    (void)state;
    struct vmt_text text = {0};
    vmt_text_shrink(&text);
    assert_null(text.bytes);
    assert_true(vmt_text_reserve(&text, 1000000));
    vmt_text_add_string(&text, "small");
    vmt_text_shrink(&text);
    assert_int_equal(text.capacity, 5);
    assert_memory_equal(text.bytes, "small", 5);
    vmt_text_done(&text);
}

static void nothing_is_added_once_memory_ran_out(void **state)
{
    (void)state;
    struct vmt_text text = {0};
    vmt_text_add_string(&text, "begin");
    assert_false(vmt_text_reserve(&text, SIZE_MAX / 2));
    assert_true(text.out_of_memory);
    vmt_text_add_string(&text, "x");
    assert_int_equal(text.length, 5); /* though a byte would have had room: no hole in the middle */
    vmt_text_reset(&text);
    vmt_text_add_string(&text, "anew");
    assert_false(text.out_of_memory);
    assert_int_equal(text.length, 4);
    vmt_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_grow_and_keep_what_is_in_them),
        cmocka_unit_test(a_reset_text_is_empty_and_keeps_its_memory),
        cmocka_unit_test(shrinking_gives_back_what_is_not_used),
        cmocka_unit_test(nothing_is_added_once_memory_ran_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
