/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collection.h"
#include "common/clock.h"

#include <stdlib.h>

static const char *const skipped_keys[VMT_SKIPPED_COUNT] = {
    [VMT_SKIPPED_FILTERED] = "domains_skipped.filtered",
    [VMT_SKIPPED_PARTIAL] = "domains_skipped.partial",
    [VMT_SKIPPED_TIMED_OUT] = "domains_skipped.timed_out",
    [VMT_SKIPPED_GONE] = "domains_skipped.gone",
};

struct vmt_collection *vmt_collection_new(vmt_collectors collectors, uint64_t deadline_ns)
{
    struct vmt_collection *collection = calloc(1, sizeof *collection);
    if (!collection)
        return NULL;
    collection->collectors = collectors;
    collection->began_ns = vmt_now_ns();
    collection->began_wall_ns = vmt_wall_ns();
    collection->deadline_ns = deadline_ns;
    pthread_mutex_init(&collection->lock, NULL);
    return collection;
}

void vmt_collection_free(struct vmt_collection *collection)
{
    if (!collection)
        return;
    for (unsigned i = 0; i < collection->part_count; i++)
        vmt_part_unref(collection->parts[i]);
    free(collection->parts);
    pthread_mutex_destroy(&collection->lock);
    free(collection);
}

bool vmt_collection_wants(const struct vmt_collection *collection, enum vmt_collector collector)
{
    return collection->collectors & VMT_COLLECTOR_BIT(collector);
}

unsigned vmt_collection_stats(const struct vmt_collection *collection)
{
    unsigned stats = 0;
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        if (vmt_collection_wants(collection, i))
            stats |= vmt_collector_row(i)->stats;
    return stats;
}

/* Room for one part more than there are; with the lock held. */
static bool make_room(struct vmt_collection *collection)
{
    if (collection->part_count + 1 < collection->part_room)
        return true;
    unsigned room = collection->part_room ? collection->part_room * 2 : 16;
    struct vmt_part **parts = realloc(collection->parts, room * sizeof *parts);
    if (!parts)
        return false;
    collection->parts = parts;
    collection->part_room = room;
    return true;
}

void vmt_collection_publish(struct vmt_collection *collection, struct vmt_part *part)
{
    pthread_mutex_lock(&collection->lock);
    if (make_room(collection))
        collection->parts[collection->part_count++] = vmt_part_ref(part);
    pthread_mutex_unlock(&collection->lock);
}

void vmt_collection_conclude(struct vmt_collection *collection, enum vmt_collector collector, bool is_success,
                             uint64_t duration_ns)
{
    pthread_mutex_lock(&collection->lock);
    if (!collection->outcomes[collector].is_known)
        collection->outcomes[collector] =
            (struct vmt_outcome){.is_known = true, .is_success = is_success, .duration_ns = duration_ns};
    pthread_mutex_unlock(&collection->lock);
}

void vmt_collection_cut_short(struct vmt_collection *collection)
{
    pthread_mutex_lock(&collection->lock);
    collection->was_cut = true;
    pthread_mutex_unlock(&collection->lock);
}

void vmt_collection_sample(struct vmt_collection *collection, struct vmt_part *part, struct vmt_sample *sample)
{
    pthread_mutex_lock(&collection->lock);
    uint64_t ended = collection->ended_ns ? collection->ended_ns : vmt_now_ns();
    vmt_sample_set(sample, VMT_ENTITY_EXPORTER, "up", vmt_integer(collection->is_up));
    vmt_sample_set(sample, VMT_ENTITY_EXPORTER, "last_collection", vmt_integer(collection->began_wall_ns));
    vmt_sample_set(sample, VMT_ENTITY_EXPORTER, "refresh_duration", vmt_integer(ended - collection->began_ns));
    for (unsigned i = 0; collection->has_roster && i < VMT_SKIPPED_COUNT; i++)
        vmt_sample_set(sample, VMT_ENTITY_EXPORTER, skipped_keys[i], vmt_integer(collection->skipped[i]));
    for (enum vmt_collector i = VMT_COLLECTOR_EXPORTER + 1; i < VMT_COLLECTOR_COUNT; i++) {
        const struct vmt_outcome *outcome = &collection->outcomes[i];
        if (!vmt_collection_wants(collection, i))
            continue;
        struct vmt_sample *own = vmt_part_add(part, VMT_ENTITY_COLLECTOR, NULL, &vmt_collector_row(i)->name);
        vmt_sample_set(own, VMT_ENTITY_COLLECTOR, "success", vmt_integer(outcome->is_known && outcome->is_success));
        uint64_t duration = outcome->is_known ? outcome->duration_ns : ended - collection->began_ns;
        vmt_sample_set(own, VMT_ENTITY_COLLECTOR, "duration", vmt_integer(duration));
    }
    pthread_mutex_unlock(&collection->lock);
}

struct vmt_snapshot *vmt_collection_cut(struct vmt_collection *collection, struct vmt_part *own)
{
    pthread_mutex_lock(&collection->lock);
    struct vmt_snapshot *snapshot = NULL;
    unsigned count = collection->part_count;
    if (make_room(collection)) {
        if (own)
            collection->parts[count] = own;
        snapshot = vmt_snapshot_new(collection->parts, count + (own != NULL));
    }
    if (snapshot) {
        snapshot->began_ns = collection->began_ns;
        snapshot->collectors = collection->collectors;
        snapshot->deadline_ns = collection->deadline_ns;
        snapshot->is_complete = collection->ended_ns != 0 && !collection->was_cut;
    }
    pthread_mutex_unlock(&collection->lock);
    return snapshot;
}
