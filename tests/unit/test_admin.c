/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon without its sockets, on libvirt's test driver; its calls hang, fail or lose the disk when a test says so.
 */
#include "admin/admin.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOT_UID = 0, ALICE = 1001, BOB = 1002, CAROL = 1003, STRANGER = 1099, PATIENCE_SECONDS = 20 };

static const char roles[] =
    "grants:\n"
    "  - role: definer\n    users: [0]\n    domains: ['*']\n    networks: ['*']\n    pools: ['*']\n"
    "    lift-protection: true\n"
    "  - role: operator\n    users: [1001]\n    domains: ['test']\n"
    "  - role: power\n    users: [1002]\n    domains: ['other-*']\n"
    "  - role: power\n    users: [1003]\n    domains: ['*']\n    skip-confirmation: true\n"
    "protected:\n"
    "  domains: ['precious']\n";

struct fixture {
    char folder[64], roles_file[96], audit_file[96], save_folder[96];
    struct vmt_log log;
    struct vmt_admin *admin;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    unsigned ready, workers;
};

/* What the wrapped functions do; with the gate's lock. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool suspend_hangs, sync_fails, sync_hangs;
    unsigned suspends, syncs;
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

int __real_virDomainSuspend(virDomainPtr domain);
int __wrap_virDomainSuspend(virDomainPtr domain);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_virDomainSuspend(virDomainPtr domain)
{
    pthread_mutex_lock(&gate.lock);
    gate.suspends++;
    while (gate.suspend_hangs)
        pthread_cond_wait(&gate.wake, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    return __real_virDomainSuspend(domain);
}

int __wrap_fdatasync(int fd)
{
    pthread_mutex_lock(&gate.lock);
    gate.syncs++;
    pthread_cond_broadcast(&gate.wake);
    while (gate.sync_hangs)
        pthread_cond_wait(&gate.wake, &gate.lock);
    bool fails = gate.sync_fails;
    pthread_mutex_unlock(&gate.lock);
    if (!fails)
        return __real_fdatasync(fd);
    errno = EIO;
    return -1;
}

static void set_gate(bool *flag, bool value)
{
    pthread_mutex_lock(&gate.lock);
    *flag = value;
    pthread_cond_broadcast(&gate.wake);
    pthread_mutex_unlock(&gate.lock);
}

static unsigned suspends(void)
{
    pthread_mutex_lock(&gate.lock);
    unsigned count = gate.suspends;
    pthread_mutex_unlock(&gate.lock);
    return count;
}

static void write_roles(const struct fixture *fixture, const char *text)
{
    FILE *file = fopen(fixture->roles_file, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(fixture->roles_file, 0600);
}

static int start(struct fixture *fixture, struct vmt_error *error)
{
    const struct vmt_admin_options options = {.uri = "test:///default",
                                              .roles_file = fixture->roles_file,
                                              .roles_owner = geteuid(),
                                              .audit_file = fixture->audit_file,
                                              .audit_copy_fd = -1,
                                              .save_directory = fixture->save_folder,
                                              .limits = {.stops = 3, .user = 100, .domain = 100},
                                              .read_timeout_ns = PATIENCE_SECONDS * VMT_SECOND,
                                              .call_timeout_ns = VMT_SECOND,
                                              .transfer_timeout_ns = PATIENCE_SECONDS * VMT_SECOND,
                                              .max_operations = fixture->workers,
                                              .max_waiting = 4,
                                              .log = &fixture->log};
    return vmt_admin_new(&options, &fixture->admin, error);
}

static void stop(struct fixture *fixture)
{
    vmt_admin_dismiss(fixture->admin);
    assert_true(vmt_admin_free(fixture->admin, vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND));
    fixture->admin = NULL;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct vmt_error error;
    set_gate(&gate.suspend_hangs, false);
    set_gate(&gate.sync_fails, false);
    gate.suspends = gate.syncs = 0;
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/virtmeter-admin.XXXXXX");
    if (!mkdtemp(fixture->folder))
        return -1;
    snprintf(fixture->roles_file, sizeof fixture->roles_file, "%s/roles.yaml", fixture->folder);
    snprintf(fixture->audit_file, sizeof fixture->audit_file, "%s/audit.jsonl", fixture->folder);
    snprintf(fixture->save_folder, sizeof fixture->save_folder, "%s/saved", fixture->folder);
    mkdir(fixture->save_folder, 0700);
    fixture->log = (struct vmt_log){STDERR_FILENO, VMT_LOG_ERROR, VMT_LOG_LOGFMT};
    pthread_mutex_init(&fixture->lock, NULL);
    vmt_cond_init(&fixture->wake);
    fixture->workers = 4;
    write_roles(fixture, roles);
    *state = fixture;
    return start(fixture, &error);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    set_gate(&gate.suspend_hangs, false);
    set_gate(&gate.sync_hangs, false);
    if (fixture->admin)
        stop(fixture);
    unlink(fixture->roles_file);
    unlink(fixture->audit_file);
    rmdir(fixture->save_folder);
    rmdir(fixture->folder);
    pthread_cond_destroy(&fixture->wake);
    pthread_mutex_destroy(&fixture->lock);
    free(fixture);
    return 0;
}

static void on_ready(struct vmt_call *call, void *arg)
{
    struct fixture *fixture = arg;
    (void)call;
    pthread_mutex_lock(&fixture->lock);
    fixture->ready++;
    pthread_cond_broadcast(&fixture->wake);
    pthread_mutex_unlock(&fixture->lock);
}

/* What somebody asks for; texts that are NULL are not said. */
struct ask {
    uid_t uid;
    const char *path, *body, *key, *token;
    const char *query[8]; /* names and values by turns */
};

