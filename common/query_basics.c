/* SPDX-License-Identifier: Apache-2.0 */
#include "common/query.h"

/* CPU time, memory and vCPUs: all that libvirt says of a domain whose monitor must not be asked. */
static void take_info(struct vmt_query *query, const struct vmt_domain *known, struct vmt_part *part,
                      const virDomainInfo *info)
{
    const struct vmt_domain *domain = vmt_part_add_domain(part, known->name, known->uuid);
    struct vmt_sample *sample = domain ? vmt_part_add(part, VMT_ENTITY_DOMAIN, domain, &domain->name) : NULL;
    if (query->stats & VIR_DOMAIN_STATS_CPU_TOTAL)
        vmt_sample_set(sample, VMT_ENTITY_DOMAIN, "cpu.time", vmt_integer(info->cpuTime));
    if (query->stats & VIR_DOMAIN_STATS_BALLOON) {
        vmt_sample_set(sample, VMT_ENTITY_DOMAIN, "balloon.current", vmt_integer(info->memory));
        vmt_sample_set(sample, VMT_ENTITY_DOMAIN, "balloon.maximum", vmt_integer(info->maxMem));
    }
    if (query->stats & VIR_DOMAIN_STATS_VCPU)
        vmt_sample_set(sample, VMT_ENTITY_DOMAIN, "vcpu.current", vmt_integer(info->nrVirtCpu));
}

void vmt_query_ask_basics(struct vmt_task *task, struct vmt_session *session)
{
    struct vmt_query *query = (struct vmt_query *)task;
    unsigned count = vmt_query_find_handles(query, session) ? query->count : 0;
    for (unsigned i = 0; i < count; i++) {
        struct vmt_query_item *item = &query->items[i];
        const struct vmt_domain *domain = item->entry->domain;
        virDomainInfo info;
        if (!item->handle || VMT_CALL(session, domain->name, virDomainGetInfo, item->handle, &info) < 0)
            continue;
        take_info(query, domain, session->part, &info);
        item->answer = VMT_ANSWER_WHOLE;
    }
}
