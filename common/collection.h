/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One collection while it runs: the parts that have come back and how each collector did. One thread collects; a
 * snapshot can be cut from it at any moment by another. Makes no libvirt call.
 */
#ifndef VIRTMETER_COMMON_COLLECTION_H
#define VIRTMETER_COMMON_COLLECTION_H

#include "common/collect.h"

#include <pthread.h>

struct vmt_outcome {
    bool is_known, is_success;
    uint64_t duration_ns;
};

/* Domains without all their series, by reason: rows `domains_skipped.*` of the exporter's table. */
enum vmt_skipped {
    VMT_SKIPPED_FILTERED,
    VMT_SKIPPED_PARTIAL,
    VMT_SKIPPED_TIMED_OUT,
    VMT_SKIPPED_GONE,
    VMT_SKIPPED_COUNT
};

struct vmt_collection {
    vmt_collectors collectors;
    uint64_t began_ns, began_wall_ns, deadline_ns;
    pthread_mutex_t lock; /* for all that follows */
    struct vmt_part **parts;
    unsigned part_count, part_room;
    struct vmt_outcome outcomes[VMT_COLLECTOR_COUNT];
    unsigned skipped[VMT_SKIPPED_COUNT];
    bool is_up;        /* libvirt has answered something */
    bool has_roster;   /* and which domains there are */
    uint64_t ended_ns; /* 0: still running */
    bool was_cut;      /* something was given up only because the deadline came */
};

struct vmt_collection *vmt_collection_new(vmt_collectors collectors, uint64_t deadline_ns);
void vmt_collection_free(struct vmt_collection *collection);

bool vmt_collection_wants(const struct vmt_collection *collection, enum vmt_collector collector);

/* The groups of domain statistics that its collectors need (VIR_DOMAIN_STATS_*). */
unsigned vmt_collection_stats(const struct vmt_collection *collection);

/* Adds a part, which gains a reference and must not change any more. */
void vmt_collection_publish(struct vmt_collection *collection, struct vmt_part *part);

/* Something is given up only because the deadline has come: snapshots of this collection are not complete. */
void vmt_collection_cut_short(struct vmt_collection *collection);

/* How a collector did; the first word counts. */
void vmt_collection_conclude(struct vmt_collection *collection, enum vmt_collector collector, bool is_success,
                             uint64_t duration_ns);

/* Fills a sample of VMT_ENTITY_EXPORTER, and adds one of VMT_ENTITY_COLLECTOR for each collector that was asked. */
void vmt_collection_sample(struct vmt_collection *collection, struct vmt_part *part, struct vmt_sample *sample);

/* What there is now, with `own` (may be NULL) as one more part. NULL when there is no memory. */
struct vmt_snapshot *vmt_collection_cut(struct vmt_collection *collection, struct vmt_part *own);

#endif
