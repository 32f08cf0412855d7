/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/http.h"
#include "common/clock.h"
#include "exporter/page.h"
#include "exporter/reply.h"
#include "serve/listener.h"
#include "serve/watch.h"

#include <errno.h>
#include <stdlib.h>

enum {
    MEMORY_LIMIT = 32 * 1024,    /* of a connection: also the longest head of a request */
    SPARE_CONNECTIONS = 64,      /* beyond the scrapes: idle ones, and those that will be answered with 503 */
    UNLIMITED_CONNECTIONS = 960, /* when scrapes are not limited */
    FAREWELL_MS = 400,           /* for the last answers, when stopping */
};

struct server {
    struct vmt_listener listener;
    struct MHD_Daemon *daemon;
};

struct vmt_http {
    struct vmt_http_options options;
    struct vmt_scraper *scraper;
    struct vmt_watch *watch;
    struct vmt_text page;
    bool is_drained;
    unsigned server_count;
    struct server servers[];
};

/* One request, from the end of its head. */
struct request {
    struct vmt_scrape *scrape; /* or NULL */
    bool is_refused;
};

static const struct vmt_header no_header = {NULL, NULL};

static enum MHD_Result serve_page(struct vmt_http *http, struct MHD_Connection *connection, struct request *request)
{
    (void)request;
    return vmt_reply_page(connection, &http->page);
}

static enum MHD_Result serve_healthy(struct vmt_http *http, struct MHD_Connection *connection, struct request *request)
{
    (void)http, (void)request;
    return vmt_reply_line(connection, MHD_HTTP_OK, no_header, "virtmeter is healthy");
}

static enum MHD_Result serve_ready(struct vmt_http *http, struct MHD_Connection *connection, struct request *request)
{
    (void)request;
    if (vmt_host_was_connected(http->options.scraper.host))
        return vmt_reply_line(connection, MHD_HTTP_OK, no_header, "virtmeter is ready");
    return vmt_reply_line(connection, MHD_HTTP_SERVICE_UNAVAILABLE, no_header, "libvirt has not answered yet");
}

static enum MHD_Result serve_metrics(struct vmt_http *http, struct MHD_Connection *connection, struct request *request)
{
    if (request->scrape)
        return vmt_scrape_answer(request->scrape, connection);
    return vmt_scrape_begin(http->scraper, connection, &request->scrape);
}

static const struct {
    const char *path; /* NULL: the telemetry path */
    enum MHD_Result (*serve)(struct vmt_http *http, struct MHD_Connection *connection, struct request *request);
} routes[] = {
    {NULL, serve_metrics},
    {"/", serve_page},
    {"/-/healthy", serve_healthy},
    {"/-/ready", serve_ready},
};

static enum MHD_Result route(struct vmt_http *http, struct MHD_Connection *connection, const char *path,
                             struct request *request)
{
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (!strcmp(path, routes[i].path ? routes[i].path : http->options.telemetry_path))
            return routes[i].serve(http, connection, request);
    return vmt_reply_line(connection, MHD_HTTP_NOT_FOUND, no_header, "there is nothing here; try /");
}

static bool has_body(struct MHD_Connection *connection)
{
    const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return (length && strspn(length, "0") != strlen(length)) ||
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static void set_deadline(struct vmt_http *http, struct MHD_Connection *connection, uint64_t deadline_ns)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    vmt_watch_set(http->watch, info->socket_context, deadline_ns);
}

/* What can be said about a request as soon as its head is there. Nothing may be queued before it is refused. */
static enum MHD_Result begin_request(struct vmt_http *http, struct MHD_Connection *connection, const char *method,
                                     struct request **ret_request)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return MHD_NO;
    *ret_request = request;
    set_deadline(http, connection, VMT_NEVER);
    bool is_known = !strcmp(method, MHD_HTTP_METHOD_GET) || !strcmp(method, MHD_HTTP_METHOD_HEAD);
    if (is_known && !has_body(connection))
        return MHD_YES;
    request->is_refused = true;
    set_deadline(http, connection, vmt_now_ns() + http->options.reply_limit_ns);
    if (!is_known)
        return vmt_reply_line(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                              (struct vmt_header){MHD_HTTP_HEADER_ALLOW, "GET, HEAD"}, "only GET and HEAD");
    return vmt_reply_line(connection, MHD_HTTP_CONTENT_TOO_LARGE,
                          (struct vmt_header){MHD_HTTP_HEADER_CONNECTION, "close"}, "a request must have no body");
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **context)
{
    struct vmt_http *http = arg;
    struct request *request = *context;
    (void)version, (void)upload;
    if (!request)
        return begin_request(http, connection, method, (struct request **)context);
    if (*upload_size || request->is_refused) {
        *upload_size = 0;
        return MHD_YES;
    }
    bool was_suspended = request->scrape;
    enum MHD_Result result = route(http, connection, path, request);
    bool is_suspended = request->scrape && !was_suspended;
    if (!is_suspended)
        set_deadline(http, connection, vmt_now_ns() + http->options.reply_limit_ns);
    return result;
}

