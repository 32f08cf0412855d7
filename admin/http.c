/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/http.h"
#include "admin/guests.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MEMORY_LIMIT = 32 * 1024, /* of a connection: also the longest head of a request */
    CONNECTIONS = 128,        /* more than guests may be: those that are one too many are told so */
    IDLE_SECONDS = 30,
    FAREWELL_MS = 400,
};

struct vmt_server {
    struct vmt_server_options options;
    struct MHD_Daemon *daemon;
    struct vmt_watch *watch;
    struct vmt_guests guests;
    atomic_uint exchanges; /* requests that are not over */
    atomic_bool is_stopping;
    atomic_ulong serial; /* of requests */
};

/* One request, from the end of its head. */
struct exchange {
    struct vmt_server *server;
    struct MHD_Connection *connection;
    struct vmt_guest *guest;
    struct vmt_call *call;
    struct vmt_text body;
    uint64_t began_ns;
    bool is_refused;  /* it was answered after its head */
    bool is_too_long; /* its body */
    bool is_called;   /* the daemon has it */
    bool is_answered; /* by the daemon */
};

static struct vmt_guest *guest_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void set_deadline(struct exchange *exchange, uint64_t deadline_ns)
{
    vmt_watch_set(exchange->server->watch, exchange->guest->watched, deadline_ns);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value && *value)
        MHD_add_response_header(response, name, value);
}

static void add_headers(struct MHD_Response *response, const struct exchange *exchange)
{
    const struct vmt_answer *answer = &exchange->call->answer;
    char location[32 + VMT_OPERATION_ID] = "", seconds[16] = "", id[24];
    if (*answer->location)
        snprintf(location, sizeof location, "/v1/operations/%s", answer->location);
    if (answer->retry_after)
        snprintf(seconds, sizeof seconds, "%u", answer->retry_after);
    snprintf(id, sizeof id, "%" PRIu64, exchange->call->asked.id);
    add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "X-Request-Id", id);
    add_header(response, MHD_HTTP_HEADER_LOCATION, location);
    add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    add_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
    add_header(response, "Idempotent-Replay", answer->is_replay ? "true" : NULL);
    add_header(response, MHD_HTTP_HEADER_CONNECTION, answer->closes ? "close" : NULL);
}

/* Sends the answer of the exchange's call. */
static enum MHD_Result reply(struct exchange *exchange)
{
    const struct vmt_answer *answer = &exchange->call->answer;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->body.length, answer->body.bytes, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_headers(response, exchange);
    vmt_stats_request(vmt_admin_stats(exchange->server->options.services.admin), exchange->call->request.action,
                      answer->problem, vmt_now_ns() - exchange->began_ns);
    set_deadline(exchange, vmt_now_ns() + exchange->server->options.reply_limit_ns);
    enum MHD_Result result = MHD_queue_response(exchange->connection, answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct exchange *exchange, const struct vmt_problem *problem)
{
    vmt_answer_problem(&exchange->call->answer, problem, &exchange->call->asked, NULL);
    return reply(exchange);
}

/* The beginning of a request is enough to refuse it; what follows of it is not read. */
static enum MHD_Result refuse_early(struct exchange *exchange, const struct vmt_problem *problem)
{
    exchange->is_refused = true;
    exchange->call->answer.closes = true;
    return refuse(exchange, problem);
}

/* A pass over headers or parameters, which stops at the first problem. */
struct pass {
    struct vmt_request *request;
    struct vmt_problem *problem;
};

static enum MHD_Result take_header(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct pass *pass = arg;
    (void)kind;
    return vmt_request_header(pass->request, name, value, pass->problem) ? MHD_NO : MHD_YES;
}

static enum MHD_Result take_parameter(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct pass *pass = arg;
    (void)kind;
    return vmt_request_query(pass->request, name, value, pass->problem) ? MHD_NO : MHD_YES;
}

static int check_length(struct exchange *exchange, struct vmt_problem *problem)
{
    const char *length =
        MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    size_t most = vmt_request_body_max(&exchange->call->request);
    if (length && strtoull(length, NULL, 10) > most)
        return vmt_problem_set(problem, VMT_PROBLEM_TOO_LARGE, "a body of %zu bytes at most", most);
    return 0;
}

/* What can be said about a request when its head is there. */
static int read_head(struct exchange *exchange, const char *method, const char *path, struct vmt_problem *problem)
{
    struct vmt_request *request = &exchange->call->request;
    struct pass pass = {request, problem};
    if (exchange->guest->is_surplus) {
        vmt_problem_set(problem, VMT_PROBLEM_RATE_LIMITED, "too many connections: %d for each user, %d in all",
                        VMT_GUESTS_OF_USER, VMT_GUESTS_ALL);
        problem->retry_after = 1;
        return -EINVAL;
    }
    int failed = vmt_request_begin(request, method, path, &exchange->call->answer.allow, problem);
    if (failed)
        return failed;
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, take_header, &pass);
    if (!problem->kind)
        MHD_get_connection_values(exchange->connection, MHD_GET_ARGUMENT_KIND, take_parameter, &pass);
    return problem->kind ? -EINVAL : check_length(exchange, problem);
}

