/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One domain, network or storage pool as libvirt has it now: who it is, and in which state. Belongs to one thread, as
 * the control it was found with; waits for libvirt.
 */
#ifndef VIRTMETER_COMMON_LIFECYCLE_THING_H
#define VIRTMETER_COMMON_LIFECYCLE_THING_H

#include "common/lifecycle/action.h"
#include "common/lifecycle/lifecycle.h"

/* Zeroed memory is nothing. */
struct vmt_thing {
    enum vmt_target target; /* VMT_TARGET_DOMAIN, _NETWORK or _POOL */
    virDomainPtr domain;    /* of a domain; the others are NULL */
    virNetworkPtr network;
    virStoragePoolPtr pool;
    const char *name;         /* as long as the pointer above lives */
    char uuid[VMT_UUID_TEXT]; /* lower case */
    enum vmt_state state;
    int reason; /* of a domain's state */
    bool is_persistent;
};

/*
 * Finds it by its UUID if `id` is one; otherwise by its name; otherwise, for a running domain, by its number. 0, or a
 * negative errno with the reason; VMT_FAILURE_NOT_FOUND when there is none.
 */
int vmt_thing_find(const struct vmt_control *control, enum vmt_target target, const char *id,
                   struct vmt_thing *ret_thing, struct vmt_failure *failure);

/* Take a pointer that libvirt gave, with its reference, and ask who and how it is. Errors as above. */
int vmt_thing_take_network(virNetworkPtr network, struct vmt_thing *ret_thing, struct vmt_failure *failure);
int vmt_thing_take_pool(virStoragePoolPtr pool, struct vmt_thing *ret_thing, struct vmt_failure *failure);

/*
 * Reads the state anew. A domain that is gone is shut off, and not persistent; then the result is 0 too.
 */
int vmt_thing_refresh(struct vmt_thing *thing, struct vmt_failure *failure);

void vmt_thing_done(struct vmt_thing *thing);

/* Whether it runs, in whatever state, as the last reading says. Pure. */
bool vmt_thing_is_active(const struct vmt_thing *thing);

/* Whether `text` is written as a UUID, with hyphens. */
bool vmt_is_uuid(const char *text);

#endif
