/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/client.h"
#include "common/clock.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A stream that is silent for longer has died: the daemon sends a comment every 15 seconds. */
enum { CONNECT_SECONDS = 5, QUEUE_MS = 20, SILENCE_SECONDS = 60 };
static const size_t answer_bytes_max = (size_t)256 << 20;

struct vmt_client {
    CURL *curl;
    const char *socket;
    unsigned timeout_s;
    char reason[CURL_ERROR_SIZE];
    struct vmt_text body; /* of the answer */
    vmt_client_take *take;
    void *take_arg;
    bool has_stopped; /* by `take` */
};

static long status_of(CURL *curl)
{
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static size_t receive(char *bytes, size_t size, size_t count, void *arg)
{
    struct vmt_client *client = arg;
    size_t length = size * count;
    if (client->take && status_of(client->curl) == 200) {
        client->has_stopped = !client->take(client->take_arg, bytes, length);
        return client->has_stopped ? 0 : length;
    }
    if (length > answer_bytes_max - client->body.length)
        return 0;
    vmt_text_add(&client->body, bytes, length);
    return client->body.out_of_memory ? 0 : length;
}

int vmt_client_new(const char *socket, unsigned timeout_s, struct vmt_client **ret_client, struct vmt_error *error)
{
    struct vmt_client *client = calloc(1, sizeof *client);
    if (!client || curl_global_init(CURL_GLOBAL_NOTHING) || !(client->curl = curl_easy_init())) {
        free(client);
        return vmt_error_set(error, -ENOMEM, "no memory");
    }
    client->socket = socket;
    client->timeout_s = timeout_s;
    *ret_client = client;
    return 0;
}

void vmt_client_free(struct vmt_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    curl_global_cleanup();
    vmt_text_done(&client->body);
    free(client);
}

void vmt_client_encode(struct vmt_text *text, const char *string)
{
    static const char *const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *string; string++) {
        if (strchr(plain, *string))
            vmt_text_add(text, string, 1);
        else
            vmt_text_printf(text, "%%%02X", (unsigned char)*string);
    }
}

/* What all requests have in common. */
static void prepare(struct vmt_client *client, const char *url, long seconds)
{
    CURL *curl = client->curl;
    curl_easy_reset(curl);
    client->reason[0] = '\0';
    client->has_stopped = false;
    vmt_text_reset(&client->body);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->reason);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
}

/* Adds a header line to the list; the list is NULL, and stays so, once memory has run out. */
static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    struct vmt_text line = {0};
    if (!value || !list)
        return list;
    vmt_text_printf(&line, "%s: %s%c", name, value, '\0');
    struct curl_slist *longer = line.out_of_memory ? NULL : curl_slist_append(list, line.bytes);
    vmt_text_done(&line);
    if (!longer)
        curl_slist_free_all(list);
    return longer;
}

static int fail(const struct vmt_client *client, CURLcode code, struct vmt_error *error)
{
    const char *reason = client->reason[0] ? client->reason : curl_easy_strerror(code);
    long wrong = 0;
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &wrong);
        return vmt_error_set(error, -ECONNREFUSED, "cannot reach virtmeter-admind at '%s': %s", client->socket,
                             strerror(wrong ? (int)wrong : EAGAIN));
    case CURLE_OPERATION_TIMEDOUT:
        return vmt_error_set(error, -ETIMEDOUT, "virtmeter-admind at '%s' has not answered in time", client->socket);
    case CURLE_OUT_OF_MEMORY:
        return vmt_error_set(error, -ENOMEM, "no memory");
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return vmt_error_set(error, -ECONNRESET, "virtmeter-admind at '%s' went away: %s", client->socket, reason);
    default:
        return vmt_error_set(error, -EPROTO, "what answers at '%s' is not virtmeter-admind: %s", client->socket,
                             reason);
    }
}

static int read_answer(struct vmt_client *client, struct vmt_answer *ret_answer, struct vmt_error *error)
{
    json_error_t where;
    ret_answer->status = status_of(client->curl);
    ret_answer->json = json_loadb(client->body.bytes ? client->body.bytes : "", client->body.length, 0, &where);
    if (json_is_object(ret_answer->json))
        return 0;
    vmt_answer_done(ret_answer);
    return vmt_error_set(error, -EPROTO, "what answers at '%s' is not virtmeter-admind: status %ld, no JSON object",
                         client->socket, status_of(client->curl));
}

