/* SPDX-License-Identifier: Apache-2.0 */
/* Networks and storage pools. */
#include "common/lifecycle/act.h"
#include "common/lifecycle/run.h"

int vmt_run_network_start(struct vmt_act *act)
{
    return vmt_act_done(act, virNetworkCreate(act->thing.network), "virNetworkCreate");
}

int vmt_run_network_stop(struct vmt_act *act)
{
    return vmt_act_done(act, virNetworkDestroy(act->thing.network), "virNetworkDestroy");
}

int vmt_run_network_autostart(struct vmt_act *act)
{
    int wanted = vmt_act_bool(act, "enabled"), is_on;
    if (virNetworkGetAutostart(act->thing.network, &is_on) < 0)
        return vmt_act_fail(act, "virNetworkGetAutostart");
    if (is_on == wanted)
        return 0;
    return vmt_act_done(act, virNetworkSetAutostart(act->thing.network, wanted), "virNetworkSetAutostart");
}

int vmt_run_pool_start(struct vmt_act *act)
{
    return vmt_act_done(act, virStoragePoolCreate(act->thing.pool, 0), "virStoragePoolCreate");
}

int vmt_run_pool_stop(struct vmt_act *act)
{
    return vmt_act_done(act, virStoragePoolDestroy(act->thing.pool), "virStoragePoolDestroy");
}

int vmt_run_pool_autostart(struct vmt_act *act)
{
    int wanted = vmt_act_bool(act, "enabled"), is_on;
    if (virStoragePoolGetAutostart(act->thing.pool, &is_on) < 0)
        return vmt_act_fail(act, "virStoragePoolGetAutostart");
    if (is_on == wanted)
        return 0;
    return vmt_act_done(act, virStoragePoolSetAutostart(act->thing.pool, wanted), "virStoragePoolSetAutostart");
}

int vmt_run_pool_refresh(struct vmt_act *act)
{
    return vmt_act_done(act, virStoragePoolRefresh(act->thing.pool, 0), "virStoragePoolRefresh");
}
