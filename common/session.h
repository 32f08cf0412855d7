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

enum { VMT_UNSUPPORTED_MAX = 32, VMT_OBJECT_TEXT = 256 };

/* A domain as libvirt wants it named in a call. */
struct vmt_handle {
    unsigned char uuid[VIR_UUID_BUFLEN];
    virDomainPtr domain;
};

struct vmt_session {
    virConnectPtr connection; /* NULL: not open */
    unsigned generation;      /* of the supervised connection when this one was opened */
    bool is_qemu;             /* the driver asks a monitor, and understands NOWAIT */
    struct vmt_calls *calls;
    struct vmt_decoder *decoder;
    const struct vmt_filter *filter;
    struct vmt_part *part;      /* that failures are noted in; NULL: only counted */
    const char *skipped;        /* an object that must not be asked: an earlier call about it hangs; NULL: none */
    struct vmt_handle *handles; /* by uuid, ascending: see handles.h */
    unsigned handle_count;
    int cpu_field_count, memory_field_count; /* of the node's statistics; 0: not asked yet */
    int code;                                /* virErrorNumber of the last call, VIR_ERR_OK when it worked */
    unsigned unsupported_count;
    const char *unsupported[VMT_UNSUPPORTED_MAX]; /* functions that this driver answered with "no support" */
    uint64_t call_began_ns;
    pthread_mutex_t lock;
    char asking[VMT_OBJECT_TEXT]; /* with the lock: what the call in progress is about; "": the host, or no call */
};

/* A session without a connection. */
void vmt_session_init(struct vmt_session *session);
void vmt_session_done(struct vmt_session *session);

/* Copies what the call in progress is about. From any thread: for him who gives the call up. */
void vmt_session_asking(struct vmt_session *session, char text[VMT_OBJECT_TEXT]);

/* Whether `object` must be left out; if so that is noted as a failure, so that somebody hears of it. */
bool vmt_session_skips(struct vmt_session *session, const char *object);

/* Notes a failure that libvirt did not report itself in the part that is being filled. */
void vmt_session_note(struct vmt_session *session, const char *function, const char *object, int code,
                      const char *message);

/* For VMT_CALL: false when the driver is known not to support `function`; otherwise the call is counted. `object` is
 * what it is about (a domain's name), NULL for the host. */
bool vmt_session_begin_call(struct vmt_session *session, const char *function, const char *object);

/* For VMT_CALL. */
void vmt_session_end_call(struct vmt_session *session, const char *function, const char *object, bool has_failed);

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
        if (vmt_session_begin_call((session), #function, (object))) {                                                  \
            result_ = function(__VA_ARGS__);                                                                           \
            bool has_failed_ = _Generic(result_, int                                                                   \
                                        : vmt_failed_int, unsigned long long                                           \
                                        : vmt_failed_size, default                                                     \
                                        : vmt_failed_pointer)(result_);                                                \
            vmt_session_end_call((session), #function, (object), has_failed_);                                         \
        }                                                                                                              \
        result_;                                                                                                       \
    })

#endif
