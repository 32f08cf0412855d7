/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/selection.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void texts_are_the_same_and_expressions_are_found_anywhere(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *text;
        bool is_match;
    } cases[] = {
        {"web", "web", true},        {"web", "web1", false},       {"web", "WEB", false},
        {"/web/", "my-web-1", true}, {"/^web/", "my-web", false},  {"/^web/", "web1", true},
        {"/web$/", "web1", false},   {"/^(a|b)$/", "b", true},     {"/^(a|b)$/", "ab", false},
        {"//", "//", true},          {"//", "x", false},           {"/x", "/x", true},
        {"/(a)\\1/", "aa", true},    {"web:vda", "web:vda", true}, {"/:vd[ab]$/", "web:vdb", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_selection selection = {0};
        struct vmt_error error;
        assert_int_equal(vmt_selection_add(&selection, cases[i].entry, &error), 0);
        if (vmt_selection_wants(&selection, false, cases[i].text) != cases[i].is_match)
            fail_msg("%s and %s", cases[i].entry, cases[i].text);
        assert_int_equal(vmt_selection_wants(&selection, true, cases[i].text), !cases[i].is_match);
        vmt_selection_done(&selection);
    }
}

static void one_entry_that_matches_is_enough_and_an_empty_list_selects_all(void **state)
{
    (void)state;
    struct vmt_selection selection = {0};
    struct vmt_error error;
    assert_true(vmt_selection_wants(&selection, false, "any"));
    assert_true(vmt_selection_wants(&selection, true, "any"));
    assert_int_equal(vmt_selection_add(&selection, "a", &error), 0);
    assert_int_equal(vmt_selection_add(&selection, "/b/", &error), 0);
    assert_true(vmt_selection_wants(&selection, false, "a"));
    assert_true(vmt_selection_wants(&selection, false, "abc"));
    assert_false(vmt_selection_wants(&selection, false, "c"));
    vmt_selection_done(&selection);
    assert_true(vmt_selection_wants(&selection, false, "c"));
}

static void what_is_no_expression_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct vmt_selection selection = {0};
    struct vmt_error error;
    assert_int_equal(vmt_selection_add(&selection, "/(/", &error), -EINVAL);
    assert_non_null(strstr(error.text, "'/(/' is not a regular expression: "));
    assert_int_equal(vmt_selection_add(&selection, "", &error), -EINVAL);
    assert_int_equal(selection.count, 0);
    vmt_selection_done(&selection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_the_same_and_expressions_are_found_anywhere),
        cmocka_unit_test(one_entry_that_matches_is_enough_and_an_empty_list_selects_all),
        cmocka_unit_test(what_is_no_expression_is_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
