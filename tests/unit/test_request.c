/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/request.h"
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One request as a client sends it; lists are ended by NULL. */
struct sent {
    const char *method, *path;
    const char *const *headers; /* names and values by turns */
    const char *const *query;   /* the same */
    const char *body;
};

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define JSON_TYPE LIST("Content-Type", "application/json")

/* Reads it. The kind of the problem; the request is for the caller to give back. */
static enum vmt_problem_kind read_request(const struct sent *sent, struct vmt_request *request,
                                          struct vmt_problem *problem)
{
    const char *allowed;
    *request = (struct vmt_request){0};
    *problem = (struct vmt_problem){0};
    if (vmt_request_begin(request, sent->method, sent->path, &allowed, problem))
        return problem->kind;
    for (const char *const *header = sent->headers; header && *header && !problem->kind; header += 2)
        vmt_request_header(request, header[0], header[1], problem);
    for (const char *const *parameter = sent->query; parameter && *parameter && !problem->kind; parameter += 2)
        vmt_request_query(request, parameter[0], parameter[1], problem);
    if (!problem->kind)
        vmt_request_body(request, sent->body ? sent->body : "", sent->body ? strlen(sent->body) : 0, problem);
    if (!problem->kind)
        vmt_request_finish(request, problem);
    return problem->kind;
}

static void each_row_is_found_by_its_path(void **state)
{
    (void)state;
    for (unsigned i = 0; i < vmt_action_count + VMT_SERVICE_COUNT; i++) {
        const struct vmt_action *action = i < vmt_action_count ? &vmt_actions[i] : &vmt_services[i - vmt_action_count];
        char path[128];
        const char *id = strstr(action->path, "{id}");
        snprintf(path, sizeof path, "%.*s%s%s", id ? (int)(id - action->path) : (int)strlen(action->path), action->path,
                 id ? "web%201" : "", id ? id + 4 : "");
        struct vmt_request request = {0};
        struct vmt_problem problem = {0};
        const char *allowed;
        if (vmt_request_begin(&request, vmt_route_method(action), path, &allowed, &problem))
            fail_msg("%s: %s", path, problem.detail);
        assert_ptr_equal(request.action, action);
        assert_string_equal(request.id, id ? "web 1" : "");
        vmt_request_done(&request);
    }
}

