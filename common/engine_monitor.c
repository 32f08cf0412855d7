/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/engine_private.h"

#include <stdlib.h>

/* Another client's query holds a domain for milliseconds. Who holds it for longer than this is stuck. */
static const unsigned long long stuck_ms = VMT_STUCK_NS / VMT_MS, still_stuck_ms = 200;

/* A domain that somebody else held is asked again after these pauses, each twice the one before. */
static const uint64_t first_pause = 5 * VMT_MS, longest_pause = 80 * VMT_MS;
enum { ATTEMPTS_MAX = 15, ATTEMPTS_OF_STUCK = 4 }; /* about a second, and a tenth, in all */

/*
 * For the statistics of fewer domains than these another thread and another call cost more than is won by asking side
 * by side. XML, of which there is much only on a new connection, is read side by side all the same and so opens the
 * connections of all who ask: whoever is asked anew because a guest hangs has no time for that.
 */
enum { LEAST_BATCH = 4 };

/* A query that is repeated has somebody stuck in it; up to so many of its domains are asked one by one. */
enum { SINGLES_MAX = 2 * VMT_PARALLEL };

/* XML costs a call a domain: a query must end within the least patience, however far the daemon is. */
enum { XML_AT_ONCE = 8 };

/* One bad domain is found among thousands by this many splits; when all calls fail there is nothing to find. */
enum { SPLITS_MAX = 16 };

static const vmt_collectors from_xml =
    VMT_COLLECTOR_BIT(VMT_COLLECTOR_DOMAIN) | VMT_COLLECTOR_BIT(VMT_COLLECTOR_BLOCK) |
    VMT_COLLECTOR_BIT(VMT_COLLECTOR_INTERFACE) | VMT_COLLECTOR_BIT(VMT_COLLECTOR_METADATA);

static unsigned running_queries(const struct vmt_run *run)
{
    unsigned count = 0;
    for (unsigned i = 0; i < run->running_count; i++)
        count += run->running[i].role == VMT_ROLE_QUERY;
    return count;
}

static void append(struct vmt_run *run, struct vmt_query *query)
{
    struct vmt_query **end = &run->pending;
    while (*end)
        end = &(*end)->next;
    *end = query;
}

struct vmt_query *vmt_monitor_new_query(struct vmt_run *run, enum vmt_query_kind kind, unsigned room)
{
    struct vmt_query *query = vmt_query_new(kind, run->stats, &run->engine->context, run->roster_part, room);
    if (!query)
        run->has_failed = true;
    return query;
}

static unsigned count_batches(enum vmt_query_kind kind, unsigned count, bool is_repeat)
{
    if (is_repeat && count <= SINGLES_MAX)
        return count;
    if (kind == VMT_QUERY_XML && count / XML_AT_ONCE > VMT_PARALLEL)
        return count / XML_AT_ONCE;
    unsigned least = kind == VMT_QUERY_XML ? 1 : LEAST_BATCH;
    if (count < least)
        return count != 0;
    return count / least < VMT_PARALLEL ? count / least : VMT_PARALLEL;
}

/* Queues `items` as queries of about the same size. */
static void queue_in_batches(struct vmt_run *run, enum vmt_query_kind kind, const struct vmt_query_item *items,
                             unsigned count, bool is_repeat)
{
    unsigned batches = count_batches(kind, count, is_repeat);
    for (unsigned batch = 0; batch < batches; batch++) {
        unsigned from = count * batch / batches, to = count * (batch + 1) / batches;
        struct vmt_query *query = vmt_monitor_new_query(run, kind, to - from);
        for (unsigned i = from; i < to; i++)
            if (query)
                vmt_query_add(query, items[i].entry)->version = items[i].version;
            else if (kind == VMT_QUERY_XML)
                vmt_registry_release(run->engine->context.registry, items[i].entry->domain);
        if (!query)
            continue;
        query->is_repeat = is_repeat;
        append(run, query);
    }
}

static void publish_identity(struct vmt_run *run, const struct vmt_domain *domain)
{
    struct vmt_part *identity = vmt_registry_identity(run->engine->context.registry, domain);
    if (identity) {
        vmt_journal_add(run->engine->journal, identity);
        vmt_collection_publish(run->collection, identity);
    }
    vmt_part_unref(identity);
}

