/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/shares.h"

#include <stdlib.h>
#include <string.h>

enum { UUID_TEXT = 37 };

struct vmt_share {
    char uuid[UUID_TEXT];
    uint64_t cpu_ns, at_ns;
    unsigned round;
};

void vmt_shares_done(struct vmt_shares *shares)
{
    free(shares->known);
    *shares = (struct vmt_shares){0};
}

/* The first place whose uuid is not before `uuid`. */
static unsigned place_of(const struct vmt_shares *shares, const char *uuid)
{
    unsigned low = 0, high = shares->count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (strcmp(shares->known[middle].uuid, uuid) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct vmt_share *insert(struct vmt_shares *shares, unsigned place, const char *uuid)
{
    if (shares->count == shares->room) {
        unsigned room = shares->room ? shares->room * 2 : 16;
        struct vmt_share *known = realloc(shares->known, room * sizeof *known);
        if (!known)
            return NULL;
        shares->known = known;
        shares->room = room;
    }
    struct vmt_share *share = &shares->known[place];
    memmove(share + 1, share, (shares->count++ - place) * sizeof *share);
    *share = (struct vmt_share){0};
    strncpy(share->uuid, uuid, UUID_TEXT - 1);
    return share;
}

bool vmt_shares_next(struct vmt_shares *shares, const char *uuid, uint64_t cpu_ns, uint64_t at_ns, unsigned cpus,
                     double *ret_percent)
{
    unsigned place = place_of(shares, uuid);
    bool is_known = place < shares->count && !strcmp(shares->known[place].uuid, uuid);
    struct vmt_share *share = is_known ? &shares->known[place] : insert(shares, place, uuid);
    if (!share)
        return false;
    struct vmt_share before = *share;
    share->cpu_ns = cpu_ns;
    share->at_ns = at_ns;
    share->round = shares->round;
    if (!is_known || cpu_ns < before.cpu_ns || at_ns <= before.at_ns || !cpus)
        return false;
    double percent = 100 * (double)(cpu_ns - before.cpu_ns) / ((double)(at_ns - before.at_ns) * cpus);
    *ret_percent = percent < 100 ? percent : 100; /* the two clocks are not read at once */
    return true;
}

void vmt_shares_turn(struct vmt_shares *shares)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < shares->count; i++)
        if (shares->known[i].round == shares->round)
            shares->known[kept++] = shares->known[i];
    shares->count = kept;
    shares->round++;
}