static struct vmt_call *send_call(struct fixture *fixture, const struct ask *ask, const char *method)
{
    const struct vmt_peer peer = {.ceiling = VMT_ROLE_DEFINER, .uid = ask->uid, .gid = 100};
    struct vmt_problem problem = {0};
    const char *allowed;
    struct vmt_call *call = vmt_call_new(&peer, 1, ask->path);
    struct vmt_request *request = &call->request;
    vmt_request_begin(request, method, ask->path, &allowed, &problem);
    vmt_request_header(request, "Content-Type", "application/json", &problem);
    if (ask->key)
        vmt_request_header(request, "Idempotency-Key", ask->key, &problem);
    if (ask->token)
        vmt_request_header(request, "Confirm-Token", ask->token, &problem);
    for (const char *const *parameter = ask->query; *parameter; parameter += 2)
        vmt_request_query(request, parameter[0], parameter[1], &problem);
    vmt_request_body(request, ask->body ? ask->body : "", ask->body ? strlen(ask->body) : 0, &problem);
    vmt_request_finish(request, &problem);
    if (problem.kind)
        fail_msg("%s: %s", ask->path, problem.detail);
    call->ready = on_ready;
    call->arg = fixture;
    vmt_admin_submit(fixture->admin, call);
    return call;
}

/* Waits for the answer and takes its document. */
static json_t *take_answer(struct fixture *fixture, struct vmt_call *call, unsigned *ret_status)
{
    uint64_t until_ns = vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND;
    pthread_mutex_lock(&fixture->lock);
    while (!fixture->ready && vmt_now_ns() < until_ns)
        vmt_cond_wait(&fixture->wake, &fixture->lock, until_ns);
    assert_int_equal(fixture->ready, 1);
    fixture->ready = 0;
    pthread_mutex_unlock(&fixture->lock);
    json_t *json = json_loadb(call->answer.body.bytes, call->answer.body.length, 0, NULL);
    *ret_status = call->answer.status;
    vmt_call_unref(call);
    return json;
}

static json_t *ask(struct fixture *fixture, const struct ask *what, unsigned *ret_status)
{
    return take_answer(fixture, send_call(fixture, what, "POST"), ret_status);
}

static unsigned status_of(struct fixture *fixture, const struct ask *what)
{
    unsigned status;
    json_decref(ask(fixture, what, &status));
    return status;
}

