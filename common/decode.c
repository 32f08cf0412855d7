/* SPDX-License-Identifier: Apache-2.0 */
#include "common/decode.h"
#include "common/enums.h"

#include <ctype.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Parameters that libvirt documents and no table exports: skipped in silence. Indices are written N. */
static const char *const not_exported[] = {
    "block.count",
    "block.N.path",
    "block.N.backingIndex",
    "block.N.errors",
    "net.count",
    "block.N.limits.*",
    "block.N.timed_group.*",
    "block.N.latency_histogram.*",
    "iothread.N.*",
    "vcpu.N.*.cur",
    "vcpu.N.*.sum",
    "vcpu.N.*.max",
    "vm.*",
    "cpu.cache.*",
    "memory.bandwidth.*",
    "dirtyrate.*",
    "perf.*",
    "cpu.*.cur",
    "cpu.*.max",
    "cpu.*.sum",
};

/* What a parameter means to us: a slot of its entity's table, or one of these. */
enum { SKIPPED = -1, DEVICE_NAME = -2 };

/* The index of all keys, and a memory of skipped ones, so that each name is judged once. */
enum { INDEX_SIZE = 4096, INDEX_FULL = INDEX_SIZE / 2 };

struct index_entry {
    enum vmt_entity entity;
    int meaning;
    char *key; /* NULL: free */
};

struct vmt_decoder {
    const struct vmt_filter *filter;
    vmt_decode_unknown *unknown;
    void *arg;
    unsigned used;
    struct index_entry index[INDEX_SIZE];
};

/* A parameter's name, taken apart: `block.12.rd.bytes` is (block, 12, "rd.bytes"). */
struct parameter {
    enum vmt_entity entity;
    unsigned long index;
    const char *key;
};

/* The devices or vCPUs of one record, by libvirt's index. They come in runs, so the last one is tried first. */
struct indexed {
    unsigned long index;
    enum vmt_entity entity;
    struct vmt_sample *sample; /* NULL: seen and not wanted */
};

struct record {
    struct vmt_decoder *decoder;
    const struct vmt_domain *domain;
    struct vmt_part *part;
    struct vmt_sample *sample; /* the domain's own */
    struct vmt_sample *perf;
    struct indexed *items;
    unsigned item_count, item_room, last;
    int state;
};

static unsigned hash(enum vmt_entity entity, const char *key)
{
    unsigned sum = 2166136261u ^ entity;
    for (; *key; key++)
        sum = (sum ^ (unsigned char)*key) * 16777619u;
    return sum;
}

static struct index_entry *find_entry(struct vmt_decoder *decoder, enum vmt_entity entity, const char *key)
{
    for (unsigned i = hash(entity, key);; i++) {
        struct index_entry *entry = &decoder->index[i % INDEX_SIZE];
        if (!entry->key || (entry->entity == entity && !strcmp(entry->key, key)))
            return entry;
    }
}

static bool remember(struct vmt_decoder *decoder, enum vmt_entity entity, const char *key, int meaning)
{
    struct index_entry *entry = find_entry(decoder, entity, key);
    if (entry->key)
        return true;
    if (decoder->used == INDEX_FULL || !(entry->key = strdup(key)))
        return false;
    decoder->used++;
    entry->entity = entity;
    entry->meaning = meaning;
    return true;
}

static bool build_index(struct vmt_decoder *decoder)
{
    bool built = remember(decoder, VMT_ENTITY_BLOCK, "name", DEVICE_NAME) &&
                 remember(decoder, VMT_ENTITY_INTERFACE, "name", DEVICE_NAME);
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++) {
        const struct vmt_entity_table *table = vmt_entity_table(entity);
        for (unsigned slot = 0; table->prefix && slot < table->metric_count; slot++)
            built = built && remember(decoder, entity, table->metrics[slot].key, (int)slot);
    }
    return built;
}

struct vmt_decoder *vmt_decoder_new(const struct vmt_filter *filter, vmt_decode_unknown *unknown, void *arg)
{
    struct vmt_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        return NULL;
    decoder->filter = filter;
    decoder->unknown = unknown;
    decoder->arg = arg;
    if (build_index(decoder))
        return decoder;
    vmt_decoder_free(decoder);
    return NULL;
}

void vmt_decoder_free(struct vmt_decoder *decoder)
{
    for (unsigned i = 0; decoder && i < INDEX_SIZE; i++)
        free(decoder->index[i].key);
    free(decoder);
}

