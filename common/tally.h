/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters for what comes at no set time: libvirt's events. A counter is a row of an entity's table and a set of
 * labels. Their number is bounded, and those of domains that are gone are forgotten a while later, since tenants make
 * domains. Safe from any thread.
 */
#ifndef VIRTMETER_COMMON_TALLY_H
#define VIRTMETER_COMMON_TALLY_H

#include "common/snapshot.h"

struct vmt_tally;

struct vmt_tally *vmt_tally_new(void);
void vmt_tally_free(struct vmt_tally *tally);

/* Adds one to the only counter of `entity`, under `labels`: the table's label_count texts, copied; NULL: unknown. */
void vmt_tally_count(struct vmt_tally *tally, enum vmt_entity entity, const char *const *labels);

/* Adds a sample for each counter. */
void vmt_tally_sample(struct vmt_tally *tally, struct vmt_part *part);

/*
 * Forgets the counters about domains (first label) for which `exists` says no and that were last counted up before
 * `before_ns` of CLOCK_MONOTONIC: long enough for everybody to have seen the last of them.
 */
void vmt_tally_forget(struct vmt_tally *tally, uint64_t before_ns, bool (*exists)(void *arg, const char *domain),
                      void *arg);

#endif
