/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/request.h"
#include "common/clock.h"
#include "common/error.h"
#include "serve/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
const struct vmt_param vmt_request_options[] = {
    [VMT_OPTION_WAIT] = {"wait", VMT_PARAM_SECONDS, .max = VMT_WAIT_MAX, .help = "Wait so long for the end before answering"},
    [VMT_OPTION_DRY_RUN] = {"dry_run", VMT_PARAM_BOOL, .help = "Check everything and do nothing"},
    [VMT_OPTION_STRICT] = {"strict", VMT_PARAM_BOOL, .help = "Fail when there is nothing to do"},
    [VMT_OPTION_PREPARE] = {"prepare", VMT_PARAM_BOOL, .help = "Show what will be lost, and give a token for the second step"},
    [VMT_OPTION_IF_STATE] = {"if_state", VMT_PARAM_WORD, .words = vmt_state_names, .help = "Only if it is in this state"},
    [VMT_OPTION_IF_UUID] = {"if_uuid", VMT_PARAM_TEXT, .max = 36, .help = "Only if it has this UUID"},
    {NULL},
};
/* clang-format on */

void vmt_request_done(struct vmt_request *request)
{
    vmt_arena_done(&request->arena);
    *request = (struct vmt_request){0};
}

static bool reads(const struct vmt_request *request)
{
    return request->action->flags & VMT_ACTION_READS;
}

int vmt_request_begin(struct vmt_request *request, const char *method, const char *path, const char **ret_allowed,
                      struct vmt_problem *problem)
{
    struct vmt_route route;
    /* What answers GET answers HEAD: the server leaves the body out. */
    const char *wanted = strcmp(method, "HEAD") ? method : "GET";
    enum vmt_route_outcome outcome = vmt_route_find(wanted, path, &request->arena, &route);
    *ret_allowed = route.allowed;
    request->action = route.action;
    request->id = route.id;
    switch (outcome) {
    case VMT_ROUTE_FOUND:
        return 0;
    case VMT_ROUTE_BAD_PATH:
        return vmt_problem_set(problem, VMT_PROBLEM_BAD_REQUEST, "the path is not percent-encoded UTF-8");
    case VMT_ROUTE_OTHER_METHOD:
        return vmt_problem_set(problem, VMT_PROBLEM_METHOD_NOT_ALLOWED, "only %s", route.allowed);
    case VMT_ROUTE_NOT_FOUND:
        break;
    }
    return vmt_problem_set(problem, VMT_PROBLEM_NOT_FOUND, "there is nothing at this path; see /v1/openapi.json");
}

static int take_key(struct vmt_request *request, const char *value, struct vmt_problem *problem)
{
    static const char *const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(value);
    if (!length || length > VMT_KEY_MAX || value[strspn(value, allowed)])
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER,
                               "Idempotency-Key must have 1 to %d letters, digits, '.', '_' or '-'", VMT_KEY_MAX);
    request->key = vmt_arena_strdup(&request->arena, value);
    return request->key ? 0 : vmt_problem_set(problem, VMT_PROBLEM_INTERNAL, "no memory");
}

/* `Prefer: wait=N`; other preferences are none of ours. What the query says wins. */
static void take_preference(struct vmt_request *request, const char *value)
{
    value += strspn(value, " \t");
    size_t digits = strncasecmp(value, "wait=", 5) ? 0 : strspn(value + 5, "0123456789");
    struct vmt_argument *wait = &request->options[VMT_OPTION_WAIT];
    if (!digits || digits > 6 || wait->is_given)
        return;
    uint64_t seconds = strtoull(value + 5, NULL, 10);
    *wait = (struct vmt_argument){.is_given = true, .number = seconds < VMT_WAIT_MAX ? seconds : VMT_WAIT_MAX};
}

static bool is_json_type(const char *value)
{
    static const char type[] = "application/json";
    size_t length = sizeof type - 1;
    return !strncasecmp(value, type, length) && (!value[length] || strchr("; \t", value[length]));
}

