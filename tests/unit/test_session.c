/* SPDX-License-Identifier: Apache-2.0 */
/* Commands against a daemon that says what the test wants; what it was asked is kept. */
#include "ctl/session.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { ANSWERS_MAX = 4, WORDS_MAX = 8, REQUEST_MAX = 16384 };

struct answer {
    int status; /* 0: hang up without one */
    const char *body;
};

static struct {
    char folder[32], path[64];
    int listener;
    pthread_t thread;
    struct answer answers[ANSWERS_MAX];
    unsigned answer_count;
    char requests[ANSWERS_MAX][REQUEST_MAX];
    unsigned request_count;
} server;

static char *out, *err;

/* Reads a request: its head, and as much body as that says. */
static void read_request(int fd, char *request)
{
    size_t length = 0, wanted = REQUEST_MAX - 1;
    for (ssize_t got; length < wanted && (got = read(fd, request + length, wanted - length)) > 0;) {
        length += (size_t)got;
        request[length] = '\0';
        const char *end = strstr(request, "\r\n\r\n"), *size = strstr(request, "Content-Length: ");
        if (end)
            wanted = (size_t)(end + 4 - request) + (size < end && size ? strtoul(size + 16, NULL, 10) : 0);
    }
}

static void serve_one(int fd)
{
    char head[256];
    unsigned i = server.request_count++;
    assert_true(i < server.answer_count);
    read_request(fd, server.requests[i]);
    const struct answer *answer = &server.answers[i];
    if (!answer->status)
        return;
    int length = snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                          answer->status, strlen(answer->body));
    assert_int_equal(write(fd, head, (size_t)length), length);
    assert_int_equal(write(fd, answer->body, strlen(answer->body)), (ssize_t)strlen(answer->body));
}

static void *serve(void *arg)
{
    (void)arg;
    for (int fd; (fd = accept(server.listener, NULL, NULL)) >= 0;) {
        serve_one(fd);
        close(fd);
    }
    return NULL;
}

static int begin(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)state;
    memset(&server, 0, sizeof server);
    strcpy(server.folder, "/tmp/vmctl-XXXXXX");
    assert_non_null(mkdtemp(server.folder));
    snprintf(server.path, sizeof server.path, "%s/s", server.folder);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", server.path);
    server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server.listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server.listener, 4), 0);
    return pthread_create(&server.thread, NULL, serve, NULL);
}

static void stop_daemon(void)
{
    if (server.listener < 0)
        return;
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.listener);
    server.listener = -1;
    unlink(server.path);
}

static int end(void **state)
{
    (void)state;
    stop_daemon();
    rmdir(server.folder);
    free(out);
    free(err);
    out = err = NULL;
    return 0;
}

static void will_answer(int status, const char *body)
{
    server.answers[server.answer_count++] = (struct answer){status, body};
}

/* Runs a command as main would, at a terminal on which `typed` is typed (NULL: there is none). */
static int run_at(const char *typed, const char *const *words)
{
    const char *all[WORDS_MAX + 4] = {"virtmeterctl", "--socket", server.path};
    struct vmt_invocation invocation;
    const char *unknown;
    struct vmt_error error;
    size_t out_size, err_size;
    int count = 3;
    for (; words[count - 3]; count++)
        all[count] = words[count - 3];
    assert_int_equal(vmt_invocation_parse(count, all, &invocation, &unknown, &error), 0);
    free(out);
    free(err);
    struct vmt_session session = {.invocation = &invocation, .in_is_terminal = typed != NULL};
    session.in = fmemopen((char *)(typed ? typed : "\n"), strlen(typed ? typed : "\n"), "r");
    session.out = open_memstream(&out, &out_size);
    session.err = open_memstream(&err, &err_size);
    session.style.output = invocation.settings.output;
    assert_int_equal(vmt_client_new(invocation.settings.socket, invocation.settings.timeout_s, &session.client, NULL),
                     0);
    int code = invocation.command.run(&session);
    vmt_client_free(session.client);
    fclose(session.in);
    fclose(session.out);
    fclose(session.err);
    return code;
}

