/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/roles_fixture.h"

#define WEB "aaaaaaaa-0000-4000-8000-000000000000"
#define DB "bbbbbbbb-0000-4000-8000-000000000000"

static const char *const web_tags[] = {"web", "cheap"};
static const struct vmt_object web = {VMT_TARGET_DOMAIN, "web-1", WEB, web_tags, 2};
static const struct vmt_object db = {VMT_TARGET_DOMAIN, "db-1", DB};
static const struct vmt_object host = {VMT_TARGET_HOST};
static const struct vmt_object all = {VMT_TARGET_DOMAINS};

static const struct vmt_peer root = {.ceiling = VMT_ROLE_DEFINER, .uid = 0};
static const struct vmt_peer alice = {.ceiling = VMT_ROLE_DEFINER, .uid = 1001, .gid = 1001};
static const struct vmt_peer bob = {.ceiling = VMT_ROLE_DEFINER, .uid = 1002, .gid = 1002};

static void assert_decides(const char *file, const struct vmt_peer *peer, const char *action,
                           const struct vmt_object *object, enum vmt_denial denial, const char *reason)
{
    struct vmt_roles *roles = roles_fixture_parse(file);
    struct vmt_decision decision = roles_fixture_decide(roles, peer, action, object);
    if (decision.denial != denial || (reason && strcmp(decision.reason, reason) != 0))
        fail_msg("uid %u, %s: %s, '%s', not '%s'\nby\n%s", peer->uid, action, vmt_denial_names[decision.denial],
                 decision.reason, reason ? reason : vmt_denial_names[denial], file);
    vmt_roles_unref(roles);
}

static void whoever_is_not_listed_may_nothing_root_included(void **state)
{
    (void)state;
    static const char file[] = "grants: [{role: definer, users: [alice], domains: ['*']}]";
    const struct vmt_peer *const strangers[] = {&root, &bob};
    for (size_t i = 0; i < 2; i++) {
        assert_decides(file, strangers[i], "list", &all, VMT_DENIAL_STRANGER, NULL);
        assert_decides(file, strangers[i], "host", &host, VMT_DENIAL_STRANGER, NULL);
        assert_decides(file, strangers[i], "show", &web, VMT_DENIAL_STRANGER, NULL);
    }
    assert_decides(file, &root, "start", &web, VMT_DENIAL_STRANGER, "uid 0 has no role");
    assert_decides(file, &alice, "start", &web, VMT_DENIAL_NONE,
                   "uid 1001 is definer on domain 'web-1' by line 1 of the roles file");
    assert_decides("{}", &alice, "list", &all, VMT_DENIAL_STRANGER, NULL); /* a file that grants nothing */
    assert_decides("grants: [{role: viewer, users: [0], domains: ['*']}]", &root, "show", &web, VMT_DENIAL_NONE, NULL);
}

static void users_of_another_namespace_are_nobody(void **state)
{
    (void)state;
    static const char file[] = "grants: [{role: definer, users: [alice], groups: [web], domains: ['*']}]";
    static const gid_t groups[] = {65534, 2001};
    const struct vmt_peer overflow = {.ceiling = VMT_ROLE_DEFINER, .uid = 65534, .gid = 2001};
    const struct vmt_peer mapped = {
        .ceiling = VMT_ROLE_DEFINER, .uid = 5, .gid = 65534, .groups = groups, .group_count = 1};
    struct vmt_peer member = mapped;
    member.group_count = 2;
    assert_decides(file, &overflow, "show", &web, VMT_DENIAL_STRANGER, NULL); /* whatever its groups are */
    assert_decides(file, &mapped, "show", &web, VMT_DENIAL_STRANGER, NULL);
    assert_decides(file, &member, "show", &web, VMT_DENIAL_NONE, NULL);
}

static void a_role_may_what_the_ones_before_it_may(void **state)
{
    (void)state;
    static const struct {
        const char *action;
        enum vmt_role role;
    } actions[] = {
        {"show", VMT_ROLE_VIEWER},     {"start", VMT_ROLE_OPERATOR},   {"shutdown", VMT_ROLE_OPERATOR},
        {"reboot", VMT_ROLE_OPERATOR}, {"suspend", VMT_ROLE_OPERATOR}, {"resume", VMT_ROLE_OPERATOR},
        {"destroy", VMT_ROLE_POWER},   {"reset", VMT_ROLE_POWER},      {"undefine", VMT_ROLE_DEFINER},
    };
    for (int role = VMT_ROLE_VIEWER; role < VMT_ROLE_COUNT; role++) {
        char file[100];
        snprintf(file, sizeof file, "grants: [{role: %s, users: [alice], domains: ['web-?']}]", vmt_role_names[role]);
        for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
            bool may = (int)actions[i].role <= role;
            assert_decides(file, &alice, actions[i].action, &web, may ? VMT_DENIAL_NONE : VMT_DENIAL_ROLE, NULL);
            assert_decides(file, &alice, actions[i].action, &db, VMT_DENIAL_SCOPE, NULL);
        }
    }
    assert_decides("grants: [{role: viewer, users: [alice], domains: [web-1]}]", &alice, "destroy", &web,
                   VMT_DENIAL_ROLE, "uid 1001 is viewer on domain 'web-1'; destroy needs power");
    assert_decides("grants: [{role: viewer, users: [alice], domains: [web-1]}]", &alice, "show", &db, VMT_DENIAL_SCOPE,
                   "uid 1001 has no role on domain 'db-1'");
}

