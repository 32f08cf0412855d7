/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions against a model that shares nothing with them: files are made up, written as YAML and read by the parser;
 * the model decides by sets of numbers, without names, globs or texts.
 */
#include "tests/unit/roles_fixture.h"

#include <stdlib.h>

enum { FILES = 2000, REQUESTS = 500, GRANTS_MAX = 6, USERS = 4, GROUPS = 4, DOMAINS = 8, TAGS = 3, GLOBS = 5 };

/* Domains 0 to 7 are called a-0 … a-3, b-0 … b-3, and so are networks and pools. Each glob is the set of those that it
 * matches. */
static const char *const names[DOMAINS] = {"a-0", "a-1", "a-2", "a-3", "b-0", "b-1", "b-2", "b-3"};
static const struct {
    const char *text;
    unsigned set;
} globs[GLOBS] = {{"*", 0xFF}, {"a-*", 0x0F}, {"?-1", 0x22}, {"b-[23]", 0xC0}, {"a-2", 0x04}};
static const char *const tags[TAGS] = {"red", "green", "blue"};

struct model_grant {
    int role;
    unsigned users, groups;            /* sets */
    unsigned domains, networks, pools; /* sets of what globs match */
    unsigned domain_globs, network_globs, pool_globs, uuids, tags;
    bool skips, lifts;
};

struct model {
    unsigned count;
    struct model_grant grants[GRANTS_MAX];
    unsigned protected_globs, protected_domains, protected_uuids, protected_tags;
};

struct request {
    const struct vmt_action *action;
    enum vmt_role demand, ceiling;
    unsigned user, gid, groups; /* groups: a set */
    unsigned object, tags;      /* tags: a set */
    enum vmt_target target;
    bool is_lifted, has_name;
    unsigned lifter;
};

static uint64_t seed = 20241124;

static unsigned below(unsigned limit)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % limit;
}

/* Sometimes nothing, otherwise a random set. */
static unsigned some(unsigned count)
{
    return below(2) ? below(1U << count) : 0;
}

static unsigned union_of(unsigned chosen)
{
    unsigned set = 0;
    for (unsigned i = 0; i < GLOBS; i++)
        if (chosen & 1U << i)
            set |= globs[i].set;
    return set;
}

static void make_up(struct model *model)
{
    *model = (struct model){.count = below(GRANTS_MAX + 1)};
    for (unsigned i = 0; i < model->count; i++) {
        struct model_grant *grant = &model->grants[i];
        *grant = (struct model_grant){.role = VMT_ROLE_VIEWER + (int)below(4),
                                      .users = some(USERS),
                                      .groups = some(GROUPS),
                                      .domain_globs = some(GLOBS),
                                      .network_globs = some(GLOBS),
                                      .pool_globs = some(GLOBS),
                                      .uuids = some(DOMAINS),
                                      .tags = some(TAGS),
                                      .skips = below(2),
                                      .lifts = below(2)};
        if (!(grant->users | grant->groups))
            grant->users = 1;
        if (!(grant->domain_globs | grant->network_globs | grant->pool_globs | grant->uuids | grant->tags))
            grant->uuids = 1;
        grant->domains = union_of(grant->domain_globs);
        grant->networks = union_of(grant->network_globs);
        grant->pools = union_of(grant->pool_globs);
    }
    if (below(2)) {
        model->protected_globs = below(2) ? 1U << (1 + below(GLOBS - 1)) : 0;
        model->protected_uuids = 1U << below(DOMAINS);
        model->protected_tags = below(2) ? 1U << below(TAGS) : 0;
        model->protected_domains = union_of(model->protected_globs);
    }
}

/* ---- the model as a file */

static void print_list(FILE *file, const char *key, unsigned set, unsigned count, void (*print)(FILE *, unsigned))
{
    if (!set)
        return;
    fprintf(file, "    %s: [", key);
    for (unsigned i = 0, first = 1; i < count; i++) {
        if (!(set & 1U << i))
            continue;
        fputs(first ? "" : ", ", file);
        print(file, i);
        first = 0;
    }
    fputs("]\n", file);
}