/* Publishes what is known of each domain's XML and queues the reading of what is not. */
static void begin_identities(struct vmt_run *run, struct vmt_query_item *scratch)
{
    unsigned due = 0;
    for (unsigned i = 0; i < run->roster->count; i++) {
        const struct vmt_roster_entry *entry = &run->roster->entries[i];
        struct vmt_query_item item = {.entry = entry};
        if (vmt_registry_claim(run->engine->context.registry, entry->domain, &item.version))
            scratch[due++] = item;
        else
            publish_identity(run, entry->domain);
    }
    queue_in_batches(run, VMT_QUERY_XML, scratch, due, false);
}

static void begin_stats(struct vmt_run *run, struct vmt_query_item *scratch)
{
    unsigned active = 0;
    for (unsigned i = 0; i < run->roster->count; i++)
        if (run->roster->entries[i].is_active)
            scratch[active++] = (struct vmt_query_item){.entry = &run->roster->entries[i]};
    queue_in_batches(run, VMT_QUERY_STATS, scratch, active, false);
}

/* The groups that need a query: the roster has the state and perf, and the interfaces unless the driver's bulk lacks
 * them. */
static unsigned wanted_stats(const struct vmt_run *run)
{
    unsigned stats =
        vmt_collection_stats(run->collection) & ~(unsigned)(VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_PERF);
    /* Whether a monitor answers shows in the memory figures; jobs are asked only where it does. */
    if (vmt_collection_wants(run->collection, VMT_COLLECTOR_JOB))
        stats |= VIR_DOMAIN_STATS_BALLOON;
    bool has_interfaces = run->roster->is_qemu || run->roster_part->samples[VMT_ENTITY_INTERFACE].first;
    return has_interfaces ? stats & ~(unsigned)VIR_DOMAIN_STATS_INTERFACE : stats;
}

void vmt_monitor_begin(struct vmt_run *run)
{
    const struct vmt_roster *roster = run->roster;
    vmt_registry_sync(run->engine->context.registry, roster);
    run->stats = wanted_stats(run);
    run->monitor_began_ns = vmt_now_ns();
    run->answers = calloc(roster->count + 1, sizeof *run->answers);
    struct vmt_query_item *scratch = calloc(roster->count + 1, sizeof *scratch);
    run->has_failed = !run->answers || !scratch;
    if (!run->has_failed && run->collection->collectors & from_xml)
        begin_identities(run, scratch);
    if (!run->has_failed && run->stats)
        begin_stats(run, scratch);
    free(scratch);
}

static bool is_reading_xml(const struct vmt_run *run)
{
    for (unsigned i = 0; i < run->running_count; i++)
        if (run->running[i].role == VMT_ROLE_QUERY &&
            ((const struct vmt_query *)run->running[i].task)->kind == VMT_QUERY_XML)
            return true;
    for (const struct vmt_query *query = run->pending; query; query = query->next)
        if (query->kind == VMT_QUERY_XML)
            return true;
    return false;
}

struct vmt_worker *vmt_monitor_idle(struct vmt_run *run)
{
    struct vmt_engine *engine = run->engine;
    for (unsigned i = 0; running_queries(run) < VMT_PARALLEL && i < engine->monitor_count; i++) {
        struct vmt_worker *worker = vmt_engine_idle(engine, &engine->monitors[i]);
        if (worker)
            return worker;
    }
    return NULL;
}

/* Too many calls hang: what is queued will not be asked in this collection. */
static void drop_queued(struct vmt_run *run)
{
    struct vmt_query *query;
    while ((query = run->pending)) {
        run->pending = query->next;
        run->has_failed = true;
        vmt_task_unref(&query->task);
    }
}

static void start_query(struct vmt_run *run, struct vmt_worker *worker, struct vmt_query *query)
{
    uint64_t now = vmt_now_ns(), deadline = run->collection->deadline_ns;
    uint64_t patience = vmt_query_patience(query, deadline > now ? deadline - now : 0);
    vmt_run_start(run, worker, &query->task, VMT_ROLE_QUERY, VMT_COLLECTOR_DOMAIN, patience);
}

void vmt_monitor_start_or_drop(struct vmt_run *run, struct vmt_worker *worker, struct vmt_query *query)
{
    if (query && query->count && worker)
        start_query(run, worker, query);
    else if (query)
        vmt_task_unref(&query->task);
}

