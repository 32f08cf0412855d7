/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/problem.h"
#include "common/lifecycle/json.h"

#include <assert.h>
#include <errno.h>
#include <libvirt/virterror.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct vmt_problem_row rows[VMT_PROBLEM_COUNT] = {
    [VMT_PROBLEM_NONE] = {"none", 200, "No problem"},
    [VMT_PROBLEM_BAD_REQUEST] = {"bad-request", 400, "The request cannot be understood"},
    [VMT_PROBLEM_NOT_UTF8] = {"not-utf8", 400, "The request is not UTF-8"},
    [VMT_PROBLEM_NOT_JSON] = {"not-json", 400, "The body is not JSON"},
    [VMT_PROBLEM_FORBIDDEN] = {"forbidden", 403, "Your role does not allow this"},
    [VMT_PROBLEM_ORIGIN_REFUSED] = {"origin-refused", 403, "Requests of web pages are not answered"},
    [VMT_PROBLEM_CONFIRMATION_REFUSED] = {"confirmation-refused", 403, "The confirmation is not valid"},
    [VMT_PROBLEM_PROTECTED] = {"protected", 403, "The domain is protected"},
    [VMT_PROBLEM_NOT_FOUND] = {"not-found", 404, "There is no such thing"},
    [VMT_PROBLEM_METHOD_NOT_ALLOWED] = {"method-not-allowed", 405, "Not with this method"},
    [VMT_PROBLEM_WRONG_STATE] = {"wrong-state", 409, "Not in this state"},
    [VMT_PROBLEM_NOTHING_TO_DO] = {"nothing-to-do", 409, "There is nothing to do"},
    [VMT_PROBLEM_BUSY] = {"busy", 409, "Another action on it is under way"},
    [VMT_PROBLEM_EXISTS] = {"exists", 409, "There is one already"},
    [VMT_PROBLEM_PRECONDITION_FAILED] = {"precondition-failed", 412, "It is not as the request expects"},
    [VMT_PROBLEM_TOO_LARGE] = {"too-large", 413, "The body is too large"},
    [VMT_PROBLEM_UNSUPPORTED_MEDIA_TYPE] = {"unsupported-media-type", 415, "The body must be application/json"},
    [VMT_PROBLEM_INVALID_PARAMETER] = {"invalid-parameter", 422, "A parameter cannot be used"},
    [VMT_PROBLEM_XML_REFUSED] = {"xml-refused", 422, "The domain's XML is not allowed"},
    [VMT_PROBLEM_IDEMPOTENCY_CONFLICT] = {"idempotency-conflict", 422, "The idempotency key belongs to another request"},
    [VMT_PROBLEM_CONFIRMATION_REQUIRED] = {"confirmation-required", 428, "This needs a second step"},
    [VMT_PROBLEM_RATE_LIMITED] = {"rate-limited", 429, "Too many requests"},
    [VMT_PROBLEM_INTERNAL] = {"internal", 500, "The daemon failed"},
    [VMT_PROBLEM_LIBVIRT_ERROR] = {"libvirt-error", 500, "libvirt failed"},
    [VMT_PROBLEM_UNSUPPORTED] = {"unsupported", 501, "The hypervisor cannot do this"},
    [VMT_PROBLEM_LIBVIRT_DENIED] = {"libvirt-denied", 403, "libvirt does not allow this"},
    [VMT_PROBLEM_LIBVIRT_UNREACHABLE] = {"libvirt-unreachable", 503, "libvirt cannot be reached"},
    [VMT_PROBLEM_AGENT_UNRESPONSIVE] = {"agent-unresponsive", 503, "The guest's agent does not answer"},
    [VMT_PROBLEM_OVERLOADED] = {"overloaded", 503, "The daemon is busy"},
    [VMT_PROBLEM_AUDIT_FAILED] = {"audit-failed", 503, "The audit file cannot be written"},
    [VMT_PROBLEM_TIMED_OUT] = {"timed-out", 504, "The guest did not do it in time"},
    [VMT_PROBLEM_UNKNOWN_OUTCOME] = {"unknown-outcome", 504, "How it ends is not known yet"},
    [VMT_PROBLEM_LIBVIRT_TIMEOUT] = {"libvirt-timeout", 504, "libvirt did not answer in time"},
};
/* clang-format on */

const struct vmt_problem_row *vmt_problem_row(enum vmt_problem_kind kind)
{
    assert(kind < VMT_PROBLEM_COUNT);
    return &rows[kind];
}

