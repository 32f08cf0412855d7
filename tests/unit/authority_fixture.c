/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/authority_fixture.h"
#include "common/xml.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const names[] = {"web-1", "web-2", "db-1"};

static void ignore_error(void *arg, virErrorPtr error)
{
    (void)arg, (void)error;
}

static void make_domains(virConnectPtr connection)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char xml[400];
        snprintf(xml, sizeof xml,
                 "<domain type='test'><name>%s</name><uuid>4dea22b3-1d52-d8f3-2516-78000000000%zu</uuid><metadata>"
                 "<v:tags xmlns:v='urn:virtmeter:tags:1'><tag>%.2s</tag></v:tags></metadata>"
                 "<memory>8192</memory><os><type>hvm</type></os></domain>",
                 names[i], i, names[i]);
        virDomainPtr domain = virDomainDefineXML(connection, xml);
        assert_non_null(domain);
        assert_int_equal(virDomainCreate(domain), 0);
        virDomainFree(domain);
    }
}

void authority_open(struct authority *authority)
{
    *authority = (struct authority){.folder = "/tmp/virtmeter-authority-XXXXXX"};
    assert_non_null(mkdtemp(authority->folder));
    snprintf(authority->roles_file, sizeof authority->roles_file, "%s/roles", authority->folder);
    snprintf(authority->audit_file, sizeof authority->audit_file, "%s/audit", authority->folder);
    vmt_xml_init();
    virSetErrorFunc(NULL, ignore_error);
    authority->log = (struct vmt_log){open("/dev/null", O_WRONLY | O_CLOEXEC), VMT_LOG_ERROR, VMT_LOG_LOGFMT};
    authority->options = (struct vmt_admin_options){.uri = "test:///default",
                                                    .roles_file = authority->roles_file,
                                                    .roles_owner = geteuid(),
                                                    .audit_file = authority->audit_file,
                                                    .audit_copy_fd = -1,
                                                    .limits = {.stops = 100, .user = 100, .domain = 100},
                                                    .read_timeout_ns = 20 * VMT_SECOND,
                                                    .call_timeout_ns = 20 * VMT_SECOND,
                                                    .transfer_timeout_ns = 20 * VMT_SECOND,
                                                    .max_operations = 2,
                                                    .max_waiting = 2,
                                                    .log = &authority->log};
    authority->connection = virConnectOpen("test:///default");
    assert_non_null(authority->connection);
    make_domains(authority->connection);
}

void authority_close(struct authority *authority)
{
    char rotated[sizeof authority->audit_file + 2];
    authority_stop(authority);
    virConnectClose(authority->connection);
    snprintf(rotated, sizeof rotated, "%s.1", authority->audit_file);
    unlink(rotated);
    unlink(authority->roles_file);
    unlink(authority->audit_file);
    rmdir(authority->folder);
    close(authority->log.fd);
}

void authority_write_roles(struct authority *authority, const char *roles)
{
    FILE *file = fopen(authority->roles_file, "w");
    assert_non_null(file);
    fputs(roles, file);
    fclose(file);
    assert_int_equal(chmod(authority->roles_file, 0600), 0);
}

void authority_start(struct authority *authority, const char *roles)
{
    struct vmt_error error = {0};
    authority_write_roles(authority, roles);
    if (vmt_admin_new(&authority->options, &authority->admin, &error) != 0)
        fail_msg("%s", error.text);
}

void authority_stop(struct authority *authority)
{
    if (!authority->admin)
        return;
    vmt_admin_dismiss(authority->admin);
    assert_true(vmt_admin_free(authority->admin, vmt_now_ns() + 20 * VMT_SECOND));
    authority->admin = NULL;
}

const char *authority_state(const struct authority *authority, const char *name)
{
    virDomainPtr domain = virDomainLookupByName(authority->connection, name);
    int state = 0;
    if (!domain)
        return "gone";
    assert_int_equal(virDomainGetState(domain, &state, NULL, 0), 0);
    virDomainFree(domain);
    return state == VIR_DOMAIN_RUNNING ? "running" : state == VIR_DOMAIN_PAUSED ? "paused" : "shut off";
}

