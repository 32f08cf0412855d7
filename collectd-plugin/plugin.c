/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collectd plugin: its callbacks, in the order in which collectd calls them. collectd has a few reading threads for
 * all plugins and joins them without a limit when it stops, so a read never waits longer than its deadline; it doubles
 * the interval of who returns an error, so a read returns none.
 */
#include "collectd-plugin/dispatch.h"
#include "collectd-plugin/notify.h"
#include "collectd-plugin/texts.h"
#include "common/clock.h"
#include "common/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* collectd must be able to stop within three seconds, and joins a read before it says so: a read that waits for this
 * long, and then a call that hangs for the other, leave time for the rest. */
static const uint64_t longest_default_wait = 2 * VMT_SECOND, patience_at_stop = VMT_SECOND / 2;

/* How often it is asked how many CPUs the host has: that changes when somebody plugs. */
static const uint64_t cpus_last = 60 * VMT_SECOND;
static const vmt_collectors node = VMT_COLLECTOR_BIT(VMT_COLLECTOR_NODE);

/* As many as are asked side by side: with a short interval all may be left behind at once, and one can go on. */
enum { STUCK_CALLS = 4 };

static struct app {
    struct vmt_config config;
    struct vmt_plan *plan;
    struct vmt_filter *filter;
    struct vmt_xml_labels *labels;
    struct vmt_notifier *notifier;
    struct vmt_host *host;
    struct vmt_shares shares;
    struct vmt_cpus cpus;
    uint64_t cpus_asked_ns;
    struct vmt_texts texts;
    bool has_told_of_twins;
} app;

static bool wants_domain(const void *arg, const char *name)
{
    const struct vmt_config *config = arg;
    return vmt_selection_wants(&config->domains, config->ignores_selected, name);
}

static int configure(oconfig_item_t *block)
{
    struct vmt_error error;
    int failed = vmt_config_read(&app.config, block, &error);
    if (failed)
        plugin_log(LOG_ERR, VMT_PLUGIN_NAME " plugin: %s", error.text);
    return failed;
}

/* The label that names have from the domains' metadata, when they have one. */
static int prepare_labels(struct vmt_error *error)
{
    const struct vmt_config *config = &app.config;
    if (!vmt_roll_needs_metadata(config))
        return 0;
    char *specification = NULL;
    if (asprintf(&specification, "name=%s", config->metadata_xpath ? config->metadata_xpath : "/instance/name/text()") <
        0)
        return vmt_error_set(error, -ENOMEM, "no memory for HostnameMetadataXPath");
    int failed = vmt_xml_labels_new((const char *const[]){specification}, 1, &app.labels, error);
    free(specification);
    if (!failed)
        app.labels->metadata = config->metadata_namespace ? config->metadata_namespace : "";
    return failed;
}

static int prepare(struct vmt_error *error)
{
    struct vmt_filter_patterns selection = {.wants_domain = wants_domain, .arg = &app.config};
    int failed = vmt_plan_new(&app.config, &app.plan, error);
    if (!failed)
        failed = prepare_labels(error);
    if (!failed)
        failed = vmt_filter_new(&selection, &app.filter, error);
    if (!failed)
        failed = vmt_notifier_new(&app.config, &app.notifier, error);
    return failed;
}

static int start_host(struct vmt_error *error)
{
    const struct vmt_config *config = &app.config;
    if (app.labels)
        app.plan->collectors |= VMT_COLLECTOR_BIT(VMT_COLLECTOR_METADATA);
    struct vmt_host_options options = {
        .uri = config->connection,
        .collectors = app.plan->collectors | (app.plan->needs_cpus ? node : 0),
        .filter = app.filter,
        .labels = app.labels,
        .max_stuck_calls = STUCK_CALLS,
        .is_alone = !plugin_is_loaded("virt"), /* of collectd's plugins no other uses libvirt */
        .xml_age_ns = config->refresh_seconds ? config->refresh_seconds * VMT_SECOND : VMT_NEVER,
        .notify = vmt_notifier_hear,
        .notify_arg = app.notifier,
        .happened = config->notifies_persistently ? NULL : vmt_notifier_happened,
        .happened_arg = app.notifier,
    };
    return vmt_host_new(&options, &app.host, error);
}

/* What was asked for and cannot be had. */
static void warn(void)
{
    if (app.plan->missing)
        plugin_log(LOG_ERR,
                   VMT_PLUGIN_NAME " plugin: the types database has no usable type '%s': its values are left out",
                   app.plan->missing);
    if (app.config.wants_fs_info)
        plugin_log(LOG_WARNING, VMT_PLUGIN_NAME " plugin: ExtraStats fs_info is left out: it asks the guests' agents, "
                                                "for which a connection must be able to write, and this one is not");
    if (app.config.instances > 1)
        plugin_log(LOG_INFO, VMT_PLUGIN_NAME " plugin: Instances is not needed: one read takes as long as the slowest "
                                             "answer, not as all together");
}

