/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cell.h"
#include "ctl/columns.h"
#include "ctl/view.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct vmt_style table = {.output = VMT_OUTPUT_TABLE}, json = {.output = VMT_OUTPUT_JSON},
                              quiet = {.output = VMT_OUTPUT_QUIET};

/* What an answer looks like; lives until the next call. */
static const char *view(const char *answer, const struct vmt_style *style)
{
    static struct vmt_text text;
    json_t *value = json_loads(answer, 0, NULL);
    assert_non_null(value);
    vmt_text_done(&text);
    vmt_view_add(&text, value, style);
    vmt_text_add(&text, "", 1);
    json_decref(value);
    return text.bytes;
}

static const char *view_operation(const char *operation, const struct vmt_style *style)
{
    static struct vmt_text text;
    json_t *value = json_loads(operation, 0, NULL);
    assert_non_null(value);
    vmt_text_done(&text);
    vmt_view_add_operation(&text, value, style);
    vmt_text_add(&text, "", 1);
    json_decref(value);
    return text.bytes;
}

static const char domains[] =
    "{\"domains\":[{\"id\":3,\"name\":\"web-1\",\"state\":\"running\",\"persistent\":true,\"autostart\":false,"
    "\"managed_save\":false,\"uuid\":\"u1\"},{\"id\":null,\"name\":\"\xE5\x8C\x97\xE4\xBA\xAC\",\"state\":\"shutoff\","
    "\"persistent\":true,\"autostart\":true,\"managed_save\":false,\"uuid\":\"u2\"}]}";

static void a_list_has_columns_that_fit(void **state)
{
    (void)state;
    assert_string_equal(view(domains, &table),
                        "ID  NAME   STATE    PERSISTENT  AUTOSTART  MANAGED SAVE  UUID\n"
                        "3   web-1  running  yes         no         no            u1\n"
                        "-   \xE5\x8C\x97\xE4\xBA\xAC   shutoff  yes         yes        no            u2\n");
    assert_string_equal(view("{\"domains\":[]}", &table),
                        "ID  NAME  STATE  PERSISTENT  AUTOSTART  MANAGED SAVE  UUID\n");
}

static void quiet_means_names(void **state)
{
    (void)state;
    assert_string_equal(view(domains, &quiet), "web-1\n\xE5\x8C\x97\xE4\xBA\xAC\n");
    assert_string_equal(view("{\"operations\":[{\"id\":\"a-1\"}]}", &quiet), "a-1\n");
    assert_string_equal(view("{\"uuid\":\"u\",\"name\":\"n\"}", &quiet), "");
}

static void json_is_what_the_daemon_said(void **state)
{
    (void)state;
    json_t *said = json_loads(domains, 0, NULL), *shown = json_loads(view(domains, &json), 0, NULL);
    assert_true(json_equal(said, shown));
    json_decref(said);
    json_decref(shown);
}

