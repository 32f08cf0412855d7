/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request as the server takes it apart: method and path, headers, query and body, each as a line of the input; what
 * follows an empty line is the body. Whatever is sent, it is refused with a problem or is a row with arguments of the
 * right kinds.
 */
#include "admin/request.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

/* The line that begins at *rest, terminated; NULL when there is none or it is empty. */
static char *next_line(char **rest)
{
    char *line = *rest;
    char *end = line ? strchr(line, '\n') : NULL;
    if (end)
        *end = '\0';
    *rest = end ? end + 1 : NULL;
    return line && *line ? line : NULL;
}

static void check_values(const struct vmt_param *params, const struct vmt_argument *values)
{
    for (unsigned i = 0; params[i].name; i++) {
        const struct vmt_param *param = &params[i];
        if (!values[i].is_given) {
            assert(!values[i].text && !values[i].number);
        } else if (param->type >= VMT_PARAM_TEXT) {
            assert(values[i].text && *values[i].text && strlen(values[i].text) <= param->max);
            assert(param->type != VMT_PARAM_FILE || !strchr(values[i].text, '/'));
        } else if (param->type == VMT_PARAM_BOOL) {
            assert(values[i].number <= 1);
        } else if (param->type != VMT_PARAM_WORD) {
            assert(values[i].number >= param->min && values[i].number <= param->max);
        }
    }
}

static int read_head(struct vmt_request *request, char **rest, struct vmt_problem *problem)
{
    const char *allowed = NULL;
    char *method = next_line(rest), *path = method ? strchr(method, ' ') : NULL;
    if (!path)
        return vmt_problem_set(problem, VMT_PROBLEM_BAD_REQUEST, "no path");
    *path++ = '\0';
    int failed = vmt_request_begin(request, method, path, &allowed, problem);
    for (char *line; !failed && (line = next_line(rest));) {
        char *value = strpbrk(line, ":=");
        bool is_header = value && *value == ':';
        if (value)
            *value++ = '\0';
        failed = is_header ? vmt_request_header(request, line, value, problem)
                           : vmt_request_query(request, line, value, problem);
    }
    return failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *input = fuzz_text(data, size), *rest = input;
    struct vmt_request request = {0};
    struct vmt_problem problem = {0};
    int failed = read_head(&request, &rest, &problem);
    size_t length = rest ? size - (size_t)(rest - input) : 0;
    /* libFuzzer may not follow an allocation that is too large by one; the body is its own. */
    char *body = length ? memcpy(malloc(length), data + (rest - input), length) : NULL;
    if (!failed)
        failed = vmt_request_body(&request, body, length, &problem);
    if (!failed)
        failed = vmt_request_finish(&request, &problem);
    assert(!failed == !problem.kind && (!failed || *problem.detail));
    if (!failed) {
        check_values(request.action->params, request.arguments.values);
        check_values(vmt_request_options, request.options);
        assert(request.id && strlen(request.fingerprint) == VMT_DIGEST_TEXT_SIZE - 1 && request.parameters);
        assert(!request.key || strlen(request.key) <= VMT_KEY_MAX);
    }
    vmt_request_done(&request);
    free(body);
    free(input);
    return 0;
}