static const char *text_of(const json_t *json, const char *member)
{
    const char *text = json_string_value(json_object_get(json, member));
    return text ? text : "";
}

/* How many lines of the audit file hold both texts. */
static unsigned audited(const struct fixture *fixture, const char *a, const char *b)
{
    char line[4096];
    unsigned count = 0;
    FILE *file = fopen(fixture->audit_file, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        count += strstr(line, a) && strstr(line, b);
    fclose(file);
    return count;
}

#define WAIT .query = {"wait", "15"}

static void an_action_is_done_and_written_down_twice(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    json_t *json = ask(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend", WAIT}, &status);
    assert_int_equal(status, 200);
    assert_string_equal(text_of(json, "state"), "succeeded");
    assert_true(json_is_true(json_object_get(json, "changed")));
    const char *id = text_of(json, "id");
    assert_int_equal(audited(fixture, "\"intent\"", id), 1);
    assert_int_equal(audited(fixture, "\"result\":\"succeeded\"", id), 1);
    json_decref(json);
    assert_int_equal(suspends(), 1);
}

static void what_is_done_already_is_not_done_again(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    json_t *json = ask(fixture, &(struct ask){ALICE, "/v1/domains/test/resume", WAIT}, &status);
    assert_int_equal(status, 200);
    assert_true(json_is_false(json_object_get(json, "changed")));
    json_decref(json);
    const struct ask strict = {ALICE, "/v1/domains/test/resume", .query = {"strict", "1"}};
    assert_int_equal(status_of(fixture, &strict), 409);
}

static void what_is_not_allowed_is_refused_and_written_down(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        uid_t uid;
        const char *action;
        unsigned status;
        const char *kind;
    } cases[] = {
        {ALICE, "destroy", 403, "forbidden"},
        {ALICE, "undefine", 403, "forbidden"},
        {BOB, "suspend", 404, "not-found"},
        {STRANGER, "suspend", 403, "forbidden"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[64], type[64], uid[32];
        unsigned status;
        snprintf(path, sizeof path, "/v1/domains/test/%s", cases[i].action);
        snprintf(type, sizeof type, "urn:virtmeter:problem:%s", cases[i].kind);
        snprintf(uid, sizeof uid, "\"uid\":%u,", cases[i].uid);
        json_t *json = ask(fixture, &(struct ask){cases[i].uid, path}, &status);
        assert_int_equal(status, cases[i].status);
        assert_string_equal(text_of(json, "type"), type);
        json_decref(json);
        assert_true(audited(fixture, "\"denied\"", uid) > 0);
    }
    assert_int_equal(suspends(), 0);
}

static void what_one_may_not_know_of_looks_like_nothing(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    json_t *hidden = ask(fixture, &(struct ask){BOB, "/v1/domains/test/suspend"}, &status);
    json_t *missing = ask(fixture, &(struct ask){BOB, "/v1/domains/tes2/suspend"}, &status);
    assert_string_equal(text_of(hidden, "detail"), "there is no domain 'test'");
    assert_string_equal(text_of(missing, "detail"), "there is no domain 'tes2'");
    json_object_del(hidden, "detail");
    json_object_del(missing, "detail");
    json_object_del(hidden, "instance");
    json_object_del(missing, "instance");
    assert_true(json_equal(hidden, missing));
    json_decref(hidden);
    json_decref(missing);
}

static void lists_hold_what_one_may_see(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        uid_t uid;
        size_t count;
    } cases[] = {{ROOT_UID, 1}, {ALICE, 1}, {BOB, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned status;
        const struct ask list = {cases[i].uid, "/v1/domains"};
        json_t *json = take_answer(fixture, send_call(fixture, &list, "GET"), &status);
        assert_int_equal(status, 200);
        assert_int_equal(json_array_size(json_object_get(json, "domains")), cases[i].count);
        json_decref(json);
    }
}

static void a_wrong_state_is_refused_before_libvirt_is_asked(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/test/pm-wakeup"}), 200);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend", WAIT}), 200);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/start", WAIT}), 409);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/reboot", WAIT}), 409);
    assert_int_equal(audited(fixture, "\"intent\"", "\"reboot\""), 0);
}

