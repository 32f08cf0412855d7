/* SPDX-License-Identifier: Apache-2.0 */
/* The bulk calls. */
#include "tests/fake/fake_state.h"

#include <stdlib.h>
#include <string.h>

static const unsigned ALL_GROUPS = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON |
                                   VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK |
                                   VIR_DOMAIN_STATS_PERF | VIR_DOMAIN_STATS_IOTHREAD | VIR_DOMAIN_STATS_MEMORY |
                                   VIR_DOMAIN_STATS_DIRTYRATE | VIR_DOMAIN_STATS_VM;
/* These touch no monitor. */
static const unsigned CHEAP_GROUPS =
    VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_PERF | VIR_DOMAIN_STATS_MEMORY;
/* As the filters of virConnectListAllDomains. */
static const unsigned FILTERS = 0xff;

struct list {
    virDomainStatsRecordPtr *records;
    int count, room;
};

static void note_bulk(unsigned stats, unsigned flags, unsigned domains, const struct fake_domain *first)
{
    if (fake.bulk_count == fake.bulk_room) {
        fake.bulk_room = fake.bulk_room ? fake.bulk_room * 2 : 64;
        fake.bulk = realloc(fake.bulk, fake.bulk_room * sizeof *fake.bulk);
        fake_must(fake.bulk);
    }
    fake.bulk[fake.bulk_count++] =
        (struct fake_bulk){.stats = stats, .flags = flags, .domains = domains, .first = first};
}

static bool is_qemu(void)
{
    return !strcmp(fake.driver, "QEMU");
}

/* The groups to answer, or 0 with the error set. */
static unsigned known_groups(unsigned stats, unsigned flags)
{
    unsigned known = is_qemu() ? ALL_GROUPS & fake.known_stats : VIR_DOMAIN_STATS_STATE;
    if (!stats)
        return known;
    if (stats & ~known && flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS) {
        fake_error_set(VIR_ERR_CONFIG_UNSUPPORTED, VIR_FROM_QEMU,
                       "unsupported configuration: Stats types bits 0x%x are not supported by this daemon or QEMU",
                       stats & ~known);
        return 0;
    }
    return stats & known ? stats & known : 1u << 31;
}

static void add_record(struct list *list, virConnectPtr connection, struct fake_domain *domain,
                       const struct fake_record *record)
{
    if (list->count + 1 >= list->room) {
        list->room = list->room ? list->room * 2 : 64;
        list->records = realloc(list->records, (size_t)list->room * sizeof *list->records);
        fake_must(list->records);
    }
    virDomainStatsRecordPtr added = fake_alloc(sizeof *added);
    added->dom = fake_domain_handle(connection, domain);
    added->params = record->params;
    added->nparams = record->count;
    list->records[list->count++] = added;
    list->records[list->count] = NULL;
}

/* One domain's turn. False, with the error set: the whole call fails. */
static bool take_turn(struct fake_call *call, struct list *list, struct fake_domain *domain, unsigned groups,
                      unsigned flags)
{
    if (!fake_turn(call, domain))
        return false;
    bool is_answered = true;
    if (groups & ~CHEAP_GROUPS && is_qemu() && fake_domain_is_active(domain)) {
        bool waits = !(flags & VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
        enum fake_answer answer = fake_ask_monitor(call, domain, waits);
        if (answer == FAKE_BROKEN)
            return false;
        is_answered = answer == FAKE_ANSWERED;
    }
    if (domain->is_gone)
        return true;
    struct fake_record record = {0};
    fake_record_fill(&record, domain, groups, is_answered);
    add_record(list, call->connection, domain, &record);
    return true;
}

static void free_list(virDomainStatsRecordPtr *records)
{
    for (virDomainStatsRecordPtr *record = records; records && *record; record++) {
        virTypedParamsFree((*record)->params, (*record)->nparams);
        fake_object_unref(&(*record)->dom->object);
        free(*record);
    }
    free(records);
}

static int finish(struct fake_call *call, struct list *list, bool has_failed, virDomainStatsRecordPtr **ret_records)
{
    if (has_failed) {
        free_list(list->records);
    } else {
        *ret_records = list->records ? list->records : fake_alloc(sizeof *list->records);
        fake.usage.record_lists++;
    }
    fake_end(call);
    return has_failed ? -1 : list->count;
}

int virConnectGetAllDomainStats(virConnectPtr conn, unsigned stats, virDomainStatsRecordPtr **retStats, unsigned flags)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    note_bulk(stats, flags, 0, NULL);
    struct list list = {0};
    unsigned groups = known_groups(stats, flags);
    bool has_failed = !groups;
    for (struct fake_domain *domain = fake.domains; domain && !has_failed; domain = domain->next)
        if (fake_domain_matches(domain, flags & FILTERS))
            has_failed = !take_turn(&call, &list, domain, groups, flags);
    return finish(&call, &list, has_failed, retStats);
}

/* Whether all handles are good and of one connection; the lock is not held. */
static bool are_of_one_connection(virDomainPtr *domains)
{
    for (virDomainPtr *domain = domains; *domain; domain++) {
        if (!fake_begin_local("virDomainListGetStats", FAKE_DOMAIN, *domain))
            return false;
        bool is_same = (*domain)->object.connection == (*domains)->object.connection;
        fake_end_local();
        if (is_same)
            continue;
        fake_error_set(VIR_ERR_INVALID_ARG, VIR_FROM_DOMAIN,
                       "invalid argument: domains in 'doms' array must belong to a single connection");
        return false;
    }
    return true;
}

int virDomainListGetStats(virDomainPtr *doms, unsigned stats, virDomainStatsRecordPtr **retStats, unsigned flags)
{
    struct fake_call call;
    fake_error_clear();
    if (!*doms) {
        fake_error_set(VIR_ERR_INVALID_ARG, VIR_FROM_DOMAIN,
                       "invalid argument: doms array in %s must contain at "
                       "least one domain",
                       __func__);
        return -1;
    }
    if (!are_of_one_connection(doms) || !fake_begin(&call, __func__, FAKE_CONNECTION, (*doms)->object.connection))
        return -1;
    unsigned count = 0;
    while (doms[count])
        count++;
    note_bulk(stats, flags, count, (*doms)->domain);
    struct list list = {0};
    unsigned groups = known_groups(stats, flags);
    bool has_failed = !groups;
    if (flags & FILTERS && !is_qemu()) { /* "some hypervisors will reject them" */
        fake_error_set(VIR_ERR_INVALID_ARG, VIR_FROM_TEST, "invalid argument: unsupported flags (0x%x) in function %s",
                       flags & FILTERS, __func__);
        has_failed = true;
    }
    for (unsigned i = 0; i < count && !has_failed; i++)
        if (!doms[i]->domain->is_gone && fake_domain_matches(doms[i]->domain, flags & FILTERS))
            has_failed = !take_turn(&call, &list, doms[i]->domain, groups, flags);
    return finish(&call, &list, has_failed, retStats);
}

void virDomainStatsRecordListFree(virDomainStatsRecordPtr *stats)
{
    if (!stats)
        return;
    pthread_mutex_lock(&fake.lock);
    if (!fake.usage.record_lists)
        fake_violation("a list of records was freed that nobody got");
    else
        fake.usage.record_lists--;
    free_list(stats);
    pthread_mutex_unlock(&fake.lock);
}
