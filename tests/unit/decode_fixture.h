/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the decoder: decodes a record with a decoder of its own, and finds what came of it.
 */
#ifndef VIRTMETER_TESTS_UNIT_DECODE_FIXTURE_H
#define VIRTMETER_TESTS_UNIT_DECODE_FIXTURE_H

#include "common/decode.h"
#include "tests/unit/domstats_fixture.h"

#include <stdbool.h>
#include <stdint.h>

static const char uuid[VMT_UUID_TEXT] = "1ab00000-0000-4000-8000-000000000001";

/* What a decoder made of a record. */
struct outcome {
    struct vmt_part *part;
    int state;
    bool is_partial;
    unsigned told;
    char unknown[16][VIR_TYPED_PARAM_FIELD_LENGTH]; /* the first ones that were told */
};

static inline void hear_unknown(void *arg, const char *name)
{
    struct outcome *outcome = arg;
    if (outcome->told < 16)
        snprintf(outcome->unknown[outcome->told], sizeof outcome->unknown[0], "%s", name);
    outcome->told++;
}

static inline void decode_as(struct outcome *outcome, const struct vmt_filter *filter, const char *name,
                             const virTypedParameter *params, int count)
{
    *outcome = (struct outcome){.part = vmt_part_new()};
    struct vmt_decoder *decoder = vmt_decoder_new(filter, hear_unknown, outcome);
    assert_true(decoder && outcome->part);
    const struct vmt_domain *domain = vmt_part_add_domain(outcome->part, name, uuid);
    outcome->state = vmt_decode(decoder, params, count, domain, outcome->part);
    outcome->is_partial = vmt_decode_is_partial(decoder, params, count);
    assert_false(outcome->part->out_of_memory);
    vmt_decoder_free(decoder);
}

static inline void decode(struct outcome *outcome, const struct domstats *stats)
{
    decode_as(outcome, NULL, stats->domain, stats->params, stats->count);
}

static inline void done(struct outcome *outcome)
{
    vmt_part_unref(outcome->part);
}

static inline const struct vmt_sample *find_sample(const struct outcome *outcome, enum vmt_entity entity,
                                                   const char *label)
{
    const struct vmt_sample *at = outcome->part->samples[entity].first;
    while (at && label && strcmp(at->labels[1], label) != 0)
        at = at->next;
    return at;
}

/* The value in the slot of `key`; absent when there is no such sample. */
static inline struct vmt_value find(const struct outcome *outcome, enum vmt_entity entity, const char *label,
                                    const char *key)
{
    const struct vmt_sample *sample = find_sample(outcome, entity, label);
    int slot = vmt_entity_slot(entity, key);
    assert_true(slot >= 0);
    return sample ? sample->value[slot] : (struct vmt_value){0};
}

static inline void assert_integer(struct vmt_value value, uint64_t integer)
{
    assert_int_equal(value.type, VMT_INTEGER);
    assert_int_equal(value.integer, integer);
}

static inline unsigned count_samples(const struct outcome *outcome, enum vmt_entity entity)
{
    unsigned count = 0;
    for (const struct vmt_sample *at = outcome->part->samples[entity].first; at; at = at->next)
        count++;
    return count;
}

#endif
