/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/stats.h"
#include "admin/operation.h"
#include "admin/route.h"
#include "common/clock.h"
#include "serve/exposition.h"
#include "serve/selfmetrics.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 6, DENIALS_MAX = 16, ACTIONS_MAX = 96 };

/* Upper ends, in nanoseconds; the last one has none. */
static const uint64_t bucket_ends[BUCKETS] = {5 * VMT_MS,     50 * VMT_MS,     500 * VMT_MS,
                                              5 * VMT_SECOND, 50 * VMT_SECOND, VMT_NEVER};

struct histogram {
    uint64_t buckets[BUCKETS]; /* not cumulated */
    uint64_t sum_ns, count;
};

struct of_action {
    uint64_t results[VMT_PROBLEM_COUNT], states[VMT_OPERATION_STATES];
    struct histogram requests, operations;
};

struct vmt_stats {
    pthread_mutex_t lock;
    uint64_t audit_failures;
    struct {
        const char *kind;
        uint64_t count;
    } denials[DENIALS_MAX];
    struct of_action actions[ACTIONS_MAX]; /* by place in the tables: actions, services, none */
};

/* One metric, one line. */
/* clang-format off */
#define COUNTER(metric, says) {"value", metric, VMT_COUNTER, VMT_NUMBER, .help = (says)}
#define GAUGE(key, metric, unit, says) {key, metric, VMT_GAUGE, unit, .help = (says)}
#define BUCKET(key, metric, end) {key, metric, VMT_HISTOGRAM, VMT_NUMBER, .label = "le", .label_value = (end), .suffix = "_bucket"}
#define HISTOGRAM(metric, says) \
    {"0", metric, VMT_HISTOGRAM, VMT_NUMBER, .label = "le", .label_value = "0.005", .suffix = "_bucket", .help = (says)}, \
    BUCKET("1", metric, "0.05"), BUCKET("2", metric, "0.5"), BUCKET("3", metric, "5"), BUCKET("4", metric, "50"), BUCKET("5", metric, "+Inf"), \
    {"sum", metric, VMT_HISTOGRAM, VMT_NANOSECONDS, .suffix = "_sum"}, \
    {"count", metric, VMT_HISTOGRAM, VMT_NUMBER, .suffix = "_count"}

static const struct vmt_metric daemon_metrics[] = {
    GAUGE("running", "virtmeter_admin_operations_running", VMT_NUMBER, "Operations that are under way, those whose outcome is unknown among them."),
    GAUGE("connections", "virtmeter_admin_connections", VMT_NUMBER, "Clients that are connected to the admin socket."),
    GAUGE("streams", "virtmeter_admin_event_streams", VMT_NUMBER, "Clients that follow events."),
    GAUGE("connected", "virtmeter_admin_libvirt_connected", VMT_BOOLEAN, "Whether there is a connection to libvirt."),
    {"audit_failures", "virtmeter_admin_audit_failures_total", VMT_COUNTER, VMT_NUMBER, .help = "Lines of the audit file that could not be written; without the first of its two nothing is done."},
};
static const struct vmt_metric request_metrics[] = {COUNTER("virtmeter_admin_requests_total", "Requests that were answered, by the action and the kind of problem; ok: none.")};
static const struct vmt_metric request_duration_metrics[] = {HISTOGRAM("virtmeter_admin_request_duration_seconds", "How long requests took, from the end of the request to its answer.")};
static const struct vmt_metric operation_metrics[] = {COUNTER("virtmeter_admin_operations_total", "Actions that ended, by how they did.")};
static const struct vmt_metric operation_duration_metrics[] = {HISTOGRAM("virtmeter_admin_operation_duration_seconds", "How long actions took, from the line in the audit file to the end.")};
static const struct vmt_metric denial_metrics[] = {COUNTER("virtmeter_admin_denials_total", "Requests that were refused, by the reason: role, scope, protected, brake and so on.")};

#define LABELS(...) .label_names = (const char *const[]){__VA_ARGS__, NULL}, .label_count = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)
#define METRICS(rows) .metrics = (rows), .metric_count = sizeof(rows) / sizeof *(rows)

enum table { DAEMON, REQUEST, REQUEST_DURATION, OPERATION, OPERATION_DURATION, DENIAL, TABLES };

