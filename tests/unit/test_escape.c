/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/escape.h"
#include "serve/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define U VMT_UTF8_REPLACEMENT

static const struct {
    const char *plain, *label, *help, *html;
} cases[] = {
    {"", "", "", ""},
    {"web-1", "web-1", "web-1", "web-1"},
    {"a\\b", "a\\\\b", "a\\\\b", "a\\b"},
    {"say \"hi\"", "say \\\"hi\\\"", "say \"hi\"", "say &quot;hi&quot;"},
    {"two\nlines", "two\\nlines", "two\\nlines", "two\nlines"},
    {"<b>'&'</b>", "<b>'&'</b>", "<b>'&'</b>", "&lt;b&gt;&#39;&amp;&#39;&lt;/b&gt;"},
    {"tab\tbell\a", "tab\tbell\a", "tab\tbell\a", "tab\tbell\a"},
    {"B\xC3\xBCro \xE2\x82\xAC \xF0\x9F\x98\x80", "B\xC3\xBCro \xE2\x82\xAC \xF0\x9F\x98\x80",
     "B\xC3\xBCro \xE2\x82\xAC \xF0\x9F\x98\x80", "B\xC3\xBCro \xE2\x82\xAC \xF0\x9F\x98\x80"},
    {"\xFFlatin\xE4", U "latin" U, U "latin" U, U "latin" U},
    {"\xC3\xC3\xA4", U "\xC3\xA4", U "\xC3\xA4", U "\xC3\xA4"},
    {"cut \xE2\x82", "cut " U U, "cut " U U, "cut " U U},
    {"cut \xE2\"", "cut " U "\\\"", "cut " U "\"", "cut " U "&quot;"},
    {"\xC0\xAF\xE0\x80\xAF\xF0\x80\x80\xAF", U U U U U U U U U, U U U U U U U U U, U U U U U U U U U}, /* overlong */
    {"\xED\xA0\x80", U U U, U U U, U U U},                                                             /* surrogate */
    {"\xF4\x90\x80\x80", U U U U, U U U U, U U U U}, /* above U+10FFFF */
    {"\xF5\x80\x80\x80", U U U U, U U U U, U U U U},
    {"\xF4\x8F\xBF\xBF\xEF\xBF\xBF\xED\x9F\xBF", "\xF4\x8F\xBF\xBF\xEF\xBF\xBF\xED\x9F\xBF",
     "\xF4\x8F\xBF\xBF\xEF\xBF\xBF\xED\x9F\xBF", "\xF4\x8F\xBF\xBF\xEF\xBF\xBF\xED\x9F\xBF"}, /* the last ones */
};

static void check(void (*escape)(struct vmt_text *text, const char *string), const char *plain, const char *expected)
{
    struct vmt_text text = {0};
    escape(&text, plain);
    vmt_text_add(&text, "", 1);
    assert_string_equal(text.bytes, expected);
    assert_int_equal(text.length, strlen(expected) + 1);
    vmt_text_done(&text);
}

static void texts_are_escaped_as_their_place_wants(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(vmt_escape_label, cases[i].plain, cases[i].label);
        check(vmt_escape_help, cases[i].plain, cases[i].help);
        check(vmt_escape_html, cases[i].plain, cases[i].html);
    }
}

static void whatever_goes_in_valid_utf8_comes_out(void **state)
{
    (void)state;
    unsigned number = 1;
    for (unsigned round = 0; round < 20000; round++) {
        char random[16];
        for (size_t i = 0; i < sizeof random - 1; i++) {
            number = number * 1103515245 + 12345;
            random[i] = (char)(number >> 16 | 1); /* never 0; mostly above 0x7F as often as below */
        }
        random[sizeof random - 1] = '\0';
        struct vmt_text text = {0};
        vmt_escape_label(&text, random);
        vmt_text_add(&text, "", 1);
        uint32_t point;
        for (const char *at = text.bytes; *at;) {
            size_t length = vmt_utf8_read(at, &point);
            assert_true(length);
            at += length;
        }
        vmt_text_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_escaped_as_their_place_wants),
        cmocka_unit_test(whatever_goes_in_valid_utf8_comes_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
