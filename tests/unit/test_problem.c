/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/problem.h"

#include <libvirt/virterror.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void each_kind_has_a_name_of_its_own_and_a_status(void **state)
{
    (void)state;
    for (enum vmt_problem_kind kind = VMT_PROBLEM_NONE; kind < VMT_PROBLEM_COUNT; kind++) {
        const struct vmt_problem_row *row = vmt_problem_row(kind);
        assert_int_equal(vmt_problem_find(row->name), kind);
        assert_in_range(row->status, kind ? 400 : 200, kind ? 504 : 200);
        assert_non_null(row->title);
    }
    assert_int_equal(vmt_problem_find("nonsense"), VMT_PROBLEM_INTERNAL);
}

static void libvirts_codes_become_statuses(void **state)
{
    (void)state;
    static const struct {
        int code;
        unsigned status;
    } cases[] = {
        {VIR_ERR_NO_SUPPORT, 501},         {VIR_ERR_OPERATION_UNSUPPORTED, 501}, {VIR_ERR_CONFIG_UNSUPPORTED, 501},
        {VIR_ERR_AUTH_FAILED, 403},        {VIR_ERR_ACCESS_DENIED, 403},         {VIR_ERR_OPERATION_DENIED, 403},
        {VIR_ERR_OPERATION_TIMEOUT, 504},  {VIR_ERR_AGENT_UNRESPONSIVE, 503},    {VIR_ERR_XML_ERROR, 422},
        {VIR_ERR_XML_INVALID_SCHEMA, 422}, {VIR_ERR_INVALID_ARG, 422},           {VIR_ERR_INTERNAL_ERROR, 500},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_failure failure = {.kind = VMT_FAILURE_LIBVIRT, .code = cases[i].code, .domain = VIR_FROM_QEMU};
        struct vmt_problem problem;
        strcpy(failure.message, "its reason");
        strcpy(failure.text, "virDomainCreate: its reason");
        vmt_problem_take(&problem, &failure);
        assert_int_equal(vmt_problem_row(problem.kind)->status, cases[i].status);
        json_t *json = vmt_problem_json(&problem);
        const json_t *libvirt = json_object_get(json, "libvirt");
        assert_int_equal(json_integer_value(json_object_get(libvirt, "code")), cases[i].code);
        assert_int_equal(json_integer_value(json_object_get(libvirt, "domain")), VIR_FROM_QEMU);
        assert_string_equal(json_string_value(json_object_get(libvirt, "message")), "its reason");
        json_decref(json);
    }
}

static void our_own_failures_have_statuses_too(void **state)
{
    (void)state;
    static const struct {
        enum vmt_failure_kind kind;
        unsigned status, retry_after;
    } cases[] = {
        {VMT_FAILURE_NONE, 200, 0},      {VMT_FAILURE_UNREACHABLE, 503, 1}, {VMT_FAILURE_NOT_FOUND, 404, 0},
        {VMT_FAILURE_EXISTS, 409, 0},    {VMT_FAILURE_STATE, 409, 0},       {VMT_FAILURE_ARGUMENT, 422, 0},
        {VMT_FAILURE_TIMED_OUT, 504, 0}, {VMT_FAILURE_UNKNOWN, 504, 0},     {VMT_FAILURE_MEMORY, 500, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_failure failure = {.kind = cases[i].kind};
        struct vmt_problem problem;
        vmt_problem_take(&problem, &failure);
        assert_int_equal(vmt_problem_row(problem.kind)->status, cases[i].status);
        assert_int_equal(problem.retry_after, cases[i].retry_after);
        json_t *json = vmt_problem_json(&problem);
        assert_null(json_object_get(json, "libvirt"));
        json_decref(json);
    }
}

static void what_is_no_utf8_can_still_be_told(void **state)
{
    (void)state;
    struct vmt_problem problem;
    vmt_problem_set(&problem, VMT_PROBLEM_NOT_FOUND, "there is no domain '%s'", "\xff");
    json_t *json = vmt_problem_json(&problem);
    assert_string_equal(json_string_value(json_object_get(json, "detail")), "there is no domain '?'");
    assert_string_equal(json_string_value(json_object_get(json, "type")), "urn:virtmeter:problem:not-found");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_a_name_of_its_own_and_a_status),
        cmocka_unit_test(libvirts_codes_become_statuses),
        cmocka_unit_test(our_own_failures_have_statuses_too),
        cmocka_unit_test(what_is_no_utf8_can_still_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