static const struct vmt_entity_table tables[TABLES] = {
    [DAEMON] = {"daemon", .label_names = (const char *const[]){NULL}, METRICS(daemon_metrics)},
    [REQUEST] = {"request", LABELS("action", "result"), METRICS(request_metrics)},
    [REQUEST_DURATION] = {"request duration", LABELS("action"), METRICS(request_duration_metrics)},
    [OPERATION] = {"operation", LABELS("action", "state"), METRICS(operation_metrics)},
    [OPERATION_DURATION] = {"operation duration", LABELS("action"), METRICS(operation_duration_metrics)},
    [DENIAL] = {"denial", LABELS("reason"), METRICS(denial_metrics)},
};
/* clang-format on */

struct vmt_stats *vmt_stats_new(void)
{
    struct vmt_stats *stats = calloc(1, sizeof *stats);
    if (stats)
        pthread_mutex_init(&stats->lock, NULL);
    return stats;
}

void vmt_stats_free(struct vmt_stats *stats)
{
    if (!stats)
        return;
    pthread_mutex_destroy(&stats->lock);
    free(stats);
}

static unsigned place_count(void)
{
    return vmt_action_count + VMT_SERVICE_COUNT + 1;
}

static unsigned place_of(const struct vmt_action *action)
{
    int service = action ? vmt_route_service(action) : -1;
    if (!action)
        return vmt_action_count + VMT_SERVICE_COUNT;
    return service < 0 ? (unsigned)(action - vmt_actions) : vmt_action_count + (unsigned)service;
}

static const char *name_at(unsigned place)
{
    if (place < vmt_action_count)
        return vmt_actions[place].name;
    return place < vmt_action_count + VMT_SERVICE_COUNT ? vmt_services[place - vmt_action_count].name : "none";
}

static void observe(struct histogram *histogram, uint64_t duration_ns)
{
    unsigned bucket = 0;
    while (duration_ns > bucket_ends[bucket])
        bucket++;
    histogram->buckets[bucket]++;
    histogram->sum_ns += duration_ns;
    histogram->count++;
}

void vmt_stats_request(struct vmt_stats *stats, const struct vmt_action *action, enum vmt_problem_kind problem,
                       uint64_t duration_ns)
{
    pthread_mutex_lock(&stats->lock);
    struct of_action *counted = &stats->actions[place_of(action)];
    counted->results[problem]++;
    observe(&counted->requests, duration_ns);
    pthread_mutex_unlock(&stats->lock);
}

void vmt_stats_operation(struct vmt_stats *stats, const struct vmt_action *action, const char *state,
                         uint64_t duration_ns)
{
    pthread_mutex_lock(&stats->lock);
    struct of_action *counted = &stats->actions[place_of(action)];
    for (unsigned i = 0; i < VMT_OPERATION_STATES; i++)
        counted->states[i] += !strcmp(vmt_operation_states[i], state);
    observe(&counted->operations, duration_ns);
    pthread_mutex_unlock(&stats->lock);
}

void vmt_stats_denial(struct vmt_stats *stats, const char *kind)
{
    pthread_mutex_lock(&stats->lock);
    unsigned i = 0;
    while (i < DENIALS_MAX - 1 && stats->denials[i].kind && strcmp(stats->denials[i].kind, kind) != 0)
        i++;
    stats->denials[i].kind = kind;
    stats->denials[i].count++;
    pthread_mutex_unlock(&stats->lock);
}

void vmt_stats_audit_failure(struct vmt_stats *stats)
{
    pthread_mutex_lock(&stats->lock);
    stats->audit_failures++;
    pthread_mutex_unlock(&stats->lock);
}

/* Lists of samples, one for each table. */
struct writing {
    struct vmt_arena arena;
    struct vmt_sample *first[TABLES], **ends[TABLES];
    bool out_of_memory;
};

static struct vmt_sample *add(struct writing *writing, enum table table, const char *first_label,
                              const char *second_label)
{
    const char *const labels[] = {first_label, second_label};
    struct vmt_sample *sample = vmt_sample_new(&writing->arena, &tables[table], labels);
    if (!sample) {
        writing->out_of_memory = true;
        return NULL;
    }
    *writing->ends[table] = sample;
    writing->ends[table] = &sample->next;
    return sample;
}

static void add_counter(struct writing *writing, enum table table, const char *first_label, const char *second_label,
                        uint64_t count)
{
    struct vmt_sample *sample = count ? add(writing, table, first_label, second_label) : NULL;
    if (sample)
        sample->value[0] = vmt_integer(count);
}

