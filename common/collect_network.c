/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"
#include "common/xml.h"

#include <stdlib.h>

static void add_leases(struct vmt_session *session, virNetworkPtr network, const char *name, struct vmt_sample *sample)
{
    virNetworkDHCPLeasePtr *leases = NULL;
    int count = VMT_CALL(session, name, virNetworkGetDHCPLeases, network, NULL, &leases, 0);
    if (count < 0)
        return;
    vmt_sample_set(sample, VMT_ENTITY_NETWORK, "dhcp_leases", vmt_integer((uint64_t)count));
    for (int i = 0; i < count; i++)
        virNetworkDHCPLeaseFree(leases[i]);
    free(leases);
}

static void add_network(struct vmt_session *session, virNetworkPtr network, const char *name)
{
    struct vmt_sample *sample = vmt_part_add(session->part, VMT_ENTITY_NETWORK, NULL, &name);
    int is_active = VMT_CALL(session, name, virNetworkIsActive, network);
    if (is_active >= 0)
        vmt_sample_set(sample, VMT_ENTITY_NETWORK, "active", vmt_integer((uint64_t)is_active));
    if (is_active > 0)
        add_leases(session, network, name, sample);
    struct vmt_error error = {0};
    char *xml = VMT_CALL(session, name, virNetworkGetXMLDesc, network, 0);
    if (xml && vmt_xml_network(xml, name, session->part, &error) < 0)
        vmt_session_note(session, "virNetworkGetXMLDesc", name, VIR_ERR_XML_ERROR, error.text);
    free(xml);
}

void vmt_collect_network(struct vmt_session *session)
{
    virNetworkPtr *networks = NULL;
    int count = VMT_CALL(session, NULL, virConnectListAllNetworks, session->connection, &networks, 0);
    for (int i = 0; i < count; i++) {
        const char *name = virNetworkGetName(networks[i]);
        if (name && !vmt_session_skips(session, name))
            add_network(session, networks[i], name);
        virNetworkFree(networks[i]);
    }
    if (count >= 0)
        free(networks);
}
