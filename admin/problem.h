/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a request was not fulfilled, as RFC 9457 has it: one row for each kind, with its status and title. Plain data and
 * pure functions.
 */
#ifndef VIRTMETER_ADMIN_PROBLEM_H
#define VIRTMETER_ADMIN_PROBLEM_H

#include "common/lifecycle/failure.h"

#include <jansson.h>

enum vmt_problem_kind {
    VMT_PROBLEM_NONE,
    VMT_PROBLEM_BAD_REQUEST,
    VMT_PROBLEM_NOT_UTF8,
    VMT_PROBLEM_NOT_JSON,
    VMT_PROBLEM_FORBIDDEN,
    VMT_PROBLEM_ORIGIN_REFUSED,
    VMT_PROBLEM_CONFIRMATION_REFUSED,
    VMT_PROBLEM_PROTECTED,
    VMT_PROBLEM_NOT_FOUND,
    VMT_PROBLEM_METHOD_NOT_ALLOWED,
    VMT_PROBLEM_WRONG_STATE,
    VMT_PROBLEM_NOTHING_TO_DO,
    VMT_PROBLEM_BUSY,
    VMT_PROBLEM_EXISTS,
    VMT_PROBLEM_PRECONDITION_FAILED,
    VMT_PROBLEM_TOO_LARGE,
    VMT_PROBLEM_UNSUPPORTED_MEDIA_TYPE,
    VMT_PROBLEM_INVALID_PARAMETER,
    VMT_PROBLEM_XML_REFUSED,
    VMT_PROBLEM_IDEMPOTENCY_CONFLICT,
    VMT_PROBLEM_CONFIRMATION_REQUIRED,
    VMT_PROBLEM_RATE_LIMITED,
    VMT_PROBLEM_INTERNAL,
    VMT_PROBLEM_LIBVIRT_ERROR,
    VMT_PROBLEM_UNSUPPORTED,
    VMT_PROBLEM_LIBVIRT_DENIED,
    VMT_PROBLEM_LIBVIRT_UNREACHABLE,
    VMT_PROBLEM_AGENT_UNRESPONSIVE,
    VMT_PROBLEM_OVERLOADED,
    VMT_PROBLEM_AUDIT_FAILED,
    VMT_PROBLEM_TIMED_OUT,
    VMT_PROBLEM_UNKNOWN_OUTCOME,
    VMT_PROBLEM_LIBVIRT_TIMEOUT,
    VMT_PROBLEM_COUNT,
};

struct vmt_problem_row {
    const char *name; /* the end of its type: urn:virtmeter:problem:NAME */
    unsigned status;
    const char *title;
};

/* The row of a kind. Never NULL. */
const struct vmt_problem_row *vmt_problem_row(enum vmt_problem_kind kind);

/* The kind of that name; VMT_PROBLEM_INTERNAL when there is none. */
enum vmt_problem_kind vmt_problem_find(const char *name);

/* Zeroed memory is no problem. */
struct vmt_problem {
    enum vmt_problem_kind kind;
    unsigned retry_after; /* seconds; 0: it does not say */
    int code, domain;     /* libvirt's; 0: it was not libvirt */
    char message[512];    /* libvirt's */
    char detail[768];     /* a sentence */
};

/* Returns -EINVAL, so that a caller can return it at once. */
int vmt_problem_set(struct vmt_problem *problem, enum vmt_problem_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a failed act means to the caller; does nothing when nothing failed. */
void vmt_problem_take(struct vmt_problem *problem, const struct vmt_failure *failure);

/* The document, without instance and request id. NULL when there is no memory. */
json_t *vmt_problem_json(const struct vmt_problem *problem);

#endif
