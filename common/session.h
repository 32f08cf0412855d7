/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One worker's own connection, and the one way to call libvirt through it: VMT_CALL counts the call, copies libvirt's
 * error at once (it is per thread and the next call loses it), notes it in the part that is being filled, and remembers
 * what the driver does not support, so that it is asked once and not at each collection.
 * A session belongs to one thread; a libvirt connection is never shared between threads.
 */
#ifndef VIRTMETER_COMMON_SESSION_H
#define VIRTMETER_COMMON_SESSION_H

#include "common/calls.h"
#include "common/decode.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

enum { VMT_UNSUPPORTED_MAX = 32 };

struct vmt_session {
    virConnectPtr connection; /* NULL: not open */
    unsigned generation;      /* of the supervised connection when this one was opened */
    bool is_qemu;             /* the driver asks a monitor, and understands NOWAIT */
    struct vmt_calls *calls;
    struct vmt_decoder *decoder;
    const struct vmt_filter *filter;
    struct vmt_part *part; /* that failures are noted in; NULL: only counted */
    int code;              /* virErrorNumber of the last call, VIR_ERR_OK when it worked */
    unsigned unsupported_count;
    const char *unsupported[VMT_UNSUPPORTED_MAX]; /* functions that this driver answered with "no support" */
};

/* For VMT_CALL: false when the driver is known not to support `function`; otherwise the call is counted. */
bool vmt_call_begin(struct vmt_session *session, const char *function);

/* For VMT_CALL: `object` is what the call was about (a domain's name), NULL for the host. */
void vmt_call_end(struct vmt_session *session, const char *function, const char *object, bool has_failed);

static inline bool vmt_failed_int(int result)
{
    return result < 0;
}

static inline bool vmt_failed_size(unsigned long long result)
{
    return result == 0;
}

static inline bool vmt_failed_pointer(const void *result)
{
    return !result;
}

/*
 * Calls `function` with the arguments that follow and returns what it returns. When it fails, or is known not to be
 * supported, that is -1, 0 or NULL, and session->code says why.
 */
#define VMT_CALL(session, object, function, ...)                                                                       \
    __extension__({                                                                                                    \
        __typeof__(function(__VA_ARGS__)) result_ = (__typeof__(result_))_Generic(result_, int : -1, default : 0);     \
        if (vmt_call_begin((session), #function)) {                                                                    \
            result_ = function(__VA_ARGS__);                                                                           \
            bool has_failed_ = _Generic(result_, int                                                                   \
                                        : vmt_failed_int, unsigned long long                                           \
                                        : vmt_failed_size, default                                                     \
                                        : vmt_failed_pointer)(result_);                                                \
            vmt_call_end((session), #function, (object), has_failed_);                                                 \
        }                                                                                                              \
        result_;                                                                                                       \
    })

#endif
