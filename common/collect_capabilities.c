/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"
#include "common/xml.h"

#include <stdlib.h>

void vmt_collect_capabilities(struct vmt_session *session)
{
    virNodeInfo info;
    int no_info = VMT_CALL(session, NULL, virNodeGetInfo, session->connection, &info);
    char *xml = VMT_CALL(session, NULL, virConnectGetCapabilities, session->connection);
    struct vmt_error error;
    if (xml && vmt_xml_capabilities(xml, no_info ? NULL : info.model, session->part, &error) < 0)
        vmt_session_note(session, "virConnectGetCapabilities", NULL, VIR_ERR_XML_ERROR, error.text);
    free(xml);
    struct vmt_sample *sample = vmt_part_add(session->part, VMT_ENTITY_NODE, NULL, NULL);
    int most = VMT_CALL(session, NULL, virConnectGetMaxVcpus, session->connection, NULL);
    if (most > 0)
        vmt_sample_set(sample, VMT_ENTITY_NODE, "max_vcpus", vmt_integer((uint64_t)most));
}
