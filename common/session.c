/* SPDX-License-Identifier: Apache-2.0 */
#include "common/session.h"
#include "common/clock.h"

#include <stdio.h>
#include <string.h>

void vmt_session_init(struct vmt_session *session)
{
    memset(session, 0, sizeof *session);
    pthread_mutex_init(&session->lock, NULL);
}

void vmt_session_done(struct vmt_session *session)
{
    pthread_mutex_destroy(&session->lock);
}

static void set_asking(struct vmt_session *session, const char *object)
{
    pthread_mutex_lock(&session->lock);
    snprintf(session->asking, sizeof session->asking, "%s", object ? object : "");
    pthread_mutex_unlock(&session->lock);
}

void vmt_session_asking(struct vmt_session *session, char text[VMT_OBJECT_TEXT])
{
    pthread_mutex_lock(&session->lock);
    memcpy(text, session->asking, VMT_OBJECT_TEXT);
    pthread_mutex_unlock(&session->lock);
}

bool vmt_session_skips(struct vmt_session *session, const char *object)
{
    /* Cut to the same length as the name that was remembered. */
    if (!session->skipped || strncmp(session->skipped, object, VMT_OBJECT_TEXT - 1) != 0)
        return false;
    vmt_session_note(session, "asking", object, VIR_ERR_OPERATION_TIMEOUT,
                     "left out: an earlier call about it has not returned");
    return true;
}

void vmt_session_note(struct vmt_session *session, const char *function, const char *object, int code,
                      const char *message)
{
    struct vmt_call_error noted = {
        .call = function, .object = object, .code = code, .domain = VIR_FROM_NONE, .message = message};
    if (session->part)
        vmt_part_add_error(session->part, &noted);
}

bool vmt_session_begin_call(struct vmt_session *session, const char *function, const char *object)
{
    for (unsigned i = 0; i < session->unsupported_count; i++) {
        if (strcmp(session->unsupported[i], function) != 0)
            continue;
        session->code = VIR_ERR_NO_SUPPORT;
        return false;
    }
    vmt_calls_count(session->calls, function);
    if (object)
        set_asking(session, object);
    session->call_began_ns = vmt_now_ns();
    return true;
}

/* A driver that lacks a function lacks it for good: that is no failure. */
static bool is_unsupported(int code)
{
    return code == VIR_ERR_NO_SUPPORT || code == VIR_ERR_OPERATION_DENIED;
}

/* Two calls of libvirt have no other way to say that the host has nothing of the kind (its test driver on a file): free
 * memory of 0 bytes becomes an error without a cause, and a host without cells has no first one. */
static bool means_none(const char *function, const virError *error)
{
    if (!strcmp(function, "virNodeGetFreeMemory"))
        return error->code == VIR_ERR_INTERNAL_ERROR && error->domain == VIR_FROM_NONE;
    return !strcmp(function, "virNodeGetCellsFreeMemory") && error->code == VIR_ERR_INVALID_ARG;
}

void vmt_session_end_call(struct vmt_session *session, const char *function, const char *object, bool has_failed)
{
    vmt_calls_count_end(session->calls, function, vmt_now_ns() - session->call_began_ns);
    session->code = VIR_ERR_OK;
    if (object)
        set_asking(session, NULL);
    if (!has_failed)
        return;
    virErrorPtr error = virSaveLastError();
    session->code = error ? error->code : VIR_ERR_INTERNAL_ERROR;
    if (is_unsupported(session->code) && session->unsupported_count < VMT_UNSUPPORTED_MAX) {
        session->unsupported[session->unsupported_count++] = function;
    } else if (!error || !means_none(function, error)) {
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
