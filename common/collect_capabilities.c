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
    if (xml && vmt_xml_capabilities(xml, has_info ? info.model : NULL, session->part, &error) < 0) {
        struct vmt_call_error noted = {.call = "virConnectGetCapabilities",
                                       .code = VIR_ERR_XML_ERROR,
                                       .domain = VIR_FROM_XML,
                                       .message = error.text};
        vmt_part_add_error(session->part, &noted);
    }
    free(xml);
}
