/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tally.h"
#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

enum { COUNTERS_MAX = 65536, LABELS_MAX = 4 };

struct counter {
    enum vmt_entity entity;
    char *labels[LABELS_MAX];
    uint64_t count, counted_ns;
};

struct vmt_tally {
    pthread_mutex_t lock;
    struct counter *counters;
    unsigned count, room;
};

struct vmt_tally *vmt_tally_new(void)
{
    struct vmt_tally *tally = calloc(1, sizeof *tally);
    if (tally)
        pthread_mutex_init(&tally->lock, NULL);
    return tally;
}

static void release(struct counter *counter)
{
    for (unsigned i = 0; i < LABELS_MAX; i++)
        free(counter->labels[i]);
}

void vmt_tally_free(struct vmt_tally *tally)
{
    if (!tally)
        return;
    for (unsigned i = 0; i < tally->count; i++)
        release(&tally->counters[i]);
    free(tally->counters);
    pthread_mutex_destroy(&tally->lock);
    free(tally);
}

static bool is_same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool is_labelled(const struct counter *counter, enum vmt_entity entity, const char *const *labels)
{
    if (counter->entity != entity)
        return false;
    unsigned label_count = vmt_entity_table(entity)->label_count;
    for (unsigned i = 0; i < label_count; i++)
        if (!is_same(counter->labels[i], labels[i]))
            return false;
    return true;
}

/* With the lock held; NULL when there are too many, or no memory. */
static struct counter *add(struct vmt_tally *tally, enum vmt_entity entity, const char *const *labels)
{
    if (tally->count == COUNTERS_MAX)
        return NULL;
    if (tally->count == tally->room) {
        unsigned room = tally->room ? tally->room * 2 : 64;
        struct counter *counters = realloc(tally->counters, room * sizeof *counters);
        if (!counters)
            return NULL;
        tally->counters = counters;
        tally->room = room;
    }
    struct counter counter = {.entity = entity};
    unsigned label_count = vmt_entity_table(entity)->label_count;
    for (unsigned i = 0; i < label_count; i++) {
        counter.labels[i] = labels[i] ? strdup(labels[i]) : NULL;
        if (labels[i] && !counter.labels[i]) {
            release(&counter);
            return NULL;
        }
    }
    tally->counters[tally->count] = counter;
    return &tally->counters[tally->count++];
}

void vmt_tally_count(struct vmt_tally *tally, enum vmt_entity entity, const char *const *labels)
{
    pthread_mutex_lock(&tally->lock);
    struct counter *counter = NULL;
    for (unsigned i = 0; i < tally->count && !counter; i++)
        if (is_labelled(&tally->counters[i], entity, labels))
            counter = &tally->counters[i];
    if (!counter)
        counter = add(tally, entity, labels);
    if (counter) {
        counter->count++;
        counter->counted_ns = vmt_now_ns();
    }
    pthread_mutex_unlock(&tally->lock);
}

void vmt_tally_sample(struct vmt_tally *tally, struct vmt_part *part)
{
    pthread_mutex_lock(&tally->lock);
    for (unsigned i = 0; i < tally->count; i++) {
        const struct counter *counter = &tally->counters[i];
        struct vmt_sample *sample =
            vmt_part_add_unique(part, counter->entity, NULL, (const char *const *)counter->labels);
        if (sample)
            sample->value[0] = vmt_integer(counter->count);
    }
    pthread_mutex_unlock(&tally->lock);
}

void vmt_tally_forget(struct vmt_tally *tally, uint64_t before_ns, bool (*exists)(void *arg, const char *domain),
                      void *arg)
{
    pthread_mutex_lock(&tally->lock);
    unsigned kept = 0;
    for (unsigned i = 0; i < tally->count; i++) {
        struct counter *counter = &tally->counters[i];
        bool is_of_domain = !strcmp(vmt_entity_table(counter->entity)->label_names[0], "domain");
        if (is_of_domain && counter->counted_ns < before_ns && !exists(arg, counter->labels[0]))
            release(counter);
        else
            tally->counters[kept++] = *counter;
    }
    tally->count = kept;
    pthread_mutex_unlock(&tally->lock);
}
