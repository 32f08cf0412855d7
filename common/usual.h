/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long something usually takes, learned as it goes, and from that how long to wait before something must be wrong.
 * Safe from any thread.
 */
#ifndef VIRTMETER_COMMON_USUAL_H
#define VIRTMETER_COMMON_USUAL_H

#include "common/clock.h"

#include <stdatomic.h>

/* Slower than this many times the usual is not slow but stuck. */
enum { VMT_PATIENCE_FACTOR = 4 };

struct vmt_usual {
    _Atomic uint64_t ns; /* moving average; 0: nothing learned yet */
};

/* One duration more. A stuck call that returns after minutes must not teach patience: it counts a few times the usual.
 */
static inline void vmt_usual_learn(struct vmt_usual *usual, uint64_t ns)
{
    uint64_t known = atomic_load(&usual->ns);
    uint64_t most = known ? known * VMT_PATIENCE_FACTOR : 100 * VMT_MS;
    ns = ns < most ? ns : most;
    atomic_store(&usual->ns, known ? known - known / 4 + ns / 4 : ns);
}

/* How long to wait for `count` of them, at least `least_ns`. */
static inline uint64_t vmt_usual_patience(const struct vmt_usual *usual, unsigned count, uint64_t least_ns)
{
    uint64_t patience = atomic_load(&usual->ns) * count * VMT_PATIENCE_FACTOR;
    return patience > least_ns ? patience : least_ns;
}

#endif
