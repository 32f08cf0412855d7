/* SPDX-License-Identifier: Apache-2.0 */
#include "common/session.h"

#include <string.h>

bool vmt_call_begin(struct vmt_session *session, const char *function)
{
    for (unsigned i = 0; i < session->unsupported_count; i++) {
        if (strcmp(session->unsupported[i], function) != 0)
            continue;
        session->code = VIR_ERR_NO_SUPPORT;
        return false;
    }
    vmt_calls_count(session->calls, function);
    return true;
}

/* A driver that lacks a function lacks it for good: that is no failure. */
static bool is_unsupported(int code)
{
    return code == VIR_ERR_NO_SUPPORT || code == VIR_ERR_OPERATION_DENIED;
}

void vmt_call_end(struct vmt_session *session, const char *function, const char *object, bool has_failed)
{
    session->code = VIR_ERR_OK;
    if (!has_failed)
        return;
    virErrorPtr error = virSaveLastError();
    session->code = error ? error->code : VIR_ERR_INTERNAL_ERROR;
    if (is_unsupported(session->code) && session->unsupported_count < VMT_UNSUPPORTED_MAX) {
        session->unsupported[session->unsupported_count++] = function;
    } else {
        vmt_calls_count_error(session->calls, function, session->code);
        const char *message = error && error->message ? error->message : "libvirt gave no reason";
        struct vmt_call_error noted = {.call = function,
                                       .object = object,
                                       .code = session->code,
                                       .domain = error ? error->domain : VIR_FROM_NONE,
                                       .message = message};
        /* A domain that went away between two calls is life, not a failure. */
        if (session->part && session->code != VIR_ERR_NO_DOMAIN)
            vmt_part_add_error(session->part, &noted);
    }
    virFreeError(error);
}
