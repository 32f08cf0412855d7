/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"
#include "common/lifecycle/action.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void each_action_has_a_name_and_a_route_of_its_own(void **state)
{
    (void)state;
    for (unsigned i = 0; i < vmt_action_count; i++) {
        const struct vmt_action *action = &vmt_actions[i];
        assert_ptr_equal(vmt_action_find(action->name), action);
        for (unsigned j = 0; j < i; j++) {
            bool is_other_method = (action->flags ^ vmt_actions[j].flags) & VMT_ACTION_READS;
            assert_true(is_other_method || strcmp(action->path, vmt_actions[j].path) != 0);
        }
        bool is_about_one = action->target >= VMT_TARGET_DOMAIN;
        assert_int_equal(strstr(action->path, "/{id}") != NULL, is_about_one);
        assert_true(is_about_one || (!action->states && !action->done));
        assert_true(action->role > VMT_ROLE_NONE && action->role < VMT_ROLE_COUNT);
        assert_false(action->states & action->done);
    }
    assert_null(vmt_action_find("nothing"));
}

static void reads_ask_for_no_more_than_to_view(void **state)
{
    (void)state;
    for (unsigned i = 0; i < vmt_action_count; i++) {
        const struct vmt_action *action = &vmt_actions[i];
        struct vmt_demand demand = vmt_action_demand(action, NULL);
        if (action->flags & VMT_ACTION_READS)
            assert_true(demand.role == VMT_ROLE_VIEWER && !demand.destroys && !demand.stops);
        else
            assert_true(demand.role >= VMT_ROLE_OPERATOR);
    }
}

static void each_parameter_takes_its_own_fallback(void **state)
{
    (void)state;
    for (unsigned i = 0; i < vmt_action_count; i++) {
        const struct vmt_action *action = &vmt_actions[i];
        assert_in_range(vmt_action_param_count(action), 0, VMT_PARAMS_MAX);
        bool was_optional = false;
        for (const struct vmt_param *param = action->params; param->name; param++) {
            struct vmt_argument argument;
            assert_int_equal(vmt_action_param(action, param->name), param - action->params);
            assert_int_equal(param->type == VMT_PARAM_WORD, param->words != NULL);
            assert_false(param->is_required && (param->fallback || was_optional));
            was_optional |= !param->is_required;
            if (param->fallback)
                assert_int_equal(vmt_param_read(param, param->fallback, &argument, NULL), 0);
            if (param->grave)
                assert_int_equal(vmt_param_read(param, param->grave, &argument, NULL), 0);
        }
    }
}

static const struct vmt_param *param_of(const char *action_name, const char *name)
{
    const struct vmt_action *action = vmt_action_find(action_name);
    return &action->params[vmt_action_param(action, name)];
}

static void a_parameter_takes_what_its_type_allows(void **state)
{
    (void)state;
    static const struct {
        const char *action, *param, *text;
        int result;
        uint64_t number;
    } cases[] = {
        {"start", "paused", "true", 0, 1},
        {"start", "paused", "0", 0, 0},
        {"start", "paused", "TRUE", -EINVAL, 0},
        {"start", "paused", "", -EINVAL, 0},
        {"shutdown", "mode", "agent", 0, 1},
        {"shutdown", "mode", "agen", -EINVAL, 0},
        {"shutdown", "timeout", "1", 0, 1},
        {"shutdown", "timeout", "3600", 0, 3600},
        {"shutdown", "timeout", "0", -EINVAL, 0},
        {"shutdown", "timeout", "3601", -EINVAL, 0},
        {"shutdown", "timeout", "-1", -EINVAL, 0},
        {"shutdown", "timeout", "1s", -EINVAL, 0},
        {"set-memory", "size", "1152921504606846976", 0, UINT64_C(1) << 60},
        {"set-memory", "size", "18446744073709551617", -EINVAL, 0},
        {"save", "file", "web-1.save", 0, 0},
        {"save", "file", "../web", -EINVAL, 0},
        {"save", "file", "a/b", -EINVAL, 0},
        {"save", "file", ".", -EINVAL, 0},
        {"save", "file", ".hidden", -EINVAL, 0},
        {"save", "file", "", -EINVAL, 0},
        {"migrate", "uri", "qemu+ssh://other/system", 0, 0},
        {"migrate", "uri", "qemu\n", -EINVAL, 0},
        {"create", "xml", "<domain>\n</domain>", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_argument argument = {0};
        struct vmt_error error = {0};
        int result = vmt_param_read(param_of(cases[i].action, cases[i].param), cases[i].text, &argument, &error);
        if (result != cases[i].result || (!result && argument.number != cases[i].number))
            fail_msg("%s %s '%s': %d %s", cases[i].action, cases[i].param, cases[i].text, result, error.text);
        assert_int_equal(argument.is_given, !result);
        if (result)
            assert_non_null(strstr(error.text, cases[i].param));
    }
}

static void a_text_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char text[300];
    memset(text, 'x', sizeof text);
    struct vmt_argument argument;
    text[255] = '\0';
    assert_int_equal(vmt_param_read(param_of("save", "file"), text, &argument, NULL), 0);
    text[255] = 'x';
    text[256] = '\0';
    assert_int_equal(vmt_param_read(param_of("save", "file"), text, &argument, NULL), -EINVAL);
}

