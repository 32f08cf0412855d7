/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/engine_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A collector that takes longer than this, and much longer than usual, is given up. */
static const uint64_t least_patience = VMT_SECOND;

/* How long a spare worker may take to end: idle ones are quick, unless closing the connection hangs. */
static const uint64_t ending_patience = VMT_SECOND / 100;

struct collector_task {
    struct vmt_task task;
    const struct vmt_collector_row *row;
    struct vmt_usual *usual;
    char skipped[VMT_OBJECT_TEXT]; /* what must not be asked about; "": nothing */
};

static void run_collector(struct vmt_task *task, struct vmt_session *session)
{
    struct collector_task *own = (struct collector_task *)task;
    uint64_t began = vmt_now_ns();
    session->skipped = own->skipped[0] ? own->skipped : NULL;
    own->row->collect(session);
    session->skipped = NULL;
    vmt_usual_learn(own->usual, vmt_now_ns() - began);
}

static void destroy_collector(struct vmt_task *task)
{
    free(task);
}

struct vmt_worker *vmt_engine_idle(struct vmt_engine *engine, struct vmt_worker **worker)
{
    if (!*worker)
        *worker = vmt_worker_new(&engine->workshop);
    return *worker && vmt_worker_is_idle(*worker) ? *worker : NULL;
}

void vmt_run_start(struct vmt_run *run, struct vmt_worker *worker, struct vmt_task *task, enum vmt_role role,
                   enum vmt_collector collector, uint64_t patience_ns)
{
    assert(run->running_count < VMT_RUNNING_MAX);
    uint64_t deadline = vmt_now_ns() + patience_ns;
    if (deadline > run->collection->deadline_ns)
        deadline = run->collection->deadline_ns;
    run->running[run->running_count++] =
        (struct vmt_running){.task = task, .role = role, .collector = collector, .deadline_ns = deadline};
    vmt_worker_start(worker, task);
}

bool vmt_run_is_over(const struct vmt_run *run)
{
    return vmt_now_ns() >= run->collection->deadline_ns || atomic_load(&run->engine->is_aborted);
}

/* True when the lane's last answer still holds, and is published. */
static bool reuse(struct vmt_run *run, struct vmt_lane *lane, enum vmt_collector collector)
{
    uint64_t lasting = vmt_collector_row(collector)->lasting_seconds * VMT_SECOND;
    if (!lane->part || lane->part_generation != run->generation || vmt_now_ns() - lane->part_ns >= lasting)
        return false;
    vmt_collection_publish(run->collection, lane->part);
    vmt_collection_conclude(run->collection, collector, true, 0);
    return true;
}

/* The lane's worker, or while it hangs on one object the spare, to ask about the others. */
static struct vmt_worker *lane_worker(struct vmt_engine *engine, struct vmt_lane *lane)
{
    struct vmt_worker *worker = vmt_engine_idle(engine, &lane->worker);
    if (worker)
        lane->suspect[0] = '\0';
    return !worker && lane->suspect[0] ? vmt_engine_idle(engine, &lane->spare) : worker;
}

static void start_collector(struct vmt_run *run, enum vmt_collector collector)
{
    struct vmt_lane *lane = &run->engine->lanes[collector];
    if (reuse(run, lane, collector))
        return;
    struct vmt_worker *worker = lane_worker(run->engine, lane);
    struct collector_task *own = worker ? calloc(1, sizeof *own) : NULL;
    if (!own || vmt_task_init(&own->task, run_collector, destroy_collector) < 0) {
        free(own);
        vmt_collection_conclude(run->collection, collector, false, 0);
        return;
    }
    own->row = vmt_collector_row(collector);
    own->usual = &lane->usual;
    memcpy(own->skipped, lane->suspect, sizeof own->skipped);
    vmt_run_start(run, worker, &own->task, VMT_ROLE_COLLECTOR, collector,
                  vmt_usual_patience(&lane->usual, 1, least_patience));
}

static void start_roster(struct vmt_run *run)
{
    struct vmt_lane *lane = &run->engine->roster;
    struct vmt_worker *worker = vmt_engine_idle(run->engine, &lane->worker);
    bool wants_lists = vmt_collection_wants(run->collection, VMT_COLLECTOR_DOMAIN);
    struct vmt_roster_task *own =
        worker ? vmt_roster_task_new(vmt_collection_stats(run->collection), wants_lists) : NULL;
    if (own)
        vmt_run_start(run, worker, &own->task, VMT_ROLE_ROSTER, VMT_COLLECTOR_DOMAIN,
                      vmt_usual_patience(&lane->usual, 1, least_patience));
}

static bool has_succeeded(const struct vmt_task *task)
{
    return task->result == 0 && !task->part->errors && !task->part->out_of_memory;
}

/* The lane's own worker is back: nobody needs the spare, its thread and its connection. One that has not ended yet is
 * met here again. */
static void end_spare(struct vmt_lane *lane)
{
    if (vmt_worker_free(lane->spare, vmt_now_ns() + ending_patience))
        lane->spare = NULL;
}

static void collector_came_back(struct vmt_run *run, struct vmt_task *task, enum vmt_collector collector)
{
    struct vmt_lane *lane = &run->engine->lanes[collector];
    if (task->worker == lane->worker)
        end_spare(lane);
    pthread_mutex_lock(&run->collection->lock);
    run->collection->is_up = run->collection->is_up || has_succeeded(task);
    pthread_mutex_unlock(&run->collection->lock);
    vmt_collection_publish(run->collection, task->part);
    vmt_collection_conclude(run->collection, collector, has_succeeded(task), task->ended_ns - task->began_ns);
    vmt_part_unref(lane->part);
    lane->part = has_succeeded(task) ? vmt_part_ref(task->part) : NULL;
    lane->part_ns = task->began_ns;
    lane->part_generation = run->generation;
}