static void print_user(FILE *file, unsigned i)
{
    static const char *const texts[USERS] = {"root", "alice", "1002", "\"1003\""};
    fputs(texts[i], file);
}

static void print_group(FILE *file, unsigned i)
{
    static const char *const texts[GROUPS] = {"root", "web", "2002", "2003"};
    fputs(texts[i], file);
}

static void print_glob(FILE *file, unsigned i)
{
    fprintf(file, "'%s'", globs[i].text);
}

static void print_uuid(FILE *file, unsigned i)
{
    fprintf(file, "4DEA22B3-1d52-d8f3-2516-%012u", i);
}

static void print_tag(FILE *file, unsigned i)
{
    fputs(tags[i], file);
}

static void print_grant(FILE *file, const struct model_grant *grant)
{
    fprintf(file, "  - role: %s\n", vmt_role_names[grant->role]);
    print_list(file, "users", grant->users, USERS, print_user);
    print_list(file, "groups", grant->groups, GROUPS, print_group);
    print_list(file, "domains", grant->domain_globs, GLOBS, print_glob);
    print_list(file, "uuids", grant->uuids, DOMAINS, print_uuid);
    print_list(file, "tags", grant->tags, TAGS, print_tag);
    print_list(file, "networks", grant->network_globs, GLOBS, print_glob);
    print_list(file, "pools", grant->pool_globs, GLOBS, print_glob);
    if (grant->skips)
        fputs("    skip-confirmation: true\n", file);
    if (grant->lifts)
        fputs("    lift-protection: true\n", file);
}

static struct vmt_roles *as_file(const struct model *model)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    fputs(model->count ? "grants:\n" : "grants: []\n", file);
    for (unsigned i = 0; i < model->count; i++)
        print_grant(file, &model->grants[i]);
    if (model->protected_uuids) {
        fputs("protected:\n", file);
        print_list(file, "domains", model->protected_globs, GLOBS, print_glob);
        print_list(file, "uuids", model->protected_uuids, DOMAINS, print_uuid);
        print_list(file, "tags", model->protected_tags, TAGS, print_tag);
    }
    fclose(file);
    struct vmt_roles *roles = roles_fixture_parse(text);
    free(text);
    return roles;
}

/* ---- what the model says */

static bool model_covers(const struct model_grant *grant, const struct request *request)
{
    unsigned bit = 1U << request->object;
    if (!request->has_name)
        return true;
    if (request->target == VMT_TARGET_NETWORK)
        return grant->networks & bit;
    if (request->target == VMT_TARGET_POOL)
        return grant->pools & bit;
    if ((grant->domains | grant->uuids) & bit)
        return true;
    return request->target == VMT_TARGET_DOMAIN && (grant->tags & request->tags);
}

static bool model_protects(const struct model *model, const struct request *request)
{
    unsigned bit = 1U << request->object;
    if (request->target != VMT_TARGET_DOMAIN || (request->is_lifted && request->lifter != request->user))
        return false;
    return ((model->protected_domains | model->protected_uuids) & bit) || (model->protected_tags & request->tags);
}

static enum vmt_denial model_decide(const struct model *model, const struct request *request, bool *ret_skips)
{
    bool is_known = false, has_role = false, is_enough = false, lifts = false;
    *ret_skips = false;
    for (unsigned i = 0; i < model->count; i++) {
        const struct model_grant *grant = &model->grants[i];
        bool is_meant = request->user < USERS && ((grant->users & 1U << request->user) ||
                                                  (grant->groups & (request->groups | 1U << request->gid)));
        is_known |= is_meant;
        if (!is_meant || !model_covers(grant, request) || request->ceiling == VMT_ROLE_NONE)
            continue;
        has_role = true;
        bool suffices = grant->role >= (int)request->demand && request->ceiling >= request->demand;
        is_enough |= suffices;
        lifts |= grant->lifts;
        *ret_skips |= suffices && grant->skips;
    }
    bool is_lift = request->action->flags & VMT_ACTION_LIFTS, reads = request->action->flags & VMT_ACTION_READS;
    enum vmt_denial denial = !is_known                                              ? VMT_DENIAL_STRANGER
                             : !has_role                                            ? VMT_DENIAL_SCOPE
                             : !is_enough || (is_lift && !lifts)                    ? VMT_DENIAL_ROLE
                             : !is_lift && !reads && model_protects(model, request) ? VMT_DENIAL_PROTECTED
                                                                                    : VMT_DENIAL_NONE;
    *ret_skips &= denial == VMT_DENIAL_NONE;
    return denial;
}

