/* SPDX-License-Identifier: Apache-2.0 */
#include "common/roster.h"
#include "common/enums.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Groups that libvirt answers from memory, /proc and sysfs alone, for inactive domains too. */
static const unsigned cheap_stats =
    VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_PERF | VIR_DOMAIN_STATS_MEMORY;

static int by_uuid(const void *a, const void *b)
{
    const struct vmt_roster_entry *left = a, *right = b;
    return memcmp(left->uuid, right->uuid, VIR_UUID_BUFLEN);
}

const struct vmt_roster_entry *vmt_roster_find(const struct vmt_roster *roster,
                                               const unsigned char uuid[VIR_UUID_BUFLEN])
{
    struct vmt_roster_entry wanted = {0};
    memcpy(wanted.uuid, uuid, VIR_UUID_BUFLEN);
    return bsearch(&wanted, roster->entries, roster->count, sizeof wanted, by_uuid);
}

/* The state of each domain counts for the host, whether the domain is measured or not. */
struct tally {
    unsigned states[VMT_STATES], autostart;
    bool has_states, has_autostart;
};

static void count_state(struct tally *tally, int state)
{
    if (state >= 0 && state < VMT_STATES)
        tally->states[state]++;
}

static void add_node_sample(struct vmt_part *part, const struct tally *tally)
{
    struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_NODE, NULL, NULL);
    for (int state = 0; tally->has_states && state < VMT_STATES; state++) {
        char key[32];
        snprintf(key, sizeof key, "domains.%s", vmt_domain_states[state]);
        vmt_sample_set(sample, VMT_ENTITY_NODE, key, vmt_integer(tally->states[state]));
    }
    if (tally->has_autostart)
        vmt_sample_set(sample, VMT_ENTITY_NODE, "domains_autostart", vmt_integer(tally->autostart));
}

/* The domain's own sample, made by the decoder when it saw a value of the domain itself. */
static struct vmt_sample *own_sample(struct vmt_part *part, const struct vmt_domain *domain)
{
    struct vmt_sample *sample = part->samples[VMT_ENTITY_DOMAIN].first_of_domain;
    if (sample && sample->domain == domain)
        return sample;
    return vmt_part_add(part, VMT_ENTITY_DOMAIN, domain, &domain->name);
}

/* Saves and dumps, and the end of a migration, pause their domain. */
static bool is_paused_by_job(const virTypedParameter *params, int count)
{
    int state = -1, reason = -1;
    for (int i = 0; i < count; i++)
        if (params[i].type == VIR_TYPED_PARAM_INT && !strcmp(params[i].field, "state.state"))
            state = params[i].value.i;
        else if (params[i].type == VIR_TYPED_PARAM_INT && !strcmp(params[i].field, "state.reason"))
            reason = params[i].value.i;
    return state == VIR_DOMAIN_PAUSED && (reason == VIR_DOMAIN_PAUSED_MIGRATION || reason == VIR_DOMAIN_PAUSED_SAVE ||
                                          reason == VIR_DOMAIN_PAUSED_DUMP || reason == VIR_DOMAIN_PAUSED_SNAPSHOT);
}

/* Adds a domain; its parameters may be none (a driver without bulk statistics). */
static void add_entry(struct vmt_roster *roster, struct vmt_session *session, virDomainPtr handle,
                      const virTypedParameter *params, int count, struct tally *tally)
{
    struct vmt_part *part = session->part;
    const char *name = virDomainGetName(handle);
    struct vmt_roster_entry *entry = &roster->entries[roster->count];
    char uuid[VMT_UUID_TEXT];
    if (!name || virDomainGetUUID(handle, entry->uuid) < 0 || virDomainGetUUIDString(handle, uuid) < 0)
        return;
    bool is_wanted = vmt_filter_wants_domain(session->filter, name);
    struct vmt_part *scratch = is_wanted ? NULL : vmt_part_new();
    struct vmt_part *target = is_wanted ? part : scratch;
    const struct vmt_domain *domain = target ? vmt_part_add_domain(target, name, uuid) : NULL;
    if (!domain) {
        vmt_part_unref(scratch);
        return;
    }
    entry->may_have_job = is_paused_by_job(params, count);
    int state = vmt_decode(session->decoder, params, count, domain, target);
    count_state(tally, state);
    vmt_part_unref(scratch);
    if (!is_wanted) {
        roster->filtered_count++;
        return;
    }
    unsigned id = virDomainGetID(handle);
    entry->domain = domain;
    entry->state = state;
    entry->is_active = id != (unsigned)-1;
    entry->id = entry->is_active ? id : 0;
    entry->sample = own_sample(part, domain);
    if (entry->is_active)
        vmt_sample_set(entry->sample, VMT_ENTITY_DOMAIN, "id", vmt_integer(id));
    roster->active_count += entry->is_active;
    roster->count++;
}

static bool make_room(struct vmt_roster *roster, struct vmt_part *part, int count)
{
    roster->entries = vmt_arena_alloc(&part->arena, (size_t)count * sizeof *roster->entries);
    return roster->entries;
}

static int from_bulk(struct vmt_roster *roster, struct vmt_session *session, unsigned stats, struct tally *tally)
{
    virDomainStatsRecordPtr *records = NULL;
    int count = VMT_CALL(session, NULL, virConnectGetAllDomainStats, session->connection,
                         VIR_DOMAIN_STATS_STATE | (stats & cheap_stats), &records, 0);
    if (count < 0)
        return -EIO;
    bool has_room = make_room(roster, session->part, count);
    for (int i = 0; has_room && i < count; i++)
        add_entry(roster, session, records[i]->dom, records[i]->params, records[i]->nparams, tally);
    virDomainStatsRecordListFree(records);
    tally->has_states = true;
    return has_room ? 0 : -ENOMEM;
}

