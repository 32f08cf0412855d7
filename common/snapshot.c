/* SPDX-License-Identifier: Apache-2.0 */
#include "common/snapshot.h"

#include <stdlib.h>

struct vmt_snapshot *vmt_snapshot_new(struct vmt_part *const *parts, unsigned count)
{
    struct vmt_snapshot *snapshot = calloc(1, sizeof *snapshot + count * sizeof *snapshot->parts);
    if (!snapshot)
        return NULL;
    atomic_init(&snapshot->references, 1);
    snapshot->part_count = count;
    for (unsigned i = 0; i < count; i++)
        snapshot->parts[i] = vmt_part_ref(parts[i]);
    return snapshot;
}

struct vmt_snapshot *vmt_snapshot_ref(struct vmt_snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void vmt_snapshot_unref(struct vmt_snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) > 1)
        return;
    for (unsigned i = 0; i < snapshot->part_count; i++)
        vmt_part_unref(snapshot->parts[i]);
    free(snapshot);
}