/* ---- requests */

static struct request make_request(void)
{
    const struct vmt_action *action = below(20) ? &vmt_actions[below(vmt_action_count)] : vmt_action_find("unprotect");
    struct request request = {.action = action,
                              .demand = action->role,
                              .ceiling = below(4) ? VMT_ROLE_DEFINER : (enum vmt_role)below(VMT_ROLE_COUNT),
                              .user = below(USERS + 1), /* the last is the overflow uid */
                              .gid = below(GROUPS),
                              .groups = some(GROUPS),
                              .object = below(DOMAINS),
                              .tags = some(TAGS),
                              .target = action->target,
                              .is_lifted = below(2),
                              .lifter = below(USERS)};
    if (below(8) == 0)
        request.demand = VMT_ROLE_POWER; /* what grave arguments ask for */
    if (request.demand < action->role)
        request.demand = action->role;
    bool is_new = action->target == VMT_TARGET_DOMAINS && !(action->flags & VMT_ACTION_READS);
    request.has_name = action->target >= VMT_TARGET_DOMAIN || is_new;
    if (is_new && below(2)) /* define replaces what exists */
        request.target = VMT_TARGET_DOMAIN;
    return request;
}

static struct vmt_decision decide(const struct vmt_roles *roles, const struct request *request)
{
    static const uid_t uids[] = {0, 1001, 1002, 1003, VMT_OVERFLOW_ID};
    static const gid_t gids[] = {0, 2001, 2002, 2003};
    gid_t groups[GROUPS];
    const char *given[TAGS];
    char uuid[37];
    struct vmt_peer peer = {
        .ceiling = request->ceiling, .uid = uids[request->user], .gid = gids[request->gid], .groups = groups};
    for (unsigned i = 0; i < GROUPS; i++)
        if (request->groups & 1U << i)
            groups[peer.group_count++] = gids[i];
    snprintf(uuid, sizeof uuid, "4dea22b3-1d52-d8f3-2516-%012u", request->object);
    struct vmt_object object = {.target = request->target, .tags = given};
    if (request->has_name) {
        object.name = names[request->object];
        object.uuid = uuid;
        object.is_lifted = request->is_lifted;
        object.lifted_by = uids[request->lifter];
    }
    for (unsigned i = 0; i < TAGS; i++)
        if (request->tags & 1U << i)
            given[object.tag_count++] = tags[i];
    struct vmt_demand demand = {.role = request->demand};
    struct vmt_decision decision;
    vmt_roles_decide(roles, &peer, request->action, &demand, &object, &decision);
    return decision;
}

static void a_million_decisions_are_those_of_the_model(void **state)
{
    (void)state;
    unsigned seen[VMT_DENIAL_COUNT] = {0}, skips = 0;
    for (unsigned i = 0; i < FILES; i++) {
        struct model model;
        make_up(&model);
        struct vmt_roles *roles = as_file(&model);
        for (unsigned j = 0; j < REQUESTS; j++) {
            const struct request request = make_request();
            bool may_skip = false;
            enum vmt_denial expected = model_decide(&model, &request, &may_skip);
            struct vmt_decision decision = decide(roles, &request);
            if (decision.denial != expected || decision.may_skip_confirmation != may_skip || !*decision.reason)
                fail_msg("file %u, request %u: %s by user %u of object %u: %s (%s), not %s", i, j, request.action->name,
                         request.user, request.object, vmt_denial_names[decision.denial], decision.reason,
                         vmt_denial_names[expected]);
            seen[expected]++;
            skips += may_skip;
        }
        vmt_roles_unref(roles);
    }
    for (int i = 0; i < VMT_DENIAL_COUNT; i++) { /* every outcome was tried often */
        print_message("%s: %u\n", vmt_denial_names[i], seen[i]);
        assert_true(seen[i] > 10000);
    }
    assert_true(skips > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_decisions_are_those_of_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