int vmt_request_header(struct vmt_request *request, const char *name, const char *value, struct vmt_problem *problem)
{
    value = value ? value : "";
    if (!strcasecmp(name, "Origin"))
        return vmt_problem_set(problem, VMT_PROBLEM_ORIGIN_REFUSED, "a request must not come from a web page");
    if (!strcasecmp(name, "Content-Type")) {
        request->has_content_type = true;
        request->is_json = is_json_type(value);
    } else if (!strcasecmp(name, "Idempotency-Key")) {
        return take_key(request, value, problem);
    } else if (!strcasecmp(name, "Confirm-Token")) {
        request->token = vmt_arena_strndup(&request->arena, value, strnlen(value, VMT_DIGEST_TEXT_SIZE));
        if (!request->token)
            return vmt_problem_set(problem, VMT_PROBLEM_INTERNAL, "no memory");
    } else if (!strcasecmp(name, "Prefer")) {
        take_preference(request, value);
    }
    return 0;
}

/* The place for a parameter of the query: one of the row's when it reads, otherwise one of the options. */
static struct vmt_argument *query_place(struct vmt_request *request, const char *name,
                                        const struct vmt_param **ret_param)
{
    const struct vmt_param *params = reads(request) ? request->action->params : vmt_request_options;
    struct vmt_argument *values = reads(request) ? request->arguments.values : request->options;
    for (unsigned i = 0; params[i].name; i++) {
        if (strcmp(params[i].name, name) != 0)
            continue;
        *ret_param = &params[i];
        return &values[i];
    }
    return NULL;
}

int vmt_request_query(struct vmt_request *request, const char *name, const char *value, struct vmt_problem *problem)
{
    const struct vmt_param *param;
    struct vmt_error error;
    const char *key = vmt_route_decode(name, strlen(name), &request->arena);
    const char *text = vmt_route_decode(value ? value : "", value ? strlen(value) : 0, &request->arena);
    if (!key || !text)
        return vmt_problem_set(problem, VMT_PROBLEM_BAD_REQUEST, "the query is not percent-encoded UTF-8");
    struct vmt_argument *place = query_place(request, key, &param);
    if (!place)
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "the query must not have '%.64s'", key);
    bool is_preference = !reads(request) && place == &request->options[VMT_OPTION_WAIT];
    if (place->is_given && !is_preference)
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "'%s' is given twice", param->name);
    if (vmt_param_read(param, text, place, &error))
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "%s", error.text);
    return 0;
}

size_t vmt_request_body_max(const struct vmt_request *request)
{
    return request->action->flags & VMT_ACTION_BIG_BODY ? VMT_BODY_BIG_MAX : VMT_BODY_MAX;
}

/* What jansson would also refuse, but later, or without saying what it was. */
static int check_text(const char *bytes, size_t length, struct vmt_problem *problem)
{
    unsigned depth = 0;
    bool is_in_string = false;
    for (size_t i = 0; i < length;) {
        uint32_t point;
        size_t size = vmt_utf8_read(bytes + i, &point);
        if (!size)
            return vmt_problem_set(problem, VMT_PROBLEM_NOT_UTF8, "the body is not UTF-8 at byte %zu", i);
        if (is_in_string && point == '\\')
            size += i + 1 < length;
        else if (point == '"')
            is_in_string = !is_in_string;
        else if (!is_in_string && (point == '{' || point == '['))
            depth++;
        else if (!is_in_string && (point == '}' || point == ']'))
            depth -= depth > 0;
        if (depth > VMT_JSON_DEPTH_MAX)
            return vmt_problem_set(problem, VMT_PROBLEM_NOT_JSON, "the body is nested deeper than %d",
                                   VMT_JSON_DEPTH_MAX);
        i += size;
    }
    return 0;
}

/* The value as a query would have it, so that there is one reader of values; NULL when it has the wrong type. */
static const char *value_text(struct vmt_request *request, const struct vmt_param *param, const json_t *value)
{
    bool is_number =
        param->type == VMT_PARAM_NUMBER || param->type == VMT_PARAM_SECONDS || param->type == VMT_PARAM_BYTES;
    if (param->type == VMT_PARAM_BOOL)
        return json_is_boolean(value) ? (json_is_true(value) ? "true" : "false") : NULL;
    if (is_number)
        return json_is_integer(value)
                   ? vmt_arena_printf(&request->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value))
                   : NULL;
    return json_is_string(value) ? vmt_arena_strdup(&request->arena, json_string_value(value)) : NULL;
}

