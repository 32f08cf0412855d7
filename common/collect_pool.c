/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"
#include "common/xml.h"

#include <stdlib.h>

static void add_figures(struct vmt_session *session, virStoragePoolPtr pool, const char *name)
{
    virStoragePoolInfo info;
    if (VMT_CALL(session, name, virStoragePoolGetInfo, pool, &info) < 0)
        return;
    struct vmt_sample *sample = vmt_part_add(session->part, VMT_ENTITY_POOL, NULL, &name);
    vmt_sample_set(sample, VMT_ENTITY_POOL, "state", vmt_integer((uint64_t)info.state));
    if (info.state == VIR_STORAGE_POOL_INACTIVE)
        return; /* the sizes of a pool that is not there are not known */
    vmt_sample_set(sample, VMT_ENTITY_POOL, "capacity", vmt_integer(info.capacity));
    vmt_sample_set(sample, VMT_ENTITY_POOL, "allocation", vmt_integer(info.allocation));
    vmt_sample_set(sample, VMT_ENTITY_POOL, "available", vmt_integer(info.available));
    int volumes = VMT_CALL(session, name, virStoragePoolNumOfVolumes, pool);
    if (volumes >= 0)
        vmt_sample_set(sample, VMT_ENTITY_POOL, "volumes", vmt_integer((uint64_t)volumes));
}

static void add_info(struct vmt_session *session, virStoragePoolPtr pool, const char *name)
{
    struct vmt_error error = {0};
    char *xml = VMT_CALL(session, name, virStoragePoolGetXMLDesc, pool, 0);
    if (xml && vmt_xml_pool(xml, name, session->part, &error) < 0)
        vmt_session_note(session, "virStoragePoolGetXMLDesc", name, VIR_ERR_XML_ERROR, error.text);
    free(xml);
}

/* Never virStoragePoolRefresh: it can take minutes, and is not for a monitor to ask. */
void vmt_collect_pool(struct vmt_session *session)
{
    virStoragePoolPtr *pools = NULL;
    int count = VMT_CALL(session, NULL, virConnectListAllStoragePools, session->connection, &pools, 0);
    for (int i = 0; i < count; i++) {
        const char *name = virStoragePoolGetName(pools[i]);
        if (name && !vmt_session_skips(session, name)) {
            add_figures(session, pools[i], name);
            add_info(session, pools[i], name);
        }
        virStoragePoolFree(pools[i]);
    }
    if (count >= 0)
        free(pools);
}
