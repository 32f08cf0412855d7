/* SPDX-License-Identifier: Apache-2.0 */
/* The list of all domains: a constant number of calls, however many there are. */
#include "common/lifecycle/read.h"
#include "common/lifecycle/run.h"

#include <libvirt/virterror.h>
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
    if (!vmt_read_wants(act, thing->name))
        return false;
    if (!wanted)
        return true;
    if (!strcmp(wanted, "active") || !strcmp(wanted, "inactive"))
        return vmt_thing_is_active(thing) == (*wanted == 'a');
    return !strcmp(wanted, vmt_state_names[thing->state]);
}

static void add_domain(struct vmt_act *act, const struct listing *listing, virDomainPtr domain, int state, int reason,
                       json_t *list)
{
    struct vmt_thing thing = {.target = VMT_TARGET_DOMAIN, .domain = domain, .name = virDomainGetName(domain)};
    thing.state = state >= 0 && state <= VMT_STATE_PMSUSPENDED ? (enum vmt_state)state : VMT_STATE_NOSTATE;
    thing.reason = reason;
    thing.is_persistent = is_listed(listing, PERSISTENT, domain);
    if (virDomainGetUUIDString(domain, thing.uuid) < 0 || !is_wanted(act, &thing) ||
        !act->may_view(act->may_view_arg, &thing))
        return;
    json_array_append_new(
        list, vmt_read_pack_domain(&thing, is_listed(listing, AUTOSTART, domain), is_listed(listing, SAVED, domain)));
}

/* Their states by one call. 1: this driver has no such call. */
static int add_by_statistics(struct vmt_act *act, const struct listing *listing, json_t *list)
{
    virDomainStatsRecordPtr *records;
    if (virConnectGetAllDomainStats(act->control->connection, VIR_DOMAIN_STATS_STATE, &records, 0) < 0) {
        int failed = vmt_act_fail(act, "virConnectGetAllDomainStats");
        return act->failure.code == VIR_ERR_NO_SUPPORT ? 1 : failed;
    }
    for (unsigned i = 0; records[i]; i++) {
        int state = 0, reason = 0;
        virTypedParamsGetInt(records[i]->params, records[i]->nparams, "state.state", &state);
        virTypedParamsGetInt(records[i]->params, records[i]->nparams, "state.reason", &reason);
        add_domain(act, listing, records[i]->dom, state, reason, list);
    }
    virDomainStatsRecordListFree(records);
    return 0;
}

/* Domain by domain; one that is gone meanwhile is left out. */
static void add_one_by_one(struct vmt_act *act, const struct listing *listing, json_t *list)
{
    act->failure = (struct vmt_failure){0};
    for (int i = 0; i < listing->counts[ALL]; i++) {
        int state, reason;
        if (virDomainGetState(listing->domains[ALL][i], &state, &reason, 0) == 0)
            add_domain(act, listing, listing->domains[ALL][i], state, reason, list);
    }
}

int vmt_run_list(struct vmt_act *act)
{
    struct listing listing = {0};
    json_t *list = json_array();
    int failed = take_listing(act, &listing);
    if (!failed)
        failed = add_by_statistics(act, &listing, list);
    if (failed == 1) {
        add_one_by_one(act, &listing, list);
        failed = 0;
    }
    free_listing(&listing);
    json_t *answer = json_pack("{s:o}", "domains", list);
    if (!failed)
        return vmt_read_answer(act, answer);
    json_decref(answer);
    return failed;
}
