/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the exporter's own work costs on a host of 1,000 domains: its steps one by one, in CPU time of one thread, and
 * what collections one after the other ask of malloc. Prints lines of a name, a number and its unit.
 */
#include "common/clock.h"
#include "common/collect.h"
#include "common/host.h"
#include "exporter/compress.h"
#include "exporter/render.h"
#include "tests/bench/bench_host.h"
#include "tests/bench/bench_malloc.h"

#include <assert.h>
#include <libvirt/libvirt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROUNDS = 61,
    BATCHES = 4,         /* of the queries that ask the monitors, as the engine has */
    WARM_UPS = 5,        /* collections before allocations are counted */
    COLLECTIONS = 20,    /* that are counted */
    LARGE = 256 * 1024,  /* as exporter/main.c sets it */
    ANSWER_SECONDS = 30, /* a collection that takes longer is a failure */
};

struct bench {
    struct vmt_host *host;
    vmt_collectors collectors;
    struct vmt_selfmetrics self;
    struct vmt_snapshot *snapshot; /* of a collection that found everything known */

    virConnectPtr connection;
    virDomainStatsRecordPtr *cheap, *dear; /* what libvirt sends: without the monitors, and what they must be asked */
    struct vmt_decoder *decoder;

    struct vmt_exposition exposition;
    struct vmt_text text, packed;
    enum vmt_format format;
    struct vmt_compressor *compressor;
};

static void must(bool is_fine, const char *what)
{
    if (is_fine)
        return;
    fprintf(stderr, "bench_exposition: %s\n", what);
    exit(EXIT_FAILURE);
}

static void tell(const char *name, double number, const char *unit)
{
    printf("%-32s %14.3f %s\n", name, number, unit);
}

/* ---- one collection ---- */

struct answer {
    pthread_mutex_t lock;
    pthread_cond_t came;
    bool is_there;
    struct vmt_snapshot *snapshot;
};

static void on_snapshot(void *arg, struct vmt_snapshot *snapshot)
{
    struct answer *answer = arg;
    pthread_mutex_lock(&answer->lock);
    answer->snapshot = snapshot;
    answer->is_there = true;
    pthread_cond_signal(&answer->came);
    pthread_mutex_unlock(&answer->lock);
}

static struct vmt_snapshot *collect(struct bench *bench)
{
    struct answer answer = {.lock = PTHREAD_MUTEX_INITIALIZER};
    vmt_cond_init(&answer.came);
    uint64_t deadline = vmt_now_ns() + ANSWER_SECONDS * VMT_SECOND;
    must(!vmt_host_request(bench->host, bench->collectors, deadline, on_snapshot, &answer), "no memory");
    pthread_mutex_lock(&answer.lock);
    while (!answer.is_there)
        pthread_cond_wait(&answer.came, &answer.lock);
    pthread_mutex_unlock(&answer.lock);
    must(answer.snapshot && answer.snapshot->is_complete, "a collection did not end");
    bench_host_sweep();
    return answer.snapshot;
}

static void start_host(struct bench *bench)
{
    struct vmt_error error;
    bench->collectors = vmt_collectors_default();
    struct vmt_host_options options = {.uri = "qemu:///system", .collectors = bench->collectors, .max_stuck_calls = 3};
    must(!vmt_host_new(&options, &bench->host, &error), "the core does not start");
    for (unsigned i = 0; i < 500 && !vmt_host_was_connected(bench->host); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10 * (long)VMT_MS}, NULL);
    for (unsigned i = 0; i < WARM_UPS; i++)
        vmt_snapshot_unref(collect(bench));
    bench->snapshot = collect(bench);
}

/* ---- the steps ---- */

static unsigned default_groups(void)
{
    unsigned groups = 0;
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        if (vmt_collectors_default() & VMT_COLLECTOR_BIT(i))
            groups |= vmt_collector_row(i)->stats;
    return groups;
}

