/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"
#include "common/job.h"

/* No monitor is asked for what is over. libvirt forgets it when it was read, unless it is told to keep it for others.
 */
static void add_last_job(struct vmt_session *session, virDomainPtr handle, const char *name, void *unused)
{
    (void)unused;
    int type, count = 0;
    virTypedParameterPtr params = NULL;
    if (VMT_CALL(session, name, virDomainGetJobStats, handle, &type, &params, &count,
                 VIR_DOMAIN_JOB_STATS_COMPLETED | VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED) < 0)
        return;
    vmt_job_add(session->part, VMT_ENTITY_LAST_JOB_PARAMETER, name, params, count);
    virTypedParamsFree(params, count);
}

void vmt_collect_job_completed(struct vmt_session *session)
{
    vmt_collect_each(session, VIR_CONNECT_LIST_DOMAINS_ACTIVE, add_last_job, NULL);
}
