/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collectd plugin: its callbacks, in the order in which collectd calls them. collectd has a few reading threads for
 * all plugins and joins them without a limit when it stops, so a read never waits longer than its deadline; it doubles
 * the interval of who returns an error, so a read returns none.
 */
#include "collectd-plugin/dispatch.h"
#include "common/clock.h"
#include "common/host.h"

#include <stdlib.h>

/* collectd must be able to stop within three seconds, and joins a read before it says so: a read that waits for this
 * long, and then a call that hangs for the other, leave time for the rest. */
static const uint64_t longest_default_wait = 2 * VMT_SECOND, patience_at_stop = VMT_SECOND / 2;

enum { STUCK_CALLS = 3 };

__attribute__((visibility("default"))) void module_register(void);

static struct app {
    struct vmt_config config;
    struct vmt_plan *plan;
    struct vmt_filter *filter;
    struct vmt_host *host;
    struct vmt_shares shares;
} app;

static int configure(oconfig_item_t *block)
{
    struct vmt_error error;
    int failed = vmt_config_read(&app.config, block, &error);
    if (failed)
        plugin_log(LOG_ERR, VMT_PLUGIN_NAME " plugin: %s", error.text);
    return failed;
}

static int init(void)
{
    struct vmt_error error;
    int failed = vmt_plan_new(&app.config, &app.plan, &error);
    if (!failed) {
        struct vmt_host_options options = {
            .uri = app.config.connection,
            .collectors = app.plan->collectors,
            .max_stuck_calls = STUCK_CALLS,
        };
        failed = vmt_host_new(&options, &app.host, &error);
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

static uint64_t read_deadline(void)
{
    if (app.config.deadline_seconds > 0)
        return (uint64_t)(app.config.deadline_seconds * (double)VMT_SECOND);
    uint64_t most = CDTIME_T_TO_NS(plugin_get_interval()) / 4 * 3;
    return most < longest_default_wait ? most : longest_default_wait;
}

static struct vmt_snapshot *take_snapshot(void)
{
    struct waiting waiting = {.has_come = false};
    pthread_mutex_init(&waiting.lock, NULL);
    vmt_cond_init(&waiting.come);
    if (vmt_host_request(app.host, app.plan->collectors, vmt_now_ns() + read_deadline(), on_snapshot, &waiting) == 0) {
        pthread_mutex_lock(&waiting.lock);
        while (!waiting.has_come)
            pthread_cond_wait(&waiting.come, &waiting.lock);
        pthread_mutex_unlock(&waiting.lock);
    }
    pthread_cond_destroy(&waiting.come);
    pthread_mutex_destroy(&waiting.lock);
    return waiting.snapshot;
}

static int read_host(user_data_t *unused)
{
    (void)unused;
    struct vmt_snapshot *snapshot = app.host ? take_snapshot() : NULL;
    struct vmt_roll *roll = snapshot ? vmt_roll_new(snapshot, &app.config) : NULL;
    if (roll)
        vmt_dispatch(app.plan, &app.config, roll, &app.shares);
    vmt_roll_free(roll);
    return 0;
}

static int shut_down(void)
{
    if (!vmt_host_free(app.host, patience_at_stop))
        return 0; /* a call hangs in libvirt: what it uses stays, and collectd ends */
    app.host = NULL;
    vmt_plan_free(app.plan);
    app.plan = NULL;
    vmt_shares_done(&app.shares);
    vmt_config_done(&app.config);
    return 0;
}

void module_register(void)
{
    vmt_config_init(&app.config);
    plugin_register_complex_config(VMT_PLUGIN_NAME, configure);
    plugin_register_init(VMT_PLUGIN_NAME, init);
    plugin_register_complex_read(NULL, VMT_PLUGIN_NAME, read_host, 0, NULL);
    plugin_register_shutdown(VMT_PLUGIN_NAME, shut_down);
}