#define RUN(...) run_at(NULL, (const char *const[]){__VA_ARGS__, NULL})
#define RUN_AT(typed, ...) run_at(typed, (const char *const[]){__VA_ARGS__, NULL})

#define OPERATION(state, changed)                                                                                      \
    "{\"id\":\"x-1\",\"action\":\"start\",\"target\":{\"kind\":\"domain\",\"name\":\"web\",\"uuid\":\"u\"},\"state\":" \
    "\"" state "\",\"changed\":" changed ",\"step\":null,\"problem\":null}"
#define PREPARATION                                                                                                    \
    "{\"action\":\"destroy\",\"target\":{\"kind\":\"domain\",\"name\":\"web\",\"uuid\":\"u\"},\"state\":\"running\","  \
    "\"token\":\"secret\",\"expires_in\":60,\"loses\":[\"what is not on disk\"]}"

static void assert_asked(unsigned index, const char *line)
{
    if (strncmp(server.requests[index], line, strlen(line)) != 0)
        fail_msg("asked: %s", server.requests[index]);
}

static void an_action_is_posted_and_its_outcome_told(void **state)
{
    (void)state;
    will_answer(200, OPERATION("succeeded", "true"));
    assert_int_equal(RUN("start", "web", "--paused"), VMT_EXIT_OK);
    assert_asked(0, "POST /v1/domains/web/start?wait=2 HTTP/1.1\r\n");
    assert_non_null(strstr(server.requests[0], "Content-Type: application/json\r\n"));
    assert_non_null(strstr(server.requests[0], "\r\n\r\n{\"paused\":true}"));
    assert_null(strstr(server.requests[0], "Expect:"));
    assert_string_equal(out, "web: start succeeded\n");
    assert_string_equal(err, "");
}

static void names_are_encoded(void **state)
{
    (void)state;
    will_answer(200, "{\"name\":\"x\"}");
    assert_int_equal(RUN("show", "a/b c?d#e%2F\xC3\xA9"), VMT_EXIT_OK);
    assert_asked(0, "GET /v1/domains/a%2Fb%20c%3Fd%23e%252F%C3%A9 HTTP/1.1\r\n");
}

static void what_limits_a_read_goes_into_the_query(void **state)
{
    (void)state;
    will_answer(200, "{\"domains\":[]}");
    assert_int_equal(RUN("list", "--state=running", "--name=web-*"), VMT_EXIT_OK);
    assert_asked(0, "GET /v1/domains?state=running&name=web-%2A HTTP/1.1\r\n");
}

static void preconditions_go_along(void **state)
{
    (void)state;
    will_answer(200, OPERATION("succeeded", "true"));
    assert_int_equal(RUN("start", "web", "--if-state=shutoff", "--if-uuid=u", "--strict", "--key=k1"), VMT_EXIT_OK);
    assert_asked(0, "POST /v1/domains/web/start?if_state=shutoff&if_uuid=u&strict=1&wait=2 HTTP/1.1\r\n");
    assert_non_null(strstr(server.requests[0], "Idempotency-Key: k1\r\n"));
}

static void each_status_has_its_exit_code(void **state)
{
    static const struct {
        int status, code;
    } cases[] = {{400, VMT_EXIT_FAILED},        {403, VMT_EXIT_NOT_PERMITTED}, {404, VMT_EXIT_NOT_FOUND},
                 {409, VMT_EXIT_WRONG_STATE},   {412, VMT_EXIT_WRONG_STATE},   {422, VMT_EXIT_FAILED},
                 {428, VMT_EXIT_NOT_PERMITTED}, {429, VMT_EXIT_FAILED},        {500, VMT_EXIT_FAILED},
                 {501, VMT_EXIT_FAILED},        {503, VMT_EXIT_FAILED},        {504, VMT_EXIT_TIMED_OUT}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        server.answer_count = server.request_count = 0;
        will_answer(cases[i].status, "{\"title\":\"t\",\"detail\":\"because\",\"operation\":{\"id\":\"x-7\"}}");
        assert_int_equal(RUN("start", "web"), cases[i].code);
        assert_string_equal(err, "virtmeterctl: because (operation x-7)\n");
        assert_string_equal(out, "");
    }
}

