/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failing calls, told once when they begin to fail and once when they work again, however many collections lie between.
 * Used by the collecting thread alone.
 */
#ifndef VIRTMETER_COMMON_JOURNAL_H
#define VIRTMETER_COMMON_JOURNAL_H

#include "common/notice.h"
#include "common/snapshot.h"

struct vmt_journal;

/* `notify` may be NULL. NULL when there is no memory. */
struct vmt_journal *vmt_journal_new(vmt_notify *notify, void *arg);
void vmt_journal_free(struct vmt_journal *journal);

/* Takes up the failures that a part noted; tells the new ones. */
void vmt_journal_add(struct vmt_journal *journal, const struct vmt_part *part);

/* A collection ended: failures that did not come up in it are over, and it is told. */
void vmt_journal_turn(struct vmt_journal *journal);

#endif
