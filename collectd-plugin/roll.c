/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/roll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Places of labels in the tables of block info and interface info. */
static unsigned label_place(enum vmt_entity entity, const char *name)
{
    const struct vmt_entity_table *table = vmt_entity_table(entity);
    unsigned place = 0;
    while (strcmp(table->label_names[place], name) != 0)
        place++;
    return place;
}

/* ---- names of domains ---- */

static const char *find_metadata(const struct vmt_subject *subject)
{
    const struct vmt_sample *sample =
        subject->identity ? subject->identity->samples[VMT_ENTITY_DOMAIN_METADATA].first : NULL;
    return sample && sample->label_count > 1 ? sample->labels[1] : NULL;
}

static const char *find_field(const struct vmt_subject *subject, enum vmt_name_field field)
{
    const char *metadata;
    switch (field) {
    case VMT_NAME_UUID:
        return subject->domain->uuid;
    case VMT_NAME_HOSTNAME:
        return hostname_g;
    case VMT_NAME_METADATA: /* who has none keeps his name, so that he is not taken for the host or for another */
        metadata = find_metadata(subject);
        return metadata ? metadata : subject->domain->name;
    default:
        return subject->domain->name;
    }
}

static bool has_metadata(const struct vmt_name_format *format)
{
    for (unsigned i = 0; i < format->count; i++)
        if (format->fields[i] == VMT_NAME_METADATA)
            return true;
    return false;
}

bool vmt_roll_needs_metadata(const struct vmt_config *config)
{
    return has_metadata(&config->host) || has_metadata(&config->plugin_instance);
}

static void write_name(const struct vmt_subject *subject, const struct vmt_name_format *format,
                       struct vmt_name *ret_name)
{
    vmt_name_init(ret_name);
    for (unsigned i = 0; i < format->count; i++) {
        const char *field = find_field(subject, format->fields[i]);
        if (i)
            vmt_name_add(ret_name, ":", 1);
        vmt_name_add(ret_name, field, strlen(field));
    }
    vmt_name_finish(ret_name);
}

static void name_subject(const struct vmt_config *config, struct vmt_subject *subject)
{
    write_name(subject, &config->host, &subject->host);
    write_name(subject, &config->plugin_instance, &subject->plugin_instance);
    subject->is_nameless = vmt_roll_needs_metadata(config) && !subject->identity;
}

void vmt_roll_name(const struct vmt_config *config, const struct vmt_domain *domain, struct vmt_subject *ret_subject)
{
    *ret_subject = (struct vmt_subject){.domain = domain};
    name_subject(config, ret_subject);
}

/* ---- the roll ---- */

static int by_domain(const void *a, const void *b)
{
    const struct vmt_subject *left = a, *right = b;
    return strcmp(left->domain->name, right->domain->name);
}

static struct vmt_subject *find(const struct vmt_roll *roll, const char *domain)
{
    unsigned low = 0, high = roll->count;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        int order = strcmp(roll->subjects[middle].domain->name, domain);
        if (!order)
            return &roll->subjects[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct vmt_subject *vmt_roll_find(const struct vmt_roll *roll, const char *domain)
{
    return find(roll, domain);
}

/* The roster alone says the domains' states, each once. */
static bool is_of_roster(const struct vmt_sample *sample, int state_slot)
{
    return sample->domain && sample->value[state_slot].type == VMT_INTEGER;
}

static bool add_subjects(struct vmt_roll *roll)
{
    int state_slot = vmt_entity_slot(VMT_ENTITY_DOMAIN, "state.state"),
        id_slot = vmt_entity_slot(VMT_ENTITY_DOMAIN, "id");
    unsigned room = 0;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < roll->snapshot->part_count; i++) {
            const struct vmt_sample *sample = roll->snapshot->parts[i]->samples[VMT_ENTITY_DOMAIN].first;
            for (; sample; sample = sample->next) {
                if (!is_of_roster(sample, state_slot))
                    continue;
                if (!pass)
                    room++;
                else
                    roll->subjects[roll->count++] = (struct vmt_subject){
                        .domain = sample->domain,
                        .sample = sample,
                        .is_active = sample->value[id_slot].type == VMT_INTEGER,
                    };
            }
        }
        if (!pass && !(roll->subjects = calloc(room + 1, sizeof *roll->subjects)))
            return false;
    }
    qsort(roll->subjects, roll->count, sizeof *roll->subjects, by_domain);
    return true;
}

static void add_identities(struct vmt_roll *roll)
{
    for (unsigned i = 0; i < roll->snapshot->part_count; i++) {
        const struct vmt_part *part = roll->snapshot->parts[i];
        const struct vmt_sample *info = part->samples[VMT_ENTITY_DOMAIN_INFO].first;
        struct vmt_subject *subject = info && info->domain ? find(roll, info->domain->name) : NULL;
        if (subject)
            subject->identity = part;
    }
}

static int by_name(const void *a, const void *b)
{
    const struct vmt_subject *left = *(struct vmt_subject *const *)a, *right = *(struct vmt_subject *const *)b;
    int order = strcmp(left->host.text, right->host.text);
    if (!order)
        order = strcmp(left->plugin_instance.text, right->plugin_instance.text);
    if (!order)
        order = right->is_active - left->is_active;
    return order ? order : strcmp(left->domain->name, right->domain->name);
}

