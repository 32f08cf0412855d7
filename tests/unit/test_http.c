/* SPDX-License-Identifier: Apache-2.0 */
/* The server in front of everything: routes, methods, and clients that are slow, silent or wrong. */
#include "http_fixture.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

static void check_status(const struct lab *lab, const char *path, int status, const char *part)
{
    struct reply reply = fetch(lab, path, "");
    if (reply.status != status || !reply_has(&reply, part))
        fail_msg("%s: %d, %.*s", path, reply.status, (int)reply.length, reply.body);
    reply_done(&reply);
}

static void every_route_answers(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    check_status(lab, "/metrics", 200, "libvirt_domain_vcpus{domain=\"instance-00000002\"} ");
    check_status(lab, "/metrics?x=y", 200, "# HELP ");
    check_status(lab, "/", 200, "<a href=\"/metrics\">");
    check_status(lab, "/", 200, "1.2.3");
    check_status(lab, "/", 200, "<td>cpu</td><td>on</td>");
    check_status(lab, "/-/healthy", 200, "healthy\n");
    check_status(lab, "/-/ready", 503, "libvirt");
    fake_host_connect(lab->host);
    check_status(lab, "/-/ready", 200, "ready");
    check_status(lab, "/metrics/", 404, "nothing");
    check_status(lab, "/metric", 404, "nothing");
    check_status(lab, "/-/reload", 404, "nothing");
    check_status(lab, "//", 404, "nothing");
    lab_close(lab);
}

static void use_other_path(struct vmt_http_options *options)
{
    options->telemetry_path = "/a-b/c.d_e~";
}

static void the_telemetry_path_can_be_another(void **state)
{
    (void)state;
    struct lab *lab = lab_open(use_other_path);
    check_status(lab, "/a-b/c.d_e~", 200, "# HELP ");
    check_status(lab, "/", 200, "<a href=\"/a-b/c.d_e~\">");
    check_status(lab, "/metrics", 404, "nothing");
    lab_close(lab);
}

static void head_has_the_headers_and_no_body(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    static const char *const paths[] = {"/", "/metrics", "/none", "/-/healthy"};
    int fd = client_open(lab);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char request[128];
        snprintf(request, sizeof request, "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", paths[i]);
        client_send(fd, request);
        struct reply reply = client_read(fd, false); /* the next one would begin with a body */
        assert_int_equal(reply.status, i == 2 ? 404 : 200);
        assert_true(atoi(reply_header(&reply, "Content-Length")) > 10);
    }
    close(fd);
    lab_close(lab);
}

static void other_methods_are_refused(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    static const char *const requests[] = {
        "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b",
        "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n",
        "DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "get /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        int fd = client_open(lab);
        client_send(fd, requests[i]);
        struct reply reply = client_read(fd, true);
        assert_int_equal(reply.status, 405);
        assert_string_equal(reply_header(&reply, "Allow"), "GET, HEAD");
        reply_done(&reply);
        close(fd);
    }
    lab_close(lab);
}

static void requests_with_a_body_are_refused_before_it_comes(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    static const char *const heads[] = {"Content-Length: 5\r\n", "Content-Length: 1000000000\r\n",
                                        "Transfer-Encoding: chunked\r\n",
                                        "Expect: 100-continue\r\nContent-Length: 5\r\n"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct reply reply = fetch(lab, "/metrics", heads[i]);
        assert_int_equal(reply.status, 413);
        reply_done(&reply);
    }
    struct reply reply = fetch(lab, "/metrics", "Content-Length: 0\r\n");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    lab_close(lab);
}

static void limit_idleness(struct vmt_http_options *options)
{
    options->idle_seconds = 1;
}

static void garbage_is_answered_or_cut_and_the_server_lives(void **state)
{
    (void)state;
    struct lab *lab = lab_open(limit_idleness);
    char huge[70000];
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    const char *const garbage[] = {"\r\n\r\n\r\n",
                                   "garbage\r\n\r\n",
                                   "GET\r\n\r\n",
                                   "\x16\x03\x01\x02\x00\x01\r\n\r\n",
                                   "GET /metrics HTTP/9.9\r\n\r\n",
                                   "GET /metrics HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                                   "GET /metrics HTTP/1.1\r\nbroken header\r\n\r\n",
                                   huge};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        int fd = client_open(lab);
        send(fd, garbage[i], strlen(garbage[i]), MSG_NOSIGNAL);
        shutdown(fd, SHUT_WR);
        struct reply reply = client_read(fd, true);
        assert_int_not_equal(reply.status, 200);
        reply_done(&reply);
        close(fd);
    }
    int fd = client_open(lab);
    client_send(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n");
    struct reply reply = client_read(fd, true);
    assert_int_equal(reply.status, 400);
    reply_done(&reply);
    close(fd);
    check_status(lab, "/metrics", 200, "# HELP ");
    lab_close(lab);
}

