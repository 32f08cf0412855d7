/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/command.h"
#include "ctl/completion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 12 };

static char asked_socket[64];

/* The names that a daemon would have, of which some cannot be typed. */
static void fake_names(void *arg, const struct vmt_settings *settings, const char *path, struct vmt_text *text)
{
    (void)arg;
    snprintf(asked_socket, sizeof asked_socket, "%s", settings->socket);
    if (!strcmp(path, "/v1/domains"))
        vmt_text_add_string(text, "web-1\nweb-2\ndb\nwith space\nred\033[31m\n\nbad\xFF\n");
    else if (!strcmp(path, "/v1/networks"))
        vmt_text_add_string(text, "default\n");
    else if (!strcmp(path, "/v1/pools"))
        vmt_text_add_string(text, "images");
    else if (!strcmp(path, "/v1/operations"))
        vmt_text_add_string(text, "x-1\n");
}

/* The candidates without what they are, each followed by `|`; lives until the next call. */
static const char *candidates(const char *const *words)
{
    static struct vmt_text shown;
    struct vmt_text text = {0};
    unsigned count = 0;
    while (words[count])
        count++;
    vmt_completion_add(&text, words, count, fake_names, NULL);
    vmt_text_add(&text, "", 1);
    vmt_text_done(&shown);
    for (const char *line = text.bytes; *line;) {
        vmt_text_printf(&shown, "%.*s|", (int)strcspn(line, "\t\n"), line);
        line = strchr(line, '\n') + 1;
    }
    vmt_text_add(&shown, "", 1);
    vmt_text_done(&text);
    return shown.bytes;
}

#define CANDIDATES(...) candidates((const char *const[]){__VA_ARGS__, NULL})

static void commands_come_from_the_tables(void **state)
{
    struct vmt_command command;
    (void)state;
    const char *all = CANDIDATES("");
    for (unsigned i = 0; vmt_command_at(i, &command); i++)
        assert_non_null(strstr(all, command.name));
    assert_string_equal(CANDIDATES("sh"), "show|shutdown|");
    assert_string_equal(CANDIDATES("--json", "sus"), "suspend|");
    assert_string_equal(CANDIDATES("help", "sus"), "suspend|");
}

static void names_come_from_the_daemon(void **state)
{
    (void)state;
    assert_string_equal(CANDIDATES("start", ""), "web-1|web-2|db|with space|");
    assert_string_equal(CANDIDATES("start", "--paused", "web"), "web-1|web-2|");
    assert_string_equal(CANDIDATES("network-start", ""), "default|");
    assert_string_equal(CANDIDATES("volumes", ""), "images|");
    assert_string_equal(CANDIDATES("operation", "wait", ""), "x-1|");
    assert_string_equal(CANDIDATES("start", "web-1", ""), "");
}

static void the_daemon_is_the_one_that_the_line_names(void **state)
{
    (void)state;
    CANDIDATES("--socket=/tmp/a", "start", "");
    assert_string_equal(asked_socket, "/tmp/a");
    CANDIDATES("start", "--socket", "/tmp/b", "");
    assert_string_equal(asked_socket, "/tmp/b");
}

static void flags_are_those_of_the_action_and_the_program(void **state)
{
    (void)state;
    assert_string_equal(CANDIDATES("shutdown", "web-1", "--mo"), "--mode=|");
    assert_string_equal(CANDIDATES("start", "--p"), "--paused|");
    assert_string_equal(CANDIDATES("undefine", "x", "--snap"), "--snapshots-metadata|");
    assert_string_equal(CANDIDATES("--so"), "--socket=|");
    assert_string_equal(CANDIDATES("start", "--wa"), "--wait|");
    assert_string_equal(CANDIDATES("start", "--paused", "--p"), "");
}

static void values_are_those_that_are_allowed(void **state)
{
    (void)state;
    assert_string_equal(CANDIDATES("shutdown", "web-1", "--mode=a"), "--mode=acpi|--mode=agent|");
    assert_string_equal(CANDIDATES("shutdown", "web-1", "--mode", "b"), "both|");
    assert_string_equal(CANDIDATES("-o", "j"), "json|");
    assert_string_equal(CANDIDATES("list", "--output=q"), "--output=quiet|");
    assert_string_equal(CANDIDATES("list", "--state", "run"), "running|");
    assert_string_equal(CANDIDATES("autostart", "web-1", ""), "on|off|");
    assert_string_equal(CANDIDATES("completion", ""), "bash|zsh|fish|");
    assert_string_equal(CANDIDATES("operation", ""), "list|show|wait|");
    assert_string_equal(CANDIDATES("start", "x", "--if-state=sh"), "--if-state=shutdown|--if-state=shutoff|");
}

static void files_are_left_to_the_shell(void **state)
{
    (void)state;
    assert_string_equal(CANDIDATES("define", ""), ":files|");
    assert_string_equal(CANDIDATES("--socket", ""), ":files|");
    assert_string_equal(CANDIDATES("save", "web-1", ""), "");
}

static void nonsense_offers_nothing(void **state)
{
    (void)state;
    assert_string_equal(CANDIDATES("nonsense", ""), "");
    assert_string_equal(CANDIDATES("start", "--nonsense="), "");
    assert_string_equal(CANDIDATES("start", "--nonsense", "we"), "web-1|web-2|");
    assert_string_equal(candidates((const char *const[]){NULL})[0] ? "some" : "none", "some");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_come_from_the_tables),
        cmocka_unit_test(names_come_from_the_daemon),
        cmocka_unit_test(the_daemon_is_the_one_that_the_line_names),
        cmocka_unit_test(flags_are_those_of_the_action_and_the_program),
        cmocka_unit_test(values_are_those_that_are_allowed),
        cmocka_unit_test(files_are_left_to_the_shell),
        cmocka_unit_test(nonsense_offers_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