/* `prefix` is like "block.": true when an index and a key follow it. */
static bool split_indexed(const char *field, const char *prefix, struct parameter *ret_parameter)
{
    size_t length = strlen(prefix);
    if (strncmp(field, prefix, length) != 0 || !isdigit((unsigned char)field[length]))
        return false;
    char *end;
    ret_parameter->index = strtoul(field + length, &end, 10);
    ret_parameter->key = end + 1;
    return *end == '.';
}

static struct parameter split(const char *field)
{
    static const enum vmt_entity indexed[] = {VMT_ENTITY_VCPU, VMT_ENTITY_BLOCK, VMT_ENTITY_INTERFACE};
    struct parameter parameter = {0};
    for (unsigned i = 0; i < sizeof indexed / sizeof *indexed; i++) {
        const char *prefix = vmt_entity_table(indexed[i])->prefix;
        if (field[0] != prefix[0] || !split_indexed(field, prefix, &parameter))
            continue;
        parameter.entity = indexed[i];
        return parameter;
    }
    const char *perf = vmt_entity_table(VMT_ENTITY_PERF)->prefix;
    if (!strncmp(field, perf, strlen(perf)))
        return (struct parameter){.entity = VMT_ENTITY_PERF, .key = field + strlen(perf)};
    return (struct parameter){.entity = VMT_ENTITY_DOMAIN, .key = field};
}

/* `field` with each number between dots written as N. */
static void without_indices(const char *field, char text[VIR_TYPED_PARAM_FIELD_LENGTH])
{
    size_t length = 0;
    while (*field && length < VIR_TYPED_PARAM_FIELD_LENGTH - 1) {
        size_t digits = strspn(field, "0123456789");
        bool is_index = digits && length && text[length - 1] == '.' && (field[digits] == '.' || !field[digits]);
        text[length++] = is_index ? 'N' : *field;
        field += is_index ? digits : 1;
    }
    text[length] = '\0';
}

static int judge(struct vmt_decoder *decoder, const struct parameter *parameter, const char *field)
{
    char name[VIR_TYPED_PARAM_FIELD_LENGTH];
    without_indices(field, name);
    bool is_known = false;
    for (unsigned i = 0; i < sizeof not_exported / sizeof *not_exported; i++)
        is_known = is_known || fnmatch(not_exported[i], name, 0) == 0;
    bool was_told = find_entry(decoder, VMT_ENTITY_COUNT, name)->key;
    if (!is_known && !was_told && decoder->unknown) {
        remember(decoder, VMT_ENTITY_COUNT, name, SKIPPED);
        decoder->unknown(decoder->arg, name);
    }
    remember(decoder, parameter->entity, parameter->key, SKIPPED);
    return SKIPPED;
}

static int meaning_of(struct vmt_decoder *decoder, const struct parameter *parameter, const char *field)
{
    const struct index_entry *entry = find_entry(decoder, parameter->entity, parameter->key);
    return entry->key ? entry->meaning : judge(decoder, parameter, field);
}

struct vmt_value vmt_decode_value(const virTypedParameter *param)
{
    switch (param->type) {
    case VIR_TYPED_PARAM_INT:
        return param->value.i < 0 ? (struct vmt_value){0} : vmt_integer((uint64_t)param->value.i);
    case VIR_TYPED_PARAM_UINT:
        return vmt_integer(param->value.ui);
    case VIR_TYPED_PARAM_LLONG:
        return param->value.l < 0 ? (struct vmt_value){0} : vmt_integer((uint64_t)param->value.l);
    case VIR_TYPED_PARAM_ULLONG:
        return vmt_integer(param->value.ul);
    case VIR_TYPED_PARAM_DOUBLE:
        return param->value.d >= 0 ? vmt_real(param->value.d) : (struct vmt_value){0};
    case VIR_TYPED_PARAM_BOOLEAN:
        return vmt_integer(param->value.b != 0);
    default:
        return (struct vmt_value){0};
    }
}

static struct indexed *find_item(struct record *record, const struct parameter *parameter)
{
    for (unsigned tried = 0; tried < record->item_count; tried++) {
        unsigned i = (record->last + tried) % record->item_count;
        if (record->items[i].index != parameter->index || record->items[i].entity != parameter->entity)
            continue;
        record->last = i;
        return &record->items[i];
    }
    return NULL;
}

static struct indexed *add_item(struct record *record, const struct parameter *parameter, const char *label)
{
    if (record->item_count == record->item_room) {
        unsigned room = record->item_room ? record->item_room * 2 : 16;
        struct indexed *items = realloc(record->items, room * sizeof *items);
        if (!items) {
            record->part->out_of_memory = true;
            return NULL;
        }
        record->items = items;
        record->item_room = room;
    }
    const char *const labels[] = {record->domain->name, label};
    struct indexed *item = &record->items[record->item_count];
    item->index = parameter->index;
    item->entity = parameter->entity;
    item->sample = label ? vmt_part_add(record->part, parameter->entity, record->domain, labels) : NULL;
    record->last = record->item_count++;
    return item;
}

