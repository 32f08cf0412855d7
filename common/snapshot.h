/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one collection learned: a list of parts. A snapshot is cut without copying, at any moment, from the parts that
 * have come back. It never changes and is counted, so that any number of threads can read it.
 */
#ifndef VIRTMETER_COMMON_SNAPSHOT_H
#define VIRTMETER_COMMON_SNAPSHOT_H

#include "common/part.h"

struct vmt_snapshot {
    atomic_uint references;
    uint64_t began_ns;         /* CLOCK_MONOTONIC, when its collection began … */
    uint64_t deadline_ns;      /* … and when it had to end */
    vmt_collectors collectors; /* that were asked */
    bool is_complete;          /* false: its deadline came before everything had come back or been given up */
    unsigned part_count;
    struct vmt_part *parts[];
};

/* A snapshot of `count` parts, each of which gains a reference; NULL when there is no memory. */
struct vmt_snapshot *vmt_snapshot_new(struct vmt_part *const *parts, unsigned count);
struct vmt_snapshot *vmt_snapshot_ref(struct vmt_snapshot *snapshot);
void vmt_snapshot_unref(struct vmt_snapshot *snapshot);

#endif
