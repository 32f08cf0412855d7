/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"
#include "common/xml.h"

#include <stdlib.h>

void vmt_collect_capabilities(struct vmt_session *session)
{
    virNodeInfo info;
    bool has_info = VMT_CALL(session, NULL, virNodeGetInfo, session->connection, &info)
    == 0;
    char *xml = VMT_CALL(session, NULL, virConnectGetCapabilities, session->connection);
    struct vmt_error error;
    if (xml && vmt_xml_capabilities(xml, has_info ? info.model : NULL, session->part, &error) < 0)
        vmt_session_note(session, "virConnectGetCapabilities", NULL, VIR_ERR_XML_ERROR, error.text);
    free(xml);
}