/* A device is known by its name, which may come after its numbers: names first. */
static void find_devices(struct record *record, const virTypedParameter *params, int count)
{
    for (int i = 0; i < count; i++) {
        if (params[i].type != VIR_TYPED_PARAM_STRING || !params[i].value.s)
            continue;
        struct parameter parameter = split(params[i].field);
        if (parameter.entity == VMT_ENTITY_DOMAIN || strcmp(parameter.key, "name") != 0)
            continue;
        bool is_wanted = vmt_filter_wants_device(record->decoder->filter, params[i].value.s);
        if (!find_item(record, &parameter))
            add_item(record, &parameter, is_wanted ? params[i].value.s : NULL);
    }
}

/* The sample that a parameter belongs to, or NULL: a device without a name, or one that the filter refuses. */
static struct vmt_sample *sample_of(struct record *record, const struct parameter *parameter)
{
    if (parameter->entity == VMT_ENTITY_DOMAIN) {
        if (!record->sample)
            record->sample = vmt_part_add(record->part, VMT_ENTITY_DOMAIN, record->domain, &record->domain->name);
        return record->sample;
    }
    if (parameter->entity == VMT_ENTITY_PERF) {
        if (!record->perf)
            record->perf = vmt_part_add(record->part, VMT_ENTITY_PERF, record->domain, &record->domain->name);
        return record->perf;
    }
    struct indexed *item = find_item(record, parameter);
    if (!item && parameter->entity == VMT_ENTITY_VCPU) {
        char number[24];
        char *begin = number + sizeof number - 1;
        *begin = '\0';
        unsigned long rest = parameter->index;
        do
            *--begin = (char)('0' + rest % 10);
        while (rest /= 10);
        item = add_item(record, parameter, begin);
    }
    return item ? item->sample : NULL;
}

static void set_value(struct record *record, const struct parameter *parameter, int slot, struct vmt_value value)
{
    const struct vmt_metric *metric = &vmt_entity_table(parameter->entity)->metrics[slot];
    if (metric->flags & VMT_ZERO_IS_UNKNOWN && value.type == VMT_INTEGER && !value.integer)
        return;
    struct vmt_sample *sample = value.type == VMT_ABSENT ? NULL : sample_of(record, parameter);
    if (sample)
        sample->value[slot] = value;
    if (metric->kind == VMT_STATESET && value.type == VMT_INTEGER && value.integer <= INT_MAX)
        record->state = (int)value.integer;
}

static void add_reason(struct record *record)
{
    if (record->state < 0 || !record->sample)
        return;
    struct vmt_value reason = record->sample->value[vmt_entity_slot(VMT_ENTITY_DOMAIN, "state.reason")];
    if (reason.type != VMT_INTEGER || reason.integer > INT_MAX)
        return;
    char number[16];
    const char *const labels[] = {record->domain->name, vmt_enum_domain_state(record->state, number),
                                  vmt_enum_domain_reason(record->state, (int)reason.integer, number)};
    vmt_part_add_info(record->part, VMT_ENTITY_DOMAIN_REASON, record->domain, labels);
}

int vmt_decode(struct vmt_decoder *decoder, const virTypedParameter *params, int count, const struct vmt_domain *domain,
               struct vmt_part *part)
{
    struct record record = {.decoder = decoder, .domain = domain, .part = part, .state = -1};
    find_devices(&record, params, count);
    for (int i = 0; i < count; i++) {
        struct parameter parameter = split(params[i].field);
        int meaning = meaning_of(decoder, &parameter, params[i].field);
        if (meaning >= 0)
            set_value(&record, &parameter, meaning, vmt_decode_value(&params[i]));
    }
    add_reason(&record);
    free(record.items);
    return record.state;
}

bool vmt_decode_is_partial(struct vmt_decoder *decoder, const virTypedParameter *params, int count)
{
    bool has_figures = false;
    for (int i = 0; i < count; i++) {
        struct parameter parameter = split(params[i].field);
        int meaning = meaning_of(decoder, &parameter, params[i].field);
        if (meaning >= 0 && vmt_entity_table(parameter.entity)->metrics[meaning].flags & VMT_MONITOR)
            return false;
        has_figures = has_figures || parameter.entity == VMT_ENTITY_VCPU || !strcmp(parameter.key, "balloon.current") ||
                      (parameter.entity == VMT_ENTITY_BLOCK && meaning == DEVICE_NAME);
    }
    return has_figures;
}