static void roster_came_back(struct vmt_run *run, struct vmt_task *task)
{
    struct vmt_roster_task *own = (struct vmt_roster_task *)task;
    struct vmt_collection *collection = run->collection;
    vmt_usual_learn(&run->engine->roster.usual, task->ended_ns - task->began_ns);
    vmt_collection_conclude(collection, VMT_COLLECTOR_DOMAIN, has_succeeded(task), task->ended_ns - task->began_ns);
    vmt_collection_conclude(collection, VMT_COLLECTOR_INTERFACE, has_succeeded(task), task->ended_ns - task->began_ns);
    vmt_collection_conclude(collection, VMT_COLLECTOR_PERF, has_succeeded(task), task->ended_ns - task->began_ns);
    if (!own->roster)
        return;
    pthread_mutex_lock(&collection->lock);
    collection->is_up = collection->has_roster = true;
    collection->skipped[VMT_SKIPPED_FILTERED] = own->roster->filtered_count;
    pthread_mutex_unlock(&collection->lock);
    vmt_collection_publish(collection, task->part);
    run->roster_part = vmt_part_ref(task->part);
    run->roster = own->roster;
    vmt_monitor_begin(run);
}

static void came_back(struct vmt_run *run, struct vmt_task *task)
{
    unsigned i = 0;
    while (i < run->running_count && run->running[i].task != task)
        i++;
    assert(i < run->running_count);
    struct vmt_running running = run->running[i];
    run->running[i] = run->running[--run->running_count];
    vmt_journal_add(run->engine->journal, task->part);
    atomic_fetch_add(&run->engine->duplicates, task->part->duplicates);
    switch (running.role) {
    case VMT_ROLE_COLLECTOR:
        collector_came_back(run, task, running.collector);
        break;
    case VMT_ROLE_ROSTER:
        roster_came_back(run, task);
        break;
    case VMT_ROLE_QUERY:
        vmt_monitor_came_back(run, (struct vmt_query *)task);
        break;
    }
    vmt_task_unref(task);
}

/* When it is one object that it hangs on, the others are asked about at once. */
static void collector_hangs(struct vmt_run *run, const struct vmt_running *running)
{
    struct vmt_lane *lane = &run->engine->lanes[running->collector];
    bool is_first = running->task->worker == lane->worker;
    if (is_first)
        vmt_worker_asking(lane->worker, lane->suspect);
    if (is_first && lane->suspect[0] && !vmt_run_is_over(run))
        start_collector(run, running->collector);
    else
        vmt_collection_conclude(run->collection, running->collector, false, vmt_now_ns() - running->task->began_ns);
}

static void hangs(struct vmt_run *run, const struct vmt_running *running)
{
    if (running->role == VMT_ROLE_COLLECTOR)
        collector_hangs(run, running);
    else if (running->role == VMT_ROLE_QUERY)
        vmt_monitor_hangs(run, (struct vmt_query *)running->task);
}

/* Gives up what is past its deadline. What came back this very moment stays, and is taken from the board next. */
static void expire(struct vmt_run *run, uint64_t now)
{
    for (unsigned i = 0; i < run->running_count;) {
        struct vmt_running running = run->running[i];
        if (running.deadline_ns > now || !vmt_worker_give_up(running.task->worker)) {
            i++;
            continue;
        }
        run->running[i] = run->running[--run->running_count];
        if (running.deadline_ns >= run->collection->deadline_ns)
            vmt_collection_cut_short(run->collection);
        hangs(run, &running);
        vmt_task_unref(running.task);
    }
}

static uint64_t next_deadline(const struct vmt_run *run)
{
    uint64_t next = VMT_NEVER;
    for (unsigned i = 0; i < run->running_count; i++)
        if (run->running[i].deadline_ns < next)
            next = run->running[i].deadline_ns;
    return next;
}

static void wait_for_all(struct vmt_run *run)
{
    for (;;) {
        uint64_t next = vmt_monitor_start_queued(run);
        if (!run->running_count && next == VMT_NEVER)
            return;
        uint64_t until = next_deadline(run);
        struct vmt_task *task = vmt_board_take(&run->engine->workshop.board, next < until ? next : until);
        if (task)
            came_back(run, task);
        else
            expire(run, atomic_load(&run->engine->is_aborted) ? VMT_NEVER : vmt_now_ns());
    }
}

static void start_all(struct vmt_run *run)
{
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        if (vmt_collection_wants(run->collection, i) && vmt_collector_row(i)->collect)
            start_collector(run, i);
    start_roster(run);
}

void vmt_engine_collect(struct vmt_engine *engine, struct vmt_collection *collection)
{
    struct vmt_run run = {.engine = engine, .collection = collection};
    uint64_t latest = collection->began_ns + least_patience;
    run.generation = vmt_connection_await(engine->workshop.connection,
                                          latest < collection->deadline_ns ? latest : collection->deadline_ns);
    if (run.generation && !atomic_load(&engine->is_aborted)) {
        start_all(&run);
        wait_for_all(&run);
        vmt_summary(&run);
        /* Only who asked for everything, and was answered, can say that a failure is over. */
        if (run.roster && collection->collectors == engine->collectors)
            vmt_journal_turn(engine->journal);
    }
    vmt_part_unref(run.roster_part);
    pthread_mutex_lock(&collection->lock);
    collection->ended_ns = vmt_now_ns();
    pthread_mutex_unlock(&collection->lock);
}