static enum MHD_Result begin_exchange(struct vmt_server *server, struct MHD_Connection *connection, const char *method,
                                      const char *path, void **context)
{
    struct vmt_problem problem = {0};
    struct vmt_guest *guest = guest_of(connection);
    struct exchange *exchange = guest ? calloc(1, sizeof *exchange) : NULL;
    if (!exchange)
        return MHD_NO;
    *exchange = (struct exchange){.server = server, .connection = connection, .guest = guest};
    exchange->began_ns = vmt_now_ns();
    exchange->call = vmt_call_new(&guest->peer, atomic_fetch_add(&server->serial, 1) + 1, path);
    if (!exchange->call) {
        free(exchange);
        return MHD_NO;
    }
    atomic_fetch_add(&server->exchanges, 1);
    *context = exchange;
    int failed = read_head(exchange, method, path, &problem);
    const struct vmt_action *action = exchange->call->request.action;
    /* Strangers learn nothing, not even what they did wrong. */
    if (!exchange->guest->is_surplus)
        failed |=
            !vmt_admin_knows(server->options.services.admin, &guest->peer,
                             action ? action : &vmt_services[VMT_SERVICE_VERSION], exchange->call->asked.id, &problem);
    return failed ? refuse_early(exchange, &problem) : MHD_YES;
}

static void take_body(struct exchange *exchange, const char *bytes, size_t length)
{
    if (exchange->body.length + length > vmt_request_body_max(&exchange->call->request))
        exchange->is_too_long = true;
    else
        vmt_text_add(&exchange->body, bytes, length);
}

/* The daemon has answered; on any thread. */
static void on_ready(struct vmt_call *call, void *arg)
{
    struct exchange *exchange = arg;
    (void)call;
    exchange->is_answered = true;
    MHD_resume_connection(exchange->connection);
}

static enum MHD_Result follow(struct exchange *exchange)
{
    struct vmt_call *call = exchange->call;
    struct vmt_problem problem;
    bool is_full;
    set_deadline(exchange, VMT_NEVER);
    enum MHD_Result result = vmt_feed_follow(exchange->server->options.services.feed, exchange->connection, &call->peer,
                                             call->request.arguments.values[0].text, &is_full);
    if (!is_full)
        return result;
    vmt_problem_set(&problem, VMT_PROBLEM_OVERLOADED, "too many clients follow events already");
    problem.retry_after = 10;
    return refuse(exchange, &problem);
}

/* Hands a whole request over. The connection is suspended first: the answer may come at once, from another thread. */
static enum MHD_Result hand_over(struct exchange *exchange)
{
    const struct vmt_services_options *services = &exchange->server->options.services;
    int service = vmt_route_service(exchange->call->request.action);
    if (service == VMT_SERVICE_EVENTS)
        return follow(exchange);
    exchange->call->ready = on_ready;
    exchange->call->arg = exchange;
    exchange->is_called = true;
    if (service < 0 || service == VMT_SERVICE_OPERATION)
        MHD_suspend_connection(exchange->connection);
    if (service < 0)
        vmt_admin_submit(services->admin, exchange->call);
    else if (vmt_services_answer(services, exchange->call, service, exchange->server->guests.count)) {
        if (service != VMT_SERVICE_OPERATION)
            return reply(exchange);
        on_ready(exchange->call, exchange);
    }
    return MHD_YES;
}