/* For domains without an answer: what libvirt has without a monitor. */
static void start_basics(struct vmt_run *run)
{
    struct vmt_query *query = vmt_monitor_new_query(run, VMT_QUERY_BASICS, run->roster->count);
    for (unsigned i = 0; query && i < run->roster->count; i++)
        if (run->roster->entries[i].is_active && run->answers[i] <= VMT_ANSWER_LATE)
            vmt_query_add(query, &run->roster->entries[i]);
    vmt_monitor_start_or_drop(run, vmt_engine_idle(run->engine, &run->engine->basics), query);
}

/* What depends on how asking the monitors ended. */
static void start_rest(struct vmt_run *run)
{
    if (run->has_asked_rest || !run->roster || !run->answers || vmt_run_is_over(run))
        return;
    run->has_asked_rest = true;
    if (run->stats)
        start_basics(run);
    if (vmt_collection_wants(run->collection, VMT_COLLECTOR_JOB))
        vmt_jobs_start(run);
}

uint64_t vmt_monitor_start_queued(struct vmt_run *run)
{
    uint64_t next = VMT_NEVER, now = vmt_now_ns();
    bool lacks_worker = false;
    bool needs_identities = run->roster && !run->roster->is_qemu;
    if (run->pending && vmt_run_is_over(run)) {
        vmt_collection_cut_short(run->collection);
        drop_queued(run);
    }
    for (struct vmt_query **at = &run->pending; *at;) {
        struct vmt_query *query = *at;
        bool must_wait = query->kind == VMT_QUERY_STATS && needs_identities && is_reading_xml(run);
        if (must_wait || query->not_before_ns > now) {
            next = !must_wait && query->not_before_ns < next ? query->not_before_ns : next;
            at = &query->next;
            continue;
        }
        struct vmt_worker *worker = vmt_monitor_idle(run);
        if (!worker) {
            lacks_worker = true;
            break;
        }
        *at = query->next;
        start_query(run, worker, query);
    }
    if (lacks_worker && !running_queries(run) && next == VMT_NEVER)
        drop_queued(run);
    if (!run->pending && !running_queries(run))
        start_rest(run);
    return run->pending ? next : VMT_NEVER;
}

static void set_answer(struct vmt_run *run, const struct vmt_query_item *item, enum vmt_answer answer)
{
    run->answers[item->entry - run->roster->entries] = answer;
}

/* Asks the domains that somebody else held again, a little later. */
static void ask_again(struct vmt_run *run, const struct vmt_query *query, unsigned count)
{
    struct vmt_query *again = vmt_monitor_new_query(run, VMT_QUERY_STATS, count);
    for (unsigned i = 0; i < query->count; i++) {
        const struct vmt_query_item *item = &query->items[i];
        if (item->answer != VMT_ANSWER_PARTIAL || !item->partial)
            continue;
        if (again)
            vmt_query_add(again, item->entry);
        else { /* no memory to ask again: what there is, is better than nothing */
            set_answer(run, item, VMT_ANSWER_BUSY);
            vmt_collection_publish(run->collection, item->partial);
        }
    }
    if (!again)
        return;
    uint64_t pause = query->attempt < 4 ? first_pause << query->attempt : longest_pause;
    again->attempt = query->attempt + 1;
    again->not_before_ns = vmt_now_ns() + pause;
    again->is_repeat = query->is_repeat;
    append(run, again);
}

/* Whether a domain has been held for long, or was so in the collection before: its partial answer is the last word. */
static bool is_held_for_long(const struct vmt_run *run, const struct vmt_query *query,
                             const struct vmt_query_item *item)
{
    bool was_stuck = vmt_registry_is_stuck(run->engine->context.registry, item->entry->domain);
    return item->held_ms >= (was_stuck ? still_stuck_ms : stuck_ms) ||
           query->attempt >= (was_stuck ? ATTEMPTS_OF_STUCK : ATTEMPTS_MAX);
}

/* Takes up the partial answers that will not get better; returns how many others there are. */
static unsigned settle_partial(struct vmt_run *run, struct vmt_query *query)
{
    bool has_time = vmt_now_ns() + 2 * longest_pause < run->collection->deadline_ns; /* to wait, and to be answered */
    unsigned open = 0;
    for (unsigned i = 0; i < query->count; i++) {
        struct vmt_query_item *item = &query->items[i];
        if (item->answer != VMT_ANSWER_PARTIAL || !item->partial)
            continue;
        bool is_held = is_held_for_long(run, query, item);
        if (!is_held && has_time) {
            set_answer(run, item, VMT_ANSWER_NONE); /* until it is asked again, which may come to nothing */
            open++;
            continue;
        }
        if (!is_held)
            set_answer(run, item, VMT_ANSWER_BUSY);
        vmt_collection_publish(run->collection, item->partial);
        vmt_part_unref(item->partial);
        item->partial = NULL;
    }
    return open;
}