static void expectations_must_hold(void **state)
{
    struct fixture *fixture = *state;
    const struct ask other_state = {ALICE, "/v1/domains/test/suspend", .query = {"if_state", "paused"}};
    const struct ask other_uuid = {ALICE, "/v1/domains/test/suspend",
                                   .query = {"if_uuid", "00000000-f6a4-8304-79aa-97f2502e193f"}};
    const struct ask both = {
        ALICE, "/v1/domains/test/suspend",
        .query = {"if_state", "running", "if_uuid", "6695EB01-f6a4-8304-79aa-97f2502e193f", "wait", "15"}};
    assert_int_equal(status_of(fixture, &other_state), 412);
    assert_int_equal(status_of(fixture, &other_uuid), 412);
    assert_int_equal(suspends(), 0);
    assert_int_equal(status_of(fixture, &both), 200);
    const struct ask off = {ALICE, "/v1/domains/test/resume", .query = {"if_state", "inactive"}};
    const struct ask on = {ALICE, "/v1/domains/test/resume", .query = {"if_state", "active", "wait", "15"}};
    assert_int_equal(status_of(fixture, &off), 412);
    assert_int_equal(status_of(fixture, &on), 200);
}

static void a_dry_run_does_nothing(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    const struct ask dry = {ALICE, "/v1/domains/test/suspend", .query = {"dry_run", "1"}};
    json_t *json = ask(fixture, &dry, &status);
    assert_int_equal(status, 200);
    assert_string_equal(text_of(json, "state"), "dry_run");
    json_decref(json);
    assert_int_equal(suspends(), 0);
    const struct ask denied = {BOB, "/v1/domains/test/suspend", .query = {"dry_run", "1"}};
    assert_int_equal(status_of(fixture, &denied), 404);
}

static void a_dry_run_sees_what_would_be_replaced(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    char known[512];
    static const char body[] = "{\"xml\":\"<domain type='test'><name>test</name><memory>65536</memory>"
                               "<os><type>hvm</type></os></domain>\"";
    static const char *const paths[] = {"/v1/domains/define", "/v1/domains/create"};
    snprintf(known, sizeof known, "%s}", body);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, paths[i], known, .query = {"dry_run", "1"}}), 409);
    const struct ask shown = {ROOT_UID, "/v1/domains/test/xml", .query = {"inactive", "1"}};
    json_t *json = take_answer(fixture, send_call(fixture, &shown, "GET"), &status);
    snprintf(known, sizeof known, "%s,\"replaces\":\"%s\"}", body, text_of(json, "sha256"));
    json_decref(json);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, paths[0], known, .query = {"dry_run", "1"}}), 200);
}

