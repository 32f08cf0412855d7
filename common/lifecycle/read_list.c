/* SPDX-License-Identifier: Apache-2.0 */
/* The list of all domains: a constant number of calls, however many there are. */
#include "common/lifecycle/read.h"
#include "common/lifecycle/run.h"

#include <stdlib.h>
#include <string.h>

struct listing {
    virDomainPtr *domains[4]; /* each a list of pointers, sorted by nothing */
    int counts[4];
};

enum { ALL, PERSISTENT, AUTOSTART, SAVED };

static void free_listing(struct listing *listing)
{
    for (unsigned i = 0; i < 4; i++) {
        for (int j = 0; j < listing->counts[i]; j++)
            virDomainFree(listing->domains[i][j]);
        free(listing->domains[i]);
    }
}

static int compare_uuids(const void *a, const void *b)
{
    unsigned char left[VIR_UUID_BUFLEN] = {0}, right[VIR_UUID_BUFLEN] = {0};
    virDomainGetUUID(*(const virDomainPtr *)a, left);
    virDomainGetUUID(*(const virDomainPtr *)b, right);
    return memcmp(left, right, sizeof left);
}

static int take_listing(struct vmt_act *act, struct listing *listing)
{
    static const unsigned flags[] = {0, VIR_CONNECT_LIST_DOMAINS_PERSISTENT, VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
                                     VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE};
    for (unsigned i = 0; i < 4; i++) {
        int count = virConnectListAllDomains(act->control->connection, &listing->domains[i], flags[i]);
        if (count < 0)
            return vmt_act_fail(act, "virConnectListAllDomains");
        listing->counts[i] = count;
        qsort(listing->domains[i], (size_t)count, sizeof(virDomainPtr), compare_uuids);
    }
    return 0;
}

static bool is_listed(const struct listing *listing, unsigned which, virDomainPtr domain)
{
    return bsearch(&domain, listing->domains[which], (size_t)listing->counts[which], sizeof domain, compare_uuids);
}

static bool is_wanted(const struct vmt_act *act, const struct vmt_thing *thing)
{
    const char *wanted = vmt_act_word(act, "state");
    bool is_active = thing->state != VMT_STATE_SHUTOFF && thing->state != VMT_STATE_CRASHED;
    if (!vmt_read_wants(act, thing->name))
        return false;
    if (!wanted)
        return true;
    if (!strcmp(wanted, "active") || !strcmp(wanted, "inactive"))
        return is_active == (*wanted == 'a');
    return !strcmp(wanted, vmt_state_names[thing->state]);
}

static void add_domain(struct vmt_act *act, const struct listing *listing, const virDomainStatsRecord *record,
                       json_t *list)
{
    struct vmt_thing thing = {
        .target = VMT_TARGET_DOMAIN, .domain = record->dom, .name = virDomainGetName(record->dom)};
    int state = 0;
    virTypedParamsGetInt(record->params, record->nparams, "state.state", &state);
    virTypedParamsGetInt(record->params, record->nparams, "state.reason", &thing.reason);
    thing.state = state >= 0 && state <= VMT_STATE_PMSUSPENDED ? (enum vmt_state)state : VMT_STATE_NOSTATE;
    thing.is_persistent = is_listed(listing, PERSISTENT, record->dom);
    if (virDomainGetUUIDString(record->dom, thing.uuid) < 0 || !is_wanted(act, &thing) ||
        !act->may_view(act->may_view_arg, &thing))
        return;
    json_array_append_new(list, vmt_read_pack_domain(&thing, is_listed(listing, AUTOSTART, record->dom),
                                                     is_listed(listing, SAVED, record->dom)));
}

int vmt_run_list(struct vmt_act *act)
{
    struct listing listing = {0};
    virDomainStatsRecordPtr *records = NULL;
    int failed = take_listing(act, &listing);
    if (!failed && virConnectGetAllDomainStats(act->control->connection, VIR_DOMAIN_STATS_STATE, &records, 0) < 0)
        failed = vmt_act_fail(act, "virConnectGetAllDomainStats");
    json_t *list = json_array();
    for (unsigned i = 0; !failed && records[i]; i++)
        add_domain(act, &listing, records[i], list);
    if (records)
        virDomainStatsRecordListFree(records);
    free_listing(&listing);
    json_t *answer = json_pack("{s:o}", "domains", list);
    if (!failed)
        return vmt_read_answer(act, answer);
    json_decref(answer);
    return failed;
}
