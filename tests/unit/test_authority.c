/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who gets what from the daemon: roles, confirmation, brake, audit and filter put together, on libvirt's test driver.
 * How the daemon does what it does is in test_admin.c.
 */
#include "tests/unit/authority_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WEB_1 "4dea22b3-1d52-d8f3-2516-780000000000"
#define GET .method = "GET"
#define WAIT .query = "wait=15"

static int set_up(void **state)
{
    static struct authority authority;
    authority_open(&authority);
    *state = &authority;
    return 0;
}

static int tear_down(void **state)
{
    authority_close(*state);
    return 0;
}

static const char *text_of(const struct reply *reply, const char *member)
{
    const char *text = json_string_value(json_object_get(reply->json, member));
    return text ? text : "";
}

static void assert_reply(const struct reply *reply, unsigned status, const char *detail)
{
    if (reply->status != status || (detail && strcmp(text_of(reply, "detail"), detail) != 0))
        fail_msg("%u, '%s', not %u, '%s'", reply->status, text_of(reply, "detail"), status, detail ? detail : "");
}

static unsigned count_lines(struct authority *authority, const char *part)
{
    char *audit = authority_audit(authority);
    unsigned count = 0;
    for (const char *at = audit; (at = strstr(at, part)); at++)
        count++;
    free(audit);
    return count;
}

static void strangers_get_nothing_and_are_written_down(void **state)
{
    struct authority *authority = *state;
    authority_start(authority, "grants: [{role: definer, users: [1001], groups: [2001], domains: ['*']}]");
    static const uid_t strangers[] = {0, STRANGER, 65534};
    static const struct ask asks[] = {
        {GET, .path = "/v1/domains"}, {GET, .path = "/v1/host"}, {.path = "/v1/domains/web-1/destroy", WAIT}};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            struct ask ask = asks[j];
            ask.uid = strangers[i];
            ask.group = strangers[i] == 65534 ? WEB_GROUP : 0; /* whom the kernel does not know, whatever his groups */
            assert_reply(authority_ask(authority, &ask), 403, NULL);
        }
        char part[100];
        snprintf(part, sizeof part, "\"event\":\"denial\",\"request\":\"%zu\",", 3 * i + 3);
        assert_int_equal(count_lines(authority, part), 1);
    }
    assert_int_equal(count_lines(authority, "\"event\":\"denial\""), 9);
    assert_int_equal(count_lines(authority, "\"event\":\"intent\""), 0);
    assert_string_equal(authority_state(authority, "web-1"), "running");
    assert_reply(ASK(authority, STRANGER, WEB_GROUP, GET, .path = "/v1/domains/web-1"), 200, NULL);
}

static void what_is_out_of_scope_does_not_exist(void **state)
{
    struct authority *authority = *state;
    authority_start(authority, "grants: [{role: definer, users: [1001], domains: ['web-*']}]");
    assert_reply(ASK(authority, ALICE, GET, .path = "/v1/domains/db-1"), 404, "there is no domain 'db-1'");
    assert_reply(ASK(authority, ALICE, GET, .path = "/v1/domains/db-9"), 404, "there is no domain 'db-9'");
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/db-1/suspend", WAIT), 404, "there is no domain 'db-1'");
    const json_t *domains = json_object_get(ASK(authority, ALICE, GET, .path = "/v1/domains")->json, "domains");
    assert_int_equal(json_array_size(domains), 2);
    assert_reply(ASK(authority, ALICE, GET, .path = "/v1/networks/default"), 404, NULL);
    assert_reply(ASK(authority, ALICE, .path = "/v1/pools/default-pool/stop", WAIT), 404, NULL);
    assert_string_equal(authority_state(authority, "db-1"), "running");
}

static void a_role_that_is_too_low_changes_nothing(void **state)
{
    struct authority *authority = *state;
    authority_start(authority, "grants: [{role: viewer, users: [1001], domains: ['*'], skip-confirmation: true},"
                               " {role: operator, users: [1002], domains: ['*'], skip-confirmation: true}]");
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-1/suspend", WAIT), 403,
                 "uid 1001 is viewer on domain 'web-1'; suspend needs operator");
    assert_reply(ASK(authority, BOB, .path = "/v1/domains/web-1/destroy", WAIT), 403,
                 "uid 1002 is operator on domain 'web-1'; destroy needs power");
    /* An argument that makes it grave needs what destroying needs. */
    assert_reply(ASK(authority, BOB, .path = "/v1/domains/web-1/shutdown", WAIT, .body = "{\"on_timeout\":\"force\"}"),
                 403, "uid 1002 is operator on domain 'web-1'; shutdown needs power");
    /* A connection for reading only lowers every role. */
    assert_reply(ASK(authority, BOB, .ceiling = VMT_ROLE_VIEWER, .path = "/v1/domains/web-1/suspend", WAIT), 403, NULL);
    assert_string_equal(authority_state(authority, "web-1"), "running");
    assert_reply(ASK(authority, BOB, .path = "/v1/domains/web-1/suspend", WAIT), 200, NULL);
    assert_string_equal(authority_state(authority, "web-1"), "paused");
    assert_int_equal(count_lines(authority, "\"event\":\"denial\""), 4);
}