static void a_slow_disk_holds_up_who_acts_and_nobody_else(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    set_gate(&gate.sync_hangs, true);
    struct vmt_call *slow = send_call(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend", WAIT}, "POST");
    pthread_mutex_lock(&gate.lock);
    while (!gate.syncs)
        pthread_cond_wait(&gate.wake, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    assert_int_equal(status_of(fixture, &(struct ask){BOB, "/v1/domains/test/suspend", WAIT}), 404);
    assert_int_equal(suspends(), 0);
    set_gate(&gate.sync_hangs, false);
    json_decref(take_answer(fixture, slow, &status));
    assert_int_equal(status, 200);
    assert_int_equal(suspends(), 1);
}

static void what_destroys_needs_a_second_step(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/test/destroy"}), 428);
    const struct ask prepare = {ROOT_UID, "/v1/domains/test/destroy", .query = {"prepare", "1"}};
    json_t *json = ask(fixture, &prepare, &status);
    assert_int_equal(status, 200);
    assert_true(json_array_size(json_object_get(json, "loses")) > 0);
    assert_string_equal(text_of(json_object_get(json, "domain"), "state"), "running");
    char token[65];
    snprintf(token, sizeof token, "%s", text_of(json, "token"));
    json_decref(json);

    struct ask commit = {CAROL, "/v1/domains/test/destroy", .token = token, WAIT};
    assert_int_equal(status_of(fixture, &commit), 403);
    /* It was used up by the wrong one. */
    commit.uid = ROOT_UID;
    assert_int_equal(status_of(fixture, &commit), 403);
    json = ask(fixture, &prepare, &status);
    snprintf(token, sizeof token, "%s", text_of(json, "token"));
    json_decref(json);
    assert_int_equal(status_of(fixture, &commit), 200);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/test/start", WAIT}), 200);
}

static void a_role_may_be_spared_the_second_step(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(status_of(fixture, &(struct ask){CAROL, "/v1/domains/test/destroy", WAIT}), 200);
    assert_int_equal(status_of(fixture, &(struct ask){CAROL, "/v1/domains/test/start", WAIT}), 200);
}

static void forcing_asks_for_more_than_shutting_down(void **state)
{
    struct fixture *fixture = *state;
    const char *body = "{\"on_timeout\":\"force\"}";
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/shutdown", body}), 403);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/test/shutdown", body}), 428);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/shutdown", WAIT}), 200);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/start", WAIT}), 200);
}

static void mass_stops_are_braked(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend", WAIT}), 200);
        assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/resume", WAIT}), 200);
    }
    struct vmt_call *call = send_call(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend", WAIT}, "POST");
    vmt_call_ref(call);
    unsigned status;
    json_decref(take_answer(fixture, call, &status));
    assert_int_equal(status, 429);
    assert_in_range(call->answer.retry_after, 1, 60);
    vmt_call_unref(call);
    assert_int_equal(suspends(), 3);
}

static void a_key_acts_once_even_after_a_restart(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    struct ask keyed = {ALICE, "/v1/domains/test/suspend", .key = "once", WAIT};
    json_t *first = ask(fixture, &keyed, &status);
    assert_int_equal(status, 200);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/resume", WAIT}), 200);
    json_t *again = ask(fixture, &keyed, &status);
    assert_string_equal(text_of(again, "id"), text_of(first, "id"));
    json_decref(again);
    stop(fixture);
    assert_int_equal(start(fixture, NULL), 0);
    again = ask(fixture, &keyed, &status);
    assert_int_equal(status, 200);
    assert_string_equal(text_of(again, "id"), text_of(first, "id"));
    json_decref(again);
    json_decref(first);
    assert_int_equal(suspends(), 1);
    keyed.path = "/v1/domains/test/resume";
    assert_int_equal(status_of(fixture, &keyed), 422);
}

static void what_cannot_be_written_down_is_not_done(void **state)
{
    struct fixture *fixture = *state;
    set_gate(&gate.sync_fails, true);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend", WAIT}), 503);
    assert_int_equal(suspends(), 0);
    set_gate(&gate.sync_fails, false);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend", WAIT}), 200);
}

static void wait_for_state(struct fixture *fixture, const char *id, enum vmt_operation_state wanted)
{
    const struct timespec pause = {.tv_nsec = 10 * (long)VMT_MS};
    uint64_t until_ns = vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND;
    struct vmt_operation_view view;
    do {
        struct vmt_operation *operation = vmt_operations_find(vmt_admin_operations(fixture->admin), id);
        assert_non_null(operation);
        vmt_operation_view(operation, &view);
        vmt_operation_unref(operation);
        nanosleep(&pause, NULL);
    } while (view.state != wanted && vmt_now_ns() < until_ns);
    assert_int_equal(view.state, wanted);
}

