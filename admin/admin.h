/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon without its sockets: who may do what, what is under way, and the workers that do it. Requests come in as
 * calls and are answered through their desk. All functions are safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_ADMIN_H
#define VIRTMETER_ADMIN_ADMIN_H

#include "admin/brake.h"
#include "admin/call.h"
#include "admin/roles.h"
#include "admin/stats.h"
#include "common/lifecycle/lifecycle.h"
#include "serve/log.h"

struct vmt_admin_options {
    const char *uri, *credentials_file;
    const char *roles_file;
    uid_t roles_owner; /* whose the roles file must be: root */
    const char *audit_file;
    int audit_copy_fd;          /* for the journal; -1: none */
    const char *save_directory; /* NULL: none */
    const char *const *migrate_uris;
    const char *const *image_folders; /* where disks of domains may be; NULL: libvirt's own */
    struct vmt_brake_limits limits;
    uint64_t read_timeout_ns;     /* until a read, or the check of an action, is given up */
    uint64_t call_timeout_ns;     /* until an action is unknown */
    uint64_t transfer_timeout_ns; /* the same for one that moves memory or disks */
    unsigned max_operations;      /* at the same time */
    unsigned max_waiting;         /* connections that wait for operations */
    const struct vmt_log *log;
    /* Hears of every event of libvirt, and of every change of an operation; they may be NULL. */
    void (*happened)(void *arg, const struct vmt_happening *happening);
    void (*operation_changed)(void *arg, struct vmt_operation *operation);
    void (*tick)(void *arg); /* about once in a second */
    void *arg;
};

/* Starts everything; what `options` points to must outlive it. 0, or a negative errno with the reason. */
int vmt_admin_new(const struct vmt_admin_options *options, struct vmt_admin **ret_admin, struct vmt_error *error);

/* Answers all calls that wait, and from now on each at once, whatever becomes of it. */
void vmt_admin_dismiss(struct vmt_admin *admin);

/* Ends; no call may come any more. False, and nothing is freed, when one still hangs in libvirt at `until_ns`. */
bool vmt_admin_free(struct vmt_admin *admin, uint64_t until_ns);

/* Reads the roles file anew; if that fails the old roles stay, and the error says why. */
int vmt_admin_reload(struct vmt_admin *admin, struct vmt_error *error);

/* Takes up a call whose request is complete. It is answered, now or later, but never within this function. */
void vmt_admin_submit(struct vmt_admin *admin, struct vmt_call *call);

/* Has a call wait for an operation: it is answered when that no longer runs, or at `until_ns`. */
void vmt_admin_wait(struct vmt_admin *admin, struct vmt_call *call, struct vmt_operation *operation, uint64_t until_ns);

/* Whether the peer has any role; otherwise that is noted in the audit file, and the problem set. May wait for a disk.
 */
bool vmt_admin_knows(struct vmt_admin *admin, const struct vmt_peer *peer, const struct vmt_action *action,
                     uint64_t request_id, struct vmt_problem *problem);

/* Whether the peer may know of an object. Asks nobody for the tags of domains. */
bool vmt_admin_may_view(struct vmt_admin *admin, const struct vmt_peer *peer, enum vmt_target target, const char *uuid,
                        const char *name);

/* The highest role that the peer has at all. */
enum vmt_role vmt_admin_role(struct vmt_admin *admin, const struct vmt_peer *peer);

struct vmt_operations *vmt_admin_operations(struct vmt_admin *admin);
struct vmt_stats *vmt_admin_stats(struct vmt_admin *admin);
bool vmt_admin_is_connected(struct vmt_admin *admin);

#endif
