/* SPDX-License-Identifier: Apache-2.0 */
#include "common/query.h"

#include <stdlib.h>
#include <string.h>

/* A repeat knows that something is stuck, and waits less; so do basics, which wait for no guest. */
static const uint64_t least_patience = VMT_SECOND, least_patience_of_repeat = 200 * VMT_MS,
                      least_patience_of_basics = 400 * VMT_MS;

static void (*const runs[VMT_QUERY_KINDS])(struct vmt_task *, struct vmt_session *) = {
    [VMT_QUERY_XML] = vmt_query_read_xml,
    [VMT_QUERY_STATS] = vmt_query_ask_stats,
    [VMT_QUERY_BASICS] = vmt_query_ask_basics,
    [VMT_QUERY_JOBS] = vmt_query_ask_jobs,
};

static void run(struct vmt_task *task, struct vmt_session *session)
{
    struct vmt_query *query = (struct vmt_query *)task;
    uint64_t began = vmt_now_ns();
    runs[query->kind](task, session);
    if (query->count)
        vmt_usual_learn(&query->context->usual[query->kind], (vmt_now_ns() - began) / query->count);
}

static void destroy(struct vmt_task *task)
{
    struct vmt_query *query = (struct vmt_query *)task;
    for (unsigned i = 0; i < query->count; i++) {
        /* Whoever ends unread, never run even, must not keep the XML from being read later. */
        if (query->kind == VMT_QUERY_XML && query->items[i].answer != VMT_ANSWER_WHOLE)
            vmt_registry_release(query->context->registry, query->items[i].entry->domain);
        vmt_part_unref(query->items[i].partial);
    }
    vmt_part_unref(query->roster_part);
    free(query);
}

struct vmt_query *vmt_query_new(enum vmt_query_kind kind, unsigned stats, struct vmt_query_context *context,
                                struct vmt_part *roster_part, unsigned room)
{
    struct vmt_query *query = calloc(1, sizeof *query + room * sizeof *query->items);
    if (!query)
        return NULL;
    if (vmt_task_init(&query->task, run, destroy) < 0) {
        free(query);
        return NULL;
    }
    query->kind = kind;
    query->stats = stats;
    query->context = context;
    query->roster_part = vmt_part_ref(roster_part);
    return query;
}

struct vmt_query_item *vmt_query_add(struct vmt_query *query, const struct vmt_roster_entry *entry)
{
    struct vmt_query_item *item = &query->items[query->count++];
    item->entry = entry;
    return item;
}

/* How many items have no handle. */
static unsigned look_up(struct vmt_query *query, const struct vmt_session *session)
{
    unsigned missing = 0;
    for (unsigned i = 0; i < query->count; i++) {
        query->items[i].handle = vmt_handles_find(session, query->items[i].entry->uuid);
        missing += !query->items[i].handle;
    }
    return missing;
}

bool vmt_query_find_handles(struct vmt_query *query, struct vmt_session *session)
{
    if (!look_up(query, session))
        return true;
    if (vmt_handles_refresh(session) < 0)
        return false;
    look_up(query, session);
    return true;
}

uint64_t vmt_query_patience(const struct vmt_query *query, uint64_t time_left_ns)
{
    uint64_t least = query->kind == VMT_QUERY_BASICS ? least_patience_of_basics
                     : query->is_repeat              ? least_patience_of_repeat
                                                     : least_patience;
    if (query->count > 1 && query->kind != VMT_QUERY_BASICS && least > time_left_ns / 2)
        least = time_left_ns / 2;
    return vmt_usual_patience(&query->context->usual[query->kind], query->count, least);
}