static void connections_are_kept_for_the_next_request(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    int fd = client_open(lab);
    for (unsigned i = 0; i < 5; i++) {
        client_get(fd, i % 2 ? "/metrics" : "/none", "");
        struct reply reply = client_read(fd, true);
        assert_int_equal(reply.status, i % 2 ? 200 : 404);
        assert_false(reply.is_cut);
        reply_done(&reply);
    }
    close(fd);
    lab_close(lab);
}

static void limit_heads(struct vmt_http_options *options)
{
    options->head_limit_ns = 400 * VMT_MS;
}

/* Milliseconds until the server ends the connection; `drip` is sent byte by byte meanwhile. */
static unsigned measure_cut(int fd, const char *drip)
{
    uint64_t began = vmt_now_ns();
    struct pollfd end = {.fd = fd, .events = POLLIN};
    while (poll(&end, 1, 20) == 0 && vmt_now_ns() < began + 10 * VMT_SECOND)
        if (*drip)
            send(fd, drip++, 1, MSG_NOSIGNAL);
    char byte;
    assert_true(recv(fd, &byte, 1, 0) <= 0);
    return (unsigned)((vmt_now_ns() - began) / VMT_MS);
}

static void silent_and_slow_clients_are_cut(void **state)
{
    (void)state;
    struct lab *lab = lab_open(limit_heads);
    char long_head[2048] = "GET /metrics HTTP/1.1\r\nHost: ";
    memset(long_head + strlen(long_head), 'x', 1500);
    int fd = client_open(lab);
    assert_in_range(measure_cut(fd, ""), 300, 9000);
    close(fd);
    fd = client_open(lab);
    assert_in_range(measure_cut(fd, long_head), 300, 9000);
    close(fd);
    fd = client_open(lab); /* the limit holds anew for each request of a connection */
    client_get(fd, "/none", "");
    struct reply reply = client_read(fd, true);
    assert_int_equal(reply.status, 404);
    reply_done(&reply);
    assert_in_range(measure_cut(fd, long_head), 300, 9000);
    close(fd);
    lab_close(lab);
}

static void limit_replies(struct vmt_http_options *options)
{
    options->reply_limit_ns = VMT_SECOND;
}

static void clients_that_do_not_read_are_cut(void **state)
{
    (void)state;
    struct lab *lab = lab_open(limit_replies);
    fake_host_fill(lab->host, 4000); /* more than the sockets of both ends can hold */
    int fd = client_open(lab), room = 65536;
    struct pollfd head = {.fd = fd, .events = POLLIN};
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    client_get(fd, "/metrics", "");
    assert_int_equal(poll(&head, 1, 10000), 1);
    usleep(2000 * 1000);
    struct reply reply = client_read(fd, true);
    assert_int_equal(reply.status, 200);
    assert_true(reply.is_cut);
    reply_done(&reply);
    close(fd);
    lab_close(lab);
}

static void use_unix_socket(struct vmt_http_options *options)
{
    static char address[64];
    static const char *addresses[] = {"127.0.0.1:0", address, NULL};
    snprintf(address, sizeof address, "unix:/tmp/virtmeter-http-%d", (int)getpid());
    options->addresses = addresses;
}

static void several_addresses_are_served(void **state)
{
    (void)state;
    struct lab *lab = lab_open(use_unix_socket);
    check_status(lab, "/-/healthy", 200, "healthy");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = vmt_http_address(lab->http, 1) + strlen("unix:");
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_null(vmt_http_address(lab->http, 2));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    client_get(fd, "/metrics", "");
    struct reply reply = client_read(fd, true);
    assert_int_equal(reply.status, 200);
    assert_true(reply_has(&reply, "# HELP "));
    reply_done(&reply);
    close(fd);
    lab_close(lab);
    assert_int_equal(access(address.sun_path, F_OK), -1);
}

static void an_address_that_is_taken_ends_the_start(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    const char *addresses[] = {"127.0.0.1:0", vmt_http_address(lab->http, 0), NULL};
    struct vmt_http_options options = lab->options;
    struct vmt_error error = {0};
    struct vmt_http *http = NULL;
    options.addresses = addresses;
    assert_int_equal(vmt_http_new(&options, &http, &error), -EADDRINUSE);
    assert_null(http);
    assert_non_null(strstr(error.text, addresses[1]));
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_answers),
        cmocka_unit_test(the_telemetry_path_can_be_another),
        cmocka_unit_test(head_has_the_headers_and_no_body),
        cmocka_unit_test(other_methods_are_refused),
        cmocka_unit_test(requests_with_a_body_are_refused_before_it_comes),
        cmocka_unit_test(garbage_is_answered_or_cut_and_the_server_lives),
        cmocka_unit_test(connections_are_kept_for_the_next_request),
        cmocka_unit_test(silent_and_slow_clients_are_cut),
        cmocka_unit_test(clients_that_do_not_read_are_cut),
        cmocka_unit_test(several_addresses_are_served),
        cmocka_unit_test(an_address_that_is_taken_ends_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
