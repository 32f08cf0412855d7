/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"

static void add_control(struct vmt_session *session, virDomainPtr handle, const char *name, void *unused)
{
    (void)unused;
    virDomainControlInfo info;
    if (VMT_CALL(session, name, virDomainGetControlInfo, handle, &info, 0) < 0)
        return;
    struct vmt_sample *sample = vmt_part_add_unique(session->part, VMT_ENTITY_CONTROL, NULL, &name);
    vmt_sample_set(sample, VMT_ENTITY_CONTROL, "state", vmt_integer(info.state));
    if (info.state != VIR_DOMAIN_CONTROL_OK)
        vmt_sample_set(sample, VMT_ENTITY_CONTROL, "time", vmt_integer(info.stateTime));
}

void vmt_collect_control(struct vmt_session *session)
{
    vmt_collect_each(session, VIR_CONNECT_LIST_DOMAINS_ACTIVE, add_control, NULL);
}
