/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/invocation.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 12 };

static struct vmt_invocation invocation;
static struct vmt_error error;
static const char *unknown;

static int parse(const char *const *words)
{
    const char *all[WORDS_MAX + 2] = {"virtmeterctl"};
    int count = 1;
    for (; words[count - 1]; count++)
        all[count] = words[count - 1];
    return vmt_invocation_parse(count, all, &invocation, &unknown, &error);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static const struct vmt_argument *argument(const char *name)
{
    int index = vmt_action_param(invocation.command.action, name);
    assert_true(index >= 0);
    return &invocation.arguments.values[index];
}

static int clear_environment(void **state)
{
    (void)state;
    return unsetenv("VIRTMETER_ADMIN_SOCKET");
}

static void an_action_has_its_target_and_nothing_that_was_not_said(void **state)
{
    (void)state;
    assert_int_equal(PARSE("shutdown", "web-1"), 0);
    assert_string_equal(invocation.command.name, "shutdown");
    assert_string_equal(invocation.target, "web-1");
    assert_false(argument("timeout")->is_given);
    assert_false(argument("mode")->is_given);
    assert_string_equal(invocation.settings.socket, "/run/virtmeter-admind/admin.sock");
    assert_int_equal(invocation.settings.timeout_s, 30);
    assert_false(invocation.settings.is_waiting);
    assert_int_equal(invocation.settings.output, VMT_OUTPUT_TABLE);
}

static void flags_may_stand_anywhere(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--socket", "/tmp/s", "shutdown", "--mode=both", "web-1", "-o", "json", "--yes"), 0);
    assert_string_equal(invocation.settings.socket, "/tmp/s");
    assert_string_equal(invocation.target, "web-1");
    assert_int_equal(argument("mode")->number, 2);
    assert_int_equal(invocation.settings.output, VMT_OUTPUT_JSON);
    assert_true(invocation.settings.is_agreed);
}

static void required_parameters_may_stand_without_their_flag(void **state)
{
    (void)state;
    assert_int_equal(PARSE("set-vcpus", "web-1", "4"), 0);
    assert_int_equal(argument("count")->number, 4);
    assert_int_equal(PARSE("set-vcpus", "web-1", "--count", "4", "--affect=live"), 0);
    assert_int_equal(argument("count")->number, 4);
    assert_int_equal(argument("affect")->number, 0);
    assert_int_equal(PARSE("autostart", "web-1", "off"), 0);
    assert_true(argument("enabled")->is_given);
    assert_int_equal(argument("enabled")->number, 0);
    assert_int_equal(PARSE("save", "web-1", "web-1.save"), 0);
    assert_string_equal(argument("file")->text, "web-1.save");
    assert_int_equal(PARSE("define", "-"), 0);
    assert_string_equal(argument("xml")->text, "-");
}

static void a_boolean_needs_no_value(void **state)
{
    (void)state;
    assert_int_equal(PARSE("start", "--paused", "web-1"), 0);
    assert_int_equal(argument("paused")->number, 1);
    assert_string_equal(invocation.target, "web-1");
    assert_int_equal(PARSE("start", "--paused=off", "web-1"), 0);
    assert_true(argument("paused")->is_given);
    assert_int_equal(argument("paused")->number, 0);
}

static void bytes_may_have_a_unit(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {{"1073741824", UINT64_C(1) << 30},
                 {"1048576KiB", UINT64_C(1) << 30},
                 {"512MiB", UINT64_C(512) << 20},
                 {"2GiB", UINT64_C(2) << 30},
                 {"1TiB", UINT64_C(1) << 40}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(PARSE("set-memory", "web-1", cases[i].text), 0);
        assert_int_equal(argument("size")->number, cases[i].bytes);
    }
    static const char *const wrong[] = {"2GB", "GiB", "-1", "99999999999TiB", "18446744073709551616", "1.5GiB", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(PARSE("set-memory", "web-1", wrong[i]), -EINVAL);
}

static void the_flags_of_an_action_win_after_it(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--timeout=5", "shutdown", "--timeout=60", "web-1"), 0);
    assert_int_equal(invocation.settings.timeout_s, 5);
    assert_int_equal(argument("timeout")->number, 60);
}

static void waiting_has_an_end_or_none(void **state)
{
    (void)state;
    assert_int_equal(PARSE("start", "web-1", "--wait"), 0);
    assert_true(invocation.settings.is_waiting);
    assert_int_equal(invocation.settings.wait_s, 0);
    assert_int_equal(PARSE("start", "--wait", "web-1"), 0);
    assert_string_equal(invocation.target, "web-1");
    assert_int_equal(PARSE("start", "web-1", "--wait=60"), 0);
    assert_true(invocation.settings.is_waiting);
    assert_int_equal(invocation.settings.wait_s, 60);
    assert_int_equal(PARSE("start", "web-1", "--wait=0"), 0);
    assert_false(invocation.settings.is_waiting);
}

static void after_two_dashes_there_are_no_flags(void **state)
{
    (void)state;
    assert_int_equal(PARSE("show", "--", "--yes"), 0);
    assert_string_equal(invocation.target, "--yes");
    assert_false(invocation.settings.is_agreed);
}

static void every_command_can_be_called(void **state)
{
    struct vmt_command command;
    (void)state;
    for (unsigned i = 0; vmt_command_at(i, &command); i++) {
        assert_int_equal(PARSE(command.name, "--help"), 0);
        assert_string_equal(invocation.command.name, command.name);
        assert_non_null(command.run);
        assert_non_null(command.help);
    }
}

/* A parameter must not hide a flag that somebody needs for the same action; see `timeout`. */
static void no_parameter_is_called_like_a_flag_but_timeout(void **state)
{
    (void)state;
    for (unsigned i = 0; i < vmt_action_count; i++)
        for (unsigned j = 0; vmt_actions[i].params[j].name; j++)
            if (strcmp(vmt_actions[i].params[j].name, "timeout") != 0)
                assert_null(vmt_flag_find(vmt_actions[i].params[j].name));
}

static void what_makes_no_sense_is_refused_with_a_reason(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        const char *reason;
    } cases[] = {
        {{NULL}, "which command?"},
        {{"strat", "web-1"}, "unknown command 'strat'"},
        {{"start"}, "start: which domain?"},
        {{"network-start"}, "network-start: which network?"},
        {{"start", ""}, "a name must not be empty"},
        {{"start", "web-1", "web-2"}, "unexpected argument 'web-2'"},
        {{"start", "web-1", "--force"}, "unknown flag '--force'"},
        {{"start", "web-1", "-x"}, "unknown flag '-x'"},
        {{"start", "web-1", "-yq"}, "unknown flag '-yq'"},
        {{"start", "web-1", "--yes=1"}, "flag '--yes' takes no value"},
        {{"start", "web-1", "--socket"}, "flag '--socket' needs a PATH"},
        {{"start", "web-1", "--socket="}, "flag '--socket' needs a PATH"},
        {{"list", "-o", "xml"}, "flag '--output': 'xml' is none of table, json, quiet"},
        {{"start", "web-1", "--wait=soon"}, "'soon' is not a number of seconds"},
        {{"start", "web-1", "--wait=86401"}, "'86401' is not a number of seconds"},
        {{"list", "--timeout=0"}, "flag '--timeout' must not be 0"},
        {{"start", "web-1", "--key=a b"}, "flag '--key' needs 1 to 64 letters"},
        {{"set-vcpus", "web-1"}, "set-vcpus: the count is missing"},
        {{"set-vcpus", "web-1", "many"}, "'count' must be a whole number from 1 to 4096"},
        {{"set-vcpus", "web-1", "--count=2", "--count=3"}, "'count' is given twice"},
        {{"autostart", "web-1", "maybe"}, "'enabled' is neither true nor false"},
        {{"shutdown", "web-1", "--mode=hard"}, "'mode' must be one of acpi, agent, both"},
        {{"save", "web-1", "../x"}, "'file' must be the name of a file"},
        {{"operation"}, "operation wants: list | show ID | wait ID"},
        {{"operation", "stop"}, "operation wants: list | show ID | wait ID"},
        {{"completion", "tcsh"}, "completion wants: bash | zsh | fish"},
        {{"events", "web-1"}, "unexpected argument 'web-1'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].words), -EINVAL);
        if (!strstr(error.text, cases[i].reason))
            fail_msg("case %zu says: %s", i, error.text);
        assert_int_equal(unknown != NULL, i == 1);
    }
}

static void the_environment_names_the_socket_unless_a_flag_does(void **state)
{
    (void)state;
    setenv("VIRTMETER_ADMIN_SOCKET", "/tmp/env", 1);
    assert_int_equal(PARSE("list"), 0);
    assert_string_equal(invocation.settings.socket, "/tmp/env");
    assert_int_equal(PARSE("list", "--socket=/tmp/flag"), 0);
    assert_string_equal(invocation.settings.socket, "/tmp/flag");
    unsetenv("VIRTMETER_ADMIN_SOCKET");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_action_has_its_target_and_nothing_that_was_not_said),
        cmocka_unit_test(flags_may_stand_anywhere),
        cmocka_unit_test(required_parameters_may_stand_without_their_flag),
        cmocka_unit_test(a_boolean_needs_no_value),
        cmocka_unit_test(bytes_may_have_a_unit),
        cmocka_unit_test(the_flags_of_an_action_win_after_it),
        cmocka_unit_test(waiting_has_an_end_or_none),
        cmocka_unit_test(after_two_dashes_there_are_no_flags),
        cmocka_unit_test(every_command_can_be_called),
        cmocka_unit_test(no_parameter_is_called_like_a_flag_but_timeout),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_a_reason),
        cmocka_unit_test(the_environment_names_the_socket_unless_a_flag_does),
    };
    return cmocka_run_group_tests(tests, clear_environment, NULL);
}
