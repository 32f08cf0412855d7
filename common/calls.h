/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What monitoring costs: counts every call to libvirt and every failure of one. Makes no call itself.
 * Safe from any thread.
 */
#ifndef VIRTMETER_COMMON_CALLS_H
#define VIRTMETER_COMMON_CALLS_H

#include "common/snapshot.h"

#include <pthread.h>

enum { VMT_CALLS_MAX = 96, VMT_CALL_ERRORS_MAX = 256, VMT_CALL_BUCKETS = 10 };

struct vmt_calls {
    pthread_mutex_t lock;
    unsigned call_count, error_count;
    struct {
        const char *function; /* a literal */
        uint64_t calls;
        uint64_t ended, ended_ns;           /* calls that returned, and how long they took together */
        uint64_t buckets[VMT_CALL_BUCKETS]; /* those that took up to a limit and longer than the one before */
    } call[VMT_CALLS_MAX];
    struct {
        const char *function;
        int code;
        uint64_t errors;
    } error[VMT_CALL_ERRORS_MAX];
};

void vmt_calls_init(struct vmt_calls *calls);
void vmt_calls_done(struct vmt_calls *calls);

/* Counts a call of `function`, a string literal. */
void vmt_calls_count(struct vmt_calls *calls, const char *function);

/* Counts that a call of `function`, counted before, has returned after `ns`. */
void vmt_calls_count_end(struct vmt_calls *calls, const char *function, uint64_t ns);

/* Counts its failure with `code`, a virErrorNumber. */
void vmt_calls_count_error(struct vmt_calls *calls, const char *function, int code);

/* Adds one sample for each function, and one for each function and code that failed. */
void vmt_calls_sample(struct vmt_calls *calls, struct vmt_part *part);

/* Adds a histogram of the durations for each function. */
void vmt_calls_sample_durations(struct vmt_calls *calls, struct vmt_part *part);

#endif