static void what_the_arguments_ask_for_counts_not_what_the_row_says(void **state)
{
    (void)state;
    struct vmt_roles *roles = roles_fixture_parse("grants: [{role: operator, users: [alice], domains: ['*']}]");
    const struct vmt_action *shutdown = vmt_action_find("shutdown");
    struct vmt_arguments arguments = {0};
    struct vmt_decision decision;
    int place = vmt_action_param(shutdown, "on_timeout");
    assert_int_equal(vmt_param_read(&shutdown->params[place], "force", &arguments.values[place], NULL), 0);
    struct vmt_demand demand = vmt_action_demand(shutdown, &arguments);
    vmt_roles_decide(roles, &alice, shutdown, &demand, &web, &decision);
    assert_int_equal(decision.denial, VMT_DENIAL_ROLE);
    vmt_roles_unref(roles);
}

static void scopes_are_names_uuids_or_tags(void **state)
{
    (void)state;
    static const struct {
        const char *scope;
        bool has_web, has_db;
    } cases[] = {
        {"domains: ['web-*']", true, false},
        {"domains: [web]", false, false},
        {"domains: ['*-1']", true, true},
        {"domains: ['[c-e]?-1']", false, true},
        {"domains: ['[!d]*']", true, false},
        {"domains: ['WEB-1']", false, false},
        {"domains: [nothing, 'web-1']", true, false},
        {"uuids: [" WEB "]", true, false},
        {"uuids: [AAAAAAAA-0000-4000-8000-000000000000]", true, false},
        {"tags: [web]", true, false},
        {"tags: [cheap, precious]", true, false},
        {"tags: ['*']", false, false}, /* tags are no patterns */
        {"domains: [db-1], tags: [web]", true, true},
        {"networks: ['*'], pools: ['*']", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char file[200];
        snprintf(file, sizeof file, "grants: [{role: viewer, users: [alice], %s}]", cases[i].scope);
        assert_decides(file, &alice, "show", &web, cases[i].has_web ? VMT_DENIAL_NONE : VMT_DENIAL_SCOPE, NULL);
        assert_decides(file, &alice, "show", &db, cases[i].has_db ? VMT_DENIAL_NONE : VMT_DENIAL_SCOPE, NULL);
    }
}

static void networks_and_pools_need_a_grant_of_their_own(void **state)
{
    (void)state;
    static const struct vmt_object network = {VMT_TARGET_NETWORK, "web-1", WEB};
    static const struct vmt_object pool = {VMT_TARGET_POOL, "web-1", WEB};
    static const char domains[] = "grants: [{role: definer, users: [alice], domains: ['*'], uuids: [" WEB "]}]";
    static const char networks[] = "grants: [{role: operator, users: [alice], networks: ['web-*']}]";
    static const char pools[] = "grants: [{role: operator, users: [alice], pools: ['web-*']}]";
    assert_decides(domains, &alice, "network-start", &network, VMT_DENIAL_SCOPE, NULL);
    assert_decides(domains, &alice, "pool-start", &pool, VMT_DENIAL_SCOPE, NULL);
    assert_decides(networks, &alice, "network-start", &network, VMT_DENIAL_NONE, NULL);
    assert_decides(networks, &alice, "network-stop", &network, VMT_DENIAL_ROLE, NULL);
    assert_decides(networks, &alice, "pool-start", &pool, VMT_DENIAL_SCOPE, NULL);
    assert_decides(networks, &alice, "start", &web, VMT_DENIAL_SCOPE, NULL);
    assert_decides(pools, &alice, "pool-start", &pool, VMT_DENIAL_NONE, NULL);
    assert_decides(pools, &alice, "network-start", &network, VMT_DENIAL_SCOPE,
                   "uid 1001 has no role on network 'web-1'");
}

static void a_domain_that_does_not_exist_yet_has_no_tags(void **state)
{
    (void)state;
    static const struct vmt_object new = {VMT_TARGET_DOMAINS, "web-1", WEB, web_tags, 2};
    assert_decides("grants: [{role: definer, users: [alice], tags: [web]}]", &alice, "define", &new, VMT_DENIAL_SCOPE,
                   "uid 1001 has no role on domain 'web-1'");
    assert_decides("grants: [{role: definer, users: [alice], domains: ['web-*']}]", &alice, "define", &new,
                   VMT_DENIAL_NONE, NULL);
    assert_decides("grants: [{role: definer, users: [alice], domains: ['db-*']}]", &alice, "define", &new,
                   VMT_DENIAL_SCOPE, NULL);
    assert_decides("grants: [{role: power, users: [alice], domains: ['web-*']}]", &alice, "define", &new,
                   VMT_DENIAL_ROLE, NULL);
}

static void grants_add_up(void **state)
{
    (void)state;
    static const char file[] = "grants:\n"
                               "- {role: viewer, users: [alice], domains: ['*']}\n"
                               "- {role: power, groups: [web], domains: ['web-*'], skip-confirmation: true}\n"
                               "- {role: operator, groups: [ops], domains: ['db-*'], skip-confirmation: true}\n"
                               "- {role: power, groups: [ops], tags: [none], domains: ['db-*']}\n";
    static const gid_t groups[] = {2002, 2001};
    struct vmt_peer peer = alice;
    peer.groups = groups;
    struct vmt_roles *roles = roles_fixture_parse(file);
    static const struct {
        const struct vmt_object *object;
        enum vmt_role roles[3]; /* with none, one, both of the groups */
    } cases[] = {
        {&web, {VMT_ROLE_VIEWER, VMT_ROLE_VIEWER, VMT_ROLE_POWER}},
        {&db, {VMT_ROLE_VIEWER, VMT_ROLE_POWER, VMT_ROLE_POWER}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (peer.group_count = 0; peer.group_count < 3; peer.group_count++) {
            struct vmt_decision decision = roles_fixture_decide(roles, &peer, "show", cases[i].object);
            assert_int_equal(decision.role, cases[i].roles[peer.group_count]);
        }
    }
    peer.group_count = 2;
    /* Only a grant that allows the action lets its confirmation be skipped. */
    assert_true(roles_fixture_decide(roles, &peer, "destroy", &web).may_skip_confirmation);
    assert_false(roles_fixture_decide(roles, &peer, "destroy", &db).may_skip_confirmation);
    assert_false(roles_fixture_decide(roles, &alice, "destroy", &web).may_skip_confirmation);
    vmt_roles_unref(roles);
}

static void a_connection_can_only_lower_the_role(void **state)
{
    (void)state;
    static const char file[] = "grants: [{role: power, users: [alice], domains: ['*']}]";
    struct vmt_peer peer = alice;
    peer.ceiling = VMT_ROLE_VIEWER;
    assert_decides(file, &peer, "show", &web, VMT_DENIAL_NONE, NULL);
    assert_decides(file, &peer, "start", &web, VMT_DENIAL_ROLE, NULL);
    peer.ceiling = VMT_ROLE_NONE;
    assert_decides(file, &peer, "show", &web, VMT_DENIAL_SCOPE, NULL);
    peer.ceiling = VMT_ROLE_DEFINER;
    assert_decides(file, &peer, "undefine", &web, VMT_DENIAL_ROLE, NULL);
}

static void a_protected_domain_can_only_be_looked_at(void **state)
{
    (void)state;
    static const char *const protections[] = {"domains: ['we?-*']", "uuids: [" WEB "]", "tags: [cheap]"};
    for (size_t i = 0; i < sizeof protections / sizeof *protections; i++) {
        char file[200];
        snprintf(file, sizeof file, "grants: [{role: definer, users: [alice, bob], domains: ['*']}]\nprotected: {%s}",
                 protections[i]);
        for (unsigned j = 0; j < vmt_action_count; j++) {
            if (vmt_actions[j].target != VMT_TARGET_DOMAIN)
                continue;
            bool reads = vmt_actions[j].flags & VMT_ACTION_READS;
            if (vmt_actions[j].flags & VMT_ACTION_LIFTS)
                continue;
            assert_decides(file, &alice, vmt_actions[j].name, &web, reads ? VMT_DENIAL_NONE : VMT_DENIAL_PROTECTED,
                           NULL);
            assert_decides(file, &alice, vmt_actions[j].name, &db, VMT_DENIAL_NONE, NULL);
        }
        assert_decides(file, &alice, "destroy", &web, VMT_DENIAL_PROTECTED,
                       "domain 'web-1' is protected until somebody else lifts that");
    }
}

static void a_lifted_protection_serves_all_but_who_lifted_it(void **state)
{
    (void)state;
    static const char file[] = "grants:\n"
                               "- {role: power, users: [alice], domains: ['*']}\n"
                               "- {role: operator, users: [bob, root], domains: ['web-*'], lift-protection: true}\n"
                               "protected: {domains: ['*']}\n";
    struct vmt_object lifted = web;
    lifted.is_lifted = true;
    lifted.lifted_by = bob.uid;
    assert_decides(file, &alice, "unprotect", &web, VMT_DENIAL_ROLE,
                   "uid 1001 may not lift the protection of domain 'web-1'");
    assert_decides(file, &bob, "unprotect", &db, VMT_DENIAL_SCOPE, NULL);
    assert_decides(file, &bob, "unprotect", &web, VMT_DENIAL_NONE, NULL);
    assert_decides(file, &alice, "destroy", &web, VMT_DENIAL_PROTECTED, NULL);
    assert_decides(file, &alice, "destroy", &lifted, VMT_DENIAL_NONE, NULL);
    assert_decides(file, &bob, "shutdown", &lifted, VMT_DENIAL_PROTECTED,
                   "domain 'web-1' is protected, and nobody but uid 1002 has lifted that");
    assert_decides(file, &root, "shutdown", &lifted, VMT_DENIAL_NONE, NULL);
    assert_decides(file, &root, "destroy", &lifted, VMT_DENIAL_ROLE, NULL); /* it gives no role */
}

static void the_host_and_lists_need_any_grant(void **state)
{
    (void)state;
    static const char file[] = "grants: [{role: viewer, users: [alice], domains: [none]}]";
    static const struct vmt_object networks = {VMT_TARGET_NETWORKS}, pools = {VMT_TARGET_POOLS};
    assert_decides(file, &alice, "host", &host, VMT_DENIAL_NONE,
                   "uid 1001 is viewer on host by line 1 of the roles file");
    assert_decides(file, &alice, "list", &all, VMT_DENIAL_NONE, NULL);
    assert_decides(file, &alice, "networks", &networks, VMT_DENIAL_NONE, NULL);
    assert_decides(file, &alice, "pools", &pools, VMT_DENIAL_NONE, NULL);
}

static void roles_live_as_long_as_somebody_uses_them(void **state)
{
    (void)state;
    struct vmt_roles *roles = roles_fixture_parse("grants: [{role: viewer, users: [alice], domains: ['*']}]");
    struct vmt_roles *same = vmt_roles_ref(roles);
    vmt_roles_unref(roles);
    assert_int_equal(roles_fixture_decide(same, &alice, "show", &web).denial, VMT_DENIAL_NONE);
    vmt_roles_unref(same);
}

static void xml_need_only_be_read_when_tags_are_used(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        bool uses_tags;
    } cases[] = {
        {"grants: [{role: viewer, users: [alice], domains: ['*']}]\nprotected: {domains: ['*']}", false},
        {"grants: [{role: viewer, users: [alice], domains: ['*']}]\nprotected: {tags: [a]}", true},
        {"grants: [{role: viewer, users: [alice], domains: ['*']}, {role: viewer, users: [bob], tags: [a]}]", true},
        {"grants: [{role: viewer, users: [bob], tags: [a]}, {role: viewer, users: [alice], domains: ['*']}]", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_roles *roles = roles_fixture_parse(cases[i].file);
        assert_int_equal(vmt_roles_use_tags(roles), cases[i].uses_tags);
        vmt_roles_unref(roles);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_is_not_listed_may_nothing_root_included),
        cmocka_unit_test(users_of_another_namespace_are_nobody),
        cmocka_unit_test(a_role_may_what_the_ones_before_it_may),
        cmocka_unit_test(what_the_arguments_ask_for_counts_not_what_the_row_says),
        cmocka_unit_test(scopes_are_names_uuids_or_tags),
        cmocka_unit_test(networks_and_pools_need_a_grant_of_their_own),
        cmocka_unit_test(a_domain_that_does_not_exist_yet_has_no_tags),
        cmocka_unit_test(grants_add_up),
        cmocka_unit_test(a_connection_can_only_lower_the_role),
        cmocka_unit_test(a_protected_domain_can_only_be_looked_at),
        cmocka_unit_test(a_lifted_protection_serves_all_but_who_lifted_it),
        cmocka_unit_test(the_host_and_lists_need_any_grant),
        cmocka_unit_test(roles_live_as_long_as_somebody_uses_them),
        cmocka_unit_test(xml_need_only_be_read_when_tags_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
