/* SPDX-License-Identifier: Apache-2.0 */
#include "http_fixture.h"

#include "common/thread.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>

enum { PENDING_MAX = 64, PATIENCE_SECONDS = 10 };

struct pending {
    vmt_snapshot_ready *ready;
    void *arg;
    uint64_t deadline_ns; /* VMT_NEVER: answered by hand */
};

struct vmt_host {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct vmt_thread timer;
    enum fake_answer answer;
    bool is_stopping, was_connected;
    struct vmt_snapshot *snapshot;
    struct pending pending[PENDING_MAX];
    unsigned count;
    vmt_collectors asked_collectors;
    uint64_t asked_patience_ns;
};

/* Takes the first request whose deadline is not after `until_ns`. The caller holds the lock. */
static bool take_due(struct vmt_host *host, uint64_t until_ns, struct pending *ret_pending)
{
    for (unsigned i = 0; i < host->count; i++) {
        if (host->pending[i].deadline_ns > until_ns)
            continue;
        *ret_pending = host->pending[i];
        host->pending[i] = host->pending[--host->count];
        return true;
    }
    return false;
}

static void answer_due(struct vmt_host *host, uint64_t until_ns, bool has_memory)
{
    struct pending pending;
    pthread_mutex_lock(&host->lock);
    while (take_due(host, until_ns, &pending)) {
        struct vmt_snapshot *snapshot = has_memory ? vmt_snapshot_ref(host->snapshot) : NULL;
        pthread_mutex_unlock(&host->lock);
        pending.ready(pending.arg, snapshot);
        pthread_mutex_lock(&host->lock);
    }
    pthread_mutex_unlock(&host->lock);
}

static void *run_timer(void *arg)
{
    struct vmt_host *host = arg;
    pthread_mutex_lock(&host->lock);
    while (!host->is_stopping) {
        vmt_cond_wait(&host->changed, &host->lock, vmt_now_ns() + 5 * VMT_MS);
        pthread_mutex_unlock(&host->lock);
        answer_due(host, vmt_now_ns(), true);
        pthread_mutex_lock(&host->lock);
    }
    pthread_mutex_unlock(&host->lock);
    return NULL;
}

/* ---- what the core would be */

int vmt_host_new(const struct vmt_host_options *options, struct vmt_host **ret_host, struct vmt_error *error)
{
    (void)options, (void)error;
    struct vmt_host *host = calloc(1, sizeof *host);
    pthread_mutex_init(&host->lock, NULL);
    vmt_cond_init(&host->changed);
    fake_host_fill(host, 3);
    *ret_host = host;
    return vmt_thread_start(&host->timer, "fake", run_timer, host);
}

bool vmt_host_free(struct vmt_host *host, uint64_t patience_ns)
{
    (void)patience_ns;
    fake_answer_all(host);
    pthread_mutex_lock(&host->lock);
    host->is_stopping = true;
    pthread_cond_broadcast(&host->changed);
    pthread_mutex_unlock(&host->lock);
    pthread_join(host->timer.id, NULL);
    vmt_snapshot_unref(host->snapshot);
    pthread_cond_destroy(&host->changed);
    pthread_mutex_destroy(&host->lock);
    free(host);
    return true;
}

bool vmt_host_was_connected(struct vmt_host *host)
{
    return host->was_connected;
}

int vmt_host_request(struct vmt_host *host, vmt_collectors collectors, uint64_t deadline_ns, vmt_snapshot_ready *ready,
                     void *arg)
{
    pthread_mutex_lock(&host->lock);
    enum fake_answer answer = host->answer;
    host->asked_collectors = collectors;
    host->asked_patience_ns = deadline_ns - vmt_now_ns();
    if (answer != ANSWER_NEVER_ASKED) {
        assert_true(host->count < PENDING_MAX);
        uint64_t due_ns = answer == ANSWER_AT_ONCE ? 0 : answer == ANSWER_AT_DEADLINE ? deadline_ns : VMT_NEVER;
        host->pending[host->count++] = (struct pending){ready, arg, due_ns};
        pthread_cond_broadcast(&host->changed);
    }
    pthread_mutex_unlock(&host->lock);
    if (answer == ANSWER_AT_ONCE)
        answer_due(host, 0, true);
    return answer == ANSWER_NEVER_ASKED ? -ENOMEM : 0;
}

/* ---- and what tests say to it */

void fake_host_set(struct vmt_host *host, enum fake_answer answer)
{
    pthread_mutex_lock(&host->lock);
    host->answer = answer;
    pthread_mutex_unlock(&host->lock);
}

void fake_host_connect(struct vmt_host *host)
{
    host->was_connected = true;
}

void fake_host_fill(struct vmt_host *host, unsigned domains)
{
    struct vmt_part *part = vmt_part_new();
    for (unsigned i = 0; i < domains; i++) {
        char name[24];
        snprintf(name, sizeof name, "instance-%08x", i);
        const struct vmt_domain *domain = vmt_part_add_domain(part, name, "6f1a0b1e-4c0f-4f25-9d2e-1f8a5c3b7d90");
        struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_DOMAIN, domain, (const char *[]){name});
        for (unsigned slot = 0; slot < vmt_entity_table(VMT_ENTITY_DOMAIN)->metric_count; slot++)
            sample->value[slot] = vmt_integer(i * 7919 + slot);
    }
    pthread_mutex_lock(&host->lock);
    vmt_snapshot_unref(host->snapshot);
    host->snapshot = vmt_snapshot_new(&part, 1);
    pthread_mutex_unlock(&host->lock);
    vmt_part_unref(part);
}