enum vmt_problem_kind vmt_problem_find(const char *name)
{
    for (enum vmt_problem_kind kind = VMT_PROBLEM_NONE; kind < VMT_PROBLEM_COUNT; kind++)
        if (!strcmp(rows[kind].name, name))
            return kind;
    return VMT_PROBLEM_INTERNAL;
}

int vmt_problem_set(struct vmt_problem *problem, enum vmt_problem_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    *problem = (struct vmt_problem){.kind = kind};
    vsnprintf(problem->detail, sizeof problem->detail, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* What libvirt's code means to somebody who knows HTTP. */
static enum vmt_problem_kind kind_of_code(int code)
{
    switch (code) {
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_OPERATION_UNSUPPORTED:
    case VIR_ERR_CONFIG_UNSUPPORTED:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
        return VMT_PROBLEM_UNSUPPORTED;
    case VIR_ERR_AUTH_FAILED:
    case VIR_ERR_AUTH_CANCELLED:
    case VIR_ERR_AUTH_UNAVAILABLE:
    case VIR_ERR_ACCESS_DENIED:
    case VIR_ERR_OPERATION_DENIED:
        return VMT_PROBLEM_LIBVIRT_DENIED;
    case VIR_ERR_OPERATION_TIMEOUT:
        return VMT_PROBLEM_LIBVIRT_TIMEOUT;
    case VIR_ERR_AGENT_UNRESPONSIVE:
    case VIR_ERR_AGENT_UNSYNCED:
        return VMT_PROBLEM_AGENT_UNRESPONSIVE;
    case VIR_ERR_XML_ERROR:
    case VIR_ERR_XML_DETAIL:
    case VIR_ERR_XML_INVALID_SCHEMA:
        return VMT_PROBLEM_XML_REFUSED;
    case VIR_ERR_INVALID_ARG:
        return VMT_PROBLEM_INVALID_PARAMETER;
    default:
        return VMT_PROBLEM_LIBVIRT_ERROR;
    }
}

static enum vmt_problem_kind kind_of(const struct vmt_failure *failure)
{
    switch (failure->kind) {
    case VMT_FAILURE_NONE:
        return VMT_PROBLEM_NONE;
    case VMT_FAILURE_LIBVIRT:
        return kind_of_code(failure->code);
    case VMT_FAILURE_UNREACHABLE:
        return kind_of_code(failure->code) == VMT_PROBLEM_LIBVIRT_DENIED ? VMT_PROBLEM_LIBVIRT_DENIED
                                                                         : VMT_PROBLEM_LIBVIRT_UNREACHABLE;
    case VMT_FAILURE_NOT_FOUND:
        return VMT_PROBLEM_NOT_FOUND;
    case VMT_FAILURE_EXISTS:
        return VMT_PROBLEM_EXISTS;
    case VMT_FAILURE_STATE:
        return VMT_PROBLEM_WRONG_STATE;
    case VMT_FAILURE_ARGUMENT:
        return VMT_PROBLEM_INVALID_PARAMETER;
    case VMT_FAILURE_TIMED_OUT:
        return VMT_PROBLEM_TIMED_OUT;
    case VMT_FAILURE_UNKNOWN:
        return VMT_PROBLEM_UNKNOWN_OUTCOME;
    case VMT_FAILURE_MEMORY:
        return VMT_PROBLEM_INTERNAL;
    }
    return VMT_PROBLEM_INTERNAL;
}

void vmt_problem_take(struct vmt_problem *problem, const struct vmt_failure *failure)
{
    *problem = (struct vmt_problem){.kind = kind_of(failure), .code = failure->code, .domain = failure->domain};
    if (problem->kind == VMT_PROBLEM_LIBVIRT_UNREACHABLE)
        problem->retry_after = 1;
    snprintf(problem->message, sizeof problem->message, "%s", failure->message);
    snprintf(problem->detail, sizeof problem->detail, "%s", failure->text);
}

json_t *vmt_problem_json(const struct vmt_problem *problem)
{
    const struct vmt_problem_row *row = vmt_problem_row(problem->kind);
    char type[64];
    snprintf(type, sizeof type, "urn:virtmeter:problem:%s", row->name);
    json_t *json = json_pack("{s:s, s:s, s:i, s:o}", "type", type, "title", row->title, "status", (int)row->status,
                             "detail", vmt_json_text(problem->detail));
    if (json && problem->code)
        json_object_set_new(json, "libvirt",
                            json_pack("{s:i, s:i, s:o}", "code", problem->code, "domain", problem->domain, "message",
                                      vmt_json_text(problem->message)));
    return json;
}