static void libvirt_has_a_word_too_when_it_says_more(void **state)
{
    (void)state;
    will_answer(500, "{\"detail\":\"libvirt refused\",\"libvirt\":{\"message\":\"no\\u001bdisk\"}}");
    assert_int_equal(RUN("start", "web"), VMT_EXIT_FAILED);
    assert_string_equal(err, "virtmeterctl: libvirt refused: no\xEF\xBF\xBD"
                             "disk\n");
}

static void what_runs_on_is_no_failure_for_who_does_not_wait(void **state)
{
    (void)state;
    will_answer(202, OPERATION("running", "null"));
    assert_int_equal(RUN("start", "web"), VMT_EXIT_OK);
    assert_string_equal(out, "web: start running, operation x-1\n");
}

static void who_waits_asks_again_until_it_has_ended(void **state)
{
    (void)state;
    will_answer(202, OPERATION("running", "null"));
    will_answer(200, OPERATION("running", "null"));
    will_answer(200, OPERATION("succeeded", "true"));
    assert_int_equal(RUN("start", "web", "--wait"), VMT_EXIT_OK);
    assert_asked(0, "POST /v1/domains/web/start?wait=20 HTTP/1.1\r\n");
    assert_asked(2, "GET /v1/operations/x-1?wait=20 HTTP/1.1\r\n");
}

static void a_failure_is_found_while_waiting(void **state)
{
    static const char failed[] = "{\"id\":\"x-1\",\"action\":\"start\",\"target\":{\"name\":\"web\"},\"state\":"
                                 "\"failed\",\"problem\":{\"status\":409,\"detail\":\"it is paused\"}}";
    (void)state;
    will_answer(202, OPERATION("running", "null"));
    will_answer(200, failed);
    assert_int_equal(RUN("start", "web", "--wait=5"), VMT_EXIT_WRONG_STATE);
    assert_string_equal(err, "virtmeterctl: it is paused\n");
    server.answer_count = server.request_count = 0;
    will_answer(202, OPERATION("running", "null"));
    will_answer(200, OPERATION("timed_out", "null"));
    assert_int_equal(RUN("start", "web", "--wait"), VMT_EXIT_TIMED_OUT);
}

static void what_is_lost_is_shown_and_confirmed(void **state)
{
    (void)state;
    will_answer(200, PREPARATION);
    will_answer(200, OPERATION("succeeded", "true"));
    assert_int_equal(RUN_AT("y\n", "destroy", "web"), VMT_EXIT_OK);
    assert_asked(0, "POST /v1/domains/web/destroy?prepare=1 HTTP/1.1\r\n");
    assert_asked(1, "POST /v1/domains/web/destroy?wait=2 HTTP/1.1\r\n");
    assert_null(strstr(server.requests[0], "Confirm-Token"));
    assert_non_null(strstr(server.requests[1], "Confirm-Token: secret\r\n"));
    assert_string_equal(err, "domain web (u), running:\n  - what is not on disk\ndestroy? [y/N] ");
}

static void without_consent_nothing_is_done(void **state)
{
    static const char *const answers[] = {"n\n", "\n", "yess\n", "", NULL};
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        server.answer_count = server.request_count = 0;
        will_answer(200, PREPARATION);
        const char *typed = answers[i] && !*answers[i] ? "\004" : answers[i];
        assert_int_equal(RUN_AT(typed, "destroy", "web"), VMT_EXIT_NOT_PERMITTED);
        assert_int_equal(server.request_count, 1);
        assert_non_null(strstr(err, answers[i] ? "not done\n" : "not done: say --yes"));
    }
}

