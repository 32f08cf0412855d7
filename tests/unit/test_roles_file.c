/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/roles_fixture.h"

#include <stdlib.h>

#define GRANT "grants: [{role: viewer, users: [alice], domains: ['*']}]\n"
#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"

static void assert_refused(const char *text, size_t length, const char *reason)
{
    struct vmt_roles *roles = NULL;
    struct vmt_error error = {0};
    int result = vmt_roles_parse(ROLES_FIXTURE_FILE, text, length, &roles_fixture_lookup, &roles, &error);
    size_t common = strlen(reason); /* where libyaml's own words begin, the reason ends with a colon */
    bool is_start = common > 0 && reason[common - 1] == ':';
    if (result >= 0 || roles || (is_start ? strncmp(error.text, reason, common) : strcmp(error.text, reason)) != 0)
        fail_msg("%d, '%s', not '%s', from\n%s", result, error.text, reason, text);
    assert_int_equal(error.code, result);
}

static const struct {
    const char *text, *reason;
} refusals[] = {
    {"", "roles.yaml:1: expected a document with the key 'grants'"},
    {"# nothing\n\n", "roles.yaml:3: expected a document with the key 'grants'"},
    {"text", "roles.yaml:1: expected a mapping of keys to values"},
    {"[]", "roles.yaml:1: expected a mapping of keys to values"},
    {GRANT "more: 1", "roles.yaml:2: unknown key 'more'"},
    {GRANT GRANT, "roles.yaml:2: the key 'grants' comes twice"},
    {"? [a]\n: b", "roles.yaml:1: expected a key"},
    {"grants: alice", "roles.yaml:1: expected a list of grants"},
    {"grants:\n- alice", "roles.yaml:2: expected a mapping of keys to values"},
    {"grants:\n- {role: viewer, users: [alice], domains: ['*']}\n- {}", "roles.yaml:3: the grant has no 'role'"},
    {"grants:\n- users: [alice]\n  domains: ['*']", "roles.yaml:2: the grant has no 'role'"},
    {"grants:\n- role: viewer\n  domains: ['*']",
     "roles.yaml:2: the grant is for nobody: it needs 'users' or 'groups'"},
    {"grants:\n- role: viewer\n  users: [alice]",
     "roles.yaml:2: the grant is for nothing: it needs 'domains', 'uuids', 'tags', 'networks' or 'pools'"},
    {"grants:\n- role: viewer\n  role: power", "roles.yaml:3: the key 'role' comes twice"},
    {"grants:\n- roles: viewer", "roles.yaml:2: unknown key 'roles'"},
    {"grants:\n- Role: viewer", "roles.yaml:2: unknown key 'Role'"},
    {"grants:\n- role: admin", "roles.yaml:2: 'admin' is not a role: viewer, operator, power or definer"},
    {"grants:\n- role: none", "roles.yaml:2: 'none' is not a role: viewer, operator, power or definer"},
    {"grants:\n- role: [power]", "roles.yaml:2: expected a role"},
    {"grants:\n- role:", "roles.yaml:2: expected a role, not an empty text"},
    {"grants:\n- users: alice", "roles.yaml:2: expected a list"},
    {"grants:\n- users: []", "roles.yaml:2: the list is empty: leave the key out"},
    {"grants:\n- users:\n  - alice\n  - ''", "roles.yaml:4: expected a text in the list, not an empty text"},
    {"grants:\n- users: [\"a\\0b\"]", "roles.yaml:2: expected a text in the list, not an empty text"},
    {"grants:\n- users: [[alice]]", "roles.yaml:2: expected a text in the list"},
    {"grants:\n- users: [alice: 1]", "roles.yaml:2: expected a text in the list"},
    {"grants:\n- users:\n  - alice\n  - carol", "roles.yaml:4: there is no user 'carol'"},
    {"grants:\n- users: [web]", "roles.yaml:2: there is no user 'web'"},
    {"grants:\n- groups: [alice]", "roles.yaml:2: there is no group 'alice'"},
    {"grants:\n- users: ['*']", "roles.yaml:2: there is no user '*'"},
    {"grants:\n- users: [-1]", "roles.yaml:2: there is no user '-1'"},
    {"grants:\n- users: [0x0]", "roles.yaml:2: there is no user '0x0'"},
    {"grants:\n- users: [4294967295]", "roles.yaml:2: there is no user '4294967295'"},
    {"grants:\n- users: [4294967296]", "roles.yaml:2: there is no user '4294967296'"},
    {"grants:\n- users: [18446744073709551616]", "roles.yaml:2: there is no user '18446744073709551616'"},
    {"grants:\n- users: [unreachable]", "roles.yaml:2: cannot look up the user 'unreachable': Connection timed out"},
    {"grants:\n- users: [65534]",
     "roles.yaml:2: the user '65534' is 65534, which stands for everybody who is unknown here"},
    {"grants:\n- users: [nobody]",
     "roles.yaml:2: the user 'nobody' is 65534, which stands for everybody who is unknown here"},
    {"grants:\n- groups: [nogroup]",
     "roles.yaml:2: the group 'nogroup' is 65534, which stands for everybody who is unknown here"},
    {"grants:\n- domains: ['web-[']", "roles.yaml:2: 'web-[' is not a name pattern"},
    {"grants:\n- domains: ['[!']", "roles.yaml:2: '[!' is not a name pattern"},
    {"grants:\n- domains: ['[]']", "roles.yaml:2: '[]' is not a name pattern"},
    {"grants:\n- domains: ['web\\']", "roles.yaml:2: 'web\\' is not a name pattern"},
    {"grants:\n- pools: ['[a']", "roles.yaml:2: '[a' is not a name pattern"},
    {"grants:\n- networks: ['[a']", "roles.yaml:2: '[a' is not a name pattern"},
    {"grants:\n- uuids: [web-1]", "roles.yaml:2: 'web-1' is not a UUID"},
    {"grants:\n- uuids: [" UUID "0]", "roles.yaml:2: '" UUID "0' is not a UUID"},
    {"grants:\n- uuids: [4dea22b31d52d8f32516782e98ab3fa0]",
     "roles.yaml:2: '4dea22b31d52d8f32516782e98ab3fa0' is not a UUID"},
    {"grants:\n- uuids: [4dea22b3-1d52-d8f3-2516-782e98ab3fag]",
     "roles.yaml:2: '4dea22b3-1d52-d8f3-2516-782e98ab3fag' is not a UUID"},
    {"grants:\n- skip-confirmation: yes", "roles.yaml:2: expected true or false, not 'yes'"},
    {"grants:\n- skip-confirmation: 1", "roles.yaml:2: expected true or false, not '1'"},
    {"grants:\n- skip-confirmation: 'true'", "roles.yaml:2: expected true or false, not 'true'"},
    {"grants:\n- lift-protection: [true]", "roles.yaml:2: expected true or false"},
    {"protected: ['*']", "roles.yaml:1: expected a mapping of keys to values"},
    {"protected: {networks: ['*']}", "roles.yaml:1: unknown key 'networks'"},
    {"protected: {domains: []}", "roles.yaml:1: the list is empty: leave the key out"},
    {"protected: {domains: ['*'], domains: ['*']}", "roles.yaml:1: the key 'domains' comes twice"},
    {GRANT "---\n" GRANT, "roles.yaml:2: a second document begins"},
    {"grants: &a []\nprotected: *a", "roles.yaml:1: anchors, aliases and tags are not accepted"},
    {"grants: *a", "roles.yaml:1: anchors, aliases and tags are not accepted"},
    {"grants:\n- &a {role: viewer}", "roles.yaml:2: anchors, aliases and tags are not accepted"},
    {"grants:\n- role: &a viewer", "roles.yaml:2: anchors, aliases and tags are not accepted"},
    {"grants:\n- role: !!str viewer", "roles.yaml:2: anchors, aliases and tags are not accepted"},
    {"grants: !x []", "roles.yaml:1: anchors, aliases and tags are not accepted"},
    {"!x {grants: []}", "roles.yaml:1: anchors, aliases and tags are not accepted"},
    {"grants:\n- <<: {role: viewer}", "roles.yaml:2: unknown key '<<'"},
    {"grants:\n  - [", "roles.yaml:2: expected a mapping of keys to values"},
    {"grants:\n\trole: x", "roles.yaml:2:"},
    {"grants: [", "roles.yaml:2:"},
    {"grants: \"", "roles.yaml:1:"},
    {"a: b: c", "roles.yaml:1:"},
    {"grants:\n\n- role: \xff", "roles.yaml:"},
    {"grants:\n- role: \x01", "roles.yaml:"},
    {"%YAML 1.9\n---\n" GRANT, "roles.yaml:1:"},
};