static void add_histogram(struct writing *writing, enum table table, const char *action,
                          const struct histogram *histogram)
{
    struct vmt_sample *sample = histogram->count ? add(writing, table, action, NULL) : NULL;
    uint64_t so_far = 0;
    if (!sample)
        return;
    for (unsigned i = 0; i < BUCKETS; i++) {
        so_far += histogram->buckets[i];
        sample->value[i] = vmt_integer(so_far);
    }
    sample->value[BUCKETS] = vmt_integer(histogram->sum_ns);
    sample->value[BUCKETS + 1] = vmt_integer(histogram->count);
}

static void add_action(struct writing *writing, const char *name, const struct of_action *counted)
{
    for (enum vmt_problem_kind kind = 0; kind < VMT_PROBLEM_COUNT; kind++)
        add_counter(writing, REQUEST, name, kind ? vmt_problem_row(kind)->name : "ok", counted->results[kind]);
    for (unsigned i = 0; i < VMT_OPERATION_STATES; i++)
        add_counter(writing, OPERATION, name, vmt_operation_states[i], counted->states[i]);
    add_histogram(writing, REQUEST_DURATION, name, &counted->requests);
    add_histogram(writing, OPERATION_DURATION, name, &counted->operations);
}

static void add_daemon(struct writing *writing, const struct vmt_stats *stats, const struct vmt_stats_gauges *gauges)
{
    struct vmt_sample *sample = add(writing, DAEMON, NULL, NULL);
    const uint64_t values[] = {gauges->running, gauges->connections, gauges->streams, gauges->is_connected,
                               stats->audit_failures};
    for (unsigned i = 0; sample && i < sizeof values / sizeof *values; i++)
        sample->value[i] = vmt_integer(values[i]);
}

static int write_process(struct vmt_exposition *exposition, struct vmt_text *text)
{
    const struct vmt_selfmetrics self = {.started_ms = vmt_selfmetrics_started_ms()};
    struct vmt_part *part = vmt_selfmetrics_part(&self);
    if (!part)
        return -ENOMEM;
    int failed = vmt_exposition_write_table(exposition, vmt_entity_table(VMT_ENTITY_PROCESS),
                                            part->samples[VMT_ENTITY_PROCESS].first, VMT_FORMAT_TEXT, text);
    vmt_part_unref(part);
    return failed;
}

int vmt_stats_write(struct vmt_stats *stats, const struct vmt_stats_gauges *gauges, struct vmt_text *text)
{
    struct writing writing = {0};
    struct vmt_exposition exposition = {0};
    vmt_arena_init(&writing.arena);
    for (unsigned i = 0; i < TABLES; i++)
        writing.ends[i] = &writing.first[i];
    pthread_mutex_lock(&stats->lock);
    add_daemon(&writing, stats, gauges);
    for (unsigned i = 0; i < place_count(); i++)
        add_action(&writing, name_at(i), &stats->actions[i]);
    for (unsigned i = 0; i < DENIALS_MAX && stats->denials[i].kind; i++)
        add_counter(&writing, DENIAL, stats->denials[i].kind, NULL, stats->denials[i].count);
    pthread_mutex_unlock(&stats->lock);
    int failed = writing.out_of_memory ? -ENOMEM : 0;
    for (unsigned i = 0; i < TABLES && !failed; i++)
        failed = vmt_exposition_write_table(&exposition, &tables[i], writing.first[i], VMT_FORMAT_TEXT, text);
    if (!failed)
        failed = write_process(&exposition, text);
    vmt_exposition_done(&exposition);
    vmt_arena_done(&writing.arena);
    return failed;
}

void vmt_stats_catalog(struct vmt_text *text)
{
    vmt_text_add_string(text,
                        "# Metrics of virtmeter-admind\n\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n");
    for (unsigned i = 0; i < TABLES; i++) {
        for (unsigned j = 0; j < tables[i].metric_count; j++) {
            const struct vmt_metric *row = &tables[i].metrics[j];
            if (!row->help)
                continue;
            vmt_text_printf(text, "| `%s` | %s | ", row->name, vmt_exposition_kind(row->kind));
            for (unsigned k = 0; k < tables[i].label_count; k++)
                vmt_text_printf(text, "%s`%s`", k ? ", " : "", tables[i].label_names[k]);
            vmt_text_printf(text, " | %s |\n", row->help);
        }
    }
}
