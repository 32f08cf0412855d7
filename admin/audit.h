/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit file: one line of JSON before and one after each action that changes something, and one for each denial.
 * The line before is on the disk before the act begins; when that fails, the caller must not act. Lines are only ever
 * appended, to a file that nobody else can read or write, and are copied to a file descriptor for the journal.
 *
 * Names of domains and users' texts may hold anything: a line stays one line of ASCII. No XML, no parameters and no
 * tokens are written. A file that was rotated away (renamed) is left alone and a new one begun. Safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_AUDIT_H
#define VIRTMETER_ADMIN_AUDIT_H

#include "admin/peer.h"
#include "common/error.h"

#include <stdint.h>

enum {
    VMT_AUDIT_TEXT_MAX = 512,       /* bytes of each text that are written */
    VMT_AUDIT_GROUPS_MAX = 256,     /* and so many groups */
    VMT_AUDIT_LINE_MAX = 16 * 1024, /* bytes; no line is longer, whatever is in it */
};

/* What a line is about. Texts may be NULL where there is nothing to say, but for `action`. */
struct vmt_audit_act {
    const struct vmt_peer *peer;
    const char *operation;   /* its id: never the same again, not even after a restart */
    const char *request;     /* the id of the HTTP request */
    const char *key;         /* the idempotency key */
    const char *fingerprint; /* digest of action, target and arguments: tells whether a repeat asks for the same */
    const char *action;      /* the row's name */
    enum vmt_target target;
    const char *uuid, *name; /* of the domain, network or pool */
    const char *reason;      /* of the decision, in words */
};

/* What became of it. */
struct vmt_audit_result {
    const char *result;  /* one word, as "succeeded", "failed", "unknown" */
    const char *problem; /* the name of the kind of problem; NULL: none */
    const char *detail;  /* a sentence; NULL: none */
    int changed;         /* 1 or 0, or -1: not known */
    uint64_t duration_ns;
};

struct vmt_audit;

/*
 * Opens or makes the file `path`, which must belong to this process's user, with mode 0600, one name and in a folder
 * that nobody else can change; no symbolic link. Lines also go to `copy_fd`, if that is not -1. 0 or a negative errno
 * with the path and the reason.
 */
int vmt_audit_new(const char *path, int copy_fd, struct vmt_audit **ret_audit, struct vmt_error *error);
void vmt_audit_free(struct vmt_audit *audit);

/*
 * Says that `act` is about to begin; `now_ns` is since 1970. 0 when the line is on the disk; otherwise a negative
 * errno, and the act must not begin. The descriptor for the journal gets the line in any case.
 */
int vmt_audit_intent(struct vmt_audit *audit, uint64_t now_ns, const struct vmt_audit_act *act,
                     struct vmt_error *error);

/* Says what became of `act`. 0 or a negative errno. */
int vmt_audit_result(struct vmt_audit *audit, uint64_t now_ns, const struct vmt_audit_act *act,
                     const struct vmt_audit_result *result, struct vmt_error *error);

/*
 * Says that `act` was refused, for act->reason. 0 or a negative errno. Of one user's denials flood.h lets so many
 * through in a minute; the next line says how many were left out.
 */
int vmt_audit_denial(struct vmt_audit *audit, uint64_t now_ns, const struct vmt_audit_act *act,
                     struct vmt_error *error);

#endif
