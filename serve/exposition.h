/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples as text: the Prometheus text format 0.0.4, or OpenMetrics 1.0. Walks the tables of metric.h and knows no
 * metric by name. Both formats give the same series; they differ in what they say about families.
 * Knows no HTTP. An exposition is one writer's memory, used by one thread at a time.
 */
#ifndef VIRTMETER_SERVE_EXPOSITION_H
#define VIRTMETER_SERVE_EXPOSITION_H

#include "common/snapshot.h"
#include "serve/text.h"

enum vmt_format { VMT_FORMAT_TEXT, VMT_FORMAT_OPENMETRICS };

/* Memory that is kept from one writing to the next. Zeroed memory is ready for use. */
struct vmt_exposition {
    struct vmt_text labels; /* of one entity's samples, each rendered once for all families */
    size_t *ends;           /* of each sample's labels */
    size_t ends_capacity;
};

void vmt_exposition_done(struct vmt_exposition *exposition);

/*
 * Adds to `text` all families of the entities' tables that have a value in `snapshot` or in `own` (either may be NULL)
 * and whose collector is in `collectors` or is virtmeter itself. 0, or -ENOMEM; the text is then of no use.
 */
int vmt_exposition_write(struct vmt_exposition *exposition, const struct vmt_snapshot *snapshot, struct vmt_part *own,
                         enum vmt_format format, vmt_collectors collectors, struct vmt_text *text);

/*
 * Adds the families of a table that is not among those of metric.h, of all its samples in a list; no end of an
 * exposition. Errors as above.
 */
int vmt_exposition_write_table(struct vmt_exposition *exposition, const struct vmt_entity_table *table,
                               const struct vmt_sample *samples, enum vmt_format format, struct vmt_text *text);

/* The kind's name in the text format ("counter", "gauge"). */
const char *vmt_exposition_kind(enum vmt_kind kind);

#endif
