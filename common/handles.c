/* SPDX-License-Identifier: Apache-2.0 */
#include "common/handles.h"

#include <stdlib.h>
#include <string.h>

static int compare_uuid(virDomainPtr handle, const unsigned char uuid[VIR_UUID_BUFLEN])
{
    unsigned char own[VIR_UUID_BUFLEN] = {0};
    virDomainGetUUID(handle, own);
    return memcmp(own, uuid, VIR_UUID_BUFLEN);
}

static int by_uuid(const void *a, const void *b)
{
    unsigned char right[VIR_UUID_BUFLEN] = {0};
    virDomainGetUUID(*(const virDomainPtr *)b, right);
    return compare_uuid(*(const virDomainPtr *)a, right);
}

int vmt_handles_list(struct vmt_session *session, virDomainPtr **ret_handles)
{
    int count = VMT_CALL(session, NULL, virConnectListAllDomains, session->connection, ret_handles,
                         VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    if (count > 0)
        qsort(*ret_handles, (size_t)count, sizeof **ret_handles, by_uuid);
    return count;
}

virDomainPtr vmt_handles_find(virDomainPtr *handles, int count, const unsigned char uuid[VIR_UUID_BUFLEN])
{
    int low = 0, high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = compare_uuid(handles[middle], uuid);
        if (order == 0)
            return handles[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void vmt_handles_free(virDomainPtr *handles, int count)
{
    for (int i = 0; i < count; i++)
        virDomainFree(handles[i]);
    if (count >= 0)
        free(handles);
}
