/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"
#include "common/enums.h"

#include <stdlib.h>
#include <string.h>

/*
 * Which domains have a job can only be asked domain by domain. So that the cost of a collection does not grow with the
 * host, at most this many are asked each time, in turn; those that had a job the last time are always among them.
 */
enum { ASKED_MAX = 64 };

static bool had_job(const struct vmt_session *session, const unsigned char uuid[VIR_UUID_BUFLEN])
{
    for (unsigned i = 0; i < session->job_count; i++)
        if (!memcmp(session->jobs[i], uuid, VIR_UUID_BUFLEN))
            return true;
    return false;
}

/* virDomainGetControlInfo never waits for the domain; virDomainGetJobStats would, on one that hangs. */
static bool has_job(struct vmt_session *session, virDomainPtr handle, const char *name)
{
    virDomainControlInfo info;
    return VMT_CALL(session, name, virDomainGetControlInfo, handle, &info, 0)
    == 0 && info.state == VIR_DOMAIN_CONTROL_JOB;
}

static void add_figure(struct vmt_sample *sample, const virTypedParameter *param)
{
    if (vmt_entity_slot(VMT_ENTITY_JOB, param->field) >= 0 && param->type == VIR_TYPED_PARAM_ULLONG)
        vmt_sample_set(sample, VMT_ENTITY_JOB, param->field, vmt_integer(param->value.ul));
}

static void add_job(struct vmt_session *session, virDomainPtr handle, const char *name)
{
    int type = VIR_DOMAIN_JOB_NONE, count = 0, operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
    virTypedParameterPtr params = NULL;
    if (VMT_CALL(session, name, virDomainGetJobStats, handle, &type, &params, &count, 0) < 0)
        return;
    if (type != VIR_DOMAIN_JOB_NONE) {
        virTypedParamsGetInt(params, count, VIR_DOMAIN_JOB_OPERATION, &operation);
        char type_number[VMT_ENUM_TEXT], operation_number[VMT_ENUM_TEXT];
        const char *const labels[] = {name, vmt_enum_job_type(type, type_number),
                                      vmt_enum_job_operation(operation, operation_number)};
        vmt_part_add_info(session->part, VMT_ENTITY_JOB_INFO, NULL, labels);
        struct vmt_sample *sample = vmt_part_add(session->part, VMT_ENTITY_JOB, NULL, &name);
        for (int i = 0; i < count; i++)
            add_figure(sample, &params[i]);
    }
    virTypedParamsFree(params, count);
}

/* The domains whose turn it is: those with a job the last time, then as many more as there is room for. */
static void ask(struct vmt_session *session, virDomainPtr *domains, unsigned count)
{
    unsigned char jobs[VMT_JOBS_MAX][VIR_UUID_BUFLEN];
    unsigned job_count = 0, asked = 0, visited = 0;
    for (; visited < count; visited++) {
        virDomainPtr handle = domains[(session->next_asked + visited) % count];
        const char *name = virDomainGetName(handle);
        unsigned char uuid[VIR_UUID_BUFLEN];
        if (!name || virDomainGetUUID(handle, uuid) < 0 || !vmt_filter_wants_domain(session->filter, name))
            continue;
        if ((asked >= ASKED_MAX && !had_job(session, uuid)) || vmt_session_skips(session, name))
            continue;
        asked++;
        if (!has_job(session, handle, name))
            continue;
        add_job(session, handle, name);
        if (job_count < VMT_JOBS_MAX)
            memcpy(jobs[job_count++], uuid, VIR_UUID_BUFLEN);
    }
    if (count > ASKED_MAX)
        session->next_asked = (session->next_asked + ASKED_MAX) % count;
    session->job_count = job_count;
    memcpy(session->jobs, jobs, job_count * sizeof *jobs);
}

void vmt_collect_job(struct vmt_session *session)
{
    virDomainPtr *domains = NULL;
    int count = VMT_CALL(session, NULL, virConnectListAllDomains, session->connection, &domains,
                         VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    if (count > 0)
        ask(session, domains, (unsigned)count);
    for (int i = 0; i < count; i++)
        virDomainFree(domains[i]);
    if (count >= 0)
        free(domains);
}