/*
 * Whether many talk to the daemon at once: the queue of a Unix socket is full, which curl, that does not block, takes
 * for a failure without a reason. Nothing has been sent.
 */
static bool has_to_queue(CURL *curl, CURLcode code)
{
    long wrong = 0;
    if (code != CURLE_COULDNT_CONNECT)
        return false;
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &wrong);
    return wrong == 0 || wrong == EAGAIN;
}

static int perform(struct vmt_client *client, struct curl_slist *headers, struct vmt_error *error)
{
    const struct timespec pause = {.tv_nsec = (long)(QUEUE_MS * VMT_MS)};
    uint64_t end = vmt_now_ns() + CONNECT_SECONDS * VMT_SECOND;
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = headers ? curl_easy_perform(client->curl) : CURLE_OUT_OF_MEMORY;
    while (has_to_queue(client->curl, code) && vmt_now_ns() < end) {
        nanosleep(&pause, NULL);
        code = curl_easy_perform(client->curl);
    }
    if (client->body.out_of_memory)
        code = CURLE_OUT_OF_MEMORY;
    return code ? fail(client, code, error) : 0;
}

/* Where the path is on a host that is called as nobody cares. NUL-terminated, to be given back. */
static int make_url(struct vmt_text *text, const char *path, struct vmt_error *error)
{
    vmt_text_printf(text, "http://localhost%s%c", path, '\0');
    return text->out_of_memory ? vmt_error_set(error, -ENOMEM, "no memory") : 0;
}

int vmt_client_ask(struct vmt_client *client, const struct vmt_request *request, struct vmt_answer *ret_answer,
                   struct vmt_error *error)
{
    struct vmt_text url = {0};
    char *body = request->body ? json_dumps(request->body, JSON_COMPACT) : NULL;
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    *ret_answer = (struct vmt_answer){0};
    int failed = make_url(&url, request->path, error);
    if (!failed && request->body && !body)
        failed = vmt_error_set(error, -EINVAL, "what is to be sent is not UTF-8");
    if (!failed) {
        client->take = NULL;
        prepare(client, url.bytes, (long)client->timeout_s + (long)request->wait_s);
        if (!strcmp(request->method, "POST")) {
            headers = add_header(headers, "Content-Type", "application/json");
            headers = add_header(headers, "Expect", ""); /* ask for nothing before sending */
            curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(body ? strlen(body) : 2));
            curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body ? body : "{}");
        }
        headers = add_header(headers, "Idempotency-Key", request->idempotency_key);
        headers = add_header(headers, "Confirm-Token", request->confirm_token);
        failed = perform(client, headers, error);
    }
    if (!failed)
        failed = read_answer(client, ret_answer, error);
    curl_slist_free_all(headers);
    free(body);
    vmt_text_done(&url);
    return failed;
}

int vmt_client_follow(struct vmt_client *client, const char *path, unsigned seconds, vmt_client_take *take, void *arg,
                      struct vmt_answer *ret_answer, struct vmt_error *error)
{
    struct vmt_text url = {0};
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: text/event-stream");
    *ret_answer = (struct vmt_answer){0};
    int failed = make_url(&url, path, error);
    if (!failed) {
        client->take = take;
        client->take_arg = arg;
        prepare(client, url.bytes, (long)seconds);
        curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(client->curl, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_SECONDS);
        failed = perform(client, headers, error);
    }
    if (client->has_stopped)
        failed = 0;
    else if (!failed && status_of(client->curl) != 200)
        failed = read_answer(client, ret_answer, error);
    else if (!failed)
        failed = vmt_error_set(error, -ECONNRESET, "virtmeter-admind at '%s' has ended the stream", client->socket);
    curl_slist_free_all(headers);
    vmt_text_done(&url);
    return failed;
}

void vmt_answer_done(struct vmt_answer *answer)
{
    json_decref(answer->json);
    answer->json = NULL;
}
