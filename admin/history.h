/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the audit file tells a daemon that starts: which operations were begun and never finished, and what was done
 * lately with which idempotency key, so that nothing is done twice. Lines that are no lines of ours, such as the last
 * one of a process that was killed, are counted and skipped. Not thread safe.
 */
#ifndef VIRTMETER_ADMIN_HISTORY_H
#define VIRTMETER_ADMIN_HISTORY_H

#include "common/error.h"
#include "common/lifecycle/action.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum {
    VMT_HISTORY_BYTES_MAX = 64 * 1024 * 1024, /* of each file, from its end */
    VMT_HISTORY_OPERATIONS_MAX = 100 * 1000,  /* when there are more, the older half is forgotten */
};

/* An operation. Texts are NULL when the file does not say them. */
struct vmt_history_operation {
    const char *operation, *request, *key, *fingerprint, *action;
    enum vmt_target target;
    const char *uuid, *name;
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
    pid_t pid;
    uint64_t began_ns, ended_ns; /* since 1970; ended_ns is 0 when it was not finished */
    const char *result, *problem, *detail;
    int changed; /* 1, 0, or -1: not known */
};

struct vmt_history;

/* NULL when there is no memory. */
struct vmt_history *vmt_history_new(void);
void vmt_history_free(struct vmt_history *history);

/* Adds the lines of a file, the oldest file first. 0 or -ENOMEM. */
int vmt_history_add(struct vmt_history *history, FILE *file);

/*
 * Adds the lines of the audit file `path` and of `path`.1 before it, as logrotate calls the one before. Files must
 * belong to `owner` and nobody else may write them. Files that are not there have no lines. 0 or a negative errno.
 */
int vmt_history_read(struct vmt_history *history, const char *path, uid_t owner, struct vmt_error *error);

/*
 * Keeps the operations that are not finished, whatever their age, and those that began or ended at `since_ns` or later.
 * To be called last: what is added afterwards is not known to belong to them.
 */
void vmt_history_forget_before(struct vmt_history *history, uint64_t since_ns);

/* The operations, the first one that began first; they live as long as the history. */
const struct vmt_history_operation *vmt_history_operations(const struct vmt_history *history, unsigned *ret_count);

/* How many lines told nothing. */
unsigned vmt_history_skipped(const struct vmt_history *history);

#endif
