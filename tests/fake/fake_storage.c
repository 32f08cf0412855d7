/* SPDX-License-Identifier: Apache-2.0 */
/* Storage pools and networks: enough to be listed and described. */
#include "tests/fake/fake_state.h"

#include <stdlib.h>
#include <string.h>

static bool matches(const struct fake_named *named, unsigned flags, unsigned active, unsigned inactive)
{
    return !(flags & (active | inactive)) || flags & (named->is_active ? active : inactive);
}

static size_t length(const struct fake_named *named)
{
    size_t count = 0;
    for (; named; named = named->next)
        count++;
    return count;
}

/* ---- pools ---- */

int virConnectListAllStoragePools(virConnectPtr conn, virStoragePoolPtr **pools, unsigned flags)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    virStoragePoolPtr *list = fake_alloc((length(fake.pools) + 1) * sizeof *list);
    int count = 0;
    for (const struct fake_named *pool = fake.pools; pool; pool = pool->next) {
        if (!matches(pool, flags, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE))
            continue;
        list[count] = fake_object_new(FAKE_POOL, sizeof **list, conn);
        list[count++]->pool = pool;
    }
    *pools = list;
    fake_end(&call);
    return count;
}

int virStoragePoolFree(virStoragePoolPtr pool)
{
    if (!fake_begin_local(__func__, FAKE_POOL, pool))
        return -1;
    fake_object_unref(&pool->object);
    fake_end_local();
    return 0;
}

const char *virStoragePoolGetName(virStoragePoolPtr pool)
{
    if (!fake_begin_local(__func__, FAKE_POOL, pool))
        return NULL;
    const char *name = pool->pool->name;
    fake_end_local();
    return name;
}

int virStoragePoolGetUUIDString(virStoragePoolPtr pool, char *buf)
{
    if (!fake_begin_local(__func__, FAKE_POOL, pool))
        return -1;
    memcpy(buf, pool->pool->uuid, VIR_UUID_STRING_BUFLEN);
    fake_end_local();
    return 0;
}

int virStoragePoolGetInfo(virStoragePoolPtr pool, virStoragePoolInfoPtr info)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_POOL, pool))
        return -1;
    *info = (virStoragePoolInfo){.state = pool->pool->is_active ? VIR_STORAGE_POOL_RUNNING : VIR_STORAGE_POOL_INACTIVE};
    if (pool->pool->is_active) {
        info->capacity = 1099511627776;
        info->allocation = 274877906944;
        info->available = 824633720832;
    }
    fake_end(&call);
    return 0;
}

char *virStoragePoolGetXMLDesc(virStoragePoolPtr pool, unsigned flags)
{
    struct fake_call call;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_POOL, pool))
        return NULL;
    char *xml = fake_format("<pool type='dir'>\n"
                            "  <name>%s</name>\n"
                            "  <uuid>%s</uuid>\n"
                            "  <target><path>/var/lib/libvirt/%s</path></target>\n"
                            "</pool>\n",
                            pool->pool->name, pool->pool->uuid, pool->pool->name);
    fake_end(&call);
    return xml;
}

int virStoragePoolNumOfVolumes(virStoragePoolPtr pool)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_POOL, pool))
        return -1;
    bool is_active = pool->pool->is_active;
    if (!is_active)
        fake_error_set(VIR_ERR_OPERATION_INVALID, VIR_FROM_STORAGE,
                       "Requested operation is not valid: storage pool '%s' is not active", pool->pool->name);
    fake_end(&call);
    return is_active ? 7 : -1;
}

/* ---- networks ---- */

int virConnectListAllNetworks(virConnectPtr conn, virNetworkPtr **nets, unsigned flags)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    virNetworkPtr *list = fake_alloc((length(fake.networks) + 1) * sizeof *list);
    int count = 0;
    for (const struct fake_named *network = fake.networks; network; network = network->next) {
        if (!matches(network, flags, VIR_CONNECT_LIST_NETWORKS_ACTIVE, VIR_CONNECT_LIST_NETWORKS_INACTIVE))
            continue;
        list[count] = fake_object_new(FAKE_NETWORK, sizeof **list, conn);
        list[count++]->network = network;
    }
    *nets = list;
    fake_end(&call);
    return count;
}

int virNetworkFree(virNetworkPtr network)
{
    if (!fake_begin_local(__func__, FAKE_NETWORK, network))
        return -1;
    fake_object_unref(&network->object);
    fake_end_local();
    return 0;
}

const char *virNetworkGetName(virNetworkPtr network)
{
    if (!fake_begin_local(__func__, FAKE_NETWORK, network))
        return NULL;
    const char *name = network->network->name;
    fake_end_local();
    return name;
}

int virNetworkGetUUIDString(virNetworkPtr network, char *buf)
{
    if (!fake_begin_local(__func__, FAKE_NETWORK, network))
        return -1;
    memcpy(buf, network->network->uuid, VIR_UUID_STRING_BUFLEN);
    fake_end_local();
    return 0;
}

int virNetworkIsActive(virNetworkPtr net)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_NETWORK, net))
        return -1;
    int is_active = net->network->is_active;
    fake_end(&call);
    return is_active;
}

char *virNetworkGetBridgeName(virNetworkPtr network)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_NETWORK, network))
        return NULL;
    char *name = fake_format("virbr-%s", network->network->name);
    fake_end(&call);
    return name;
}

char *virNetworkGetXMLDesc(virNetworkPtr network, unsigned flags)
{
    struct fake_call call;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_NETWORK, network))
        return NULL;
    char *xml = fake_format("<network>\n"
                            "  <name>%s</name>\n"
                            "  <uuid>%s</uuid>\n"
                            "  <forward mode='nat'/>\n"
                            "  <bridge name='virbr-%s'/>\n"
                            "</network>\n",
                            network->network->name, network->network->uuid, network->network->name);
    fake_end(&call);
    return xml;
}

static virNetworkDHCPLeasePtr new_lease(unsigned number)
{
    virNetworkDHCPLeasePtr lease = fake_alloc(sizeof *lease);
    lease->iface = fake_copy("virbr0");
    lease->expirytime = 2000000000;
    lease->mac = fake_format("52:54:00:00:00:%02x", number);
    lease->ipaddr = fake_format("192.0.2.%u", number + 1);
    lease->prefix = 24;
    lease->hostname = fake_format("guest%u", number);
    fake.usage.leases++;
    return lease;
}

int virNetworkGetDHCPLeases(virNetworkPtr network, const char *mac, virNetworkDHCPLeasePtr **leases, unsigned flags)
{
    struct fake_call call;
    (void)mac;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_NETWORK, network))
        return -1;
    unsigned count = network->network->leases;
    if (leases) {
        *leases = fake_alloc((count + 1) * sizeof **leases);
        for (unsigned i = 0; i < count; i++)
            (*leases)[i] = new_lease(i + 1);
    }
    fake_end(&call);
    return (int)count;
}

void virNetworkDHCPLeaseFree(virNetworkDHCPLeasePtr lease)
{
    if (!lease)
        return;
    free(lease->iface);
    free(lease->mac);
    free(lease->ipaddr);
    free(lease->hostname);
    free(lease);
    pthread_mutex_lock(&fake.lock);
    fake.usage.leases--;
    pthread_mutex_unlock(&fake.lock);
}