static void numbers_have_units(void **state)
{
    static const struct {
        const char *json, *shown;
    } cases[] = {
        {"{\"memory_bytes\":1073741824}", "memory  1 GiB\n"},
        {"{\"memory_bytes\":1610612736}", "memory  1.5 GiB\n"},
        {"{\"memory_bytes\":1000}", "memory  1000 B\n"},
        {"{\"memory_bytes\":0}", "memory  0 B\n"},
        {"{\"cpu_time_ns\":1500000000}", "cpu time  1.5 s\n"},
        {"{\"cpu_mhz\":2100}", "cpu  2100 MHz\n"},
        {"{\"vcpus\":4}", "vcpus  4\n"},
        {"{\"x\":null}", "x  -\n"},
        {"{\"x\":true,\"yy\":[1,\"a\"]}", "x   yes\nyy  1, a\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(view(cases[i].json, &table), cases[i].shown);
}

static void one_thing_has_a_line_for_each_member(void **state)
{
    (void)state;
    assert_string_equal(view("{\"name\":\"web\",\"disks\":[{\"target\":\"vda\",\"source\":\"/"
                             "a\"},{\"target\":\"vdb\"}],\"nvram\":false}",
                             &table),
                        "name   web\ndisks  vda /a\n       vdb\nnvram  no\n");
}

/* Titles, names and paths come from tenants. */
static void nothing_that_a_terminal_obeys_is_printed(void **state)
{
    static const char *const names[] = {"\\u001b[31mred", "a\\u0007b",  "a\\nb",       "a\\rb",
                                        "\\u009b31m",     "\\u202eabc", "\\u200bhide", "\\u007f"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char answer[256];
        snprintf(answer, sizeof answer, "{\"domains\":[{\"name\":\"%s\",\"state\":\"%s\"}]}", names[i], names[i]);
        for (unsigned output = 0; output < VMT_OUTPUT_COUNT; output++) {
            const char *shown = view(answer, &(struct vmt_style){.output = output, .is_terminal = true});
            assert_null(strpbrk(shown, "\033\007\r"));
            assert_null(strstr(shown, "\xC2\x9B"));
            assert_null(strstr(shown, "\xE2\x80\xAE"));
            unsigned lines = 0;
            for (const char *c = shown; *c; c++)
                lines += *c == '\n';
            if (output != VMT_OUTPUT_JSON)
                assert_int_equal(lines, output == VMT_OUTPUT_TABLE ? 2 : 1);
        }
    }
}

static void a_document_is_clean_on_a_terminal_and_whole_in_a_file(void **state)
{
    static const char answer[] = "{\"uuid\":\"u\",\"xml\":\"<a>\\n\\t\\u009b31m</a>\\n\",\"sha256\":\"s\"}";
    (void)state;
    assert_string_equal(view(answer, &table), "<a>\n\t\xC2\x9B\x33\x31m</a>\n");
    assert_string_equal(view(answer, &(struct vmt_style){.is_terminal = true}), "<a>\n\t\xEF\xBF\xBD\x33\x31m</a>\n");
}

static void colours_only_where_they_are_wanted(void **state)
{
    static const char answer[] = "{\"networks\":[{\"name\":\"n\",\"state\":\"active\"}]}";
    (void)state;
    assert_null(strchr(view(answer, &table), '\033'));
    const char *shown = view(answer, &(struct vmt_style){.has_colours = true});
    assert_non_null(strstr(shown, "\033[1mNAME\033[0m"));
    assert_non_null(strstr(shown, "\033[32mactive\033[0m"));
}

static void an_operation_is_one_line(void **state)
{
    static const char running[] = "{\"id\":\"x-1\",\"action\":\"shutdown\",\"target\":{\"name\":\"web\"},\"state\":"
                                  "\"running\",\"changed\":null,\"finished\":null,\"step\":null}";
    static const char done[] = "{\"id\":\"x-1\",\"action\":\"shutdown\",\"target\":{\"name\":\"web\"},\"state\":"
                               "\"succeeded\",\"changed\":true,\"finished\":\"now\",\"step\":\"acpi\"}";
    static const char idle[] = "{\"id\":\"x-1\",\"action\":\"start\",\"target\":{\"name\":\"web\"},\"state\":"
                               "\"succeeded\",\"changed\":false,\"finished\":\"now\",\"step\":null}";
    static const char dry[] = "{\"id\":null,\"action\":\"start\",\"target\":{\"name\":\"web\"},\"state\":\"dry_run\","
                              "\"changed\":false,\"step\":null}";
    (void)state;
    assert_string_equal(view_operation(running, &table), "web: shutdown running, operation x-1\n");
    assert_string_equal(view_operation(done, &table), "web: shutdown succeeded, acpi\n");
    assert_string_equal(view_operation(idle, &table), "web: start succeeded, there was nothing to do\n");
    assert_string_equal(view_operation(dry, &table), "web: start could be done; this was a dry run\n");
    assert_string_equal(view_operation(running, &quiet), "x-1\n");
}

static void an_event_is_one_line(void **state)
{
    struct vmt_text text = {0};
    json_t *event = json_loads("{\"time\":\"now\",\"target\":{\"kind\":\"domain\",\"name\":\"web\\u001b\"},\"event\":"
                               "\"started\",\"detail\":\"booted\"}",
                               0, NULL);
    (void)state;
    vmt_view_add_event(&text, "lifecycle", event, &table);
    vmt_text_add(&text, "", 1);
    assert_string_equal(text.bytes, "now domain web\xEF\xBF\xBD started booted\n");
    json_decref(event);
    vmt_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_has_columns_that_fit),
        cmocka_unit_test(quiet_means_names),
        cmocka_unit_test(json_is_what_the_daemon_said),
        cmocka_unit_test(numbers_have_units),
        cmocka_unit_test(one_thing_has_a_line_for_each_member),
        cmocka_unit_test(nothing_that_a_terminal_obeys_is_printed),
        cmocka_unit_test(a_document_is_clean_on_a_terminal_and_whole_in_a_file),
        cmocka_unit_test(colours_only_where_they_are_wanted),
        cmocka_unit_test(an_operation_is_one_line),
        cmocka_unit_test(an_event_is_one_line),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
