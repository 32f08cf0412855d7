/* SPDX-License-Identifier: Apache-2.0 */
/* virtmeter-admind: puts the parts together, reads the roles anew when it is told to, and ends in time. */
#include "admin/http.h"
#include "admin/openapi.h"
#include "admin/options.h"
#include "admin/socket.h"
#include "common/xml.h"
#include "serve/service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, ROOT = 0 };

enum {
    REQUEST_LIMIT_SECONDS = 5,
    REPLY_LIMIT_SECONDS = 30,
    PATIENCE_MS = 1000, /* for calls to libvirt when stopping */
    WAITING_MAX = 16,   /* half of the connections that there may be */
};

struct app {
    struct vmt_admin_flags flags;
    struct vmt_log log;
    struct vmt_socket socket;
    struct vmt_feed *feed;
    struct vmt_admin *admin;
    struct vmt_server *server;
};

static int fail_usage(const struct vmt_error *error)
{
    fprintf(stderr, "virtmeter-admind: %s\nvirtmeter-admind --help lists all flags.\n", error->text);
    return EXIT_USAGE;
}

static int fail_start(const struct app *app, const struct vmt_error *error)
{
    vmt_log_write(&app->log, VMT_LOG_ERROR, "cannot start", "error", error->text, NULL);
    return EXIT_FAILURE;
}

static int print_openapi(void)
{
    json_t *json = vmt_openapi(VIRTMETER_VERSION);
    char *dump = json ? json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;
    struct vmt_text text = {.out_of_memory = !dump};
    if (dump)
        vmt_text_printf(&text, "%s\n", dump);
    free(dump);
    json_decref(json);
    return vmt_text_print(&text, "virtmeter-admind");
}

static int check_roles(const struct app *app)
{
    struct vmt_error error;
    struct vmt_roles *roles;
    if (vmt_roles_read(app->flags.roles_file, ROOT, &vmt_roles_system, &roles, &error)) {
        fprintf(stderr, "virtmeter-admind: %s\n", error.text);
        return EXIT_FAILURE;
    }
    vmt_roles_unref(roles);
    return EXIT_SUCCESS;
}

static void on_happening(void *arg, const struct vmt_happening *happening)
{
    struct app *app = arg;
    vmt_feed_happening(app->feed, happening);
}

static void on_operation(void *arg, struct vmt_operation *operation)
{
    struct app *app = arg;
    vmt_feed_operation(app->feed, operation);
}

static void on_tick(void *arg)
{
    struct app *app = arg;
    vmt_feed_tick(app->feed);
}

/* libvirt itself reads the file, by its environment: so before there are threads. */
static int use_auth_file(const struct app *app, struct vmt_error *error)
{
    const char *path = app->flags.libvirt_auth_file;
    if (path && setenv("LIBVIRT_AUTH_FILE", path, 1))
        return vmt_error_set(error, -ENOMEM, "no memory");
    return 0;
}

static int start_admin(struct app *app, struct vmt_error *error)
{
    const struct vmt_admin_flags *flags = &app->flags;
    const struct vmt_admin_options options = {
        .uri = flags->libvirt_uri,
        .credentials_file = flags->credentials_file,
        .roles_file = flags->roles_file,
        .roles_owner = ROOT,
        .audit_file = flags->audit_file,
        .audit_copy_fd = STDERR_FILENO,
        .save_directory = flags->save_directory,
        .migrate_uris = flags->migrate_uris.values,
        .image_folders = flags->image_folders.values,
        .limits = {.stops = flags->stop_limit, .user = flags->user_limit, .domain = flags->domain_limit},
        .read_timeout_ns = flags->read_timeout_ns,
        .call_timeout_ns = flags->call_timeout_ns,
        .transfer_timeout_ns = flags->transfer_timeout_ns,
        .max_operations = flags->max_operations,
        .max_waiting = WAITING_MAX,
        .log = &app->log,
        .happened = on_happening,
        .operation_changed = on_operation,
        .tick = on_tick,
        .arg = app};
    vmt_xml_init();
    app->feed = vmt_feed_new();
    if (!app->feed)
        return vmt_error_set(error, -ENOMEM, "no memory");
    int failed = vmt_admin_new(&options, &app->admin, error);
    if (!failed)
        vmt_feed_open(app->feed, app->admin);
    return failed;
}

