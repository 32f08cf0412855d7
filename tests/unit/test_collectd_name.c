/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct vmt_name finished(const char *text)
{
    struct vmt_name name;
    vmt_name_init(&name);
    vmt_name_add(&name, text, strlen(text));
    vmt_name_finish(&name);
    return name;
}

static void slashes_and_control_characters_become_what_collectd_would_make_of_them(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"vda", "vda"},
        {"", ""},
        {"/", "root"},
        {"/var/lib/a", "var_lib_a"},
        {"a/b/", "a_b_"},
        {"//x", "_x"},
        {"pool/volume", "pool_volume"},
        {".", "_"},
        {"..", "__"},
        {"/..", "__"},
        {"...", "..."},
        {"..a", "..a"},
        {"two\nlines\t\x7f", "two_lines__"},
        {"übung 1: \"x\"", "übung 1: \"x\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(finished(cases[i][0]).text, cases[i][1]);
}

static void pieces_are_one_name(void **state)
{
    (void)state;
    struct vmt_name name;
    vmt_name_init(&name);
    vmt_name_add(&name, "a", 1);
    vmt_name_add(&name, ":, of which one", 1);
    vmt_name_add(&name, "b", 1);
    vmt_name_finish(&name);
    assert_string_equal(name.text, "a:b");
}

static void names_of_127_bytes_fit_and_longer_ones_stay_different(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof text);
    text[DATA_MAX_NAME_LEN - 1] = '\0';
    assert_string_equal(finished(text).text, text);
    text[DATA_MAX_NAME_LEN - 1] = 'x';
    text[DATA_MAX_NAME_LEN] = '\0';
    struct vmt_name one = finished(text);
    assert_int_equal(strlen(one.text), DATA_MAX_NAME_LEN - 1);
    assert_int_equal(one.text[DATA_MAX_NAME_LEN - 10], '~');
    text[DATA_MAX_NAME_LEN - 1] = 'y'; /* where it does not show */
    struct vmt_name other = finished(text);
    assert_memory_equal(one.text, other.text, DATA_MAX_NAME_LEN - 10);
    assert_string_not_equal(one.text, other.text);
    assert_string_equal(finished(text).text, other.text);
    text[DATA_MAX_NAME_LEN] = 'x';
    text[sizeof text - 1] = '\0';
    assert_int_equal(strlen(finished(text).text), DATA_MAX_NAME_LEN - 1);
}

static void no_character_is_cut_in_two(void **state)
{
    (void)state;
    for (unsigned before = 110; before < 118; before++) {
        char text[400] = "";
        memset(text, 'x', before);
        for (unsigned i = 0; i < 40; i++)
            strcat(text, "€"); /* three bytes */
        struct vmt_name name = finished(text);
        size_t end = strcspn(name.text, "~");
        assert_int_equal((end - before) % 3, 0);
        assert_true(strlen(name.text) < DATA_MAX_NAME_LEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slashes_and_control_characters_become_what_collectd_would_make_of_them),
        cmocka_unit_test(pieces_are_one_name),
        cmocka_unit_test(names_of_127_bytes_fit_and_longer_ones_stay_different),
        cmocka_unit_test(no_character_is_cut_in_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
