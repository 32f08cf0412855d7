/* SPDX-License-Identifier: Apache-2.0 */
#include "common/enums.h"
#include "common/job.h"
#include "common/query.h"

static void add_figures(struct vmt_sample *sample, const virTypedParameter *params, int count)
{
    for (int i = 0; i < count; i++)
        if (vmt_entity_slot(VMT_ENTITY_JOB, params[i].field) >= 0 && params[i].type == VIR_TYPED_PARAM_ULLONG)
            vmt_sample_set(sample, VMT_ENTITY_JOB, params[i].field, vmt_integer(params[i].value.ul));
}

static void add_job(struct vmt_session *session, const struct vmt_domain *known, int type, virTypedParameterPtr params,
                    int count)
{
    int operation = VIR_DOMAIN_JOB_OPERATION_UNKNOWN;
    virTypedParamsGetInt(params, count, VIR_DOMAIN_JOB_OPERATION, &operation);
    char type_number[VMT_ENUM_TEXT], operation_number[VMT_ENUM_TEXT];
    const char *const labels[] = {known->name, vmt_enum_job_type(type, type_number),
                                  vmt_enum_job_operation(operation, operation_number)};
    const struct vmt_domain *domain = vmt_part_add_domain(session->part, known->name, known->uuid);
    vmt_part_add_info(session->part, VMT_ENTITY_JOB_INFO, domain, labels);
    add_figures(vmt_part_add(session->part, VMT_ENTITY_JOB, domain, &known->name), params, count);
    vmt_job_add(session->part, VMT_ENTITY_JOB_PARAMETER, known->name, params, count);
}

/* virDomainGetJobStats waits for the domain's monitor, so only those are asked whose monitor has just answered. That a
 * domain has a background job cannot be told without it: virDomainGetControlInfo says so only while a call is under
 * way. */
void vmt_query_ask_jobs(struct vmt_task *task, struct vmt_session *session)
{
    struct vmt_query *query = (struct vmt_query *)task;
    unsigned asked = vmt_query_find_handles(query, session) ? query->count : 0;
    for (unsigned i = 0; i < asked; i++) {
        struct vmt_query_item *item = &query->items[i];
        const struct vmt_domain *domain = item->entry->domain;
        int type = VIR_DOMAIN_JOB_NONE, count = 0;
        virTypedParameterPtr params = NULL;
        if (!item->handle)
            continue;
        item->answer = VMT_ANSWER_LATE;
        if (VMT_CALL(session, domain->name, virDomainGetJobStats, item->handle, &type, &params, &count, 0) < 0)
            continue;
        item->answer = type == VIR_DOMAIN_JOB_NONE ? VMT_ANSWER_NONE : VMT_ANSWER_WHOLE;
        if (type != VIR_DOMAIN_JOB_NONE)
            add_job(session, domain, type, params, count);
        virTypedParamsFree(params, count);
    }
}
