/* SPDX-License-Identifier: Apache-2.0 */
#include "common/filter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void names_are_wanted_as_the_patterns_say(void **state)
{
    (void)state;
    static const struct {
        const char *include, *exclude, *name;
        bool is_wanted;
    } cases[] = {
        {NULL, NULL, "anything", true},     {NULL, NULL, "", true},
        {"", "", "anything", true}, /* an option that was set to nothing */
        {"web", NULL, "web", true},         {"web", NULL, "web-1", false},
        {"web", NULL, "my-web", false},     {"web.*", NULL, "web-1", true},
        {"^web$", NULL, "web", true},       {"a|ab", NULL, "ab", true},
        {"a|ab|abc", NULL, "abc", true},    {"(a|ab)(c|bcd)", NULL, "abcd", true},
        {"a|b", NULL, "b", true},           {"a|b", NULL, "ab", false},
        {"b", NULL, "ab", false},           {"a+?", NULL, "aa", true},
        {"(a)b\\1", NULL, "aba", true},     {".", NULL, "\n", true},
        {".*", NULL, "two\nlines", true},   {"line", NULL, "two\nline", false},
        {"Büro .+", NULL, "Büro 1", true},  {"web\\.1", NULL, "web.1", true},
        {"web\\.1", NULL, "web-1", false},  {"WEB", NULL, "web", false},
        {NULL, "web.*", "web-1", false},    {NULL, "web", "web-1", true},
        {"web.*", "web-1", "web-1", false}, /* exclusion wins */
        {"web.*", "web-1", "web-2", true},  {"web.*", "db.*", "db-1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_filter *domains = NULL, *devices = NULL;
        struct vmt_filter_patterns patterns = {.domain_include = cases[i].include, .domain_exclude = cases[i].exclude};
        assert_int_equal(vmt_filter_new(&patterns, &domains, NULL), 0);
        patterns = (struct vmt_filter_patterns){.device_include = cases[i].include, .device_exclude = cases[i].exclude};
        assert_int_equal(vmt_filter_new(&patterns, &devices, NULL), 0);
        if (vmt_filter_wants_domain(domains, cases[i].name) != cases[i].is_wanted ||
            vmt_filter_wants_device(devices, cases[i].name) != cases[i].is_wanted)
            fail_msg("case %zu: '%s'", i, cases[i].name);
        assert_true(vmt_filter_wants_device(domains, cases[i].name));
        assert_true(vmt_filter_wants_domain(devices, cases[i].name));
        vmt_filter_free(domains);
        vmt_filter_free(devices);
    }
}

static void no_filter_wants_everything(void **state)
{
    (void)state;
    assert_true(vmt_filter_wants_domain(NULL, "web"));
    assert_true(vmt_filter_wants_device(NULL, "vda"));
    vmt_filter_free(NULL);
}

static void a_pattern_that_is_none_is_named_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        struct vmt_filter_patterns patterns;
        const char *start;
    } cases[] = {
        {{.domain_include = "web["}, "domain.include: 'web[' is not a regular expression: "},
        {{.domain_exclude = "(web"}, "domain.exclude: '(web' is not a regular expression: "},
        {{.device_include = "a)|(b"}, "device.include: 'a)|(b' is not a regular expression: "},
        {{.domain_include = "fine", .device_exclude = "a{2,1}"},
         "device.exclude: 'a{2,1}' is not a regular expression: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_filter *filter = NULL;
        struct vmt_error error = {0};
        assert_int_equal(vmt_filter_new(&cases[i].patterns, &filter, &error), -EINVAL);
        assert_null(filter);
        assert_int_equal(error.code, -EINVAL);
        size_t length = strlen(cases[i].start);
        assert_memory_equal(error.text, cases[i].start, length);
        assert_true(strlen(error.text) > length); /* the reason is the C library's */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_wanted_as_the_patterns_say),
        cmocka_unit_test(no_filter_wants_everything),
        cmocka_unit_test(a_pattern_that_is_none_is_named_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
