/* SPDX-License-Identifier: Apache-2.0 */
/* The server on a socket of its own, with the daemon behind it on libvirt's test driver; clients are bytes. */
#include "admin/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_SECONDS = 20, REQUEST_LIMIT_MS = 400 };

struct fixture {
    char folder[64], roles_file[96], audit_file[96], path[96];
    struct vmt_log log;
    int listening;
    struct vmt_feed *feed;
    struct vmt_admin *admin;
    struct vmt_server *server;
};

static void on_happening(void *arg, const struct vmt_happening *happening)
{
    vmt_feed_happening(((struct fixture *)arg)->feed, happening);
}

static void on_operation(void *arg, struct vmt_operation *operation)
{
    vmt_feed_operation(((struct fixture *)arg)->feed, operation);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 64), 0);
    return fd;
}

static void write_roles(const struct fixture *fixture)
{
    FILE *file = fopen(fixture->roles_file, "w");
    fprintf(file, "grants:\n  - role: definer\n    users: [%u]\n    domains: ['*']\n", geteuid());
    fclose(file);
    chmod(fixture->roles_file, 0600);
}

static int start(struct fixture *fixture)
{
    struct vmt_error error;
    const struct vmt_admin_options options = {.uri = "test:///default",
                                              .roles_file = fixture->roles_file,
                                              .roles_owner = geteuid(),
                                              .audit_file = fixture->audit_file,
                                              .audit_copy_fd = -1,
                                              .limits = {.stops = 100, .user = 100, .domain = 100},
                                              .read_timeout_ns = PATIENCE_SECONDS * VMT_SECOND,
                                              .call_timeout_ns = PATIENCE_SECONDS * VMT_SECOND,
                                              .transfer_timeout_ns = PATIENCE_SECONDS * VMT_SECOND,
                                              .max_operations = 4,
                                              .max_waiting = 4,
                                              .log = &fixture->log,
                                              .happened = on_happening,
                                              .operation_changed = on_operation,
                                              .arg = fixture};
    int failed = vmt_admin_new(&options, &fixture->admin, &error);
    if (failed)
        return failed;
    vmt_feed_open(fixture->feed, fixture->admin);
    const struct vmt_server_options server = {
        .fd = fixture->listening,
        .services = {.admin = fixture->admin, .feed = fixture->feed, .version = "1.2.3", .revision = "test"},
        .request_limit_ns = REQUEST_LIMIT_MS * VMT_MS,
        .reply_limit_ns = PATIENCE_SECONDS * VMT_SECOND};
    return vmt_server_new(&server, &fixture->server, &error);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/virtmeter-http.XXXXXX");
    if (!mkdtemp(fixture->folder))
        return -1;
    snprintf(fixture->roles_file, sizeof fixture->roles_file, "%s/roles.yaml", fixture->folder);
    snprintf(fixture->audit_file, sizeof fixture->audit_file, "%s/audit.jsonl", fixture->folder);
    snprintf(fixture->path, sizeof fixture->path, "%s/socket", fixture->folder);
    fixture->log = (struct vmt_log){STDERR_FILENO, VMT_LOG_ERROR, VMT_LOG_LOGFMT};
    fixture->listening = listen_at(fixture->path);
    fixture->feed = vmt_feed_new();
    write_roles(fixture);
    *state = fixture;
    return start(fixture);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    vmt_server_quiesce(fixture->server);
    vmt_admin_dismiss(fixture->admin);
    vmt_feed_close(fixture->feed);
    vmt_server_free(fixture->server);
    assert_true(vmt_admin_free(fixture->admin, vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND));
    vmt_feed_free(fixture->feed);
    close(fixture->listening);
    unlink(fixture->path);
    unlink(fixture->roles_file);
    unlink(fixture->audit_file);
    rmdir(fixture->folder);
    free(fixture);
    return 0;
}

static int dial(const struct fixture *fixture)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", fixture->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return fd;
}