static enum MHD_Result end_of_request(struct exchange *exchange)
{
    struct vmt_request *request = &exchange->call->request;
    struct vmt_problem problem = {0};
    exchange->guest->is_busy = true;
    set_deadline(exchange, VMT_NEVER);
    if (exchange->is_too_long)
        vmt_problem_set(&problem, VMT_PROBLEM_TOO_LARGE, "a body of %zu bytes at most", vmt_request_body_max(request));
    else if (atomic_load(&exchange->server->is_stopping))
        vmt_problem_set(&problem, VMT_PROBLEM_OVERLOADED, "the daemon ends");
    else if (exchange->body.out_of_memory)
        vmt_problem_set(&problem, VMT_PROBLEM_INTERNAL, "no memory");
    else if (!vmt_request_body(request, exchange->body.bytes, exchange->body.length, &problem))
        vmt_request_finish(request, &problem);
    vmt_text_done(&exchange->body);
    return problem.kind ? refuse(exchange, &problem) : hand_over(exchange);
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct exchange *exchange = *context;
    (void)version;
    if (!exchange)
        return begin_exchange(arg, connection, method, path, context);
    if (exchange->is_refused || *upload_size) {
        if (!exchange->is_refused)
            take_body(exchange, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    if (!exchange->is_called)
        return end_of_request(exchange);
    return exchange->is_answered ? reply(exchange) : MHD_YES;
}

static void on_request_end(void *arg, struct MHD_Connection *connection, void **context,
                           enum MHD_RequestTerminationCode code)
{
    struct vmt_server *server = arg;
    struct exchange *exchange = *context;
    (void)connection, (void)code;
    if (!exchange)
        return;
    *context = NULL;
    exchange->guest->is_busy = false;
    set_deadline(exchange, vmt_now_ns() + server->options.request_limit_ns);
    vmt_call_unref(exchange->call);
    vmt_text_done(&exchange->body);
    free(exchange);
    atomic_fetch_sub(&server->exchanges, 1);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct vmt_server *server = arg;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        struct vmt_guest *guest = vmt_guests_enter(&server->guests, fd);
        if (guest)
            guest->watched = vmt_watch_add(server->watch, fd, vmt_now_ns() + server->options.request_limit_ns);
        *context = guest;
    } else if (*context) {
        struct vmt_guest *guest = *context;
        if (guest->watched)
            vmt_watch_remove(server->watch, guest->watched);
        vmt_guests_leave(&server->guests, guest);
        *context = NULL;
    }
}

/* Paths and parameters are decoded by us, strictly. */
static size_t keep_encoded(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg, (void)connection;
    return strlen(text);
}

int vmt_server_new(const struct vmt_server_options *options, struct vmt_server **ret_server, struct vmt_error *error)
{
    struct vmt_server *server = calloc(1, sizeof *server);
    if (!server)
        return vmt_error_set(error, -ENOMEM, "no memory");
    server->options = *options;
    int failed = vmt_watch_new(&server->watch);
    if (!failed)
        server->daemon = MHD_start_daemon(
            MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
            MHD_OPTION_LISTEN_SOCKET, options->fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
            MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
            (size_t)MEMORY_LIMIT, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_NOTIFY_COMPLETED,
            on_request_end, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
            MHD_OPTION_END);
    if (!server->daemon) {
        vmt_watch_free(server->watch);
        free(server);
        return vmt_error_set(error, failed ? failed : -ENOMEM, "cannot serve HTTP");
    }
    *ret_server = server;
    return 0;
}

void vmt_server_quiesce(struct vmt_server *server)
{
    atomic_store(&server->is_stopping, true);
    MHD_quiesce_daemon(server->daemon);
}

void vmt_server_free(struct vmt_server *server)
{
    const struct timespec pause = {.tv_nsec = 5 * (long)VMT_MS};
    uint64_t until_ns = vmt_now_ns() + FAREWELL_MS * VMT_MS;
    if (!server)
        return;
    while (atomic_load(&server->exchanges) && vmt_now_ns() < until_ns)
        nanosleep(&pause, NULL);
    MHD_stop_daemon(server->daemon);
    vmt_watch_free(server->watch);
    free(server);
}
