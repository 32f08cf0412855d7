/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"

#include <stdlib.h>

enum { ERRORS_MAX = 64 }; /* of one domain at a time */

/* The monitor knows the errors, so whoever has it busy is left out: asking him could hang. */
static bool is_free(struct vmt_session *session, virDomainPtr handle, const char *name)
{
    virDomainControlInfo info;
    return VMT_CALL(session, name, virDomainGetControlInfo, handle, &info, 0)
    == 0 && info.state == VIR_DOMAIN_CONTROL_OK;
}

static void add_errors(struct vmt_session *session, virDomainPtr handle, const char *name, void *unused)
{
    (void)unused;
    virDomainDiskError errors[ERRORS_MAX];
    if (!is_free(session, handle, name))
        return;
    int count = VMT_CALL(session, name, virDomainGetDiskErrors, handle, errors, ERRORS_MAX, 0);
    for (int i = 0; i < count; i++) {
        const char *const labels[] = {name, errors[i].disk};
        if (vmt_filter_wants_device(session->filter, errors[i].disk))
            vmt_sample_set(vmt_part_add_unique(session->part, VMT_ENTITY_BLOCK_ERROR, NULL, labels),
                           VMT_ENTITY_BLOCK_ERROR, "error", vmt_integer((uint64_t)errors[i].error));
        free(errors[i].disk);
    }
}

void vmt_collect_disk_errors(struct vmt_session *session)
{
    vmt_collect_each(session, VIR_CONNECT_LIST_DOMAINS_ACTIVE, add_errors, NULL);
}