/* What an inactive domain will start with. Of these groups nothing is asked of its disks; its CPU time is not asked
 * for, because libvirt 9 gives its own then. */
static void add_inactive(struct vmt_roster *roster, struct vmt_session *session, unsigned stats)
{
    stats &= VIR_DOMAIN_STATS_VCPU | VIR_DOMAIN_STATS_BALLOON;
    if (!stats || !roster->is_qemu || roster->active_count == roster->count)
        return;
    virDomainStatsRecordPtr *records = NULL;
    int count = VMT_CALL(session, NULL, virConnectGetAllDomainStats, session->connection, stats, &records,
                         VIR_CONNECT_GET_ALL_DOMAINS_STATS_INACTIVE);
    for (int i = 0; i < count; i++) {
        unsigned char uuid[VIR_UUID_BUFLEN];
        const struct vmt_roster_entry *entry =
            virDomainGetUUID(records[i]->dom, uuid) == 0 ? vmt_roster_find(roster, uuid) : NULL;
        const struct vmt_domain *domain =
            entry && !entry->is_active ? vmt_part_add_domain(session->part, entry->domain->name, entry->domain->uuid)
                                       : NULL;
        if (domain)
            vmt_decode(session->decoder, records[i]->params, records[i]->nparams, domain, session->part);
    }
    if (count >= 0)
        virDomainStatsRecordListFree(records);
}

/* Drivers without bulk statistics: a list, and the state of each domain. */
static int from_list(struct vmt_roster *roster, struct vmt_session *session, struct tally *tally)
{
    virDomainPtr *domains = NULL;
    int count = VMT_CALL(session, NULL, virConnectListAllDomains, session->connection, &domains, 0);
    if (count < 0)
        return -EIO;
    bool has_room = make_room(roster, session->part, count);
    tally->has_states = true;
    for (int i = 0; i < count; i++) {
        int state = 0, reason = 0;
        bool is_known = has_room && VMT_CALL(session, virDomainGetName(domains[i]), virDomainGetState, domains[i],
                                             &state, &reason, 0)
        == 0;
        const virTypedParameter params[] = {
            {.field = "state.state", .type = VIR_TYPED_PARAM_INT, .value.i = state},
            {.field = "state.reason", .type = VIR_TYPED_PARAM_INT, .value.i = reason},
        };
        if (has_room)
            add_entry(roster, session, domains[i], params, is_known ? 2 : 0, tally);
        tally->has_states = tally->has_states && is_known;
        virDomainFree(domains[i]);
    }
    free(domains);
    return has_room ? 0 : -ENOMEM;
}

/* Sets `key` to `listed` for the domains that libvirt lists under `flag`, and to the contrary for all others: one call
 * for the whole host. The number of domains listed, or negative. */
static int mark_listed(struct vmt_roster *roster, struct vmt_session *session, unsigned flag, const char *key,
                       bool listed)
{
    virDomainPtr *domains = NULL;
    int count = VMT_CALL(session, NULL, virConnectListAllDomains, session->connection, &domains, flag);
    if (count < 0)
        return count;
    for (unsigned i = 0; i < roster->count; i++)
        vmt_sample_set(roster->entries[i].sample, VMT_ENTITY_DOMAIN, key, vmt_integer(!listed));
    for (int i = 0; i < count; i++) {
        unsigned char uuid[VIR_UUID_BUFLEN];
        const struct vmt_roster_entry *entry =
            virDomainGetUUID(domains[i], uuid) == 0 ? vmt_roster_find(roster, uuid) : NULL;
        if (entry)
            vmt_sample_set(entry->sample, VMT_ENTITY_DOMAIN, key, vmt_integer(listed));
        virDomainFree(domains[i]);
    }
    free(domains);
    return count;
}

/* Of two complementary lists the one that is usually short. */
static void mark_all(struct vmt_roster *roster, struct vmt_session *session, struct tally *tally)
{
    mark_listed(roster, session, VIR_CONNECT_LIST_DOMAINS_TRANSIENT, "persistent", false);
    mark_listed(roster, session, VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, "managed_save", true);
    int autostart = mark_listed(roster, session, VIR_CONNECT_LIST_DOMAINS_AUTOSTART, "autostart", true);
    tally->has_autostart = autostart >= 0;
    tally->autostart = autostart < 0 ? 0 : (unsigned)autostart;
}

static void take_roster(struct vmt_task *task, struct vmt_session *session)
{
    struct vmt_roster_task *own = (struct vmt_roster_task *)task;
    struct vmt_roster *roster = vmt_arena_alloc(&task->part->arena, sizeof *roster);
    if (!roster) {
        task->result = -ENOMEM;
        return;
    }
    struct tally tally = {0};
    roster->is_qemu = session->is_qemu;
    task->result = from_bulk(roster, session, own->stats, &tally);
    if (task->result == -EIO && session->code == VIR_ERR_NO_SUPPORT)
        task->result = from_list(roster, session, &tally);
    if (task->result < 0)
        return;
    qsort(roster->entries, roster->count, sizeof *roster->entries, by_uuid);
    add_inactive(roster, session, own->stats);
    if (own->wants_lists)
        mark_all(roster, session, &tally);
    add_node_sample(task->part, &tally);
    own->roster = roster;
}

static void destroy(struct vmt_task *task)
{
    free(task);
}

struct vmt_roster_task *vmt_roster_task_new(unsigned stats, bool wants_lists)
{
    struct vmt_roster_task *own = calloc(1, sizeof *own);
    if (!own)
        return NULL;
    own->stats = stats;
    own->wants_lists = wants_lists;
    if (vmt_task_init(&own->task, take_roster, destroy) == 0)
        return own;
    free(own);
    return NULL;
}
