/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why an action failed: what kind of failure it is, libvirt's own code and message when it was libvirt, and a sentence.
 * Plain data; libvirt's error is per thread, so it is taken on the thread of the call, at once.
 */
#ifndef VIRTMETER_COMMON_LIFECYCLE_FAILURE_H
#define VIRTMETER_COMMON_LIFECYCLE_FAILURE_H

enum vmt_failure_kind {
    VMT_FAILURE_NONE,
    VMT_FAILURE_LIBVIRT,     /* it said no: code and domain */
    VMT_FAILURE_UNREACHABLE, /* no connection, before anything was asked for */
    VMT_FAILURE_NOT_FOUND,   /* there is no such thing */
    VMT_FAILURE_EXISTS,      /* there is one already */
    VMT_FAILURE_STATE,       /* it is not in a state in which this can be done */
    VMT_FAILURE_ARGUMENT,    /* an argument cannot be used */
    VMT_FAILURE_TIMED_OUT,   /* the guest did not do it in time */
    VMT_FAILURE_UNKNOWN,     /* asked for, but how it ended is not known */
    VMT_FAILURE_MEMORY,
};

struct vmt_failure {
    enum vmt_failure_kind kind;
    int code, domain;  /* virErrorNumber, virErrorDomain; 0 when it was not libvirt */
    char message[512]; /* libvirt's own; "" when it was not libvirt */
    char text[640];    /* a sentence for the user */
};

/* Takes libvirt's last error, after `function` failed. A negative errno, to be returned at once. */
int vmt_failure_take(struct vmt_failure *failure, const char *function);

/* The same with a reason of ours. */
int vmt_failure_set(struct vmt_failure *failure, enum vmt_failure_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
