/* SPDX-License-Identifier: Apache-2.0 */
/* virtmeter-exporter: puts the parts together, waits for the signal to end, and ends in time. */
#include "common/clock.h"
#include "common/host.h"
#include "exporter/catalog.h"
#include "exporter/http.h"
#include "exporter/options.h"
#include "serve/log.h"
#include "serve/service.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

enum {
    IDLE_SECONDS = 12, /* no usual scrape interval: then a connection would be closed just when it is used again */
    HEAD_LIMIT_SECONDS = 30,
    REPLY_LIMIT_SECONDS = 60,

    /* Together with the server's own farewell these stay below two seconds. */
    DRAIN_MS = 800,
    PATIENCE_MS = 400,
    LAST_DRAIN_MS = 200,
};

/* Bodies of big hosts take megabytes: above this size memory goes back to the system as soon as it is free. */
enum { BIG_ALLOCATION = 256 * 1024 };

enum { VERSION_TEXT = 24 };

struct app {
    struct vmt_options options;
    struct vmt_log log;
    struct vmt_filter *filter;
    struct vmt_xml_labels *labels;
    char libvirt_built[VERSION_TEXT], libvirt_runtime[VERSION_TEXT];
    struct vmt_selfmetrics self;
    struct vmt_host *host;
    struct vmt_http *http;
};

static void print_version_number(unsigned long number, char text[VERSION_TEXT])
{
    snprintf(text, VERSION_TEXT, "%lu.%lu.%lu", number / 1000000, number / 1000 % 1000, number % 1000);
}

static void learn_self(struct app *app)
{
    unsigned long runtime = 0;
    print_version_number(LIBVIR_VERSION_NUMBER, app->libvirt_built);
    if (!virGetVersion(&runtime, NULL, NULL))
        print_version_number(runtime, app->libvirt_runtime);
    app->self = (struct vmt_selfmetrics){.version = VIRTMETER_VERSION,
                                         .revision = VIRTMETER_REVISION,
                                         .libvirt_built = app->libvirt_built,
                                         .libvirt_runtime = *app->libvirt_runtime ? app->libvirt_runtime : NULL,
                                         .started_ms = vmt_selfmetrics_started_ms()};
}

static int fail_usage(const struct vmt_error *error)
{
    fprintf(stderr, "virtmeter-exporter: %s\nvirtmeter-exporter --help lists all flags.\n", error->text);
    return EXIT_USAGE;
}

static int fail_start(const struct app *app, const struct vmt_error *error)
{
    vmt_log_write(&app->log, VMT_LOG_ERROR, "cannot start", "error", error->text, NULL);
    return EXIT_FAILURE;
}

static int print_version(struct app *app)
{
    struct vmt_text text = {0};
    learn_self(app);
    vmt_text_printf(&text, "virtmeter-exporter %s (revision %s)\nlibvirt %s (built with %s)\n", app->self.version,
                    app->self.revision, app->self.libvirt_runtime ? app->self.libvirt_runtime : "unknown",
                    app->self.libvirt_built);
    return vmt_text_print(&text, "virtmeter-exporter");
}

/* Makes what the options describe in languages of their own. */
static int compile_patterns(struct app *app, struct vmt_error *error)
{
    const struct vmt_flag_list *labels = &app->options.metadata_labels;
    struct vmt_error reason;
    int failed = vmt_filter_new(&app->options.patterns, &app->filter, &reason);
    if (failed)
        return vmt_error_set(error, failed, "flag --%s", reason.text);
    if (labels->count)
        failed = vmt_xml_labels_new(labels->values, labels->count, &app->labels, &reason);
    return failed ? vmt_error_set(error, failed, "flag '--domain.metadata-label': %s", reason.text) : 0;
}

/* libvirt itself reads the file, by its environment: so before there are threads. */
static int use_auth_file(const struct app *app, struct vmt_error *error)
{
    const char *path = app->options.libvirt_auth_file;
    if (!path)
        return 0;
    if (access(path, R_OK))
        return vmt_error_set(error, -errno, "cannot read '%s': %s", path, strerror(errno));
    return setenv("LIBVIRT_AUTH_FILE", path, 1) ? vmt_error_set(error, -ENOMEM, "no memory") : 0;
}

static int start_host(struct app *app, struct vmt_error *error)
{
    const struct vmt_options *options = &app->options;
    struct vmt_host_options host = {.uri = options->libvirt_uri,
                                    .credentials_file = options->credentials_file,
                                    .collectors = options->collectors,
                                    .filter = app->filter,
                                    .labels = app->labels,
                                    .max_stuck_calls = options->max_stuck_calls,
                                    .is_alone = true,
                                    .coalesce_ns = options->scrape_coalesce_ns,
                                    .notify = vmt_log_notice,
                                    .notify_arg = &app->log};
    return vmt_host_new(&host, &app->host, error);
}