static void take_records(struct bench *bench)
{
    static const unsigned cheap = VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_INTERFACE;
    bench->connection = virConnectOpenReadOnly(NULL);
    must(bench->connection && virConnectGetAllDomainStats(bench->connection, cheap, &bench->cheap, 0) > 0 &&
             virConnectGetAllDomainStats(bench->connection, default_groups() & ~cheap, &bench->dear, 0) > 0,
         "the fake libvirt does not answer");
    bench->decoder = vmt_decoder_new(NULL, NULL, NULL);
    must(bench->decoder, "no memory");
}

static struct vmt_part *decode(struct bench *bench, virDomainStatsRecordPtr *records, unsigned count)
{
    struct vmt_part *part = vmt_part_new();
    must(part, "no memory");
    for (unsigned i = 0; i < count; i++) {
        const virDomainStatsRecord *record = records[i];
        char uuid[VMT_UUID_TEXT];
        virDomainGetUUIDString(record->dom, uuid);
        const struct vmt_domain *domain = vmt_part_add_domain(part, virDomainGetName(record->dom), uuid);
        vmt_decode_is_partial(bench->decoder, record->params, record->nparams);
        vmt_decode(bench->decoder, record->params, record->nparams, domain, part);
    }
    return part;
}

/* The typed parameters of all domains to samples, in as many parts as a collection has; and gives them back. */
static void step_decode(struct bench *bench)
{
    struct vmt_part *parts[BATCHES + 1];
    parts[BATCHES] = decode(bench, bench->cheap, BENCH_DOMAINS);
    for (unsigned i = 0; i < BATCHES; i++)
        parts[i] = decode(bench, bench->dear + BENCH_DOMAINS / BATCHES * i, BENCH_DOMAINS / BATCHES);
    for (unsigned i = 0; i <= BATCHES; i++)
        vmt_part_unref(parts[i]);
}

/* A snapshot shares the parts: this is all the copying that there is. */
static void step_cut(struct bench *bench)
{
    vmt_snapshot_unref(vmt_snapshot_new(bench->snapshot->parts, bench->snapshot->part_count));
}

static void step_render(struct bench *bench)
{
    struct vmt_part *own = vmt_selfmetrics_part(&bench->self);
    vmt_text_reset(&bench->text);
    must(
        !vmt_exposition_write(&bench->exposition, bench->snapshot, own, bench->format, bench->collectors, &bench->text),
        "no memory");
    vmt_part_unref(own);
}

static void step_gzip(struct bench *bench)
{
    vmt_text_reset(&bench->packed);
    must(!vmt_compressor_gzip(bench->compressor, &bench->text, &bench->packed), "no memory");
}