static void what_is_not_understood_is_refused_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        assert_refused(refusals[i].text, strlen(refusals[i].text), refusals[i].reason);
    assert_refused("a\0b", 3, "roles.yaml:");
}

static void long_names_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {"domains", "tags"};
    for (size_t i = 0; i < 2; i++) {
        for (int length = 255; length <= 256; length++) {
            char text[400], name[257] = "";
            memset(name, 'a', (size_t)length);
            snprintf(text, sizeof text, "grants: [{role: viewer, users: [0], %s: [%s]}]", keys[i], name);
            struct vmt_roles *roles = NULL;
            int result = vmt_roles_parse(ROLES_FIXTURE_FILE, text, strlen(text), &roles_fixture_lookup, &roles, NULL);
            assert_int_equal(result, length == 255 ? 0 : -EINVAL);
            vmt_roles_unref(roles);
        }
    }
}

static void everything_that_is_documented_is_understood(void **state)
{
    (void)state;
    static const char text[] = "# a comment\n"
                               "---\n"
                               "grants:\n"
                               "  - role: operator\n"
                               "    users: [alice, 1003, \"0\"]\n"
                               "    groups:\n"
                               "      - web\n"
                               "      - 3000\n"
                               "    domains: [\"web-*\", 'a[]b]', '\\*', '[!a]']\n"
                               "    uuids: [" UUID "]\n"
                               "    tags: [web, 'über uns']\n"
                               "    networks: [\"*\"]\n"
                               "    pools: [\"*\"]\n"
                               "    skip-confirmation: true\n"
                               "    lift-protection: false\n"
                               "protected:\n"
                               "  domains: [\"db-*\"]\n"
                               "  uuids: [" UUID "]\n"
                               "  tags: [precious]\n"
                               "...\n";
    struct vmt_roles *roles = roles_fixture_parse(text);
    static const uid_t users[] = {1001, 1003, 0};
    const struct vmt_object star = {VMT_TARGET_DOMAIN, "*", NULL};
    for (size_t i = 0; i < 3; i++) {
        const struct vmt_peer peer = {.ceiling = VMT_ROLE_DEFINER, .uid = users[i], .gid = 1};
        struct vmt_decision decision = roles_fixture_decide(roles, &peer, "start", &star);
        assert_string_equal(vmt_denial_names[decision.denial], "none");
        assert_true(strstr(decision.reason, "by line 4 of") != NULL);
        assert_true(decision.may_skip_confirmation);
    }
    vmt_roles_unref(roles);
    vmt_roles_unref(NULL);
}

