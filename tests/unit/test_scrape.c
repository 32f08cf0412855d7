/* SPDX-License-Identifier: Apache-2.0 */
/* Scrapes over real HTTP, of a host that answers at once, late, or not at all. */
#include "http_fixture.h"

#include <pthread.h>
#include <sys/socket.h>
#include <zlib.h>

#define OPENMETRICS "Accept: application/openmetrics-text;version=1.0.0\r\n"

static void check_header(const struct reply *reply, const char *name, const char *value)
{
    assert_string_equal(reply_header(reply, name), value);
}

static void scrapes_say_what_they_are(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    struct reply reply = fetch(lab, "/metrics", "");
    assert_int_equal(reply.status, 200);
    check_header(&reply, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    check_header(&reply, "Vary", "Accept, Accept-Encoding");
    check_header(&reply, "Content-Encoding", "");
    assert_false(reply_has(&reply, "# EOF"));
    assert_true(reply_has(&reply, "libvirt_exporter_build_info{version=\"1.2.3\"} 1\n"));
    reply_done(&reply);
    reply = fetch(lab, "/metrics", OPENMETRICS "Accept-Encoding: identity\r\n");
    check_header(&reply, "Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8");
    check_header(&reply, "Content-Encoding", "");
    assert_memory_equal(reply.body + reply.length - 6, "# EOF\n", 6);
    reply_done(&reply);
    lab_close(lab);
}

/* Leaves out the process's own metrics, which differ from one scrape to the next. */
static char *without_process(const char *body, size_t length)
{
    char *kept = malloc(length + 1), *to = kept;
    for (const char *line = body; line < body + length;) {
        const char *end = memchr(line, '\n', (size_t)(body + length - line));
        assert_non_null(end);
        if (strncmp(line, "process_", 8) != 0) {
            memcpy(to, line, (size_t)(end + 1 - line));
            to += end + 1 - line;
        }
        line = end + 1;
    }
    *to = '\0';
    return kept;
}

static void gzip_unpacks_to_the_same_text(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    fake_host_fill(lab->host, 500);
    struct reply plain = fetch(lab, "/metrics", ""), packed = fetch(lab, "/metrics", "Accept-Encoding: gzip\r\n");
    check_header(&packed, "Content-Encoding", "gzip");
    check_header(&packed, "Vary", "Accept, Accept-Encoding");
    assert_true(packed.length < plain.length / 4);
    size_t room = plain.length + 4096;
    char *text = malloc(room);
    z_stream stream = {.next_in = (Bytef *)packed.body,
                       .avail_in = (uInt)packed.length,
                       .next_out = (Bytef *)text,
                       .avail_out = (uInt)room};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    char *a = without_process(plain.body, plain.length), *b = without_process(text, stream.total_out);
    assert_true(strlen(a) > 100000);
    assert_string_equal(a, b);
    inflateEnd(&stream);
    free(a);
    free(b);
    free(text);
    reply_done(&plain);
    reply_done(&packed);
    lab_close(lab);
}

static void collectors_are_asked_for_and_shown_as_the_query_says(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    vmt_collectors exporter = VMT_COLLECTOR_BIT(VMT_COLLECTOR_EXPORTER);
    struct reply reply = fetch(lab, "/metrics?collect%5B%5D=cpu&collect[]=memory", "");
    assert_int_equal(reply.status, 200);
    assert_int_equal(fake_asked_collectors(lab->host),
                     exporter | VMT_COLLECTOR_BIT(VMT_COLLECTOR_CPU) | VMT_COLLECTOR_BIT(VMT_COLLECTOR_MEMORY));
    assert_true(reply_has(&reply, "libvirt_domain_cpu_seconds_total{"));
    assert_false(reply_has(&reply, "libvirt_domain_state{")); /* though the snapshot has it */
    assert_true(reply_has(&reply, "process_open_fds "));
    reply_done(&reply);
    reply = fetch(lab, "/metrics?exclude[]=cpu", "");
    assert_int_equal(fake_asked_collectors(lab->host), VMT_COLLECTORS_ALL & ~VMT_COLLECTOR_BIT(VMT_COLLECTOR_CPU));
    assert_false(reply_has(&reply, "libvirt_domain_cpu_seconds_total{"));
    assert_true(reply_has(&reply, "libvirt_domain_state{"));
    reply_done(&reply);
    reply = fetch(lab, "/metrics?collect[]=cpus", "");
    assert_int_equal(reply.status, 400);
    assert_true(reply_has(&reply, "unknown collector 'cpus' in collect[]\n"));
    reply_done(&reply);
    lab_close(lab);
}

static void the_core_gets_the_time_that_the_scraper_leaves(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    static const struct {
        const char *header;
        uint64_t ms;
    } cases[] = {{"", 9000},
                 {"X-Prometheus-Scrape-Timeout-Seconds: 5\r\n", 4500},
                 {"X-Prometheus-Scrape-Timeout-Seconds: 100\r\n", 9000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply reply = fetch(lab, "/metrics", cases[i].header);
        reply_done(&reply);
        assert_in_range(fake_asked_patience_ns(lab->host), (cases[i].ms - 2000) * VMT_MS, cases[i].ms * VMT_MS);
    }
    lab_close(lab);
}

static void a_host_that_takes_until_the_deadline_is_waited_for(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    fake_host_set(lab->host, ANSWER_AT_DEADLINE);
    uint64_t began = vmt_now_ns();
    struct reply reply = fetch(lab, "/metrics", "X-Prometheus-Scrape-Timeout-Seconds: 0.8\r\n");
    assert_int_equal(reply.status, 200);
    assert_in_range(vmt_now_ns() - began, 300 * VMT_MS, 5 * VMT_SECOND);
    reply_done(&reply);
    lab_close(lab);
}

static void waiting_scrapes_hold_up_nothing_else(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    fake_host_set(lab->host, ANSWER_LATER);
    int fd = client_open(lab);
    client_get(fd, "/metrics", "");
    fake_wait_for(lab->host, 1);
    struct reply reply = fetch(lab, "/-/healthy", "");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    fake_host_set(lab->host, ANSWER_AT_ONCE);
    reply = fetch(lab, "/metrics", "");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    fake_answer_all(lab->host);
    reply = client_read(fd, true);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    close(fd);
    lab_close(lab);
}

static void too_many_scrapes_are_told_to_come_again(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    enum { LIMIT = 4 };
    int waiting[LIMIT];
    fake_host_set(lab->host, ANSWER_LATER);
    for (unsigned i = 0; i < LIMIT; i++) {
        waiting[i] = client_open(lab);
        client_get(waiting[i], "/metrics", "");
    }
    fake_wait_for(lab->host, LIMIT);
    struct reply reply = fetch(lab, "/metrics", "");
    assert_int_equal(reply.status, 503);
    check_header(&reply, "Retry-After", "1");
    reply_done(&reply);
    reply = fetch(lab, "/-/healthy", "");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    fake_answer_all(lab->host);
    for (unsigned i = 0; i < LIMIT; i++) {
        reply = client_read(waiting[i], true);
        assert_int_equal(reply.status, 200);
        reply_done(&reply);
        close(waiting[i]);
    }
    fake_host_set(lab->host, ANSWER_AT_ONCE);
    reply = fetch(lab, "/metrics", "");
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    lab_close(lab);
}

static void lift_limit(struct vmt_http_options *options)
{
    options->scraper.max_requests = 0;
}

static void without_a_limit_all_are_served(void **state)
{
    (void)state;
    struct lab *lab = lab_open(lift_limit);
    enum { MANY = 50 };
    int waiting[MANY];
    fake_host_set(lab->host, ANSWER_LATER);
    for (unsigned i = 0; i < MANY; i++) {
        waiting[i] = client_open(lab);
        client_get(waiting[i], "/metrics", i % 2 ? "Accept-Encoding: gzip\r\n" : OPENMETRICS);
    }
    fake_wait_for(lab->host, MANY);
    fake_answer_all(lab->host);
    for (unsigned i = 0; i < MANY; i++) {
        struct reply reply = client_read(waiting[i], true);
        assert_int_equal(reply.status, 200);
        reply_done(&reply);
        close(waiting[i]);
    }
    lab_close(lab);
}

static void clients_that_leave_give_their_place_back(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    for (unsigned round = 0; round < 3; round++) {
        fake_host_set(lab->host, ANSWER_LATER);
        for (unsigned i = 0; i < 4; i++) {
            int fd = client_open(lab);
            client_get(fd, "/metrics", "");
            fake_wait_for(lab->host, i + 1);
            close(fd);
        }
        fake_answer_all(lab->host);
        fake_host_set(lab->host, ANSWER_AT_ONCE);
        struct reply reply = {0};
        for (unsigned tries = 0; reply.status != 200 && tries < 400; tries++) {
            reply_done(&reply);
            usleep(20000);
            reply = fetch(lab, "/metrics", "");
        }
        assert_int_equal(reply.status, 200);
        reply_done(&reply);
    }
    lab_close(lab);
}

static void a_host_without_memory_is_said_to_be_busy(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    fake_host_set(lab->host, ANSWER_NEVER_ASKED);
    struct reply reply = fetch(lab, "/metrics", "");
    assert_int_equal(reply.status, 503);
    reply_done(&reply);
    fake_host_set(lab->host, ANSWER_LATER);
    int fd = client_open(lab);
    client_get(fd, "/metrics", "");
    fake_wait_for(lab->host, 1);
    fake_answer_all_without_memory(lab->host);
    reply = client_read(fd, true);
    assert_int_equal(reply.status, 503);
    reply_done(&reply);
    close(fd);
    lab_close(lab);
}

static void *answer_soon(void *host)
{
    usleep(200000);
    fake_answer_all(host);
    return NULL;
}

static void draining_lets_running_scrapes_end_and_refuses_new_ones(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    fake_host_set(lab->host, ANSWER_LATER);
    fake_host_fill(lab->host, 2000);
    int fd = client_open(lab);
    client_get(fd, "/metrics", "Accept-Encoding: gzip\r\n");
    fake_wait_for(lab->host, 1);
    pthread_t thread;
    pthread_create(&thread, NULL, answer_soon, lab->host);
    uint64_t began = vmt_now_ns();
    vmt_http_drain(lab->http, began + 10 * VMT_SECOND);
    assert_in_range(vmt_now_ns() - began, 100 * VMT_MS, 5 * VMT_SECOND);
    pthread_join(thread, NULL);
    assert_int_equal(client_open(lab), -1);
    struct reply reply = client_read(fd, true);
    assert_int_equal(reply.status, 200);
    assert_false(reply.is_cut);
    reply_done(&reply);
    close(fd);
    lab_close(lab);
}

static void stopping_answers_those_who_still_wait(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    int waiting[3];
    fake_host_set(lab->host, ANSWER_LATER);
    for (unsigned i = 0; i < 3; i++) {
        waiting[i] = client_open(lab);
        client_get(waiting[i], "/metrics", "");
    }
    fake_wait_for(lab->host, 3);
    uint64_t began = vmt_now_ns();
    clock_t cpu = clock();
    vmt_http_drain(lab->http, began + 400 * VMT_MS);
    assert_true(clock() - cpu < CLOCKS_PER_SEC / 20); /* nobody runs in circles meanwhile */
    vmt_http_stop(lab->http);                         /* the host has not answered */
    assert_in_range(vmt_now_ns() - began, 400 * VMT_MS, 5 * VMT_SECOND);
    for (unsigned i = 0; i < 3; i++) {
        struct reply reply = client_read(waiting[i], true);
        assert_int_equal(reply.status, 503);
        reply_done(&reply);
        close(waiting[i]);
    }
    fake_answer_all(lab->host); /* now it does, and nobody listens */
    lab_close(lab);
}

struct client {
    pthread_t thread;
    const struct lab *lab;
    unsigned failures; /* scrapes that were not answered as they should */
};

static void *scrape_many(void *arg)
{
    struct client *client = arg;
    static const char *const headers[] = {"", "Accept-Encoding: gzip\r\n", OPENMETRICS};
    int fd = client_open(client->lab);
    for (unsigned i = 0; i < 60; i++) {
        client_get(fd, i % 7 ? "/metrics" : "/metrics?collect[]=cpu", headers[i % 3]);
        struct reply reply = client_read(fd, true);
        client->failures += (reply.status != 200 && reply.status != 503) || reply.is_cut;
        reply_done(&reply);
    }
    close(fd);
    return NULL;
}

static void many_clients_at_once_are_all_answered(void **state)
{
    (void)state;
    struct lab *lab = lab_open(NULL);
    fake_host_fill(lab->host, 50);
    struct client clients[8] = {0};
    for (unsigned i = 0; i < 8; i++) {
        clients[i].lab = lab;
        pthread_create(&clients[i].thread, NULL, scrape_many, &clients[i]);
    }
    for (unsigned i = 0; i < 20; i++) {
        fake_host_fill(lab->host, 50 + i);
        fake_host_set(lab->host, i % 2 ? ANSWER_LATER : ANSWER_AT_ONCE);
        usleep(5000);
        fake_answer_all(lab->host);
    }
    fake_host_set(lab->host, ANSWER_AT_ONCE);
    fake_answer_all(lab->host);
    for (unsigned i = 0; i < 8; i++) {
        pthread_join(clients[i].thread, NULL);
        assert_int_equal(clients[i].failures, 0);
    }
    lab_close(lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scrapes_say_what_they_are),
        cmocka_unit_test(gzip_unpacks_to_the_same_text),
        cmocka_unit_test(collectors_are_asked_for_and_shown_as_the_query_says),
        cmocka_unit_test(the_core_gets_the_time_that_the_scraper_leaves),
        cmocka_unit_test(a_host_that_takes_until_the_deadline_is_waited_for),
        cmocka_unit_test(waiting_scrapes_hold_up_nothing_else),
        cmocka_unit_test(too_many_scrapes_are_told_to_come_again),
        cmocka_unit_test(without_a_limit_all_are_served),
        cmocka_unit_test(clients_that_leave_give_their_place_back),
        cmocka_unit_test(a_host_without_memory_is_said_to_be_busy),
        cmocka_unit_test(draining_lets_running_scrapes_end_and_refuses_new_ones),
        cmocka_unit_test(stopping_answers_those_who_still_wait),
        cmocka_unit_test(many_clients_at_once_are_all_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