static void say(int fd, const char *bytes)
{
    size_t length = strlen(bytes), sent = 0;
    while (sent < length) {
        ssize_t more = send(fd, bytes + sent, length - sent, MSG_NOSIGNAL);
        if (more <= 0)
            return; /* it was cut off, which its answer tells */
        sent += (size_t)more;
    }
}

/* Hears until `wanted` has come, or the end. What was heard, for the caller to free. */
static char *hear(int fd, const char *wanted)
{
    struct vmt_text text = {0};
    for (;;) {
        char bytes[4096];
        ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0)
            break;
        vmt_text_add(&text, bytes, (size_t)got);
        if (wanted && memmem(text.bytes, text.length, wanted, strlen(wanted)))
            break;
    }
    vmt_text_add(&text, "", 1);
    return text.bytes;
}

/* Sends a request and hears its whole answer; the request must end the connection. */
static char *exchange(const struct fixture *fixture, const char *request)
{
    int fd = dial(fixture);
    say(fd, request);
    char *answer = hear(fd, NULL);
    close(fd);
    return answer;
}

static void assert_status(const struct fixture *fixture, const char *request, const char *status)
{
    char *answer = exchange(fixture, request);
    char line[64];
    snprintf(line, sizeof line, "HTTP/1.1 %s ", status);
    if (strncmp(answer, line, strlen(line)) != 0)
        fail_msg("%.60s: not %s but %.200s", request, status, answer);
    free(answer);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
#define POST(path) "POST " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
#define END "\r\n"

static void requests_are_answered(void **state)
{
    struct fixture *fixture = *state;
    assert_status(fixture, GET("/v1/domains") END, "200");
    assert_status(fixture, GET("/v1/domains/test") END, "200");
    assert_status(fixture, GET("/v1/domains/te%73t?") END, "200");
    assert_status(fixture, GET("/v1/domains/nobody") END, "404");
    assert_status(fixture, GET("/v1/domains?state=runing") END, "422");
    assert_status(fixture, GET("/nothing") END, "404");
    assert_status(fixture, GET("/v1/domains/test/start") END, "405");
    assert_status(fixture, "HEAD /v1/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" END, "200");
    assert_status(fixture, POST("/v1/domains/test/suspend?wait=15") END, "200");
    assert_status(fixture, POST("/v1/domains/test/suspend?wait=15&strict=1") "Content-Length: 0\r\n" END, "409");
    assert_status(fixture,
                  POST("/v1/domains/test/resume?wait=15") "Content-Type: application/json\r\nContent-Length: 2\r\n" END
                                                          "{}",
                  "200");
}

static void the_services_answer_by_themselves(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *request, *part;
    } cases[] = {
        {GET("/v1/version") END, "\"version\":\"1.2.3\""},       {GET("/v1/whoami") END, "\"role\":\"definer\""},
        {GET("/v1/openapi.json") END, "\"openapi\":\"3.0.3\""},  {GET("/v1/operations") END, "{\"operations\":["},
        {GET("/metrics") END, "virtmeter_admin_requests_total"}, {GET("/v1/healthz") END, "\"libvirt\":\"connected\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *answer = exchange(fixture, cases[i].request);
        assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
        if (!strstr(answer, cases[i].part))
            fail_msg("%s", answer);
        free(answer);
    }
}

static void answers_say_what_they_are(void **state)
{
    struct fixture *fixture = *state;
    char *answer = exchange(fixture, GET("/v1/domains/nobody") END);
    static const char *const parts[] = {"Content-Type: application/problem+json\r\n", "Cache-Control: no-store\r\n",
                                        "X-Content-Type-Options: nosniff\r\n",        "X-Request-Id: ",
                                        "\"instance\":\"/v1/domains/nobody\"",        "\"status\":404"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_non_null(strstr(answer, parts[i]));
    free(answer);
    answer = exchange(fixture, POST("/v1/domains/test") END);
    assert_non_null(strstr(answer, "Allow: GET\r\n"));
    free(answer);
}

static void what_is_not_meant_for_it_is_refused(void **state)
{
    struct fixture *fixture = *state;
    assert_status(fixture, GET("/v1/domains") "Origin: https://example.org\r\n" END, "403");
    assert_status(fixture, POST("/v1/domains/test/suspend") "Content-Length: 65537\r\n" END, "413");
    assert_status(fixture, POST("/v1/domains/define") "Content-Length: 99999999999999999999\r\n" END, "413");
    assert_status(fixture, POST("/v1/domains/test/suspend") "Content-Length: 2\r\n" END "{}", "415");
    assert_status(fixture,
                  POST("/v1/domains/test/suspend") "Content-Type: application/json\r\nContent-Length: 2\r\n" END "{]",
                  "400");
    char *answer = exchange(fixture, "nonsense\r\n\r\n");
    assert_false(!strncmp(answer, "HTTP/1.1 2", 10));
    free(answer);
}

static void a_body_in_pieces_is_bounded_too(void **state)
{
    struct fixture *fixture = *state;
    char *chunks = calloc(1, 200 * 1024);
    strcpy(chunks,
           POST("/v1/domains/test/suspend") "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n" END);
    char *to = chunks + strlen(chunks);
    for (unsigned i = 0; i < 20; i++)
        to += sprintf(to, "1000\r\n%4096s\r\n", " ");
    strcpy(to, "0\r\n\r\n");
    assert_status(fixture, chunks, "413");
    free(chunks);
}

static void a_flood_of_headers_is_cut_off(void **state)
{
    struct fixture *fixture = *state;
    char *flood = calloc(1, 600 * 1024);
    strcpy(flood, "GET /v1/domains HTTP/1.1\r\nHost: x\r\n");
    char *to = flood + strlen(flood);
    for (unsigned i = 0; i < 8000; i++)
        to += sprintf(to, "X-Flood-%u: %40s\r\n", i, "x");
    strcpy(to, "\r\n");
    char *answer = exchange(fixture, flood);
    assert_false(!strncmp(answer, "HTTP/1.1 2", 10));
    free(answer);
    free(flood);
    assert_status(fixture, GET("/v1/domains") END, "200");
}

static void who_does_not_finish_is_cut_off(void **state)
{
    struct fixture *fixture = *state;
    int silent = dial(fixture), slow = dial(fixture);
    uint64_t began_ns = vmt_now_ns();
    say(slow, "POST /v1/domains/test/suspend HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
    free(hear(silent, NULL));
    free(hear(slow, NULL));
    assert_true(vmt_now_ns() - began_ns >= REQUEST_LIMIT_MS * VMT_MS / 2);
    close(silent);
    close(slow);
    assert_status(fixture, GET("/v1/domains") END, "200");
}

static void many_silent_clients_keep_nobody_out(void **state)
{
    struct fixture *fixture = *state;
    int silent[40];
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        silent[i] = dial(fixture);
    for (unsigned i = 0; i < 10; i++)
        assert_status(fixture, GET("/v1/domains") END, "200");
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        close(silent[i]);
}

static void a_connection_serves_one_request_after_the_other(void **state)
{
    struct fixture *fixture = *state;
    int fd = dial(fixture);
    for (unsigned i = 0; i < 3; i++) {
        say(fd, "GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n");
        char *answer = hear(fd, "}\n");
        assert_memory_equal(answer, "HTTP/1.1 200 ", 13);
        free(answer);
    }
    close(fd);
}

static void followers_hear_of_events_and_operations(void **state)
{
    struct fixture *fixture = *state;
    int all = dial(fixture), other = dial(fixture);
    say(all, "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
    say(other, "GET /v1/events?name=other-* HTTP/1.1\r\nHost: x\r\n\r\n");
    char *answer = hear(all, ": virtmeter\n\n");
    assert_non_null(strstr(answer, "Content-Type: text/event-stream\r\n"));
    free(answer);
    free(hear(other, ": virtmeter\n\n"));
    assert_int_equal(vmt_feed_count(fixture->feed), 2);
    assert_status(fixture, POST("/v1/domains/test/suspend?wait=15") END, "200");
    answer = hear(all, "\"state\":\"succeeded\"");
    assert_non_null(strstr(answer, "\"state\":\"running\""));
    if (!strstr(answer, "event: lifecycle\n")) {
        free(answer);
        answer = hear(all, "event: lifecycle\n");
    }
    assert_non_null(strstr(answer, "event: lifecycle\n"));
    free(answer);
    assert_status(fixture, POST("/v1/domains/test/resume?wait=15") END, "200");
    char byte;
    /* What it asked for has not happened; only what keeps it awake may have come. */
    assert_int_equal(recv(other, &byte, 1, MSG_DONTWAIT), -1);
    vmt_feed_close(fixture->feed);
    free(hear(all, NULL));
    free(hear(other, NULL));
    close(all);
    close(other);
    assert_status(fixture, GET("/v1/events") END, "503");
}

static void who_does_not_listen_is_let_go(void **state)
{
    struct fixture *fixture = *state;
    const struct timespec pause = {.tv_nsec = (long)VMT_MS};
    uint64_t until_ns = vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND;
    const struct vmt_happening happening = {
        "domain", "6695eb01-f6a4-8304-79aa-97f2502e193f", "test", "started", "booted", 2};
    int deaf = dial(fixture);
    say(deaf, "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n");
    free(hear(deaf, ": virtmeter\n\n"));
    while (vmt_feed_count(fixture->feed) && vmt_now_ns() < until_ns) {
        for (unsigned i = 0; i < 1000; i++)
            vmt_feed_happening(fixture->feed, &happening);
        nanosleep(&pause, NULL);
        if (vmt_now_ns() + (PATIENCE_SECONDS - 2) * VMT_SECOND > until_ns) {
            /* Its bound is long past; the rest of what was sent is taken, and then comes the end. */
            free(hear(deaf, NULL));
            break;
        }
    }
    while (vmt_feed_count(fixture->feed) && vmt_now_ns() < until_ns)
        nanosleep(&pause, NULL);
    assert_int_equal(vmt_feed_count(fixture->feed), 0);
    close(deaf);
}

static void an_operation_can_be_waited_for(void **state)
{
    struct fixture *fixture = *state;
    char *answer = exchange(fixture, POST("/v1/domains/test/suspend") END);
    char *id = strstr(answer, "\"id\":\"");
    assert_non_null(id);
    id += 6;
    id[strcspn(id, "\"")] = '\0';
    char request[256];
    snprintf(request, sizeof request, GET("/v1/operations/%s?wait=15") END, id);
    char *shown = exchange(fixture, request);
    assert_memory_equal(shown, "HTTP/1.1 200 ", 13);
    assert_non_null(strstr(shown, "\"state\":\"succeeded\""));
    free(shown);
    free(answer);
    assert_status(fixture, GET("/v1/operations/nothing") END, "404");
    assert_status(fixture, POST("/v1/domains/test/resume?wait=15") END, "200");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(requests_are_answered),
        TEST(the_services_answer_by_themselves),
        TEST(answers_say_what_they_are),
        TEST(what_is_not_meant_for_it_is_refused),
        TEST(a_body_in_pieces_is_bounded_too),
        TEST(a_flood_of_headers_is_cut_off),
        TEST(who_does_not_finish_is_cut_off),
        TEST(many_silent_clients_keep_nobody_out),
        TEST(a_connection_serves_one_request_after_the_other),
        TEST(followers_hear_of_events_and_operations),
        TEST(who_does_not_listen_is_let_go),
        TEST(an_operation_can_be_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