/* The part of a file from what follows `start` to `end` (NULL: all that follows), for the caller to free. */
static char *read_part(const char *path, const char *start, const char *end)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    if (!file || getdelim(&text, &size, '\0', file) <= 0)
        fail_msg("cannot read '%s': run this in the folder of the fixtures", path);
    fclose(file);
    char *found = strstr(text, start);
    if (!found || (end && !strstr(found, end)))
        fail_msg("'%s' has no part from '%s' to '%s'", path, start, end ? end : "its end");
    found += strlen(start);
    if (end)
        *strstr(found, end) = '\0';
    char *part = strdup(found);
    free(text);
    return part;
}

static void the_documented_file_means_what_it_says(void **state)
{
    (void)state;
    char *text = read_part("../../docs/admin-roles.md", "```yaml\n", "```");
    struct vmt_roles *roles = roles_fixture_parse(text);
    const struct vmt_peer alice = {.ceiling = VMT_ROLE_DEFINER, .uid = 1001, .gid = 1001};
    const struct vmt_object web = {VMT_TARGET_DOMAIN, "web-1", NULL}, db = {VMT_TARGET_DOMAIN, "db-1", NULL};
    assert_int_equal(roles_fixture_decide(roles, &alice, "shutdown", &web).denial, VMT_DENIAL_NONE);
    assert_int_equal(roles_fixture_decide(roles, &alice, "destroy", &web).denial, VMT_DENIAL_ROLE);
    assert_int_equal(roles_fixture_decide(roles, &alice, "shutdown", &db).denial, VMT_DENIAL_PROTECTED);
    assert_int_equal(roles_fixture_decide(roles, &alice, "unprotect", &db).denial, VMT_DENIAL_NONE);
    vmt_roles_unref(roles);
    free(text);
}

static int find_any(const char *name, id_t *ret_id)
{
    (void)name;
    *ret_id = 1;
    return 0;
}

static void samples_are_understood(void **state)
{
    (void)state;
    static const struct vmt_roles_lookup any = {find_any, find_any};
    static const struct {
        const char *path, *start, *end;
    } samples[] = {
        {"../../packaging/roles.yaml", "", NULL},
        {"../../docs/man/virtmeter-admind.8", ".Bd -literal -offset indent\n", ".Ed"},
    };
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct vmt_roles *roles = NULL;
        struct vmt_error error = {0};
        char *text = read_part(samples[i].path, samples[i].start, samples[i].end);
        if (vmt_roles_parse(samples[i].path, text, strlen(text), &any, &roles, &error) != 0)
            fail_msg("%s", error.text);
        vmt_roles_unref(roles);
        free(text);
    }
}

static void the_system_knows_root(void **state)
{
    (void)state;
    uid_t uid = 1;
    gid_t gid = 1;
    assert_int_equal(vmt_roles_system.user("root", &uid), 0);
    assert_int_equal(vmt_roles_system.group("root", &gid), 0);
    assert_int_equal(uid + gid, 0);
    assert_int_equal(vmt_roles_system.user("no such user, surely", &uid), -ENOENT);
    assert_int_equal(vmt_roles_system.group("no such group, surely", &gid), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_understood_is_refused_with_its_line),
        cmocka_unit_test(long_names_are_refused),
        cmocka_unit_test(everything_that_is_documented_is_understood),
        cmocka_unit_test(the_documented_file_means_what_it_says),
        cmocka_unit_test(samples_are_understood),
        cmocka_unit_test(the_system_knows_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