static int take_member(struct vmt_request *request, const char *name, const json_t *value, struct vmt_problem *problem)
{
    static const char *const types[VMT_PARAM_COUNT] = {
        [VMT_PARAM_BOOL] = "true or false",    [VMT_PARAM_WORD] = "a string",
        [VMT_PARAM_NUMBER] = "a whole number", [VMT_PARAM_SECONDS] = "a whole number",
        [VMT_PARAM_BYTES] = "a whole number",  [VMT_PARAM_TEXT] = "a string",
        [VMT_PARAM_FILE] = "a string",         [VMT_PARAM_URI] = "a string",
        [VMT_PARAM_XML] = "a string",
    };
    struct vmt_error error;
    int place = vmt_action_param(request->action, name);
    if (place < 0)
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "%s has no parameter '%.64s'",
                               request->action->name, name);
    const struct vmt_param *param = &request->action->params[place];
    const char *text = value_text(request, param, value);
    if (!text)
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "'%s' must be %s", param->name,
                               types[param->type]);
    if (vmt_param_read(param, text, &request->arguments.values[place], &error))
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "%s", error.text);
    return 0;
}

static int take_members(struct vmt_request *request, json_t *body, struct vmt_problem *problem)
{
    const char *name;
    json_t *value;
    if (!json_is_object(body))
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "the body must be an object");
    json_object_foreach(body, name, value)
    {
        int failed = take_member(request, name, value, problem);
        if (failed)
            return failed;
    }
    return 0;
}

int vmt_request_body(struct vmt_request *request, const char *bytes, size_t length, struct vmt_problem *problem)
{
    json_error_t error;
    if (!length)
        return 0;
    if (reads(request))
        return vmt_problem_set(problem, VMT_PROBLEM_BAD_REQUEST, "this request has no body");
    if (!request->is_json)
        return vmt_problem_set(problem, VMT_PROBLEM_UNSUPPORTED_MEDIA_TYPE,
                               "the body needs Content-Type: application/json");
    char *copy = vmt_arena_strndup(&request->arena, bytes, length);
    if (!copy)
        return vmt_problem_set(problem, VMT_PROBLEM_INTERNAL, "no memory");
    int failed = check_text(copy, length, problem);
    if (failed)
        return failed;
    json_t *body = json_loadb(copy, length, JSON_REJECT_DUPLICATES, &error);
    if (!body)
        return vmt_problem_set(problem, VMT_PROBLEM_NOT_JSON, "line %d, column %d: %s", error.line, error.column,
                               error.text);
    failed = take_members(request, body, problem);
    json_decref(body);
    return failed;
}

/* The same text for the same arguments, however they were written. */
static const char *describe(struct vmt_request *request)
{
    const char *text = "";
    const struct vmt_param *params = request->action->params;
    for (unsigned i = 0; params[i].name && text; i++) {
        const struct vmt_argument *argument = &request->arguments.values[i];
        char number[24];
        snprintf(number, sizeof number, "%" PRIu64, argument->number);
        const char *value = argument->text ? argument->text : number;
        /* With its length: a document may look like anything. */
        if (argument->is_given)
            text = vmt_arena_printf(&request->arena, "%s%s=%zu:%s\n", text, params[i].name, strlen(value), value);
    }
    return text;
}

int vmt_request_finish(struct vmt_request *request, struct vmt_problem *problem)
{
    struct vmt_error error;
    if (vmt_arguments_complete(request->action, &request->arguments, &error))
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "%s", error.text);
    if (request->key && reads(request))
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "a read needs no Idempotency-Key");
    if (request->options[VMT_OPTION_PREPARE].number && request->options[VMT_OPTION_DRY_RUN].number)
        return vmt_problem_set(problem, VMT_PROBLEM_INVALID_PARAMETER, "either 'prepare' or 'dry_run'");
    request->parameters = describe(request);
    const char *whole = request->parameters ? vmt_arena_printf(&request->arena, "%s\n%s\n%s", request->action->name,
                                                               request->id, request->parameters)
                                            : NULL;
    if (!whole)
        return vmt_problem_set(problem, VMT_PROBLEM_INTERNAL, "no memory");
    vmt_digest_text(whole, strlen(whole), request->fingerprint);
    return 0;
}