static void destroying_takes_two_steps(void **state)
{
    struct authority *authority = *state;
    static const struct ask destroy = {ALICE, .path = "/v1/domains/web-1/destroy", WAIT};
    authority_start(authority, "grants: [{role: power, users: [1001, 1002], domains: ['*']}]");
    assert_reply(authority_ask(authority, &destroy), 428, NULL);
    struct ask ask = destroy;
    ask.token = authority_prepare(authority, destroy);
    const struct reply *reply;
    ask.uid = BOB;
    assert_reply(authority_ask(authority, &ask), 403, "the token was given to another user");
    ask.uid = ALICE;
    assert_reply(authority_ask(authority, &ask), 403, "the token is unknown or was used before");
    ask.token = authority_prepare(authority, destroy);
    ask.body = "{\"graceful\":true}";
    assert_reply(authority_ask(authority, &ask), 403, "the token was given for other parameters");
    ask = destroy;
    ask.token = authority_prepare(authority, destroy);
    ASK(authority, BOB, .path = "/v1/domains/web-1/suspend", WAIT);
    assert_reply(authority_ask(authority, &ask), 403, "the state has changed since the token was given");
    assert_string_equal(authority_state(authority, "web-1"), "paused");
    ask.token = authority_prepare(authority, destroy);
    reply = authority_ask(authority, &ask);
    assert_reply(reply, 200, NULL);
    assert_true(json_is_true(json_object_get(reply->json, "changed")));
    assert_string_equal(authority_state(authority, "web-1"), "shut off");
    assert_int_equal(count_lines(authority, "\"event\":\"denial\""), 4);
    assert_int_equal(count_lines(authority, ask.token), 0); /* tokens are not written down */
}

static void what_skips_the_confirmation_is_the_grant_not_the_request(void **state)
{
    struct authority *authority = *state;
    authority_start(authority, "grants: [{role: power, users: [1001], domains: ['web-*'], skip-confirmation: true},"
                               " {role: power, users: [1001], domains: ['db-*']}]");
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/db-1/destroy", WAIT), 428, NULL);
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-1/destroy", WAIT), 200, NULL);
    assert_string_equal(authority_state(authority, "db-1"), "running");
    assert_string_equal(authority_state(authority, "web-1"), "shut off");
}

static void what_cannot_be_written_down_is_not_done(void **state)
{
    struct authority *authority = *state;
    authority_start(authority, "grants: [{role: operator, users: [1001], domains: ['*']}]");
    assert_int_equal(unlink(authority->audit_file), 0);
    assert_int_equal(symlink("/dev/null", authority->audit_file), 0);
    const struct reply *reply = ASK(authority, ALICE, .path = "/v1/domains/web-1/suspend", WAIT);
    assert_int_equal(reply->status, 503);
    assert_int_equal(reply->problem, VMT_PROBLEM_AUDIT_FAILED);
    assert_string_equal(authority_state(authority, "web-1"), "running");
    assert_reply(ASK(authority, ALICE, GET, .path = "/v1/domains/web-1"), 200, NULL);
    assert_int_equal(unlink(authority->audit_file), 0);
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-1/suspend", WAIT), 200, NULL);
    assert_string_equal(authority_state(authority, "web-1"), "paused");
}

static void protected_domains_take_two_people(void **state)
{
    struct authority *authority = *state;
    authority_start(authority,
                    "grants:\n"
                    "- {role: definer, users: [1001], domains: ['*'], skip-confirmation: true, lift-protection: true}\n"
                    "- {role: operator, users: [1002], domains: ['*'], lift-protection: true}\n"
                    "- {role: definer, users: [1003], domains: ['*'], skip-confirmation: true}\n"
                    "protected: {domains: ['db-*']}\n");
    static const struct ask destroy = {ALICE, .path = "/v1/domains/db-1/destroy", WAIT};
    assert_reply(authority_ask(authority, &destroy), 403, "domain 'db-1' is protected until somebody else lifts that");
    assert_reply(ASK(authority, CAROL, .path = "/v1/domains/db-1/unprotect", WAIT), 403,
                 "uid 1003 may not lift the protection of domain 'db-1'");
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/db-1/unprotect", WAIT), 200, NULL);
    assert_reply(authority_ask(authority, &destroy), 403,
                 "domain 'db-1' is protected, and nobody but uid 1001 has lifted that");
    assert_reply(ASK(authority, BOB, .path = "/v1/domains/db-1/unprotect", WAIT), 200, NULL);
    assert_reply(ASK(authority, BOB, .path = "/v1/domains/db-1/protect", WAIT), 200, NULL);
    assert_int_equal(authority_ask(authority, &destroy)->status, 403);
    assert_string_equal(authority_state(authority, "db-1"), "running");
    assert_reply(ASK(authority, BOB, .path = "/v1/domains/db-1/unprotect", WAIT), 200, NULL);
    assert_reply(authority_ask(authority, &destroy), 200, NULL);
    assert_string_equal(authority_state(authority, "db-1"), "shut off");
}