static void on_request_end(void *arg, struct MHD_Connection *connection, void **context,
                           enum MHD_RequestTerminationCode code)
{
    struct vmt_http *http = arg;
    struct request *request = *context;
    (void)code;
    if (!request)
        return;
    *context = NULL;
    if (request->scrape)
        vmt_scrape_end(request->scrape);
    free(request);
    set_deadline(http, connection, vmt_now_ns() + http->options.head_limit_ns);
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct vmt_http *http = arg;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *context = vmt_watch_add(http->watch, fd, vmt_now_ns() + http->options.head_limit_ns);
    } else if (*context) {
        vmt_watch_remove(http->watch, *context);
        *context = NULL;
    }
}

static int start(struct vmt_http *http, const char *address, struct vmt_error *error)
{
    struct server *server = &http->servers[http->server_count];
    int failed = vmt_listener_open(address, &server->listener, error);
    if (failed)
        return failed;
    unsigned limit = http->options.scraper.max_requests;
    server->daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, http,
                         MHD_OPTION_LISTEN_SOCKET, server->listener.fd, MHD_OPTION_CONNECTION_LIMIT,
                         (limit ? limit : UNLIMITED_CONNECTIONS) + SPARE_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                         http->options.idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_LIMIT,
                         MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_NOTIFY_COMPLETED, on_request_end,
                         http, MHD_OPTION_END);
    if (!server->daemon) {
        vmt_listener_close(&server->listener);
        return vmt_error_set(error, -ENOMEM, "cannot serve HTTP on '%s'", address);
    }
    http->server_count++;
    return 0;
}

int vmt_http_new(const struct vmt_http_options *options, struct vmt_http **ret_http, struct vmt_error *error)
{
    unsigned count = 0;
    while (options->addresses[count])
        count++;
    struct vmt_http *http = calloc(1, sizeof *http + count * sizeof *http->servers);
    if (!http)
        return vmt_error_set(error, -ENOMEM, "no memory");
    http->options = *options;
    vmt_page_write(&http->page, options->telemetry_path, options->version, options->scraper.collectors);
    int failed = vmt_scraper_new(&options->scraper, &http->scraper);
    if (!failed)
        failed = vmt_watch_new(&http->watch);
    if (failed)
        vmt_error_set(error, failed, "cannot start a thread: %s", strerror(-failed));
    for (unsigned i = 0; i < count && !failed; i++)
        failed = start(http, options->addresses[i], error);
    if (failed)
        vmt_http_free(http);
    else
        *ret_http = http;
    return failed;
}

const char *vmt_http_address(const struct vmt_http *http, unsigned number)
{
    return number < http->server_count ? http->servers[number].listener.name : NULL;
}

void vmt_http_drain(struct vmt_http *http, uint64_t until_ns)
{
    for (unsigned i = 0; i < http->server_count && !http->is_drained; i++) {
        MHD_quiesce_daemon(http->servers[i].daemon);
        vmt_listener_shut(&http->servers[i].listener);
    }
    http->is_drained = true;
    if (http->scraper)
        vmt_scraper_wait(http->scraper, until_ns);
}

void vmt_http_stop(struct vmt_http *http)
{
    vmt_http_drain(http, 0);
    if (http->scraper) {
        vmt_scraper_stop(http->scraper);
        vmt_scraper_wait(http->scraper, vmt_now_ns() + FAREWELL_MS * VMT_MS);
    }
    for (unsigned i = 0; i < http->server_count; i++) {
        MHD_stop_daemon(http->servers[i].daemon);
        vmt_listener_close(&http->servers[i].listener);
    }
    http->server_count = 0;
}

void vmt_http_free(struct vmt_http *http)
{
    if (!http)
        return;
    vmt_http_stop(http);
    vmt_scraper_free(http->scraper);
    vmt_watch_free(http->watch);
    vmt_text_done(&http->page);
    free(http);
}
