/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/brake.h"
#include "common/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE (60 * VMT_SECOND)

struct change {
    uint64_t at_ns;
    uid_t uid;
    char uuid[37];
    bool is_stop;
};

struct vmt_brake {
    struct vmt_brake_limits limits;
    pthread_mutex_t lock; /* of what follows */
    unsigned first, count;
    struct change ring[VMT_BRAKE_CHANGES_MAX]; /* oldest first, from `first` */
};

struct vmt_brake *vmt_brake_new(const struct vmt_brake_limits *limits)
{
    struct vmt_brake *brake = calloc(1, sizeof *brake);
    if (!brake)
        return NULL;
    brake->limits = *limits;
    pthread_mutex_init(&brake->lock, NULL);
    return brake;
}

void vmt_brake_free(struct vmt_brake *brake)
{
    if (!brake)
        return;
    pthread_mutex_destroy(&brake->lock);
    free(brake);
}

static struct change *at(struct vmt_brake *brake, unsigned i)
{
    return &brake->ring[(brake->first + i) % VMT_BRAKE_CHANGES_MAX];
}

static void drop_oldest(struct vmt_brake *brake)
{
    brake->first = (brake->first + 1) % VMT_BRAKE_CHANGES_MAX;
    brake->count--;
}

static void forget_before(struct vmt_brake *brake, uint64_t now_ns)
{
    while (brake->count > 0 && now_ns - at(brake, 0)->at_ns >= MINUTE)
        drop_oldest(brake);
}

static void remember(struct vmt_brake *brake, uint64_t now_ns, const struct vmt_brake_change *change)
{
    if (brake->count == VMT_BRAKE_CHANGES_MAX)
        drop_oldest(brake);
    struct change *entry = at(brake, brake->count++);
    *entry = (struct change){.at_ns = now_ns, .uid = change->uid, .is_stop = change->is_stop};
    snprintf(entry->uuid, sizeof entry->uuid, "%s", change->uuid ? change->uuid : "");
}

static bool is_any(const struct change *entry, const struct vmt_brake_change *change)
{
    (void)entry, (void)change;
    return true;
}

static bool is_stop(const struct change *entry, const struct vmt_brake_change *change)
{
    return change->is_stop && entry->is_stop;
}

static bool is_of_user(const struct change *entry, const struct vmt_brake_change *change)
{
    return entry->uid == change->uid;
}

static bool is_of_domain(const struct change *entry, const struct vmt_brake_change *change)
{
    return change->uuid && *change->uuid && !strcmp(entry->uuid, change->uuid);
}

/* How long until fewer than `limit` of the changes that count are left in the last minute; 0: now. */
static uint64_t wait_for(struct vmt_brake *brake, uint64_t now_ns, const struct vmt_brake_change *change,
                         bool (*counts)(const struct change *, const struct vmt_brake_change *), unsigned limit)
{
    unsigned found = 0;
    for (unsigned i = brake->count; i-- > 0;)
        if (counts(at(brake, i), change) && ++found == limit)
            return at(brake, i)->at_ns + MINUTE - now_ns; /* the oldest of the `limit` newest has to go */
    return limit == 0 ? VMT_NEVER : 0;
}

int vmt_brake_pass(struct vmt_brake *brake, uint64_t now_ns, const struct vmt_brake_change *change,
                   uint64_t *ret_wait_ns, struct vmt_error *error)
{
    const struct {
        bool (*counts)(const struct change *, const struct vmt_brake_change *);
        unsigned limit;
        bool applies;
        const char *what;
    } rules[] = {
        {is_stop, brake->limits.stops, change->is_stop, "stops"},
        {is_of_user, brake->limits.user, true, "changes by one user"},
        {is_of_domain, brake->limits.domain, change->uuid && *change->uuid, "changes of the same object"},
        {is_any, VMT_BRAKE_CHANGES_MAX, true, "changes"},
    };
    int result = 0;
    pthread_mutex_lock(&brake->lock);
    forget_before(brake, now_ns);
    for (size_t i = 0; i < sizeof rules / sizeof *rules && !result; i++) {
        uint64_t wait_ns = rules[i].applies ? wait_for(brake, now_ns, change, rules[i].counts, rules[i].limit) : 0;
        if (!wait_ns)
            continue;
        *ret_wait_ns = wait_ns;
        result =
            vmt_error_set(error, -EAGAIN, "the brake: no more than %u %s in a minute", rules[i].limit, rules[i].what);
    }
    if (!result)
        remember(brake, now_ns, change);
    pthread_mutex_unlock(&brake->lock);
    return result;
}

void vmt_brake_remember(struct vmt_brake *brake, uint64_t now_ns, const struct vmt_brake_change *change)
{
    pthread_mutex_lock(&brake->lock);
    remember(brake, now_ns, change);
    pthread_mutex_unlock(&brake->lock);
}
