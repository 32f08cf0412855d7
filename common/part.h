/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one piece of work learned: samples, and the libvirt calls that failed on the way. One thread fills a part; once
 * it stands in a snapshot it never changes, and it is counted, so that a slow reader, a newer collection and a cache
 * can share it.
 */
#ifndef VIRTMETER_COMMON_PART_H
#define VIRTMETER_COMMON_PART_H

#include "common/arena.h"
#include "common/metric.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { VMT_UUID_TEXT = 37 }; /* with the terminating zero */

/* Who a sample is about. */
struct vmt_domain {
    const char *name;
    char uuid[VMT_UUID_TEXT];
};

/* One thing that was measured: its labels, and one slot of `value` for each row of its entity's table. */
struct vmt_sample {
    struct vmt_sample *next;
    const struct vmt_domain *domain; /* NULL when it is not about a domain */
    const char *const *label_names;  /* the entity's, or the metadata's configured ones */
    const char **labels;             /* label_count texts; NULL: the label is unknown and left out */
    unsigned label_count;
    struct vmt_value value[];
};

/* A libvirt call that failed. */
struct vmt_call_error {
    struct vmt_call_error *next;
    const char *call;    /* libvirt's function */
    const char *object;  /* the domain, pool, … it was about; NULL: the host */
    int code, domain;    /* virErrorNumber, virErrorDomain */
    const char *message; /* libvirt's */
};

struct vmt_part {
    atomic_uint references;
    struct vmt_arena arena;
    struct {
        struct vmt_sample *first, **end;
        struct vmt_sample *first_of_domain; /* of the domain added last: where a duplicate can be */
    } samples[VMT_ENTITY_COUNT];
    struct vmt_call_error *errors, **errors_end;
    unsigned duplicates; /* samples that were refused because their labels were there already */
    bool out_of_memory;  /* something was left out */
};

/* A new part with one reference, or NULL when there is no memory. */
struct vmt_part *vmt_part_new(void);
struct vmt_part *vmt_part_ref(struct vmt_part *part);
void vmt_part_unref(struct vmt_part *part);

/* A copy of the identity, in the part's arena; NULL when there is no memory. */
const struct vmt_domain *vmt_part_add_domain(struct vmt_part *part, const char *name, const char uuid[VMT_UUID_TEXT]);

/*
 * Adds an empty sample of `entity`. `labels` (the table's label_count texts, NULL for unknown ones; copied) name it.
 * NULL, with the reason counted in the part, when `domain` has a sample with the same identifying labels already or
 * there is no memory.
 */
struct vmt_sample *vmt_part_add(struct vmt_part *part, enum vmt_entity entity, const struct vmt_domain *domain,
                                const char *const *labels);

/* The same, for a caller who knows that the labels are new: no search for a duplicate. */
struct vmt_sample *vmt_part_add_unique(struct vmt_part *part, enum vmt_entity entity, const struct vmt_domain *domain,
                                       const char *const *labels);

/* An empty sample of a table of the caller's own, in `arena`, with copies of its labels; NULL when there is no memory.
 */
struct vmt_sample *vmt_sample_new(struct vmt_arena *arena, const struct vmt_entity_table *table,
                                  const char *const *labels);

/* Adds a sample whose only row says 1: an info metric. */
void vmt_part_add_info(struct vmt_part *part, enum vmt_entity entity, const struct vmt_domain *domain,
                       const char *const *labels);

/* Sets the slot of `key`; asserts that the table of `entity` has such a row, and obeys its flags. `sample` may be NULL.
 */
void vmt_sample_set(struct vmt_sample *sample, enum vmt_entity entity, const char *key, struct vmt_value value);

/* Notes a failed call; the texts are copied. */
void vmt_part_add_error(struct vmt_part *part, const struct vmt_call_error *error);

#endif