static int start_http(struct app *app, struct vmt_error *error)
{
    const struct vmt_options *options = &app->options;
    struct vmt_http_options http = {.addresses = options->listen_addresses.values,
                                    .telemetry_path = options->telemetry_path,
                                    .version = VIRTMETER_VERSION,
                                    .scraper = {.host = app->host,
                                                .collectors = options->collectors,
                                                .timeout_ns = options->scrape_timeout_ns,
                                                .timeout_offset_ns = options->scrape_timeout_offset_ns,
                                                .max_requests = options->max_requests,
                                                .self = &app->self},
                                    .idle_seconds = IDLE_SECONDS,
                                    .head_limit_ns = HEAD_LIMIT_SECONDS * VMT_SECOND,
                                    .reply_limit_ns = REPLY_LIMIT_SECONDS * VMT_SECOND};
    return vmt_http_new(&http, &app->http, error);
}

static void tell_ready(const struct app *app)
{
    const char *address;
    for (unsigned i = 0; (address = vmt_http_address(app->http, i)); i++)
        vmt_log_write(&app->log, VMT_LOG_INFO, "listening", "address", address, "path", app->options.telemetry_path,
                      NULL);
    vmt_service_notify("READY=1");
}

static void wait_for_signal(const struct app *app, const sigset_t *signals)
{
    int number;
    while (sigwait(signals, &number) != 0)
        ;
    vmt_log_write(&app->log, VMT_LOG_INFO, "stopping", "signal", strsignal(number), NULL);
    vmt_service_notify("STOPPING=1");
}

/* Lets running scrapes end, then has the core answer those that still wait. */
static void stop(struct app *app)
{
    vmt_http_drain(app->http, vmt_now_ns() + DRAIN_MS * VMT_MS);
    bool is_stopped = vmt_host_free(app->host, PATIENCE_MS * VMT_MS);
    vmt_http_drain(app->http, vmt_now_ns() + LAST_DRAIN_MS * VMT_MS);
    if (!is_stopped) {
        vmt_log_write(&app->log, VMT_LOG_WARN, "a call still hangs in libvirt; not waiting for it", NULL);
        vmt_http_stop(app->http);
        _exit(EXIT_SUCCESS);
    }
    vmt_http_free(app->http);
}

static void free_app(struct app *app)
{
    vmt_filter_free(app->filter);
    vmt_xml_labels_free(app->labels);
    vmt_options_done(&app->options);
}

static int run(struct app *app)
{
    struct vmt_error error = {0};
    sigset_t signals;
    app->log = (struct vmt_log){STDERR_FILENO, app->options.log_level, app->options.log_format};
    int failed = compile_patterns(app, &error);
    if (failed)
        return failed == -EINVAL ? fail_usage(&error) : fail_start(app, &error);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL); /* in all threads */
    signal(SIGPIPE, SIG_IGN);
    mallopt(M_MMAP_THRESHOLD, BIG_ALLOCATION);
    mallopt(M_ARENA_MAX, 1); /* what one worker gives back serves the next */
    learn_self(app);
    vmt_log_write(&app->log, VMT_LOG_INFO, "starting", "version", app->self.version, "revision", app->self.revision,
                  "libvirt", app->self.libvirt_runtime, NULL);
    failed = use_auth_file(app, &error);
    if (!failed)
        failed = start_host(app, &error);
    if (failed)
        return fail_start(app, &error);
    failed = start_http(app, &error);
    if (failed) {
        fail_start(app, &error);
        if (!vmt_host_free(app->host, PATIENCE_MS * VMT_MS))
            _exit(EXIT_FAILURE);
        return EXIT_FAILURE;
    }
    tell_ready(app);
    wait_for_signal(app, &signals);
    stop(app);
    return EXIT_SUCCESS;
}

static int act(struct app *app)
{
    struct vmt_text text = {0};
    switch (app->options.mode) {
    case VMT_MODE_HELP:
        vmt_options_help(&text);
        return vmt_text_print(&text, "virtmeter-exporter");
    case VMT_MODE_LIST_METRICS:
        vmt_catalog_write(&text);
        return vmt_text_print(&text, "virtmeter-exporter");
    case VMT_MODE_VERSION:
        return print_version(app);
    case VMT_MODE_RUN:
        break;
    }
    return run(app);
}

int main(int count, char **arguments)
{
    struct app app = {0};
    struct vmt_error error = {0};
    int failed = vmt_options_parse(count, (const char *const *)arguments, &app.options, &error);
    if (failed)
        return failed == -EINVAL ? fail_usage(&error) : EXIT_FAILURE;
    int code = act(&app);
    free_app(&app);
    return code;
}
