/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/engine_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { STUCK_CALLS_MAX = 16 }; /* libvirtd has 20 workers by default */

static const uint64_t usual_xml_age = 120 * VMT_SECOND;

static void on_domain_changed(void *arg, const char *uuid)
{
    struct vmt_engine *engine = arg;
    vmt_registry_mark(engine->context.registry, uuid);
}

static void on_domain_started(void *arg, const char *uuid, unsigned id)
{
    struct vmt_engine *engine = arg;
    vmt_registry_started(engine->context.registry, uuid, id);
}

static void on_domain_has_job(void *arg, const char *uuid)
{
    struct vmt_engine *engine = arg;
    vmt_registry_set_job(engine->context.registry, uuid, true);
}

static void on_happened(void *arg, const struct vmt_happening *happening)
{
    struct vmt_engine *engine = arg;
    engine->happened(engine->happened_arg, happening);
}

static int open_connection(struct vmt_engine *engine, const struct vmt_host_options *options, struct vmt_error *error)
{
    struct vmt_connection_options own = {
        .uri = engine->uri,
        .credentials = engine->credentials,
        .calls = &engine->workshop.calls,
        .notify = options->notify,
        .notify_arg = options->notify_arg,
        .sink = {.arg = engine,
                 .changed = on_domain_changed,
                 .started = on_domain_started,
                 .has_job = on_domain_has_job,
                 .happened = options->happened ? on_happened : NULL,
                 .filter = options->filter,
                 .tally = engine->tally},
    };
    return vmt_connection_new(&own, &engine->workshop.connection, error);
}

static int allocate(struct vmt_engine *engine, const struct vmt_host_options *options, struct vmt_error *error)
{
    unsigned stuck_calls = options->max_stuck_calls < STUCK_CALLS_MAX ? options->max_stuck_calls : STUCK_CALLS_MAX;
    engine->monitor_count = stuck_calls + 1;
    engine->monitors = calloc(engine->monitor_count, sizeof *engine->monitors);
    engine->job_suspects = calloc(engine->monitor_count, sizeof *engine->job_suspects);
    engine->context.registry = vmt_registry_new(options->xml_age_ns ? options->xml_age_ns : usual_xml_age);
    engine->context.labels = options->labels;
    engine->happened = options->happened;
    engine->happened_arg = options->happened_arg;
    engine->journal = vmt_journal_new(options->notify, options->notify_arg);
    engine->tally = vmt_tally_new();
    if (!engine->monitors || !engine->job_suspects || !engine->context.registry || !engine->journal || !engine->tally ||
        vmt_uri_without_prompt(options->uri, &engine->uri) < 0)
        return vmt_error_set(error, -ENOMEM, "no memory for the collection engine");
    return 0;
}

static void release(struct vmt_engine *engine)
{
    for (unsigned i = 0; i < VMT_COLLECTOR_COUNT; i++)
        vmt_part_unref(engine->lanes[i].part);
    vmt_connection_free(engine->workshop.connection);
    vmt_journal_free(engine->journal);
    vmt_tally_free(engine->tally);
    vmt_registry_free(engine->context.registry);
    vmt_credentials_free(engine->credentials);
    vmt_board_done(&engine->workshop.board);
    vmt_calls_done(&engine->workshop.calls);
    vmt_names_done(&engine->workshop.unknown);
    free(engine->job_suspects);
    free(engine->monitors);
    free(engine->uri);
    free(engine);
}