static void stats_came_back(struct vmt_run *run, struct vmt_query *query)
{
    unsigned unanswered = 0;
    for (unsigned i = 0; i < query->count; i++) {
        set_answer(run, &query->items[i], query->items[i].answer);
        unanswered += query->items[i].answer == VMT_ANSWER_NONE;
    }
    vmt_collection_publish(run->collection, query->task.part);
    run->has_failed = run->has_failed || unanswered;
    bool was_asked =
        query->task.result == 0 && vmt_connection_generation(run->engine->workshop.connection) == run->generation;
    run->has_answers = run->has_answers || unanswered < query->count;
    if (unanswered && was_asked && query->count == 1)
        set_answer(run, &query->items[0], VMT_ANSWER_REFUSED);
    else if (unanswered && was_asked && run->splits++ < SPLITS_MAX) /* one bad domain fails the call for all */
        queue_in_batches(run, VMT_QUERY_STATS, query->items, query->count, true);
    unsigned open = settle_partial(run, query);
    if (open)
        ask_again(run, query, open);
}

void vmt_monitor_came_back(struct vmt_run *run, struct vmt_query *query)
{
    run->monitor_ended_ns = vmt_now_ns();
    if (query->kind == VMT_QUERY_STATS)
        stats_came_back(run, query);
    else if (query->kind != VMT_QUERY_XML)
        vmt_collection_publish(run->collection, query->task.part);
    for (unsigned i = 0; i < query->count; i++) {
        const struct vmt_domain *domain = query->items[i].entry->domain;
        if (query->kind == VMT_QUERY_XML && query->items[i].answer == VMT_ANSWER_WHOLE)
            publish_identity(run, domain);
        else if (query->kind == VMT_QUERY_JOBS)
            vmt_registry_set_job(run->engine->context.registry, domain->uuid,
                                 query->items[i].answer != VMT_ANSWER_NONE);
    }
}

/* The query reads one domain's XML after the other: the first that is not read is the one that hangs. */
static void xml_hangs(struct vmt_run *run, struct vmt_query *query)
{
    struct vmt_query_item *unread = calloc(query->count, sizeof *unread);
    unsigned count = 0;
    bool has_culprit = false;
    for (unsigned i = 0; unread && i < query->count; i++) {
        const struct vmt_roster_entry *entry = query->items[i].entry;
        if (!vmt_registry_is_being_read(run->engine->context.registry, entry->domain))
            publish_identity(run, entry->domain);
        else if (has_culprit)
            unread[count++] = (struct vmt_query_item){.entry = entry, .version = query->items[i].version};
        else
            has_culprit = true;
    }
    queue_in_batches(run, VMT_QUERY_XML, unread, count, true);
    free(unread);
}

void vmt_monitor_hangs(struct vmt_run *run, struct vmt_query *query)
{
    run->monitor_ended_ns = vmt_now_ns();
    if (query->kind == VMT_QUERY_JOBS)
        vmt_jobs_hang(run, query);
    else if (query->kind == VMT_QUERY_XML)
        xml_hangs(run, query);
    else if (query->kind == VMT_QUERY_BASICS) /* needs no monitor: libvirt does not answer, no domain is to blame */
        for (unsigned i = 0; i < query->count; i++)
            set_answer(run, &query->items[i], VMT_ANSWER_NONE);
    else if (query->kind == VMT_QUERY_STATS && vmt_run_is_over(run))
        run->has_failed = true; /* it had no time: that says nothing about its domains */
    else if (query->kind == VMT_QUERY_STATS && query->count == 1)
        set_answer(run, &query->items[0], VMT_ANSWER_LATE);
    else if (query->kind == VMT_QUERY_STATS)
        /* The call left behind holds the stuck domain's job, so that asking again with NOWAIT skips it at once. */
        queue_in_batches(run, VMT_QUERY_STATS, query->items, query->count, true);
}