static void a_protected_domain_cannot_be_redefined_either(void **state)
{
    struct authority *authority = *state;
    authority_start(authority, "grants: [{role: definer, users: [1001], domains: ['*']}]\nprotected: {tags: [db]}\n");
    const char *hash =
        text_of(ASK(authority, ALICE, GET, .path = "/v1/domains/db-1/xml", .query = "inactive=1"), "sha256");
    char body[400];
    snprintf(body, sizeof body,
             "{\"xml\":\"<domain type='test'><name>db-1</name><uuid>4dea22b3-1d52-d8f3-2516-780000000002</uuid>"
             "<memory>4096</memory><os><type>hvm</type></os></domain>\",\"replaces\":\"%s\"}",
             hash);
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/define", WAIT, .body = body), 403,
                 "domain 'db-1' is protected until somebody else lifts that");
}

#define XML(name, rest) "{\"xml\":\"<domain type='test'><name>" name "</name><memory>4096</memory>" rest "</domain>\"}"
#define HVM "<os><type>hvm</type></os>"

static void definitions_keep_to_scope_and_table(void **state)
{
    struct authority *authority = *state;
    authority_start(authority, "grants: [{role: definer, users: [1001], domains: ['web-*']},"
                               " {role: definer, users: [1002], tags: [mine]},"
                               " {role: power, users: [1003], domains: ['*']}]\n"
                               "protected: {domains: ['web-3']}" /* what does not exist needs no protection */);
    static const struct {
        uid_t uid;
        unsigned status;
        const char *body, *detail;
    } cases[] = {
        {ALICE, 403, XML("db-2", HVM), "uid 1001 has no role on domain 'db-2'"},
        {CAROL, 403, XML("web-3", HVM), "uid 1003 is power on domain 'web-3'; define needs definer"},
        {BOB, 403,
         XML("web-3", HVM "<metadata><v:tags xmlns:v='urn:virtmeter:tags:1'><tag>mine</tag></v:tags></metadata>"),
         "uid 1002 has no role on domain 'web-3'"}, /* nobody gives himself a role */
        /* of a hidden domain the UUID does not tell the name */
        {ALICE, 403, XML("web-3", HVM "<uuid>4dea22b3-1d52-d8f3-2516-780000000002</uuid>"),
         "uid 1001 has no role on a domain of this name or UUID"},
        {ALICE, 422, XML("web-3", HVM "<devices><hostdev/></devices>"),
         "line 1: <hostdev> is not allowed in <devices>"},
        {ALICE, 422, XML(" web-3", HVM), "line 1: <name> may not be ' web-3'"},
        {ALICE, 422, "{\"xml\":\"<domain>\"}", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_reply(ASK(authority, cases[i].uid, .path = "/v1/domains/define", WAIT, .body = cases[i].body),
                     cases[i].status, cases[i].detail);
    assert_string_equal(authority_state(authority, "web-3"), "gone");
    assert_int_equal(count_lines(authority, "\"reason\":\"the XML is not allowed: line 1\""), 3);
    assert_int_equal(count_lines(authority, "hostdev"), 0);
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/define", WAIT, .body = XML("web-3", HVM)), 201, NULL);
    assert_string_equal(authority_state(authority, "web-3"), "shut off");
    assert_int_equal(count_lines(authority, "<domain"), 0); /* no XML is written down */
    virDomainPtr domain = virDomainLookupByName(authority->connection, "web-3");
    virDomainUndefine(domain);
    virDomainFree(domain);
}

static void tags_of_existing_domains_are_a_scope(void **state)
{
    struct authority *authority = *state;
    authority_start(authority, "grants: [{role: operator, users: [1001], tags: [we]}]");
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-1/suspend", WAIT), 200, NULL);
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/db-1/suspend", WAIT), 404, NULL);
    const json_t *domains = json_object_get(ASK(authority, ALICE, GET, .path = "/v1/domains")->json, "domains");
    assert_int_equal(json_array_size(domains), 2);
}

static void the_brake_stops_mass_stops(void **state)
{
    struct authority *authority = *state;
    authority->options.limits.stops = 2;
    authority_start(authority, "grants: [{role: power, users: [1001], domains: ['*'], skip-confirmation: true},"
                               " {role: power, users: [1002], domains: ['*']}]");
    for (unsigned i = 0; i < 5; i++) /* what is not confirmed does not count */
        assert_reply(ASK(authority, BOB, .path = "/v1/domains/web-1/destroy", WAIT), 428, NULL);
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-1/destroy", WAIT), 200, NULL);
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-1/destroy", WAIT), 200, NULL); /* nothing to do */
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-2/destroy", WAIT), 200, NULL);
    const struct reply *reply = ASK(authority, ALICE, .path = "/v1/domains/db-1/destroy", WAIT);
    assert_reply(reply, 429, "the brake: no more than 2 stops in a minute");
    assert_in_range(reply->retry_after, 1, 60);
    authority_stop(authority);
    authority_start(authority, "grants: [{role: power, users: [1001], domains: ['*'], skip-confirmation: true}]");
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/db-1/destroy", WAIT), 429, NULL); /* after a restart, too */
    assert_string_equal(authority_state(authority, "db-1"), "running");
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-1/start", WAIT), 200, NULL);
}

static void users_and_domains_have_limits_too(void **state)
{
    struct authority *authority = *state;
    authority->options.limits.user = 3;
    authority->options.limits.domain = 2;
    authority_start(authority, "grants: [{role: operator, users: [1001, 1002], domains: ['*']}]");
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-1/suspend", WAIT), 200, NULL);
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-1/resume", WAIT), 200, NULL);
    assert_reply(ASK(authority, BOB, .path = "/v1/domains/web-1/suspend", WAIT), 429,
                 "the brake: no more than 2 changes of the same object in a minute");
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/web-2/suspend", WAIT), 200, NULL);
    assert_reply(ASK(authority, ALICE, .path = "/v1/domains/db-1/suspend", WAIT), 429,
                 "the brake: no more than 3 changes by one user in a minute");
    assert_reply(ASK(authority, ALICE, GET, .path = "/v1/domains"), 200, NULL); /* looking is not changing */
    assert_int_equal(count_lines(authority, "\"event\":\"denial\""), 2);
}

/* As after kill -9 between the line before and the act, or the act and the line after. */
static void what_a_killed_daemon_began_is_unknown_and_not_done_again(void **state)
{
    struct authority *authority = *state;
    static const char roles[] = "grants: [{role: operator, users: [1001], domains: ['*']}]";
    const struct ask suspend = {ALICE, .path = "/v1/domains/web-1/suspend", WAIT, .key = "once"};
    authority_start(authority, roles);
    authority_ask(authority, &suspend);
    authority_stop(authority);
    char *audit = authority_audit(authority);
    *(strchr(audit, '\n') + 1) = '\0'; /* only the intent, and a torn line */
    FILE *file = fopen(authority->audit_file, "w");
    fprintf(file, "%s{\"time\":\"20", audit);
    fclose(file);
    free(audit);
    virDomainPtr domain = virDomainLookupByName(authority->connection, "web-1");
    virDomainResume(domain);
    virDomainFree(domain);
    authority_start(authority, roles);
    const struct reply *reply = authority_ask(authority, &suspend);
    assert_int_equal(reply->status, 504);
    assert_int_equal(reply->problem, VMT_PROBLEM_UNKNOWN_OUTCOME);
    assert_true(reply->is_replay);
    assert_string_equal(authority_state(authority, "web-1"), "running");
    assert_int_equal(count_lines(authority, "\"result\":\"unknown\""), 1);
    /* Both lines say the same of who it was. */
    assert_int_equal(count_lines(authority, "\"uid\":1001,\"gid\":1001,"), 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(strangers_get_nothing_and_are_written_down),
        TEST(what_is_out_of_scope_does_not_exist),
        TEST(a_role_that_is_too_low_changes_nothing),
        TEST(destroying_takes_two_steps),
        TEST(what_skips_the_confirmation_is_the_grant_not_the_request),
        TEST(what_cannot_be_written_down_is_not_done),
        TEST(protected_domains_take_two_people),
        TEST(a_protected_domain_cannot_be_redefined_either),
        TEST(definitions_keep_to_scope_and_table),
        TEST(tags_of_existing_domains_are_a_scope),
        TEST(the_brake_stops_mass_stops),
        TEST(users_and_domains_have_limits_too),
        TEST(what_a_killed_daemon_began_is_unknown_and_not_done_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
