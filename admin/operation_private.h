/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operation and the store of them consist of. Private to operation*.c.
 */
#ifndef VIRTMETER_ADMIN_OPERATION_PRIVATE_H
#define VIRTMETER_ADMIN_OPERATION_PRIVATE_H

#include "admin/operation.h"

#include <pthread.h>
#include <stdatomic.h>

struct vmt_operation {
    atomic_uint references;
    struct vmt_operations *store;
    struct vmt_operation *next; /* older; with the lock, as all that follows */
    char id[VMT_OPERATION_ID];
    const struct vmt_action *action;
    char *action_name;
    enum vmt_target target;
    char uuid[VMT_UUID_TEXT];
    char *name;
    uid_t uid;
    pid_t pid;
    char *key;
    char fingerprint[VMT_DIGEST_TEXT_SIZE];
    enum vmt_operation_state state;
    bool is_over;
    int changed;
    uint64_t began_ms, ended_ms; /* since 1970; 0: not ended */
    uint64_t deadline_ns, forget_ns;
    _Atomic(const char *) step;
    json_t *result;
    struct vmt_problem problem;
};

struct vmt_operations {
    void (*changed)(void *arg, struct vmt_operation *operation);
    void *arg;
    char boot[17]; /* what makes ids differ from those of other processes */
    pthread_mutex_t lock;
    struct vmt_operation *first;
    unsigned count, running;
    uint64_t serial;
};

/* One that is in no list, with a reference; NULL when there is no memory. */
struct vmt_operation *vmt_operation_new(struct vmt_operations *operations, const char *action_name, const char *name,
                                        const char *key);

/* With the lock. The list takes a reference. */
void vmt_operations_add(struct vmt_operations *operations, struct vmt_operation *operation);

#endif