static void who_says_yes_is_not_asked(void **state)
{
    (void)state;
    will_answer(200, PREPARATION);
    will_answer(200, OPERATION("succeeded", "true"));
    assert_int_equal(RUN("destroy", "web", "--yes"), VMT_EXIT_OK);
    assert_null(strstr(err, "[y/N]"));
    assert_non_null(strstr(err, "what is not on disk"));
    assert_int_equal(server.request_count, 2);
    will_answer(200, PREPARATION);
    will_answer(200, OPERATION("succeeded", "true"));
    assert_int_equal(RUN("destroy", "web", "--yes", "--quiet"), VMT_EXIT_OK);
    assert_string_equal(err, "");
}

static void a_parameter_can_make_an_action_grave(void **state)
{
    (void)state;
    will_answer(200, PREPARATION);
    assert_int_equal(RUN("shutdown", "web", "--on-timeout=force"), VMT_EXIT_NOT_PERMITTED);
    assert_asked(0, "POST /v1/domains/web/shutdown?prepare=1 HTTP/1.1\r\n");
}

static void where_there_is_nothing_to_do_nobody_is_asked(void **state)
{
    (void)state;
    will_answer(200, OPERATION("succeeded", "false"));
    assert_int_equal(RUN("destroy", "web"), VMT_EXIT_OK);
    assert_string_equal(out, "web: start succeeded, there was nothing to do\n");
}

static void a_dry_run_has_one_step(void **state)
{
    (void)state;
    will_answer(200, OPERATION("dry_run", "null"));
    assert_int_equal(RUN("destroy", "web", "-n"), VMT_EXIT_OK);
    assert_asked(0, "POST /v1/domains/web/destroy?dry_run=1&wait=2 HTTP/1.1\r\n");
}

static void a_document_is_read_from_standard_input(void **state)
{
    (void)state;
    will_answer(201, OPERATION("succeeded", "true"));
    assert_int_equal(RUN_AT("<domain a=\"\xC3\xA9\"/>\n", "define", "-"), VMT_EXIT_OK);
    assert_non_null(strstr(server.requests[0], "{\"xml\":\"<domain a=\\\"\xC3\xA9\\\"/>\\n\"}"));
}

static void what_cannot_be_sent_is_not_sent(void **state)
{
    (void)state;
    assert_int_equal(RUN("define", "/nowhere/at/all"), VMT_EXIT_FAILED);
    assert_non_null(strstr(err, "cannot read '/nowhere/at/all': No such file"));
    assert_int_equal(RUN_AT("<a>\xFF</a>", "define", "-"), VMT_EXIT_FAILED);
    assert_non_null(strstr(err, "not UTF-8"));
    assert_int_equal(server.request_count, 0);
}

static void who_is_not_there_cannot_be_reached(void **state)
{
    (void)state;
    stop_daemon();
    assert_int_equal(RUN("list"), VMT_EXIT_NOT_REACHABLE);
    assert_non_null(strstr(err, "cannot reach virtmeter-admind at '"));
    assert_non_null(strstr(err, "': No such file or directory\n"));
}

static void who_hangs_up_cannot_be_reached_and_who_talks_nonsense_is_another(void **state)
{
    (void)state;
    will_answer(0, "");
    will_answer(200, "hello");
    assert_int_equal(RUN("list"), VMT_EXIT_NOT_REACHABLE);
    assert_int_equal(RUN("list"), VMT_EXIT_FAILED);
    assert_non_null(strstr(err, "is not virtmeter-admind"));
}

static void a_proxy_of_the_environment_is_not_asked(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:9", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:9", 1);
    will_answer(200, "{\"domains\":[]}");
    assert_int_equal(RUN("list"), VMT_EXIT_OK);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

