/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/thing.h"

#include <ctype.h>
#include <errno.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)VMT_STATE_RUNNING == VIR_DOMAIN_RUNNING && (int)VMT_STATE_SHUTOFF == VIR_DOMAIN_SHUTOFF &&
                   (int)VMT_STATE_PMSUSPENDED == VIR_DOMAIN_PMSUSPENDED,
               "states of domains are numbered as virDomainState");

bool vmt_is_uuid(const char *text)
{
    for (unsigned i = 0; i < VMT_UUID_TEXT - 1; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_hyphen ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return !text[VMT_UUID_TEXT - 1];
}

static virDomainPtr find_domain(virConnectPtr connection, const char *id)
{
    if (vmt_is_uuid(id))
        return virDomainLookupByUUIDString(connection, id);
    virDomainPtr domain = virDomainLookupByName(connection, id);
    size_t digits = strspn(id, "0123456789");
    if (!domain && digits && digits < 9 && !id[digits])
        domain = virDomainLookupByID(connection, atoi(id));
    return domain;
}

static int ask_domain(struct vmt_thing *thing, struct vmt_failure *failure)
{
    int state, reason, is_persistent;
    if (virDomainGetState(thing->domain, &state, &reason, 0) < 0)
        return vmt_failure_take(failure, "virDomainGetState");
    is_persistent = virDomainIsPersistent(thing->domain);
    if (is_persistent < 0)
        return vmt_failure_take(failure, "virDomainIsPersistent");
    thing->state = state >= 0 && state <= VMT_STATE_PMSUSPENDED ? (enum vmt_state)state : VMT_STATE_NOSTATE;
    thing->reason = reason;
    thing->is_persistent = is_persistent;
    return 0;
}

static int ask_network(struct vmt_thing *thing, struct vmt_failure *failure)
{
    int is_active = virNetworkIsActive(thing->network);
    int is_persistent = is_active < 0 ? -1 : virNetworkIsPersistent(thing->network);
    if (is_persistent < 0)
        return vmt_failure_take(failure, "virNetworkIsActive");
    thing->state = is_active ? VMT_STATE_ACTIVE : VMT_STATE_INACTIVE;
    thing->is_persistent = is_persistent;
    return 0;
}

static int ask_pool(struct vmt_thing *thing, struct vmt_failure *failure)
{
    int is_active = virStoragePoolIsActive(thing->pool);
    int is_persistent = is_active < 0 ? -1 : virStoragePoolIsPersistent(thing->pool);
    if (is_persistent < 0)
        return vmt_failure_take(failure, "virStoragePoolIsActive");
    thing->state = is_active ? VMT_STATE_ACTIVE : VMT_STATE_INACTIVE;
    thing->is_persistent = is_persistent;
    return 0;
}

static int ask(struct vmt_thing *thing, struct vmt_failure *failure)
{
    if (thing->domain)
        return ask_domain(thing, failure);
    return thing->network ? ask_network(thing, failure) : ask_pool(thing, failure);
}

static int identify(struct vmt_thing *thing, struct vmt_failure *failure)
{
    int result = -1;
    if (thing->domain) {
        thing->name = virDomainGetName(thing->domain);
        result = virDomainGetUUIDString(thing->domain, thing->uuid);
    } else if (thing->network) {
        thing->name = virNetworkGetName(thing->network);
        result = virNetworkGetUUIDString(thing->network, thing->uuid);
    } else if (thing->pool) {
        thing->name = virStoragePoolGetName(thing->pool);
        result = virStoragePoolGetUUIDString(thing->pool, thing->uuid);
    }
    return result < 0 || !thing->name ? vmt_failure_take(failure, "looking it up") : 0;
}

static int complete(struct vmt_thing *thing, struct vmt_thing *ret_thing, struct vmt_failure *failure)
{
    int failed = identify(thing, failure);
    if (!failed)
        failed = ask(thing, failure);
    if (failed)
        vmt_thing_done(thing);
    else
        *ret_thing = *thing;
    return failed;
}

int vmt_thing_find(const struct vmt_control *control, enum vmt_target target, const char *id,
                   struct vmt_thing *ret_thing, struct vmt_failure *failure)
{
    virConnectPtr connection = control->connection;
    bool is_uuid = vmt_is_uuid(id);
    struct vmt_thing thing = {.target = target};
    if (target == VMT_TARGET_DOMAIN)
        thing.domain = find_domain(connection, id);
    else if (target == VMT_TARGET_NETWORK)
        thing.network = is_uuid ? virNetworkLookupByUUIDString(connection, id) : virNetworkLookupByName(connection, id);
    else
        thing.pool =
            is_uuid ? virStoragePoolLookupByUUIDString(connection, id) : virStoragePoolLookupByName(connection, id);
    return complete(&thing, ret_thing, failure);
}

int vmt_thing_take_network(virNetworkPtr network, struct vmt_thing *ret_thing, struct vmt_failure *failure)
{
    struct vmt_thing thing = {.target = VMT_TARGET_NETWORK, .network = network};
    return complete(&thing, ret_thing, failure);
}

int vmt_thing_take_pool(virStoragePoolPtr pool, struct vmt_thing *ret_thing, struct vmt_failure *failure)
{
    struct vmt_thing thing = {.target = VMT_TARGET_POOL, .pool = pool};
    return complete(&thing, ret_thing, failure);
}

int vmt_thing_refresh(struct vmt_thing *thing, struct vmt_failure *failure)
{
    int failed = ask(thing, failure);
    if (!failed || failure->kind != VMT_FAILURE_NOT_FOUND || thing->target != VMT_TARGET_DOMAIN)
        return failed;
    *failure = (struct vmt_failure){0};
    thing->state = VMT_STATE_SHUTOFF;
    thing->reason = VIR_DOMAIN_SHUTOFF_UNKNOWN;
    thing->is_persistent = false;
    return 0;
}

void vmt_thing_done(struct vmt_thing *thing)
{
    if (thing->domain)
        virDomainFree(thing->domain);
    if (thing->network)
        virNetworkFree(thing->network);
    if (thing->pool)
        virStoragePoolFree(thing->pool);
    *thing = (struct vmt_thing){0};
}

bool vmt_thing_is_active(const struct vmt_thing *thing)
{
    return thing->state != VMT_STATE_SHUTOFF && thing->state != VMT_STATE_CRASHED && thing->state != VMT_STATE_INACTIVE;
}
