/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"

static void add_pending(struct vmt_session *session, virDomainPtr handle, const char *name, void *unused)
{
    (void)unused;
    char uuid[VMT_UUID_TEXT];
    if (virDomainGetUUIDString(handle, uuid) < 0)
        return;
    int is_updated = VMT_CALL(session, name, virDomainIsUpdated, handle);
    const struct vmt_domain *domain = is_updated < 0 ? NULL : vmt_part_add_domain(session->part, name, uuid);
    if (!domain)
        return;
    struct vmt_sample *sample = vmt_part_add(session->part, VMT_ENTITY_DOMAIN, domain, &domain->name);
    vmt_sample_set(sample, VMT_ENTITY_DOMAIN, "config_pending", vmt_integer(is_updated > 0));
}

/* Only a running domain with a stored configuration has two that can differ. */
void vmt_collect_inventory(struct vmt_session *session)
{
    vmt_collect_each(session, VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_PERSISTENT, add_pending, NULL);
}