/* CPU time of this thread: what other programs do meanwhile does not count. */
static double thread_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int by_number(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The median of ROUNDS. */
static double measure(struct bench *bench, const char *name, void (*step)(struct bench *bench))
{
    double took[ROUNDS];
    step(bench);
    for (unsigned i = 0; i < ROUNDS; i++) {
        double began = thread_ms();
        step(bench);
        took[i] = thread_ms() - began;
    }
    qsort(took, ROUNDS, sizeof *took, by_number);
    tell(name, took[ROUNDS / 2], "ms");
    return took[ROUNDS / 2];
}

static unsigned long count_series(const struct vmt_text *text)
{
    unsigned long series = 0;
    bool is_first = true;
    for (size_t i = 0; i < text->length; is_first = text->bytes[i++] == '\n')
        series += is_first && text->bytes[i] != '#';
    return series;
}

static void measure_steps(struct bench *bench)
{
    bench->compressor = vmt_compressor_new();
    must(bench->compressor, "no memory");
    step_render(bench);
    double megabytes = (double)bench->text.length / 1e6;
    tell("series", (double)count_series(&bench->text), "");
    tell("text", megabytes, "MB");
    double decoding = measure(bench, "decode", step_decode), cutting = measure(bench, "cut", step_cut);
    double rendering = measure(bench, "render", step_render);
    measure(bench, "gzip", step_gzip);
    tell("gzip_text", (double)bench->packed.length / 1e6, "MB");
    bench->format = VMT_FORMAT_OPENMETRICS;
    measure(bench, "render_openmetrics", step_render);
    bench->format = VMT_FORMAT_TEXT;
    tell("decode_and_render_speed", megabytes * 1e3 / (decoding + cutting + rendering), "MB/s");
    tell("render_speed", megabytes * 1e3 / rendering, "MB/s");
}

/* ---- memory that is asked for ---- */

struct wish {
    struct vmt_rendering rendering;
    struct answer answer;
    size_t length;
};

static void on_body(struct vmt_rendering *rendering, struct vmt_body *body)
{
    struct wish *wish = (struct wish *)rendering;
    wish->length = body ? body->text.length : 0;
    vmt_body_unref(body);
    on_snapshot(&wish->answer, NULL);
}

/* A collection and its body, as a scrape has them. */
static void scrape(struct bench *bench, struct vmt_renderer *renderer)
{
    struct wish wish = {.rendering = {.snapshot = collect(bench),
                                      .format = VMT_FORMAT_TEXT,
                                      .collectors = bench->collectors,
                                      .wants_gzip = true,
                                      .ready = on_body},
                        .answer = {.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER}};
    vmt_renderer_submit(renderer, &wish.rendering);
    pthread_mutex_lock(&wish.answer.lock);
    while (!wish.answer.is_there)
        pthread_cond_wait(&wish.answer.came, &wish.answer.lock);
    pthread_mutex_unlock(&wish.answer.lock);
    must(wish.length, "there was no body");
    vmt_snapshot_unref(wish.rendering.snapshot);
}

static void measure_allocations(struct bench *bench)
{
    struct vmt_renderer *renderer;
    must(!vmt_renderer_new(&bench->self, &renderer), "no renderer");
    for (unsigned i = 0; i < WARM_UPS; i++)
        scrape(bench, renderer);
    struct bench_malloc before = bench_malloc_now(), middle = {0};
    for (unsigned i = 0; i < COLLECTIONS; i++) {
        if (i == COLLECTIONS / 2)
            middle = bench_malloc_now();
        scrape(bench, renderer);
    }
    struct bench_malloc after = bench_malloc_now();
    double half = COLLECTIONS / 2.0;
    tell("allocations_of_first_scrapes", (double)(middle.calls - before.calls) / half, "per scrape");
    tell("allocations_of_last_scrapes", (double)(after.calls - middle.calls) / half, "per scrape");
    tell("allocations_left", (double)(after.live - before.live) / COLLECTIONS, "per scrape");
    before = bench_malloc_now();
    step_render(bench);
    step_gzip(bench);
    after = bench_malloc_now();
    tell("allocations_of_render_and_gzip", (double)(after.calls - before.calls), "per scrape");
    vmt_renderer_free(renderer);
}

static void finish(struct bench *bench)
{
    vmt_snapshot_unref(bench->snapshot);
    virDomainStatsRecordListFree(bench->cheap);
    virDomainStatsRecordListFree(bench->dear);
    virConnectClose(bench->connection);
    vmt_decoder_free(bench->decoder);
    vmt_compressor_free(bench->compressor);
    vmt_exposition_done(&bench->exposition);
    vmt_text_done(&bench->text);
    vmt_text_done(&bench->packed);
    must(vmt_host_free(bench->host, 5 * VMT_SECOND), "the core does not stop");
}

int main(void)
{
    struct bench bench = {.self = {.version = "bench", .revision = "bench"}};
    mallopt(M_MMAP_THRESHOLD, LARGE);
    bench_host_fill(BENCH_DOMAINS);
    start_host(&bench);
    take_records(&bench);
    measure_steps(&bench);
    measure_allocations(&bench);
    finish(&bench);
    return EXIT_SUCCESS;
}
