/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/failure.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdarg.h>
#include <stdio.h>

static enum vmt_failure_kind kind_of(int code)
{
    switch (code) {
    case VIR_ERR_NO_DOMAIN:
    case VIR_ERR_NO_NETWORK:
    case VIR_ERR_NO_STORAGE_POOL:
        return VMT_FAILURE_NOT_FOUND;
    case VIR_ERR_DOM_EXIST:
    case VIR_ERR_NETWORK_EXIST:
        return VMT_FAILURE_EXISTS;
    case VIR_ERR_OPERATION_INVALID:
        return VMT_FAILURE_STATE;
    default:
        return VMT_FAILURE_LIBVIRT;
    }
}

int vmt_failure_take(struct vmt_failure *failure, const char *function)
{
    virErrorPtr error = virGetLastError();
    int code = error ? error->code : VIR_ERR_INTERNAL_ERROR;
    const char *message = error && error->message ? error->message : "libvirt gave no reason";
    failure->kind = kind_of(code);
    failure->code = code;
    failure->domain = error ? error->domain : VIR_FROM_NONE;
    snprintf(failure->message, sizeof failure->message, "%s", message);
    snprintf(failure->text, sizeof failure->text, "%s: %s", function, failure->message);
    return -EIO;
}

int vmt_failure_set(struct vmt_failure *failure, enum vmt_failure_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    *failure = (struct vmt_failure){.kind = kind};
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    return kind == VMT_FAILURE_TIMED_OUT ? -ETIME : kind == VMT_FAILURE_MEMORY ? -ENOMEM : -EINVAL;
}
