/* SPDX-License-Identifier: Apache-2.0 */
#include "common/fallback.h"
#include "common/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * How long somebody has been waiting for the domain's monitor. virDomainGetControlInfo never waits itself. While the
 * domain has a background job it tells the age of that job instead, which says nothing of how long the monitor is held.
 */
static unsigned long long held_for(struct vmt_session *session, virDomainPtr handle)
{
    virDomainControlInfo info;
    if (VMT_CALL(session, virDomainGetName(handle), virDomainGetControlInfo, handle, &info, 0) < 0)
        return 0;
    return info.state == VIR_DOMAIN_CONTROL_OCCUPIED ? info.stateTime : 0;
}

static void decode_into(struct vmt_part *part, struct vmt_session *session, const struct vmt_domain *known,
                        const virTypedParameter *params, int count)
{
    const struct vmt_domain *domain = vmt_part_add_domain(part, known->name, known->uuid);
    if (domain)
        vmt_decode(session->decoder, params, count, domain, part);
}

/* A record without the monitor's values may be answered whole a moment later: it is kept apart. */
static void take_partial(struct vmt_query_item *item, struct vmt_session *session, const virDomainStatsRecord *record)
{
    item->answer = VMT_ANSWER_PARTIAL;
    item->held_ms = held_for(session, record->dom);
    item->partial = vmt_part_new();
    if (item->partial)
        decode_into(item->partial, session, item->entry->domain, record->params, record->nparams);
}

/* Drivers without a monitor: the record, and what it lacks asked call by call. */
static void take_completed(struct vmt_query *query, struct vmt_query_item *item, struct vmt_session *session,
                           const virDomainStatsRecord *record)
{
    const struct vmt_domain *domain = item->entry->domain;
    struct vmt_part *identity = vmt_registry_identity(query->context->registry, domain);
    struct vmt_params sent = {.list = record ? record->params : NULL, .count = record ? record->nparams : 0};
    struct vmt_params added = {0};
    vmt_fallback_complete(session, item->handle, query->stats, identity, &sent, &added);
    size_t total = (size_t)sent.count + (size_t)added.count;
    virTypedParameterPtr all = malloc((total + 1) * sizeof *all);
    if (all) {
        if (sent.count)
            memcpy(all, sent.list, (size_t)sent.count * sizeof *all);
        if (added.count)
            memcpy(all + sent.count, added.list, (size_t)added.count * sizeof *all);
        decode_into(session->part, session, domain, all, (int)total);
    }
    free(all);
    virTypedParamsFree(added.list, added.count);
    vmt_part_unref(identity);
    item->answer = VMT_ANSWER_WHOLE;
}

static void take_record(struct vmt_query_item *item, struct vmt_session *session, const virDomainStatsRecord *record)
{
    if (vmt_decode_is_partial(session->decoder, record->params, record->nparams)) {
        take_partial(item, session, record);
        return;
    }
    decode_into(session->part, session, item->entry->domain, record->params, record->nparams);
    item->answer = VMT_ANSWER_WHOLE;
}

static virDomainStatsRecordPtr find_record(virDomainStatsRecordPtr *records, int count, const unsigned char *uuid)
{
    for (int i = 0; i < count; i++) {
        unsigned char own[VIR_UUID_BUFLEN];
        if (virDomainGetUUID(records[i]->dom, own) == 0 && !memcmp(own, uuid, sizeof own))
            return records[i];
    }
    return NULL;
}

static void take_records(struct vmt_query *query, struct vmt_session *session, virDomainStatsRecordPtr *records,
                         int count)
{
    int next = 0; /* libvirt answers in the order of the question, so the first one tried is nearly always right */
    for (unsigned i = 0; i < query->count; i++) {
        struct vmt_query_item *item = &query->items[i];
        item->answer = VMT_ANSWER_GONE;
        if (!item->handle)
            continue;
        virDomainStatsRecordPtr record = find_record(records + next, count - next, item->entry->uuid);
        if (record == (next < count ? records[next] : NULL))
            next++;
        if (!session->is_qemu)
            take_completed(query, item, session, record);
        else if (record)
            take_record(item, session, record);
    }
}

/* One call for all items that have a handle. The number of records, or negative. */
static int call_for_stats(struct vmt_query *query, struct vmt_session *session, virDomainStatsRecordPtr **ret_records)
{
    virDomainPtr *domains = calloc((size_t)query->count + 1, sizeof *domains);
    unsigned present = 0;
    for (unsigned i = 0; domains && i < query->count; i++)
        if (query->items[i].handle)
            domains[present++] = query->items[i].handle;
    /* One that has stopped since the roster was made is not to be asked: libvirt would open the files of its disks. */
    unsigned flags =
        session->is_qemu ? VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT | VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE : 0;
    unsigned stats = query->stats & ~(unsigned)VIR_DOMAIN_STATS_INTERFACE;
    int count = domains ? 0 : -1;
    if (present)
        count = VMT_CALL(session, NULL, virDomainListGetStats, domains, stats, ret_records, flags);
    free(domains);
    return count;
}

void vmt_query_ask_stats(struct vmt_task *task, struct vmt_session *session)
{
    struct vmt_query *query = (struct vmt_query *)task;
    virDomainStatsRecordPtr *records = NULL;
    bool has_handles = vmt_query_find_handles(query, session);
    int count = has_handles ? call_for_stats(query, session, &records) : -1;
    if (count < 0 && virConnectIsAlive(session->connection) != 1)
        task->result = -EIO; /* says nothing about the domains */
    if (has_handles && (count >= 0 || !session->is_qemu))
        take_records(query, session, records, count > 0 ? count : 0);
    if (records)
        virDomainStatsRecordListFree(records);
}
