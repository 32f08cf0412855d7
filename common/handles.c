/* SPDX-License-Identifier: Apache-2.0 */
#include "common/handles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int by_uuid(const void *a, const void *b)
{
    const struct vmt_handle *left = a, *right = b;
    return memcmp(left->uuid, right->uuid, VIR_UUID_BUFLEN);
}

virDomainPtr vmt_handles_find(const struct vmt_session *session, const unsigned char uuid[VIR_UUID_BUFLEN])
{
    struct vmt_handle wanted = {0};
    memcpy(wanted.uuid, uuid, VIR_UUID_BUFLEN);
    struct vmt_handle *found = session->handle_count
                                   ? bsearch(&wanted, session->handles, session->handle_count, sizeof wanted, by_uuid)
                                   : NULL;
    return found ? found->domain : NULL;
}

int vmt_handles_refresh(struct vmt_session *session)
{
    virDomainPtr *domains = NULL;
    int count = VMT_CALL(session, NULL, virConnectListAllDomains, session->connection, &domains,
                         VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    if (count < 0)
        return -EIO;
    vmt_handles_forget(session);
    session->handles = calloc((size_t)count + 1, sizeof *session->handles);
    for (int i = 0; i < count; i++) {
        struct vmt_handle handle = {.domain = domains[i]};
        if (session->handles && virDomainGetUUID(domains[i], handle.uuid) == 0)
            session->handles[session->handle_count++] = handle;
        else
            virDomainFree(domains[i]);
    }
    free(domains);
    if (!session->handles)
        return -ENOMEM;
    qsort(session->handles, session->handle_count, sizeof *session->handles, by_uuid);
    return 0;
}

void vmt_handles_forget(struct vmt_session *session)
{
    for (unsigned i = 0; i < session->handle_count; i++)
        virDomainFree(session->handles[i].domain);
    free(session->handles);
    session->handles = NULL;
    session->handle_count = 0;
}