static void a_call_that_hangs_is_unknown_and_the_daemon_goes_on(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    set_gate(&gate.suspend_hangs, true);
    json_t *json = ask(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend", WAIT}, &status);
    assert_int_equal(status, 504);
    assert_string_equal(text_of(json, "type"), "urn:virtmeter:problem:unknown-outcome");
    char id[VMT_OPERATION_ID];
    snprintf(id, sizeof id, "%s", text_of(json_object_get(json, "operation"), "id"));
    json_decref(json);
    assert_int_equal(audited(fixture, "\"result\"", id), 0);

    /* Others are served, but the domain is held. */
    const struct ask show = {ALICE, "/v1/domains/test"};
    json_decref(take_answer(fixture, send_call(fixture, &show, "GET"), &status));
    assert_int_equal(status, 200);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/shutdown", WAIT}), 409);

    set_gate(&gate.suspend_hangs, false);
    wait_for_state(fixture, id, VMT_OPERATION_SUCCEEDED);
    assert_int_equal(audited(fixture, "\"result\":\"succeeded\"", id), 1);
}

static void what_ends_the_waiting_is_done_when_all_workers_wait(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    stop(fixture);
    fixture->workers = 1;
    assert_int_equal(start(fixture, NULL), 0);
    set_gate(&gate.suspend_hangs, true);
    struct vmt_call *call = send_call(fixture, &(struct ask){CAROL, "/v1/domains/test/suspend"}, "POST");
    json_decref(take_answer(fixture, call, &status));
    assert_int_equal(status, 202);
    assert_int_equal(status_of(fixture, &(struct ask){CAROL, "/v1/domains/test/destroy", WAIT}), 200);
    set_gate(&gate.suspend_hangs, false);
}

static void who_does_not_wait_is_told_where_to_ask(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    set_gate(&gate.suspend_hangs, true);
    struct vmt_call *call = send_call(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend"}, "POST");
    vmt_call_ref(call);
    json_t *json = take_answer(fixture, call, &status);
    assert_int_equal(status, 202);
    assert_string_equal(text_of(json, "state"), "running");
    assert_string_equal(call->answer.location, text_of(json, "id"));
    set_gate(&gate.suspend_hangs, false);
    wait_for_state(fixture, call->answer.location, VMT_OPERATION_SUCCEEDED);
    json_decref(json);
    vmt_call_unref(call);
}

static const char precious[] = "{\"xml\":\"<domain type='test'><name>precious</name><memory>65536</memory>"
                               "<vcpu>1</vcpu><os><type>hvm</type></os></domain>\"}";

static void a_protected_domain_takes_two(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/create", precious, WAIT}), 201);
    assert_int_equal(status_of(fixture, &(struct ask){CAROL, "/v1/domains/precious/suspend", WAIT}), 403);
    assert_int_equal(status_of(fixture, &(struct ask){CAROL, "/v1/domains/precious/unprotect", WAIT}), 403);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/precious/unprotect", WAIT}), 200);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/precious/suspend", WAIT}), 403);
    assert_int_equal(status_of(fixture, &(struct ask){CAROL, "/v1/domains/precious/suspend", WAIT}), 200);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/precious/protect", WAIT}), 200);
    assert_int_equal(status_of(fixture, &(struct ask){CAROL, "/v1/domains/precious/resume", WAIT}), 403);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/precious/unprotect", WAIT}), 200);
    assert_int_equal(status_of(fixture, &(struct ask){CAROL, "/v1/domains/precious/destroy", WAIT}), 200);
}

