/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon consists of. Private to admin.c, decide.c and conduct.c.
 */
#ifndef VIRTMETER_ADMIN_ADMIN_PRIVATE_H
#define VIRTMETER_ADMIN_ADMIN_PRIVATE_H

#include "admin/admin.h"
#include "admin/audit.h"
#include "admin/confirm.h"
#include "admin/domain_filter.h"
#include "common/lifecycle/act.h"

enum { VMT_LIFTED_MAX = 64 };

/* A domain whose protection somebody has lifted. */
struct vmt_lifted {
    char uuid[VMT_UUID_TEXT];
    uid_t uid;
    uint64_t until_ns;
};

struct vmt_admin {
    struct vmt_admin_options options;
    struct vmt_domain_limits domain_limits;
    struct vmt_lifecycle *lifecycle;
    struct vmt_brake *brake;
    struct vmt_confirm *confirm;
    struct vmt_audit *audit;
    struct vmt_operations *operations;
    struct vmt_stats *stats;
    struct vmt_desk *desk;
    struct vmt_crew *readers, *writers, *rescuers; /* the last for what may be done beside another action */
    pthread_mutex_t lock;
    struct vmt_roles *roles; /* with the lock, as what follows */
    struct vmt_lifted lifted[VMT_LIFTED_MAX];
};

/* The roles of this moment, with a reference. */
struct vmt_roles *vmt_admin_roles(struct vmt_admin *admin);

/*
 * Decides about an object that libvirt has now, or, when `thing` has no pointer, about a domain that does not exist yet
 * or about none (no name). Reads the tags of a domain when the roles use any: waits for libvirt.
 */
void vmt_admin_decide(struct vmt_admin *admin, const struct vmt_call *call, const struct vmt_action *action,
                      const struct vmt_demand *demand, const struct vmt_thing *thing,
                      struct vmt_decision *ret_decision);

/* Lifts the protection of a domain until then; 0 ends that. False when too many are lifted. */
bool vmt_admin_lift(struct vmt_admin *admin, const char *uuid, uid_t uid, uint64_t until_ns);

/* What the audit says of a call and a thing; `operation` may be NULL. */
struct vmt_audit_act vmt_admin_audit_act(const struct vmt_call *call, const struct vmt_thing *thing,
                                         const char *operation, const char *reason, char request_id[24]);

/* Notes a denial; what cannot be written is logged and counted. */
void vmt_admin_deny(struct vmt_admin *admin, const struct vmt_call *call, const struct vmt_thing *thing,
                    const char *kind, const char *reason);

/* A line of the audit file could not be written. */
void vmt_admin_audit_failed(struct vmt_admin *admin, const struct vmt_error *error);

/* Does what a call asks for, on a worker. Answers it. */
void vmt_conduct_read(struct vmt_admin *admin, struct vmt_call *call, struct vmt_control *control);
void vmt_conduct_action(struct vmt_admin *admin, struct vmt_call *call, struct vmt_control *control);

#endif
