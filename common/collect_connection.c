/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"

#include <stdio.h>
#include <stdlib.h>

enum { VERSION_TEXT = 32 };

/* libvirt's version numbers are major * 1000000 + minor * 1000 + micro; 0: unknown. */
static const char *print_version(unsigned long version, char text[VERSION_TEXT])
{
    if (!version)
        return NULL;
    snprintf(text, VERSION_TEXT, "%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
    return text;
}

static const char *truth(int answer)
{
    return answer < 0 ? NULL : answer ? "true" : "false";
}

void vmt_collect_connection(struct vmt_session *session)
{
    virConnectPtr connection = session->connection;
    unsigned long hypervisor = 0, libvirt = 0;
    char hypervisor_text[VERSION_TEXT], libvirt_text[VERSION_TEXT];
    char *uri = VMT_CALL(session, NULL, virConnectGetURI, connection);
    char *hostname = VMT_CALL(session, NULL, virConnectGetHostname, connection);
    if (VMT_CALL(session, NULL, virConnectGetVersion, connection, &hypervisor) < 0)
        hypervisor = 0;
    if (VMT_CALL(session, NULL, virConnectGetLibVersion, connection, &libvirt) < 0)
        libvirt = 0;
    const char *const labels[] = {
        uri,
        virConnectGetType(connection),
        hostname,
        print_version(hypervisor, hypervisor_text),
        print_version(libvirt, libvirt_text),
        truth(VMT_CALL(session, NULL, virConnectIsSecure, connection)),
        truth(VMT_CALL(session, NULL, virConnectIsEncrypted, connection)),
    };
    vmt_part_add_info(session->part, VMT_ENTITY_CONNECTION, NULL, labels);
    free(hostname);
    free(uri);
}