static void a_definition_is_replaced_by_who_knows_it(void **state)
{
    struct fixture *fixture = *state;
    unsigned status;
    char body[512], hash[65];
    static const char document[] = "<domain type='test'><name>other-1</name><memory>65536</memory>"
                                   "<vcpu>%u</vcpu><os><type>hvm</type></os></domain>";
    char xml[256];
    snprintf(xml, sizeof xml, document, 1U);
    snprintf(body, sizeof body, "{\"xml\":\"%s\"}", xml);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/define", body, WAIT}), 403);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/define", body, WAIT}), 201);
    const struct ask shown = {ROOT_UID, "/v1/domains/other-1/xml", .query = {"inactive", "1"}};
    json_t *json = take_answer(fixture, send_call(fixture, &shown, "GET"), &status);
    snprintf(hash, sizeof hash, "%s", text_of(json, "sha256"));
    char uuid[64];
    snprintf(uuid, sizeof uuid, "%s", text_of(json, "uuid"));
    json_decref(json);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/define", body, WAIT}), 409);

    snprintf(body, sizeof body,
             "{\"xml\":\"<domain type='test'><name>other-1</name><uuid>%s</uuid><memory>65536</memory>"
             "<vcpu>2</vcpu><os><type>hvm</type></os></domain>\",\"replaces\":\"%s\"}",
             uuid, hash);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/define", body, WAIT}), 201);
    assert_int_equal(status_of(fixture, &(struct ask){ROOT_UID, "/v1/domains/define", body, WAIT}), 409);
    const struct ask prepare = {ROOT_UID, "/v1/domains/other-1/undefine", .query = {"prepare", "1"}};
    json = ask(fixture, &prepare, &status);
    const struct ask commit = {ROOT_UID, "/v1/domains/other-1/undefine", .token = text_of(json, "token"), WAIT};
    assert_int_equal(status_of(fixture, &commit), 200);
    json_decref(json);
}

static void roles_are_read_anew_or_stay(void **state)
{
    struct fixture *fixture = *state;
    struct vmt_error error;
    write_roles(fixture, "grants:\n  - role: nonsense\n");
    assert_true(vmt_admin_reload(fixture->admin, &error) < 0);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/suspend", WAIT}), 200);
    write_roles(fixture, "grants:\n  - role: viewer\n    users: [1001]\n    domains: ['*']\n");
    assert_int_equal(vmt_admin_reload(fixture->admin, &error), 0);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/resume", WAIT}), 403);
    write_roles(fixture, roles);
    assert_int_equal(vmt_admin_reload(fixture->admin, &error), 0);
    assert_int_equal(status_of(fixture, &(struct ask){ALICE, "/v1/domains/test/resume", WAIT}), 200);
}

static void without_its_files_it_does_not_start(void **state)
{
    struct fixture *fixture = *state;
    struct vmt_error error;
    stop(fixture);
    chmod(fixture->roles_file, 0666);
    assert_true(start(fixture, &error) < 0);
    assert_non_null(strstr(error.text, fixture->roles_file));
    chmod(fixture->roles_file, 0600);
    chmod(fixture->audit_file, 0644);
    assert_true(start(fixture, &error) < 0);
    assert_non_null(strstr(error.text, fixture->audit_file));
    chmod(fixture->audit_file, 0600);
    chmod(fixture->save_folder, 0777);
    assert_true(start(fixture, &error) < 0);
    assert_non_null(strstr(error.text, fixture->save_folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(an_action_is_done_and_written_down_twice),
        TEST(what_is_done_already_is_not_done_again),
        TEST(what_is_not_allowed_is_refused_and_written_down),
        TEST(what_one_may_not_know_of_looks_like_nothing),
        TEST(lists_hold_what_one_may_see),
        TEST(a_wrong_state_is_refused_before_libvirt_is_asked),
        TEST(expectations_must_hold),
        TEST(a_dry_run_does_nothing),
        TEST(a_dry_run_sees_what_would_be_replaced),
        TEST(a_slow_disk_holds_up_who_acts_and_nobody_else),
        TEST(what_destroys_needs_a_second_step),
        TEST(a_role_may_be_spared_the_second_step),
        TEST(forcing_asks_for_more_than_shutting_down),
        TEST(mass_stops_are_braked),
        TEST(a_key_acts_once_even_after_a_restart),
        TEST(what_cannot_be_written_down_is_not_done),
        TEST(a_call_that_hangs_is_unknown_and_the_daemon_goes_on),
        TEST(what_ends_the_waiting_is_done_when_all_workers_wait),
        TEST(who_does_not_wait_is_told_where_to_ask),
        TEST(a_protected_domain_takes_two),
        TEST(a_definition_is_replaced_by_who_knows_it),
        TEST(roles_are_read_anew_or_stay),
        TEST(without_its_files_it_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