static void a_word_that_is_none_is_told_which_there_are(void **state)
{
    (void)state;
    struct vmt_argument argument;
    struct vmt_error error = {0};
    vmt_param_read(param_of("shutdown", "mode"), "button", &argument, &error);
    assert_string_equal(error.text, "'mode' must be one of acpi, agent, both");
}

static void arguments_are_completed_with_fallbacks(void **state)
{
    (void)state;
    const struct vmt_action *action = vmt_action_find("shutdown");
    struct vmt_arguments arguments = {0};
    arguments.values[vmt_action_param(action, "timeout")] = (struct vmt_argument){.is_given = true, .number = 5};
    assert_int_equal(vmt_arguments_complete(action, &arguments, NULL), 0);
    assert_int_equal(arguments.values[vmt_action_param(action, "timeout")].number, 5);
    assert_int_equal(arguments.values[vmt_action_param(action, "resend")].number, 15);
    assert_true(arguments.values[vmt_action_param(action, "mode")].is_given);

    struct vmt_arguments none = {0};
    struct vmt_error error = {0};
    assert_int_equal(vmt_arguments_complete(vmt_action_find("save"), &none, &error), -EINVAL);
    assert_string_equal(error.text, "'file' is missing");
    action = vmt_action_find("undefine");
    assert_int_equal(vmt_arguments_complete(action, &none, NULL), 0);
    assert_false(none.values[vmt_action_param(action, "nvram")].is_given);
}

static void a_grave_argument_asks_for_more(void **state)
{
    (void)state;
    const struct vmt_action *action = vmt_action_find("shutdown");
    struct vmt_arguments arguments = {0};
    vmt_arguments_complete(action, &arguments, NULL);
    struct vmt_demand demand = vmt_action_demand(action, &arguments);
    assert_true(demand.role == VMT_ROLE_OPERATOR && !demand.destroys && demand.stops);
    vmt_param_read(param_of("shutdown", "on_timeout"), "force",
                   &arguments.values[vmt_action_param(action, "on_timeout")], NULL);
    demand = vmt_action_demand(action, &arguments);
    assert_true(demand.role == VMT_ROLE_POWER && demand.destroys && demand.stops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action_has_a_name_and_a_route_of_its_own),
        cmocka_unit_test(reads_ask_for_no_more_than_to_view),
        cmocka_unit_test(each_parameter_takes_its_own_fallback),
        cmocka_unit_test(a_parameter_takes_what_its_type_allows),
        cmocka_unit_test(a_text_that_is_too_long_is_refused),
        cmocka_unit_test(a_word_that_is_none_is_told_which_there_are),
        cmocka_unit_test(arguments_are_completed_with_fallbacks),
        cmocka_unit_test(a_grave_argument_asks_for_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
