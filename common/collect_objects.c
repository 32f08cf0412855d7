/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"

#include <stdlib.h>

static void set(struct vmt_sample *sample, const char *kind, int count)
{
    if (count >= 0)
        vmt_sample_set(sample, VMT_ENTITY_OBJECTS, kind, vmt_integer((uint64_t)count));
}

/* libvirt has no call that only counts bindings. */
static int count_bindings(struct vmt_session *session)
{
    virNWFilterBindingPtr *bindings = NULL;
    int count = VMT_CALL(session, NULL, virConnectListAllNWFilterBindings, session->connection, &bindings, 0);
    for (int i = 0; i < count; i++)
        virNWFilterBindingFree(bindings[i]);
    if (count >= 0)
        free(bindings);
    return count;
}

void vmt_collect_objects(struct vmt_session *session)
{
    virConnectPtr connection = session->connection;
    struct vmt_sample *sample = vmt_part_add(session->part, VMT_ENTITY_OBJECTS, NULL, NULL);
    int active = VMT_CALL(session, NULL, virConnectNumOfInterfaces, connection);
    int inactive = VMT_CALL(session, NULL, virConnectNumOfDefinedInterfaces, connection);
    set(sample, "interface", active >= 0 && inactive >= 0 ? active + inactive : -1);
    set(sample, "secret", VMT_CALL(session, NULL, virConnectNumOfSecrets, connection));
    set(sample, "nwfilter", VMT_CALL(session, NULL, virConnectNumOfNWFilters, connection));
    set(sample, "nwfilter_binding", count_bindings(session));
    set(sample, "node_device", VMT_CALL(session, NULL, virNodeNumOfDevices, connection, NULL, 0));
}