static void help_tells_what_an_argument_asks_for(void **state)
{
    (void)state;
    assert_int_equal(RUN("help", "shutdown"), VMT_EXIT_OK);
    assert_non_null(strstr(out, "With force it wants the role power"));
    assert_non_null(strstr(out, "virtmeterctl --help"));
    assert_int_equal(server.request_count, 0);
}

static void events_are_shown_one_or_all(void **state)
{
    static const char stream[] =
        ": hello\n\nid: 1\nevent: lifecycle\ndata: {\"time\":\"t\",\"target\":{\"kind\":\"domain\",\"name\":\"web\"}"
        ",\"event\":\"started\",\"detail\":\"booted\"}\n\nevent: operation\ndata: " OPERATION("running", "null") "\n\n";
    (void)state;
    will_answer(200, stream);
    assert_int_equal(RUN("events"), VMT_EXIT_OK);
    assert_string_equal(out, "t domain web started booted\n");
    server.answer_count = server.request_count = 0;
    will_answer(200, stream);
    assert_int_equal(RUN("events", "--follow"), VMT_EXIT_NOT_REACHABLE); /* it ended */
    assert_string_equal(out, "t domain web started booted\nweb: start running, operation x-1\n");
    server.answer_count = server.request_count = 0;
    will_answer(403, "{\"detail\":\"no role\"}");
    assert_int_equal(RUN("events", "--follow"), VMT_EXIT_NOT_PERMITTED);
}

static void operations_are_listed_shown_and_waited_for(void **state)
{
    (void)state;
    will_answer(200, "{\"operations\":[]}");
    assert_int_equal(RUN("operation", "list"), VMT_EXIT_OK);
    assert_asked(0, "GET /v1/operations HTTP/1.1\r\n");
    server.answer_count = server.request_count = 0;
    will_answer(200, OPERATION("running", "null"));
    assert_int_equal(RUN("operation", "show", "x-1"), VMT_EXIT_OK);
    server.answer_count = server.request_count = 0;
    will_answer(200, OPERATION("running", "null"));
    will_answer(200, OPERATION("succeeded", "true"));
    assert_int_equal(RUN("operation", "wait", "x-1"), VMT_EXIT_OK);
    assert_asked(1, "GET /v1/operations/x-1?wait=20 HTTP/1.1\r\n");
    assert_int_equal(RUN("operation", "wait"), VMT_EXIT_USAGE);
    assert_int_equal(RUN("operation", "list", "x-1"), VMT_EXIT_USAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_action_is_posted_and_its_outcome_told),
        TEST(names_are_encoded),
        TEST(what_limits_a_read_goes_into_the_query),
        TEST(preconditions_go_along),
        TEST(each_status_has_its_exit_code),
        TEST(libvirt_has_a_word_too_when_it_says_more),
        TEST(what_runs_on_is_no_failure_for_who_does_not_wait),
        TEST(who_waits_asks_again_until_it_has_ended),
        TEST(a_failure_is_found_while_waiting),
        TEST(what_is_lost_is_shown_and_confirmed),
        TEST(without_consent_nothing_is_done),
        TEST(who_says_yes_is_not_asked),
        TEST(a_parameter_can_make_an_action_grave),
        TEST(where_there_is_nothing_to_do_nobody_is_asked),
        TEST(a_dry_run_has_one_step),
        TEST(a_document_is_read_from_standard_input),
        TEST(what_cannot_be_sent_is_not_sent),
        TEST(who_is_not_there_cannot_be_reached),
        TEST(who_hangs_up_cannot_be_reached_and_who_talks_nonsense_is_another),
        TEST(a_proxy_of_the_environment_is_not_asked),
        TEST(events_are_shown_one_or_all),
        TEST(help_tells_what_an_argument_asks_for),
        TEST(operations_are_listed_shown_and_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
