/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the engine share: engine.c (its life), engine_run.c (one collection: waiting, deadlines),
 * engine_monitor.c (asking the domains), engine_jobs.c (and for their jobs) and engine_summary.c (what follows from the
 * answers). Used by the collecting thread, except where it says otherwise.
 */
#ifndef VIRTMETER_COMMON_ENGINE_PRIVATE_H
#define VIRTMETER_COMMON_ENGINE_PRIVATE_H

#include "common/engine.h"
#include "common/event_loop.h"
#include "common/journal.h"
#include "common/query.h"

/* A collector with a worker of its own, and what it learned when that lasts. */
struct vmt_lane {
    struct vmt_worker *worker; /* NULL: never started */
    /* When the worker hangs on one object (a storage pool), the spare asks the others. */
    struct vmt_worker *spare;
    char suspect[VMT_OBJECT_TEXT];
    struct vmt_usual usual;
    struct vmt_part *part;
    uint64_t part_ns;
    unsigned part_generation;
};

/* As many batches as these are asked at once; libvirtd asks the monitors of one batch in turn. */
enum { VMT_PARALLEL = 4 };

/* Nobody is called stuck who has been silent for less. */
#define VMT_STUCK_NS VMT_SECOND

struct vmt_engine {
    struct vmt_workshop workshop;
    struct vmt_event_loop *loop;
    struct vmt_credentials *credentials;
    char *uri;
    struct vmt_query_context context;
    struct vmt_lane lanes[VMT_COLLECTOR_COUNT];
    struct vmt_lane roster;
    struct vmt_worker *basics;
    unsigned next_job; /* the first domain to be asked for its job in the next collection */
    /* One more than calls may be left behind, so that when all those hang there is one to go on with. */
    struct vmt_worker **monitors;
    char (*job_suspects)[VMT_OBJECT_TEXT]; /* by monitor: the domain whose job it was asking for when it was left behind
                                            */
    unsigned monitor_count;
    struct vmt_journal *journal;
    vmt_collectors collectors; /* all that may run */
    uint64_t forgot_ns;        /* when counters of events were forgotten last */
    struct vmt_tally *tally;   /* of events */
    void (*happened)(void *arg, const struct vmt_happening *happening); /* the host's options' */
    void *happened_arg;
    _Atomic uint64_t duplicates;
    atomic_bool is_aborted;
};

/* One collection, from inside. */
enum vmt_role { VMT_ROLE_COLLECTOR, VMT_ROLE_ROSTER, VMT_ROLE_QUERY };

struct vmt_running {
    struct vmt_task *task;
    enum vmt_role role;
    enum vmt_collector collector; /* of VMT_ROLE_COLLECTOR */
    uint64_t deadline_ns;
};

enum { VMT_RUNNING_MAX = 64 };

struct vmt_run {
    struct vmt_engine *engine;
    struct vmt_collection *collection;
    unsigned generation;
    struct vmt_running running[VMT_RUNNING_MAX];
    unsigned running_count;
    struct vmt_part *roster_part; /* with a reference; NULL: no roster */
    const struct vmt_roster *roster;
    unsigned stats;            /* VIR_DOMAIN_STATS_* groups that the monitors are asked for */
    struct vmt_query *pending; /* to be asked, in this order */
    enum vmt_answer *answers;  /* how asking ended, by the roster's index */
    bool has_answers;          /* statistics of one domain at least */
    unsigned splits;           /* of queries that failed */
    bool has_failed;           /* a monitor query failed, or was not asked for want of workers */
    bool has_job_failed;       /* likewise, a query for jobs */
    bool has_asked_rest;       /* what comes after the monitors' answers */
    uint64_t monitor_began_ns, monitor_ended_ns;
};

/* engine_run.c */

/* Starts `task` on `worker`, which must be idle; takes over the caller's reference. */
void vmt_run_start(struct vmt_run *run, struct vmt_worker *worker, struct vmt_task *task, enum vmt_role role,
                   enum vmt_collector collector, uint64_t patience_ns);

/* Whether the collection's time is up, or the engine is being stopped: nothing more is asked then. */
bool vmt_run_is_over(const struct vmt_run *run);

/* `*worker`, made when it is needed first; NULL when it is late with an earlier task, or cannot be made. */
struct vmt_worker *vmt_engine_idle(struct vmt_engine *engine, struct vmt_worker **worker);

/* engine_monitor.c */

/* Queues what the roster's domains are to be asked. */
void vmt_monitor_begin(struct vmt_run *run);

/* Gives queued queries to idle workers. Returns when the next one must be started, VMT_NEVER when none waits. */
uint64_t vmt_monitor_start_queued(struct vmt_run *run);

void vmt_monitor_came_back(struct vmt_run *run, struct vmt_query *query);
void vmt_monitor_hangs(struct vmt_run *run, struct vmt_query *query);

/* An empty query for up to `room` domains; NULL when there is no memory, which is noted. */
struct vmt_query *vmt_monitor_new_query(struct vmt_run *run, enum vmt_query_kind kind, unsigned room);

/* A worker that may be given a query; NULL when as many are asked as may be side by side, or all others are late. */
struct vmt_worker *vmt_monitor_idle(struct vmt_run *run);

/* Starts `query` on `worker`; drops it when either is missing, or nobody is to be asked. */
void vmt_monitor_start_or_drop(struct vmt_run *run, struct vmt_worker *worker, struct vmt_query *query);

/* engine_jobs.c */

/*
 * For domains whose monitor has answered: their jobs, domain by domain. So that the cost of a collection does not grow
 * with the host, only so many are asked each time, in turn, and those that had a job the last time or that show one.
 */
void vmt_jobs_start(struct vmt_run *run);

/* One domain has frozen since its statistics came: the others are asked again. */
void vmt_jobs_hang(struct vmt_run *run, struct vmt_query *query);

/* engine_summary.c */

/* Publishes what follows from all answers together: freshness of each domain, sums over them, how the collectors did.
 */
void vmt_summary(struct vmt_run *run);

#endif