static void what_is_wrong_is_told_apart(void **state)
{
    (void)state;
    const struct {
        struct sent sent;
        enum vmt_problem_kind kind;
    } cases[] = {
        {{"GET", "/v1/domains"}, VMT_PROBLEM_NONE},
        {{"HEAD", "/v1/domains"}, VMT_PROBLEM_NONE},
        {{"GET", "/v1/domains/"}, VMT_PROBLEM_NOT_FOUND},
        {{"GET", "/v1/domains/a/b/c"}, VMT_PROBLEM_NOT_FOUND},
        {{"GET", "/v1"}, VMT_PROBLEM_NOT_FOUND},
        {{"GET", ""}, VMT_PROBLEM_NOT_FOUND},
        {{"GET", "/v1/domains/%zz"}, VMT_PROBLEM_BAD_REQUEST},
        {{"GET", "/v1/domains/%2"}, VMT_PROBLEM_BAD_REQUEST},
        {{"GET", "/v1/domains/a%00b"}, VMT_PROBLEM_BAD_REQUEST},
        {{"GET", "/v1/domains/%ff"}, VMT_PROBLEM_BAD_REQUEST},
        {{"GET", "/v1/domains/%C3%BC"}, VMT_PROBLEM_NONE},
        {{"POST", "/v1/domains/web"}, VMT_PROBLEM_METHOD_NOT_ALLOWED},
        {{"GET", "/v1/domains/web/start"}, VMT_PROBLEM_METHOD_NOT_ALLOWED},
        {{"DELETE", "/v1/domains/web"}, VMT_PROBLEM_METHOD_NOT_ALLOWED},
        {{"POST", "/v1/domains/web/start"}, VMT_PROBLEM_NONE},
        {{"POST", "/v1/domains/web/start", LIST("Origin", "https://example.org")}, VMT_PROBLEM_ORIGIN_REFUSED},
        {{"GET", "/v1/domains", LIST("origin", "null")}, VMT_PROBLEM_ORIGIN_REFUSED},
        {{"GET", "/v1/domains", NULL, LIST("state", "running")}, VMT_PROBLEM_NONE},
        {{"GET", "/v1/domains", NULL, LIST("state", "runing")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"GET", "/v1/domains", NULL, LIST("state", "running", "state", "paused")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"GET", "/v1/domains", NULL, LIST("wait", "1")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"GET", "/v1/domains", NULL, LIST("name", "%ff")}, VMT_PROBLEM_BAD_REQUEST},
        {{"GET", "/v1/domains", JSON_TYPE, NULL, "{}"}, VMT_PROBLEM_BAD_REQUEST},
        {{"GET", "/v1/domains", LIST("Idempotency-Key", "k")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "{}"}, VMT_PROBLEM_NONE},
        {{"POST", "/v1/domains/web/start", NULL, NULL, "{}"}, VMT_PROBLEM_UNSUPPORTED_MEDIA_TYPE},
        {{"POST", "/v1/domains/web/start", LIST("Content-Type", "application/jsonx"), NULL, "{}"},
         VMT_PROBLEM_UNSUPPORTED_MEDIA_TYPE},
        {{"POST", "/v1/domains/web/start", LIST("content-type", "Application/JSON; charset=utf-8"), NULL, "{}"},
         VMT_PROBLEM_NONE},
        {{"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "{"}, VMT_PROBLEM_NOT_JSON},
        {{"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "{\"paused\":true,\"paused\":true}"}, VMT_PROBLEM_NOT_JSON},
        {{"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "{} {}"}, VMT_PROBLEM_NOT_JSON},
        {{"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "\"\xff\""}, VMT_PROBLEM_NOT_UTF8},
        {{"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "[]"}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "{\"paused\":1}"}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "{\"paused\":\"true\"}"}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "{\"force\":true}"}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/save", JSON_TYPE, NULL, "{}"}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/save"}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/save", JSON_TYPE, NULL, "{\"file\":\"../x\"}"}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/save", JSON_TYPE, NULL, "{\"file\":\"a\\u0000b\"}"}, VMT_PROBLEM_NOT_JSON},
        {{"POST", "/v1/domains/web/shutdown", JSON_TYPE, NULL, "{\"timeout\":-1}"}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/shutdown", JSON_TYPE, NULL, "{\"timeout\":1.5}"}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/shutdown", JSON_TYPE, NULL, "{\"timeout\":99999999999999999999}"},
         VMT_PROBLEM_NOT_JSON},
        {{"POST", "/v1/domains/web/shutdown", JSON_TYPE, NULL, "{\"timeout\":5,\"mode\":\"both\"}"}, VMT_PROBLEM_NONE},
        {{"POST", "/v1/domains/web/start", NULL, LIST("wait", "3601")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", NULL, LIST("paused", "1")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", NULL, LIST("if_state", "on")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", NULL, LIST("dry_run", "1", "prepare", "1")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", LIST("Idempotency-Key", "")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", LIST("Idempotency-Key", "a b")}, VMT_PROBLEM_INVALID_PARAMETER},
        {{"POST", "/v1/domains/web/start", LIST("Idempotency-Key", "a.b-c_1")}, VMT_PROBLEM_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_request request;
        struct vmt_problem problem;
        enum vmt_problem_kind kind = read_request(&cases[i].sent, &request, &problem);
        if (kind != cases[i].kind)
            fail_msg("case %zu: %s %s: %s: %s", i, cases[i].sent.method, cases[i].sent.path,
                     vmt_problem_row(kind)->name, problem.detail);
        vmt_request_done(&request);
    }
}

static void a_wrong_method_is_told_the_right_one(void **state)
{
    (void)state;
    struct vmt_request request = {0};
    struct vmt_problem problem;
    const char *allowed;
    assert_true(vmt_request_begin(&request, "PUT", "/v1/domains/web/start", &allowed, &problem) < 0);
    assert_string_equal(allowed, "POST");
    assert_true(vmt_request_begin(&request, "PUT", "/v1/nothing", &allowed, &problem) < 0);
    assert_null(allowed);
    vmt_request_done(&request);
}

static void arguments_come_from_the_body_and_from_fallbacks(void **state)
{
    (void)state;
    struct vmt_request request;
    struct vmt_problem problem;
    const struct sent sent = {"POST", "/v1/domains/web/shutdown", JSON_TYPE, LIST("wait", "7", "strict", "1"),
                              "{\"mode\":\"agent\",\"timeout\":30}"};
    assert_int_equal(read_request(&sent, &request, &problem), VMT_PROBLEM_NONE);
    const struct vmt_argument *values = request.arguments.values;
    assert_int_equal(values[vmt_action_param(request.action, "mode")].number, 1);
    assert_int_equal(values[vmt_action_param(request.action, "timeout")].number, 30);
    assert_int_equal(values[vmt_action_param(request.action, "resend")].number, 15);
    assert_int_equal(request.options[VMT_OPTION_WAIT].number, 7);
    assert_int_equal(request.options[VMT_OPTION_STRICT].number, 1);
    assert_false(request.options[VMT_OPTION_IF_STATE].is_given);
    vmt_request_done(&request);
}

static void a_preference_is_weaker_than_the_query(void **state)
{
    (void)state;
    static const struct {
        const char *preference, *wait;
        bool is_given;
        uint64_t seconds;
    } cases[] = {{"wait=5", NULL, true, 5}, {"Wait=5", NULL, true, 5},         {"wait=99999", NULL, true, VMT_WAIT_MAX},
                 {"wait=", NULL, false, 0}, {"respond-async", NULL, false, 0}, {"wait=5", "9", true, 9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_request request;
        struct vmt_problem problem;
        const struct sent sent = {"POST", "/v1/domains/web/start", LIST("Prefer", cases[i].preference),
                                  cases[i].wait ? LIST("wait", cases[i].wait) : NULL, NULL};
        assert_int_equal(read_request(&sent, &request, &problem), VMT_PROBLEM_NONE);
        assert_int_equal(request.options[VMT_OPTION_WAIT].is_given, cases[i].is_given);
        assert_int_equal(request.options[VMT_OPTION_WAIT].number, cases[i].seconds);
        vmt_request_done(&request);
    }
}

static void fingerprint_of(const struct sent *sent, char ret_text[VMT_DIGEST_TEXT_SIZE])
{
    struct vmt_request request;
    struct vmt_problem problem;
    assert_int_equal(read_request(sent, &request, &problem), VMT_PROBLEM_NONE);
    memcpy(ret_text, request.fingerprint, VMT_DIGEST_TEXT_SIZE);
    vmt_request_done(&request);
}

static void the_same_request_has_the_same_fingerprint(void **state)
{
    (void)state;
    const struct {
        struct sent a, b;
        bool is_same;
    } cases[] = {
        {{"POST", "/v1/domains/web/start"}, {"POST", "/v1/domains/w%65b/start", JSON_TYPE, NULL, "{}"}, true},
        {{"POST", "/v1/domains/web/start"},
         {"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "{\"paused\":false}"},
         true},
        {{"POST", "/v1/domains/web/start"}, {"POST", "/v1/domains/web/start", NULL, LIST("wait", "3")}, true},
        {{"POST", "/v1/domains/web/start"},
         {"POST", "/v1/domains/web/start", JSON_TYPE, NULL, "{\"paused\":true}"},
         false},
        {{"POST", "/v1/domains/web/start"}, {"POST", "/v1/domains/db/start"}, false},
        {{"POST", "/v1/domains/web/start"}, {"POST", "/v1/domains/web/resume"}, false},
        {{"POST", "/v1/domains/define", JSON_TYPE, NULL, "{\"xml\":\"a\\nreplaces=1:b\"}"},
         {"POST", "/v1/domains/define", JSON_TYPE, NULL, "{\"xml\":\"a\",\"replaces\":\"b\"}"},
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char a[VMT_DIGEST_TEXT_SIZE], b[VMT_DIGEST_TEXT_SIZE];
        fingerprint_of(&cases[i].a, a);
        fingerprint_of(&cases[i].b, b);
        if (!strcmp(a, b) != cases[i].is_same)
            fail_msg("case %zu", i);
    }
}

/* `{"xml":` and so many nested arrays, or a string of so many characters. */
static enum vmt_problem_kind read_nested(unsigned depth)
{
    char body[256] = "";
    struct vmt_request request;
    struct vmt_problem problem;
    for (unsigned i = 0; i < depth; i++)
        strcat(body, "[");
    for (unsigned i = 0; i < depth; i++)
        strcat(body, "]");
    const struct sent sent = {"POST", "/v1/domains/web/start", JSON_TYPE, NULL, body};
    enum vmt_problem_kind kind = read_request(&sent, &request, &problem);
    vmt_request_done(&request);
    return kind;
}

static void a_body_that_is_too_deep_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_nested(VMT_JSON_DEPTH_MAX), VMT_PROBLEM_INVALID_PARAMETER);
    assert_int_equal(read_nested(VMT_JSON_DEPTH_MAX + 1), VMT_PROBLEM_NOT_JSON);
    assert_int_equal(read_nested(100), VMT_PROBLEM_NOT_JSON);
    struct vmt_request request;
    struct vmt_problem problem;
    const struct sent sent = {"POST", "/v1/domains/create", JSON_TYPE, NULL,
                              "{\"xml\":\"[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[[[[\"}"};
    assert_int_equal(read_request(&sent, &request, &problem), VMT_PROBLEM_NONE);
    vmt_request_done(&request);
}

static void only_documents_may_be_big(void **state)
{
    (void)state;
    for (unsigned i = 0; i < vmt_action_count; i++) {
        struct vmt_request request = {.action = &vmt_actions[i]};
        bool has_document = vmt_action_param(&vmt_actions[i], "xml") >= 0;
        assert_int_equal(vmt_request_body_max(&request), has_document ? VMT_BODY_BIG_MAX : VMT_BODY_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_found_by_its_path),
        cmocka_unit_test(what_is_wrong_is_told_apart),
        cmocka_unit_test(a_wrong_method_is_told_the_right_one),
        cmocka_unit_test(arguments_come_from_the_body_and_from_fallbacks),
        cmocka_unit_test(a_preference_is_weaker_than_the_query),
        cmocka_unit_test(the_same_request_has_the_same_fingerprint),
        cmocka_unit_test(a_body_that_is_too_deep_is_refused),
        cmocka_unit_test(only_documents_may_be_big),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