char *authority_audit(const struct authority *authority)
{
    FILE *file = fopen(authority->audit_file, "r");
    char *text = NULL;
    size_t size = 0;
    assert_non_null(file);
    if (getdelim(&text, &size, '\0', file) < 0)
        *text = '\0';
    fclose(file);
    return text;
}

/* ---- requests */

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_ready;
};

static void on_ready(struct vmt_call *call, void *arg)
{
    struct waiter *waiter = arg;
    (void)call;
    pthread_mutex_lock(&waiter->lock);
    waiter->is_ready = true;
    pthread_cond_signal(&waiter->wake);
    pthread_mutex_unlock(&waiter->lock);
}

/* What the server does with a request before it hands it over. */
static int fill(struct vmt_request *request, const struct ask *ask, struct vmt_problem *problem)
{
    const char *allowed = NULL;
    char query[200];
    int failed = vmt_request_begin(request, ask->method ? ask->method : "POST", ask->path, &allowed, problem);
    if (!failed && ask->body)
        failed = vmt_request_header(request, "Content-Type", "application/json", problem);
    if (!failed && ask->key)
        failed = vmt_request_header(request, "Idempotency-Key", ask->key, problem);
    if (!failed && ask->token)
        failed = vmt_request_header(request, "Confirm-Token", ask->token, problem);
    snprintf(query, sizeof query, "%s", ask->query ? ask->query : "");
    for (char *save, *pair = strtok_r(query, "&", &save); pair && !failed; pair = strtok_r(NULL, "&", &save)) {
        char *value = strchr(pair, '=');
        *value = '\0';
        failed = vmt_request_query(request, pair, value + 1, problem);
    }
    if (!failed)
        failed = vmt_request_body(request, ask->body, ask->body ? strlen(ask->body) : 0, problem);
    return failed ? failed : vmt_request_finish(request, problem);
}

static void submit(struct authority *authority, struct vmt_call *call)
{
    struct waiter waiter = {.lock = PTHREAD_MUTEX_INITIALIZER};
    vmt_cond_init(&waiter.wake);
    call->ready = on_ready;
    call->arg = &waiter;
    vmt_admin_submit(authority->admin, call);
    pthread_mutex_lock(&waiter.lock);
    while (!waiter.is_ready)
        vmt_cond_wait(&waiter.wake, &waiter.lock, VMT_NEVER);
    pthread_mutex_unlock(&waiter.lock);
    pthread_cond_destroy(&waiter.wake);
}

const struct reply *authority_ask(struct authority *authority, const struct ask *ask)
{
    static struct reply reply;
    struct vmt_problem problem = {0};
    const gid_t groups[] = {ask->group};
    const struct vmt_peer peer = {.ceiling = ask->ceiling ? ask->ceiling : VMT_ROLE_DEFINER,
                                  .uid = ask->uid,
                                  .gid = ask->uid,
                                  .groups = groups,
                                  .group_count = ask->group != 0};
    struct vmt_call *call = vmt_call_new(&peer, ++authority->serial, ask->path);
    assert_non_null(call);
    if (fill(&call->request, ask, &problem) == 0 &&
        vmt_admin_knows(authority->admin, &peer, call->request.action, authority->serial, &problem))
        submit(authority, call);
    else
        vmt_answer_problem(&call->answer, &problem, &call->asked, NULL);
    json_decref(reply.json);
    const struct vmt_answer *answer = &call->answer;
    reply = (struct reply){.status = answer->status,
                           .retry_after = answer->retry_after,
                           .is_replay = answer->is_replay,
                           .problem = answer->problem,
                           .json = json_loadb(answer->body.bytes, answer->body.length, 0, NULL)};
    vmt_call_unref(call);
    return &reply;
}

const char *authority_prepare(struct authority *authority, struct ask ask)
{
    static char token[VMT_CONFIRM_TOKEN_SIZE];
    ask.query = "prepare=1";
    ask.token = NULL;
    const struct reply *reply = authority_ask(authority, &ask);
    assert_int_equal(reply->status, 200);
    snprintf(token, sizeof token, "%s", json_string_value(json_object_get(reply->json, "token")));
    assert_int_equal(strlen(token), sizeof token - 1);
    return token;
}
