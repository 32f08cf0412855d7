/* SPDX-License-Identifier: Apache-2.0 */
/* Networks, storage pools and their volumes. */
#include "common/lifecycle/read.h"
#include "common/lifecycle/run.h"

#include <errno.h>
#include <stdlib.h>

static json_t *pack_network(const struct vmt_thing *thing)
{
    int autostart = 0;
    char *bridge = thing->state == VMT_STATE_ACTIVE ? virNetworkGetBridgeName(thing->network) : NULL;
    bool knows_autostart = virNetworkGetAutostart(thing->network, &autostart) == 0;
    json_t *json = json_pack("{s:s, s:o, s:s, s:b, s:o, s:o}", "uuid", thing->uuid, "name", vmt_json_text(thing->name),
                             "state", vmt_state_names[thing->state], "persistent", thing->is_persistent, "autostart",
                             knows_autostart ? json_boolean(autostart) : json_null(), "bridge", vmt_json_text(bridge));
    free(bridge);
    return json;
}

static json_t *bytes(bool is_known, unsigned long long count)
{
    return is_known ? json_integer((json_int_t)count) : json_null();
}

static json_t *pack_pool(const struct vmt_thing *thing)
{
    virStoragePoolInfo info = {0};
    int autostart = 0;
    bool knows_autostart = virStoragePoolGetAutostart(thing->pool, &autostart) == 0;
    /* libvirt measures a pool when it starts: of one that never did it says 0. */
    bool is_measured = thing->state == VMT_STATE_ACTIVE && virStoragePoolGetInfo(thing->pool, &info) == 0;
    return json_pack("{s:s, s:o, s:s, s:b, s:o, s:o, s:o, s:o}", "uuid", thing->uuid, "name",
                     vmt_json_text(thing->name), "state", vmt_state_names[thing->state], "persistent",
                     thing->is_persistent, "autostart", knows_autostart ? json_boolean(autostart) : json_null(),
                     "capacity_bytes", bytes(is_measured, info.capacity), "allocation_bytes",
                     bytes(is_measured, info.allocation), "available_bytes", bytes(is_measured, info.available));
}

int vmt_run_network(struct vmt_act *act)
{
    return vmt_read_answer(act, pack_network(&act->thing));
}

int vmt_run_pool(struct vmt_act *act)
{
    return vmt_read_answer(act, pack_pool(&act->thing));
}

/* Adds what the caller may see and wants of one object, which is given back. One that went away meanwhile is not. */
static void add(struct vmt_act *act, struct vmt_thing *thing, json_t *list)
{
    bool is_pool = thing->pool;
    if (vmt_read_wants(act, thing->name) && act->may_view(act->may_view_arg, thing))
        json_array_append_new(list, is_pool ? pack_pool(thing) : pack_network(thing));
    vmt_thing_done(thing);
}

int vmt_run_networks(struct vmt_act *act)
{
    virNetworkPtr *networks;
    int count = virConnectListAllNetworks(act->control->connection, &networks, 0);
    if (count < 0)
        return vmt_act_fail(act, "virConnectListAllNetworks");
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        struct vmt_failure ignored = {0};
        struct vmt_thing thing;
        if (!vmt_thing_take_network(networks[i], &thing, &ignored))
            add(act, &thing, list);
    }
    free(networks);
    return vmt_read_answer(act, json_pack("{s:o}", "networks", list));
}

int vmt_run_pools(struct vmt_act *act)
{
    virStoragePoolPtr *pools;
    int count = virConnectListAllStoragePools(act->control->connection, &pools, 0);
    if (count < 0)
        return vmt_act_fail(act, "virConnectListAllStoragePools");
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        struct vmt_failure ignored = {0};
        struct vmt_thing thing;
        if (!vmt_thing_take_pool(pools[i], &thing, &ignored))
            add(act, &thing, list);
    }
    free(pools);
    return vmt_read_answer(act, json_pack("{s:o}", "pools", list));
}

static json_t *pack_volume(virStorageVolPtr volume)
{
    static const char *const types[] = {"file", "block", "dir", "network", "netdir", "ploop"};
    virStorageVolInfo info = {.type = -1};
    char *path = virStorageVolGetPath(volume);
    bool has_info = virStorageVolGetInfo(volume, &info) == 0;
    bool is_known = info.type >= 0 && info.type < (int)(sizeof types / sizeof *types);
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", vmt_json_text(virStorageVolGetName(volume)), "path",
                  vmt_json_text(path), "type", is_known ? json_string(types[info.type]) : json_null(), "capacity_bytes",
                  bytes(has_info, info.capacity), "allocation_bytes", bytes(has_info, info.allocation));
    free(path);
    return json;
}

int vmt_run_volumes(struct vmt_act *act)
{
    virStorageVolPtr *volumes;
    int count = virStoragePoolListAllVolumes(act->thing.pool, &volumes, 0);
    if (count < 0)
        return vmt_act_fail(act, "virStoragePoolListAllVolumes");
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_array_append_new(list, pack_volume(volumes[i]));
        virStorageVolFree(volumes[i]);
    }
    free(volumes);
    return vmt_read_answer(act, json_pack("{s:o}", "volumes", list));
}