/* Of domains that would have the same name in collectd, one has it: the active one, which has more to say. */
static bool find_twins(struct vmt_roll *roll)
{
    struct vmt_subject **sorted = calloc(roll->count + 1, sizeof *sorted);
    if (!sorted)
        return false;
    unsigned count = 0;
    for (unsigned i = 0; i < roll->count; i++)
        if (!roll->subjects[i].is_nameless)
            sorted[count++] = &roll->subjects[i];
    qsort(sorted, count, sizeof *sorted, by_name);
    for (unsigned i = 1; i < count; i++)
        if (!strcmp(sorted[i]->host.text, sorted[i - 1]->host.text) &&
            !strcmp(sorted[i]->plugin_instance.text, sorted[i - 1]->plugin_instance.text)) {
            sorted[i]->is_nameless = true;
            roll->twin = roll->twin ? roll->twin : sorted[i];
        }
    free(sorted);
    return true;
}

struct vmt_roll *vmt_roll_new(struct vmt_snapshot *snapshot, const struct vmt_config *config)
{
    struct vmt_roll *roll = calloc(1, sizeof *roll);
    if (!roll) {
        vmt_snapshot_unref(snapshot);
        return NULL;
    }
    roll->snapshot = snapshot;
    bool has_memory = add_subjects(roll);
    if (has_memory) {
        add_identities(roll);
        for (unsigned i = 0; i < roll->count; i++)
            name_subject(config, &roll->subjects[i]);
        has_memory = find_twins(roll);
    }
    if (has_memory)
        return roll;
    vmt_roll_free(roll);
    return NULL;
}

void vmt_roll_free(struct vmt_roll *roll)
{
    if (!roll)
        return;
    vmt_snapshot_unref(roll->snapshot);
    free(roll->subjects);
    free(roll);
}

/* ---- names of devices ---- */

/* What the format calls the device that `info` is about, the `place`th of its kind from 1; NULL: it has no such name.
 */
static const char *device_text(const struct vmt_config *config, enum vmt_entity entity, const struct vmt_sample *info,
                               unsigned place, char number[VMT_ROLL_NUMBER])
{
    if (entity == VMT_ENTITY_BLOCK_INFO)
        return info->labels[label_place(entity, config->block_format == VMT_BLOCK_SOURCE ? "source" : "device")];
    if (config->interface_format == VMT_INTERFACE_ADDRESS)
        return info->labels[label_place(entity, "mac")];
    if (config->interface_format == VMT_INTERFACE_NAME)
        return info->labels[label_place(entity, "interface")];
    snprintf(number, VMT_ROLL_NUMBER, "interface-%u", place);
    return number;
}

/* What of it is shown. */
static const char *shown(const struct vmt_config *config, enum vmt_entity entity, const char *device)
{
    bool is_path = entity == VMT_ENTITY_BLOCK_INFO && config->block_format == VMT_BLOCK_SOURCE;
    const char *slash = is_path && config->block_basename ? strrchr(device, '/') : NULL;
    return slash && slash[1] ? slash + 1 : device;
}

/* Selections speak of `domain:device`; of a number without the word before it. */
static bool is_selected(const struct vmt_config *config, const struct vmt_subject *subject, enum vmt_entity entity,
                        const char *device)
{
    bool is_block = entity == VMT_ENTITY_BLOCK_INFO;
    const struct vmt_selection *selection = is_block ? &config->block_devices : &config->interface_devices;
    if (!selection->count)
        return true;
    bool is_number = !is_block && config->interface_format == VMT_INTERFACE_NUMBER;
    char *whole = NULL;
    if (asprintf(&whole, "%s:%s", subject->domain->name, is_number ? device + strlen("interface-") : device) < 0)
        return false;
    bool wants = vmt_selection_wants(selection, config->ignores_selected, whole);
    free(whole);
    return wants;
}

/* The same by the domain's XML for `target`; NULL also when an earlier one that is wanted is shown under the same name.
 */
static const char *find_device(const struct vmt_subject *subject, const struct vmt_config *config,
                               enum vmt_entity entity, const char *target, char number[VMT_ROLL_NUMBER])
{
    const struct vmt_sample *first = subject->identity ? subject->identity->samples[entity].first : NULL;
    unsigned place = 1;
    const struct vmt_sample *info = first;
    for (; info && strcmp(info->labels[1], target) != 0; info = info->next)
        place++;
    const char *text = info ? device_text(config, entity, info, place, number) : NULL;
    for (const struct vmt_sample *earlier = first; text && earlier != info; earlier = earlier->next) {
        char other_number[VMT_ROLL_NUMBER];
        const char *other = device_text(config, entity, earlier, 0, other_number);
        if (other && !strcmp(shown(config, entity, other), shown(config, entity, text)) &&
            is_selected(config, subject, entity, other))
            return NULL;
    }
    return text;
}

const char *vmt_roll_block(const struct vmt_subject *subject, const struct vmt_config *config, const char *target)
{
    const char *device = config->block_format == VMT_BLOCK_TARGET
                             ? target
                             : find_device(subject, config, VMT_ENTITY_BLOCK_INFO, target, NULL);
    bool is_wanted = device && is_selected(config, subject, VMT_ENTITY_BLOCK_INFO, device);
    return is_wanted ? shown(config, VMT_ENTITY_BLOCK_INFO, device) : NULL;
}

const char *vmt_roll_interface(const struct vmt_subject *subject, const struct vmt_config *config, const char *target,
                               char number[VMT_ROLL_NUMBER])
{
    const char *device = config->interface_format == VMT_INTERFACE_NAME
                             ? target
                             : find_device(subject, config, VMT_ENTITY_INTERFACE_INFO, target, number);
    return device && is_selected(config, subject, VMT_ENTITY_INTERFACE_INFO, device) ? device : NULL;
}