void fake_answer_all(struct vmt_host *host)
{
    answer_due(host, VMT_NEVER, true);
}

void fake_answer_all_without_memory(struct vmt_host *host)
{
    answer_due(host, VMT_NEVER, false);
}

void fake_wait_for(struct vmt_host *host, unsigned count)
{
    uint64_t until = vmt_now_ns() + PATIENCE_SECONDS * VMT_SECOND;
    pthread_mutex_lock(&host->lock);
    while (host->count < count && vmt_now_ns() < until)
        vmt_cond_wait(&host->changed, &host->lock, until);
    unsigned waiting = host->count;
    pthread_mutex_unlock(&host->lock);
    assert_int_equal(waiting, count);
}

vmt_collectors fake_asked_collectors(const struct vmt_host *host)
{
    return host->asked_collectors;
}

uint64_t fake_asked_patience_ns(const struct vmt_host *host)
{
    return host->asked_patience_ns;
}

/* ---- the server */

struct lab *lab_open(void (*change)(struct vmt_http_options *options))
{
    static const char *const addresses[] = {"127.0.0.1:0", NULL};
    static const struct vmt_selfmetrics self = {.version = "1.2.3"};
    struct vmt_error error = {0};
    struct lab *lab = calloc(1, sizeof *lab);
    assert_int_equal(vmt_host_new(NULL, &lab->host, NULL), 0);
    lab->options = (struct vmt_http_options){.addresses = addresses,
                                             .telemetry_path = "/metrics",
                                             .version = "1.2.3",
                                             .scraper = {.host = lab->host,
                                                         .collectors = VMT_COLLECTORS_ALL,
                                                         .timeout_ns = 9 * VMT_SECOND,
                                                         .timeout_offset_ns = 500 * VMT_MS,
                                                         .max_requests = 4,
                                                         .self = &self},
                                             .idle_seconds = 20,
                                             .head_limit_ns = 20 * VMT_SECOND,
                                             .reply_limit_ns = 20 * VMT_SECOND};
    if (change)
        change(&lab->options);
    if (vmt_http_new(&lab->options, &lab->http, &error))
        fail_msg("%s", error.text);
    const char *colon = strrchr(vmt_http_address(lab->http, 0), ':');
    lab->port = (unsigned)atoi(colon + 1);
    return lab;
}

void lab_close(struct lab *lab)
{
    vmt_http_drain(lab->http, vmt_now_ns() + 50 * VMT_MS);
    assert_true(vmt_host_free(lab->host, 0));
    vmt_http_free(lab->http);
    free(lab);
}

/* ---- clients */

int client_open(const struct lab *lab)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)lab->port)};
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) {
        close(fd);
        return -1;
    }
    return fd;
}

void client_send(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

void client_get(int fd, const char *path, const char *headers)
{
    char request[1024];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, headers);
    client_send(fd, request);
}

const char *reply_header(const struct reply *reply, const char *name)
{
    static _Thread_local char value[256];
    size_t length = strlen(name);
    value[0] = '\0';
    for (const char *line = strstr(reply->head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (!strncasecmp(line + 2, name, length) && line[2 + length] == ':')
            sscanf(line + 2 + length + 1, " %255[^\r]", value);
    return value;
}

bool reply_has(const struct reply *reply, const char *part)
{
    return reply->body && memmem(reply->body, reply->length, part, strlen(part));
}

/* Reads up to the empty line, byte by byte: what follows belongs to the body, or to the next answer. */
static bool read_head(int fd, struct reply *reply)
{
    size_t length = 0;
    while (length < sizeof reply->head - 1 && recv(fd, reply->head + length, 1, 0) == 1) {
        reply->head[++length] = '\0';
        if (length >= 4 && !strcmp(reply->head + length - 4, "\r\n\r\n"))
            return sscanf(reply->head, "HTTP/1.1 %d ", &reply->status) == 1;
    }
    return false;
}

struct reply client_read(int fd, bool has_body)
{
    struct reply reply = {0};
    if (!read_head(fd, &reply) || !has_body)
        return reply;
    size_t wanted = strtoul(reply_header(&reply, "Content-Length"), NULL, 10);
    reply.body = malloc(wanted + 1);
    while (reply.length < wanted) {
        ssize_t got = recv(fd, reply.body + reply.length, wanted - reply.length, 0);
        if (got <= 0)
            break;
        reply.length += (size_t)got;
    }
    reply.is_cut = reply.length < wanted;
    return reply;
}

void reply_done(struct reply *reply)
{
    free(reply->body);
    *reply = (struct reply){0};
}

struct reply fetch(const struct lab *lab, const char *path, const char *headers)
{
    int fd = client_open(lab);
    assert_true(fd >= 0);
    client_get(fd, path, headers);
    struct reply reply = client_read(fd, true);
    close(fd);
    return reply;
}