int vmt_engine_new(const struct vmt_host_options *options, struct vmt_engine **ret_engine, struct vmt_error *error)
{
    struct vmt_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return vmt_error_set(error, -ENOMEM, "no memory for the collection engine");
    vmt_xml_init();
    vmt_board_init(&engine->workshop.board);
    vmt_calls_init(&engine->workshop.calls);
    vmt_names_init(&engine->workshop.unknown);
    engine->collectors = options->collectors | VMT_COLLECTOR_BIT(VMT_COLLECTOR_EXPORTER);
    engine->workshop.filter = options->filter;
    engine->workshop.notify = options->notify;
    engine->workshop.notify_arg = options->notify_arg;
    int failed = allocate(engine, options, error);
    if (!failed && options->credentials_file)
        failed = vmt_credentials_load(options->credentials_file, &engine->credentials, error);
    if (!failed)
        failed = vmt_event_loop_new(options->is_alone, &engine->loop, error);
    if (!failed)
        failed = open_connection(engine, options, error);
    if (failed) {
        vmt_event_loop_free(engine->loop, vmt_now_ns() + VMT_SECOND);
        release(engine);
        return failed;
    }
    *ret_engine = engine;
    return 0;
}

static bool free_worker(struct vmt_worker **worker, uint64_t until_ns)
{
    if (!vmt_worker_free(*worker, until_ns))
        return false;
    *worker = NULL;
    return true;
}

static void stop_worker(struct vmt_worker *worker)
{
    if (worker)
        vmt_worker_stop(worker);
}

bool vmt_engine_free(struct vmt_engine *engine, uint64_t until_ns)
{
    if (!engine)
        return true;
    for (unsigned i = 0; i < VMT_COLLECTOR_COUNT; i++) {
        stop_worker(engine->lanes[i].worker);
        stop_worker(engine->lanes[i].spare);
    }
    for (unsigned i = 0; i < engine->monitor_count; i++)
        stop_worker(engine->monitors[i]);
    stop_worker(engine->roster.worker);
    stop_worker(engine->basics);
    bool is_free = free_worker(&engine->roster.worker, until_ns);
    is_free = free_worker(&engine->basics, until_ns) && is_free;
    for (unsigned i = 0; i < VMT_COLLECTOR_COUNT; i++)
        is_free = free_worker(&engine->lanes[i].worker, until_ns) && free_worker(&engine->lanes[i].spare, until_ns) &&
                  is_free;
    for (unsigned i = 0; i < engine->monitor_count; i++)
        is_free = free_worker(&engine->monitors[i], until_ns) && is_free;
    if (!is_free || !vmt_connection_stop(engine->workshop.connection, until_ns) ||
        !vmt_event_loop_free(engine->loop, until_ns))
        return false;
    release(engine);
    return true;
}

void vmt_engine_abort(struct vmt_engine *engine)
{
    atomic_store(&engine->is_aborted, true);
    vmt_board_close(&engine->workshop.board);
}

bool vmt_engine_was_connected(struct vmt_engine *engine)
{
    return vmt_connection_was_open(engine->workshop.connection);
}

static void add_own_figures(struct vmt_engine *engine, struct vmt_collection *collection, struct vmt_part *part)
{
    struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_EXPORTER, NULL, NULL);
    vmt_collection_sample(collection, part, sample);
    vmt_connection_sample(engine->workshop.connection, sample);
    vmt_sample_set(sample, VMT_ENTITY_EXPORTER, "stuck_calls", vmt_integer(vmt_board_late(&engine->workshop.board)));
    vmt_sample_set(sample, VMT_ENTITY_EXPORTER, "duplicates", vmt_integer(atomic_load(&engine->duplicates)));
    vmt_sample_set(sample, VMT_ENTITY_EXPORTER, "unknown_parameters",
                   vmt_integer(vmt_names_count(&engine->workshop.unknown)));
    vmt_calls_sample(&engine->workshop.calls, part);
    if (vmt_collection_wants(collection, VMT_COLLECTOR_CALLS))
        vmt_calls_sample_durations(&engine->workshop.calls, part);
    if (vmt_collection_wants(collection, VMT_COLLECTOR_EVENTS))
        vmt_tally_sample(engine->tally, part);
}

struct vmt_snapshot *vmt_engine_cut(struct vmt_engine *engine, struct vmt_collection *collection)
{
    struct vmt_part *part = vmt_part_new();
    if (part)
        add_own_figures(engine, collection, part);
    struct vmt_snapshot *snapshot = vmt_collection_cut(collection, part);
    vmt_part_unref(part);
    return snapshot;
}