static int start_server(struct app *app, struct vmt_error *error)
{
    const struct vmt_server_options options = {.fd = app->socket.fd,
                                               .services = {.admin = app->admin,
                                                            .feed = app->feed,
                                                            .version = VIRTMETER_VERSION,
                                                            .revision = VIRTMETER_REVISION},
                                               .request_limit_ns = REQUEST_LIMIT_SECONDS * VMT_SECOND,
                                               .reply_limit_ns = REPLY_LIMIT_SECONDS * VMT_SECOND};
    return vmt_server_new(&options, &app->server, error);
}

static void reload(const struct app *app)
{
    struct vmt_error error;
    if (vmt_admin_reload(app->admin, &error))
        vmt_log_write(&app->log, VMT_LOG_ERROR, "the roles stay as they were", "error", error.text, NULL);
    else
        vmt_log_write(&app->log, VMT_LOG_INFO, "the roles were read anew", "file", app->flags.roles_file, NULL);
}

static void serve(const struct app *app, const sigset_t *signals)
{
    int number;
    vmt_log_write(&app->log, VMT_LOG_INFO, "listening", "address",
                  *app->socket.path ? app->socket.path : "the service manager's socket", NULL);
    vmt_service_notify("READY=1");
    for (;;) {
        if (sigwait(signals, &number))
            continue;
        if (number != SIGHUP)
            break;
        reload(app);
    }
    vmt_log_write(&app->log, VMT_LOG_INFO, "stopping", "signal", strsignal(number), NULL);
    vmt_service_notify("STOPPING=1");
}

/* No new requests; those that wait are answered, the clients let go, and at last libvirt. */
static void stop(struct app *app)
{
    if (app->server)
        vmt_server_quiesce(app->server);
    if (app->admin)
        vmt_admin_dismiss(app->admin);
    if (app->feed)
        vmt_feed_close(app->feed);
    vmt_server_free(app->server);
    vmt_socket_close(&app->socket);
    if (app->admin && !vmt_admin_free(app->admin, vmt_now_ns() + PATIENCE_MS * VMT_MS)) {
        vmt_log_write(&app->log, VMT_LOG_WARN, "an action is still under way; not waiting for it", NULL);
        _exit(EXIT_SUCCESS);
    }
    vmt_feed_free(app->feed);
}

static int run(struct app *app)
{
    struct vmt_error error = {0};
    sigset_t signals;
    app->log = (struct vmt_log){STDERR_FILENO, app->flags.log_level, app->flags.log_format};
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* in all threads */
    signal(SIGPIPE, SIG_IGN);
    vmt_log_write(&app->log, VMT_LOG_INFO, "starting", "version", VIRTMETER_VERSION, "revision", VIRTMETER_REVISION,
                  NULL);
    app->socket.fd = -1;
    int failed = use_auth_file(app, &error);
    if (!failed)
        failed = vmt_socket_open(app->flags.socket, &app->socket, &error);
    if (!failed)
        failed = start_admin(app, &error);
    if (!failed)
        failed = start_server(app, &error);
    if (failed)
        fail_start(app, &error);
    else
        serve(app, &signals);
    stop(app);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int act(struct app *app)
{
    struct vmt_text text = {0};
    switch (app->flags.mode) {
    case VMT_ADMIN_HELP:
        vmt_admin_flags_help(&text);
        return vmt_text_print(&text, "virtmeter-admind");
    case VMT_ADMIN_VERSION:
        vmt_text_printf(&text, "virtmeter-admind %s (revision %s)\n", VIRTMETER_VERSION, VIRTMETER_REVISION);
        return vmt_text_print(&text, "virtmeter-admind");
    case VMT_ADMIN_LIST_METRICS:
        vmt_stats_catalog(&text);
        return vmt_text_print(&text, "virtmeter-admind");
    case VMT_ADMIN_OPENAPI:
        return print_openapi();
    case VMT_ADMIN_CHECK:
        return check_roles(app);
    default:
        return run(app);
    }
}

int main(int count, char **arguments)
{
    struct app app = {0};
    struct vmt_error error = {0};
    int failed = vmt_admin_flags_parse(count, (const char *const *)arguments, &app.flags, &error);
    if (failed)
        return failed == -EINVAL ? fail_usage(&error) : EXIT_FAILURE;
    int code = act(&app);
    vmt_admin_flags_done(&app.flags);
    return code;
}
