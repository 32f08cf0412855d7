/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations: what was begun, and what became of it. Each action that changes something is one, from before its first
 * call to libvirt until long after its end, so that it can be asked about, repeated by its key without being done
 * twice, and found again after a restart. Knows no HTTP and no libvirt. All functions are safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_OPERATION_H
#define VIRTMETER_ADMIN_OPERATION_H

#include "admin/digest.h"
#include "admin/history.h"
#include "admin/problem.h"
#include "common/clock.h"
#include "common/lifecycle/action.h"
#include "common/part.h"

#include <sys/types.h>

#define VMT_OPERATION_LIFE_NS (3600 * VMT_SECOND) /* how long one is known after its end, and its key obeyed */

enum {
    VMT_OPERATION_ID = 40,     /* bytes of an id, with its zero */
    VMT_OPERATIONS_MAX = 8192, /* beyond these the oldest ones that are over are forgotten earlier */
};

enum vmt_operation_state {
    VMT_OPERATION_RUNNING,
    VMT_OPERATION_SUCCEEDED,
    VMT_OPERATION_FAILED,
    VMT_OPERATION_TIMED_OUT, /* the guest did not do it */
    VMT_OPERATION_UNKNOWN,   /* libvirt has not answered; it may still */
    VMT_OPERATION_STATES,
};

/* Names by number, ended by NULL. */
extern const char *const vmt_operation_states[];

/* Who asks for what. Texts are copied. */
struct vmt_operation_spec {
    const struct vmt_action *action;
    enum vmt_target target;
    const char *uuid, *name; /* of the object; NULL or "" when not known yet */
    uid_t uid;
    pid_t pid;
    const char *key, *fingerprint; /* the key may be NULL */
    uint64_t deadline_ns;          /* of CLOCK_MONOTONIC: when it becomes unknown */
};

struct vmt_operations;
struct vmt_operation;

/* What is known at one moment. */
struct vmt_operation_view {
    const char *id;                  /* these live as long as the operation */
    const struct vmt_action *action; /* NULL: one of a version that knew another action */
    enum vmt_target target;
    const char *uuid, *name;
    uid_t uid;
    enum vmt_operation_state state;
    bool is_over; /* nothing is done for it any more */
    struct vmt_problem problem;
};

struct vmt_operation_outcome {
    const struct vmt_problem *problem; /* NULL: it succeeded */
    int changed;                       /* 1 or 0, or -1: not known */
    json_t *result;                    /* a reference is taken over; NULL: nothing */
    const char *uuid;                  /* of what was made; NULL: as before */
};

/* `changed` is called, without a lock, for each operation that begins and after each change of its state. NULL when
 * there is no memory. */
struct vmt_operations *vmt_operations_new(void (*changed)(void *arg, struct vmt_operation *operation), void *arg);
void vmt_operations_free(struct vmt_operations *operations);

/* Takes over what the audit file tells of an operation of an earlier process. */
void vmt_operations_restore(struct vmt_operations *operations, const struct vmt_history_operation *past);

/*
 * The operation that this user began with this key, with a reference; NULL when there is none. *ret_problem is set when
 * it was for another request.
 */
struct vmt_operation *vmt_operations_repeat(struct vmt_operations *operations, uid_t uid, const char *key,
                                            const char *fingerprint, struct vmt_problem *ret_problem);

/*
 * Begins one, with a reference in *ret_operation. 0; or 1 when the key was used in this very moment (then it is that
 * operation); or -EBUSY when another one is under way on the same object (then it is that one), with the problem; or
 * another negative errno with the problem.
 */
int vmt_operations_begin(struct vmt_operations *operations, const struct vmt_operation_spec *spec,
                         struct vmt_operation **ret_operation, struct vmt_problem *problem);

/* Forgets one that was begun and for which nothing was done after all. */
void vmt_operations_discard(struct vmt_operations *operations, struct vmt_operation *operation);

/* Calls `changed`: it was written down, and is about to be done. */
void vmt_operations_announce(struct vmt_operations *operations, struct vmt_operation *operation);

/* What became of it; also when it was unknown for a while. */
void vmt_operations_finish(struct vmt_operations *operations, struct vmt_operation *operation,
                           const struct vmt_operation_outcome *outcome);

/* The state in which a problem (NULL: none) leaves an operation that is over. */
enum vmt_operation_state vmt_operation_state_after(const struct vmt_problem *problem);

/* Makes those unknown whose deadline has passed, and forgets old ones. When it has to be called again. */
uint64_t vmt_operations_expire(struct vmt_operations *operations, uint64_t now_ns);

/* The operation with that id, with a reference, or NULL. */
struct vmt_operation *vmt_operations_find(struct vmt_operations *operations, const char *id);

/* The newest ones first, at most `most` of them, each with a reference. How many. */
unsigned vmt_operations_list(struct vmt_operations *operations, struct vmt_operation **ret_list, unsigned most);

/* How many are under way. */
unsigned vmt_operations_running(struct vmt_operations *operations);

struct vmt_operation *vmt_operation_ref(struct vmt_operation *operation);
void vmt_operation_unref(struct vmt_operation *operation);

void vmt_operation_view(struct vmt_operation *operation, struct vmt_operation_view *ret_view);

/* Which step is under way: a constant text. Safe while it runs. */
void vmt_operation_step(struct vmt_operation *operation, const char *step);

/* Its document. NULL when there is no memory. */
json_t *vmt_operation_json(struct vmt_operation *operation);

#endif
