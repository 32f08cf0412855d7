/* SPDX-License-Identifier: Apache-2.0 */
#include "common/part.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct vmt_part *vmt_part_new(void)
{
    struct vmt_part *part = calloc(1, sizeof *part);
    if (!part)
        return NULL;
    atomic_init(&part->references, 1);
    vmt_arena_init(&part->arena);
    for (unsigned i = 0; i < VMT_ENTITY_COUNT; i++)
        part->samples[i].end = &part->samples[i].first;
    part->errors_end = &part->errors;
    return part;
}

struct vmt_part *vmt_part_ref(struct vmt_part *part)
{
    atomic_fetch_add_explicit(&part->references, 1, memory_order_relaxed);
    return part;
}

void vmt_part_unref(struct vmt_part *part)
{
    if (!part || atomic_fetch_sub_explicit(&part->references, 1, memory_order_acq_rel) > 1)
        return;
    vmt_arena_done(&part->arena);
    free(part);
}

const struct vmt_domain *vmt_part_add_domain(struct vmt_part *part, const char *name, const char uuid[VMT_UUID_TEXT])
{
    struct vmt_domain *domain = vmt_arena_alloc(&part->arena, sizeof *domain);
    const char *copy = vmt_arena_strdup(&part->arena, name);
    if (!domain || !copy) {
        part->out_of_memory = true;
        return NULL;
    }
    domain->name = copy;
    memcpy(domain->uuid, uuid, VMT_UUID_TEXT);
    return domain;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static bool is_duplicate(const struct vmt_sample *sample, const char *const *labels, unsigned key_count)
{
    for (; sample; sample = sample->next) {
        unsigned i = 0;
        while (i < key_count && same_text(sample->labels[i], labels[i]))
            i++;
        if (i == key_count)
            return true;
    }
    return false;
}

struct vmt_sample *vmt_sample_new(struct vmt_arena *arena, const struct vmt_entity_table *table,
                                  const char *const *labels)
{
    size_t values = table->metric_count * sizeof(struct vmt_value);
    struct vmt_sample *sample = vmt_arena_alloc(arena, sizeof *sample + values);
    const char **copies = vmt_arena_alloc(arena, table->label_count * sizeof *copies);
    if (!sample || !copies)
        return NULL;
    for (unsigned i = 0; i < table->label_count; i++) {
        copies[i] = vmt_arena_strdup(arena, labels[i]);
        if (labels[i] && !copies[i])
            return NULL;
    }
    sample->label_names = table->label_names;
    sample->labels = copies;
    sample->label_count = table->label_count;
    return sample;
}

struct vmt_sample *vmt_part_add_unique(struct vmt_part *part, enum vmt_entity entity, const struct vmt_domain *domain,
                                       const char *const *labels)
{
    struct vmt_sample *sample = vmt_sample_new(&part->arena, vmt_entity_table(entity), labels);
    if (!sample) {
        part->out_of_memory = true;
        return NULL;
    }
    sample->domain = domain;
    *part->samples[entity].end = sample;
    part->samples[entity].end = &sample->next;
    struct vmt_sample **first = &part->samples[entity].first_of_domain;
    if (!*first || (*first)->domain != domain)
        *first = sample;
    return sample;
}

struct vmt_sample *vmt_part_add(struct vmt_part *part, enum vmt_entity entity, const struct vmt_domain *domain,
                                const char *const *labels)
{
    const struct vmt_sample *first = part->samples[entity].first_of_domain;
    bool is_of_domain = first && first->domain == domain;
    if (is_of_domain && is_duplicate(first, labels, vmt_entity_table(entity)->key_count)) {
        part->duplicates++;
        return NULL;
    }
    return vmt_part_add_unique(part, entity, domain, labels);
}

void vmt_part_add_info(struct vmt_part *part, enum vmt_entity entity, const struct vmt_domain *domain,
                       const char *const *labels)
{
    struct vmt_sample *sample = vmt_part_add(part, entity, domain, labels);
    if (sample)
        sample->value[0] = vmt_integer(1);
}

void vmt_sample_set(struct vmt_sample *sample, enum vmt_entity entity, const char *key, struct vmt_value value)
{
    int slot = vmt_entity_slot(entity, key);
    assert(slot >= 0);
    if (!sample)
        return;
    bool is_unknown = vmt_entity_table(entity)->metrics[slot].flags & VMT_ZERO_IS_UNKNOWN &&
                      value.type == VMT_INTEGER && value.integer == 0;
    if (!is_unknown)
        sample->value[slot] = value;
}

void vmt_part_add_error(struct vmt_part *part, const struct vmt_call_error *error)
{
    struct vmt_call_error *copy = vmt_arena_alloc(&part->arena, sizeof *copy);
    if (!copy) {
        part->out_of_memory = true;
        return;
    }
    *copy = *error;
    copy->next = NULL;
    copy->object = vmt_arena_strdup(&part->arena, error->object);
    copy->message = vmt_arena_strdup(&part->arena, error->message);
    *part->errors_end = copy;
    part->errors_end = &copy->next;
}