static int init(void)
{
    struct vmt_error error;
    int failed = prepare(&error);
    if (!failed) {
        warn();
        failed = start_host(&error);
    }
    if (failed)
        plugin_log(LOG_ERR, VMT_PLUGIN_NAME " plugin: %s", error.text);
    return failed;
}

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t come;
    bool has_come;
    struct vmt_snapshot *snapshot;
};

static void on_snapshot(void *arg, struct vmt_snapshot *snapshot)
{
    struct waiting *waiting = arg;
    pthread_mutex_lock(&waiting->lock);
    waiting->snapshot = snapshot;
    waiting->has_come = true;
    pthread_cond_signal(&waiting->come);
    pthread_mutex_unlock(&waiting->lock);
}

/* What Deadline says, or two seconds; never more than three quarters of the interval. */
static uint64_t read_patience(void)
{
    double seconds = app.config.deadline_seconds;
    uint64_t wanted = seconds > 0 ? (uint64_t)(seconds * (double)VMT_SECOND) : longest_default_wait;
    uint64_t most = CDTIME_T_TO_NS(plugin_get_interval()) / 4 * 3;
    return wanted < most ? wanted : most;
}

/* The core says that a failure is over when everything was asked: so that, too, once a minute. */
static vmt_collectors due_collectors(void)
{
    bool are_known = app.cpus.active && vmt_now_ns() - app.cpus_asked_ns < cpus_last;
    if (!app.plan->needs_cpus || are_known)
        return app.plan->collectors;
    app.cpus_asked_ns = vmt_now_ns();
    return app.plan->collectors | node;
}

static struct vmt_snapshot *take_snapshot(void)
{
    struct waiting waiting = {.has_come = false};
    pthread_mutex_init(&waiting.lock, NULL);
    vmt_cond_init(&waiting.come);
    if (vmt_host_request(app.host, due_collectors(), vmt_now_ns() + read_patience(), on_snapshot, &waiting) == 0) {
        pthread_mutex_lock(&waiting.lock);
        while (!waiting.has_come)
            pthread_cond_wait(&waiting.come, &waiting.lock);
        pthread_mutex_unlock(&waiting.lock);
    }
    pthread_cond_destroy(&waiting.come);
    pthread_mutex_destroy(&waiting.lock);
    return waiting.snapshot;
}

static void warn_of_twins(const struct vmt_roll *roll)
{
    if (roll->twin && !app.has_told_of_twins)
        plugin_log(LOG_WARNING,
                   VMT_PLUGIN_NAME " plugin: domain '%s' has the same name in collectd as another and is "
                                   "left out: HostnameFormat and PluginInstanceFormat must tell them apart",
                   roll->twin->domain->name);
    app.has_told_of_twins = roll->twin;
}

static int read_host(user_data_t *unused)
{
    (void)unused;
    struct vmt_snapshot *snapshot = app.host ? take_snapshot() : NULL;
    struct vmt_roll *roll = snapshot ? vmt_roll_new(snapshot, &app.config) : NULL;
    if (!roll)
        return 0;
    warn_of_twins(roll);
    vmt_dispatch(app.plan, &app.config, roll, &app.shares, &app.cpus);
    vmt_notifier_know(app.notifier, roll); /* which holds it until the next reading */
    vmt_texts_tell(&app.texts, roll, vmt_notifier_tell_text, app.notifier);
    if (app.config.notifies_persistently)
        vmt_notifier_tell_states(app.notifier, roll);
    return 0;
}

/* What hangs in libvirt, or in another plugin that takes a notification, stays with all that it uses: collectd ends. */
static int shut_down(void)
{
    bool is_free = vmt_host_free(app.host, patience_at_stop);
    app.host = is_free ? NULL : app.host;
    if (!vmt_notifier_stop(app.notifier, vmt_now_ns() + patience_at_stop / 2) || !is_free)
        return 0;
    vmt_notifier_free(app.notifier);
    vmt_plan_free(app.plan);
    vmt_filter_free(app.filter);
    vmt_xml_labels_free(app.labels);
    vmt_shares_done(&app.shares);
    vmt_texts_done(&app.texts);
    vmt_config_done(&app.config);
    app = (struct app){0};
    return 0;
}

__attribute__((visibility("default"))) void module_register(void)
{
    vmt_config_init(&app.config);
    plugin_register_complex_config(VMT_PLUGIN_NAME, configure);
    plugin_register_init(VMT_PLUGIN_NAME, init);
    plugin_register_complex_read(NULL, VMT_PLUGIN_NAME, read_host, 0, NULL);
    plugin_register_shutdown(VMT_PLUGIN_NAME, shut_down);
}
