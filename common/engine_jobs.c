/* SPDX-License-Identifier: Apache-2.0 */
#include "common/engine_private.h"

#include <string.h>

enum { JOBS_ASKED_MAX = 8 };

/* Whether a call about the domain's job has been left behind and not returned yet: there is one at most. */
static bool is_job_suspect(struct vmt_engine *engine, const char *name)
{
    for (unsigned i = 0; i < engine->monitor_count; i++)
        if (engine->job_suspects[i][0] && vmt_worker_is_idle(engine->monitors[i]))
            engine->job_suspects[i][0] = '\0';
        else if (!strncmp(engine->job_suspects[i], name, VMT_OBJECT_TEXT - 1))
            return true;
    return false;
}

void vmt_jobs_start(struct vmt_run *run)
{
    struct vmt_engine *engine = run->engine;
    unsigned count = run->roster->count, first = engine->next_job, asked = 0;
    struct vmt_query *query = vmt_monitor_new_query(run, VMT_QUERY_JOBS, count);
    for (unsigned visited = 0; query && visited < count; visited++) {
        unsigned i = (first + visited) % count;
        const struct vmt_roster_entry *entry = &run->roster->entries[i];
        if (run->answers[i] != VMT_ANSWER_WHOLE || is_job_suspect(engine, entry->domain->name))
            continue;
        bool may_have_job = entry->may_have_job || vmt_registry_has_job(engine->context.registry, entry->domain);
        if (asked++ < JOBS_ASKED_MAX || may_have_job)
            vmt_query_add(query, entry);
        if (asked == JOBS_ASKED_MAX)
            engine->next_job = (i + 1) % count;
    }
    struct vmt_worker *worker = vmt_monitor_idle(run);
    run->has_job_failed = query && query->count && !worker;
    vmt_monitor_start_or_drop(run, worker, query);
}

void vmt_jobs_hang(struct vmt_run *run, struct vmt_query *query)
{
    struct vmt_engine *engine = run->engine;
    char culprit[VMT_OBJECT_TEXT];
    run->has_job_failed = true;
    vmt_worker_asking(query->task.worker, culprit);
    for (unsigned i = 0; i < engine->monitor_count; i++)
        if (engine->monitors[i] == query->task.worker)
            memcpy(engine->job_suspects[i], culprit, sizeof culprit);
    struct vmt_query *again =
        culprit[0] && !vmt_run_is_over(run) ? vmt_monitor_new_query(run, VMT_QUERY_JOBS, query->count) : NULL;
    for (unsigned i = 0; again && i < query->count; i++)
        if (!is_job_suspect(engine, query->items[i].entry->domain->name))
            vmt_query_add(again, query->items[i].entry);
    if (again) {
        again->is_repeat = true;
        vmt_monitor_start_or_drop(run, vmt_monitor_idle(run), again);
    }
}
