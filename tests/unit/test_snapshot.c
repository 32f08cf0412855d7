/* SPDX-License-Identifier: Apache-2.0 */
#include "common/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char uuid[VMT_UUID_TEXT] = "1ab00000-0000-4000-8000-000000000001";

static int setup(void **state)
{
    *state = vmt_part_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    vmt_part_unref(*state);
    return 0;
}

static unsigned count(const struct vmt_part *part, enum vmt_entity entity)
{
    unsigned samples = 0;
    for (const struct vmt_sample *at = part->samples[entity].first; at; at = at->next)
        samples++;
    return samples;
}

static struct vmt_sample *add_block(struct vmt_part *part, const struct vmt_domain *domain, const char *device)
{
    const char *const labels[] = {domain->name, device};
    return vmt_part_add(part, VMT_ENTITY_BLOCK, domain, labels);
}

/* ---- parts ---- */

static void a_new_part_is_empty(void **state)
{
    const struct vmt_part *part = *state;
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++)
        assert_null(part->samples[entity].first);
    assert_null(part->errors);
    assert_int_equal(part->duplicates, 0);
    assert_false(part->out_of_memory);
}

static void identities_and_labels_are_copied(void **state)
{
    struct vmt_part *part = *state;
    char name[] = "web", device[] = "vda", id[VMT_UUID_TEXT];
    memcpy(id, uuid, sizeof id);
    const struct vmt_domain *domain = vmt_part_add_domain(part, name, id);
    const struct vmt_sample *sample = add_block(part, domain, device);
    memset(name, 'x', 3);
    memset(device, 'x', 3);
    memset(id, 'x', 36);
    assert_string_equal(domain->name, "web");
    assert_string_equal(domain->uuid, uuid);
    assert_string_equal(sample->labels[0], "web");
    assert_string_equal(sample->labels[1], "vda");
}

static void a_new_sample_has_its_labels_and_no_values(void **state)
{
    struct vmt_part *part = *state;
    const struct vmt_domain *domain = vmt_part_add_domain(part, "web", uuid);
    const struct vmt_sample *sample = add_block(part, domain, "vda");
    const struct vmt_entity_table *table = vmt_entity_table(VMT_ENTITY_BLOCK);
    assert_ptr_equal(sample->domain, domain);
    assert_int_equal(sample->label_count, table->label_count);
    assert_ptr_equal(sample->label_names, table->label_names);
    for (unsigned slot = 0; slot < table->metric_count; slot++)
        assert_int_equal(sample->value[slot].type, VMT_ABSENT);
}

static void unknown_labels_stay_unknown(void **state)
{
    struct vmt_part *part = *state;
    const char *labels[16] = {"web"};
    assert_true(vmt_entity_table(VMT_ENTITY_BLOCK_INFO)->label_count <= 16);
    labels[1] = "vda";
    const struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_BLOCK_INFO, NULL, labels);
    for (unsigned i = 2; i < sample->label_count; i++)
        assert_null(sample->labels[i]);
}

static void samples_stay_in_the_order_of_adding(void **state)
{
    struct vmt_part *part = *state;
    static const char *const devices[] = {"vdc", "vda", "vdb"};
    const struct vmt_domain *domain = vmt_part_add_domain(part, "web", uuid);
    for (unsigned i = 0; i < 3; i++)
        add_block(part, domain, devices[i]);
    const struct vmt_sample *at = part->samples[VMT_ENTITY_BLOCK].first;
    for (unsigned i = 0; i < 3; i++, at = at->next)
        assert_string_equal(at->labels[1], devices[i]);
    assert_null(at);
}

static void a_second_sample_with_the_same_key_is_refused_and_counted(void **state)
{
    struct vmt_part *part = *state;
    const struct vmt_domain *web = vmt_part_add_domain(part, "web", uuid);
    const struct vmt_domain *mail = vmt_part_add_domain(part, "mail", "1ab00000-0000-4000-8000-000000000002");
    assert_non_null(add_block(part, web, "vda"));
    assert_non_null(add_block(part, web, "vdb"));
    assert_null(add_block(part, web, "vda"));
    assert_null(add_block(part, web, "vdb"));
    assert_int_equal(part->duplicates, 2);
    assert_non_null(add_block(part, mail, "vda"));
    assert_null(add_block(part, mail, "vda"));
    assert_int_equal(part->duplicates, 3);
    assert_int_equal(count(part, VMT_ENTITY_BLOCK), 3);
    assert_false(part->out_of_memory);
}

static void labels_that_only_describe_do_not_make_a_sample_another_one(void **state)
{
    struct vmt_part *part = *state;
    const char *first[] = {"web", "running", "booted"}, *second[] = {"web", "paused", "user"};
    assert_int_equal(vmt_entity_table(VMT_ENTITY_DOMAIN_REASON)->key_count, 1);
    assert_non_null(vmt_part_add(part, VMT_ENTITY_DOMAIN_REASON, NULL, first));
    assert_null(vmt_part_add(part, VMT_ENTITY_DOMAIN_REASON, NULL, second));
    assert_int_equal(part->duplicates, 1);
}

static void an_entity_without_labels_has_one_sample(void **state)
{
    struct vmt_part *part = *state;
    assert_non_null(vmt_part_add(part, VMT_ENTITY_NODE, NULL, NULL));
    assert_null(vmt_part_add(part, VMT_ENTITY_NODE, NULL, NULL));
    assert_int_equal(count(part, VMT_ENTITY_NODE), 1);
}

static void an_info_sample_says_one(void **state)
{
    struct vmt_part *part = *state;
    const char *const labels[] = {"web", "running", "booted"};
    vmt_part_add_info(part, VMT_ENTITY_DOMAIN_REASON, NULL, labels);
    const struct vmt_sample *sample = part->samples[VMT_ENTITY_DOMAIN_REASON].first;
    assert_int_equal(sample->value[0].type, VMT_INTEGER);
    assert_int_equal(sample->value[0].integer, 1);
}

static void values_go_to_the_slot_of_their_key(void **state)
{
    struct vmt_part *part = *state;
    const struct vmt_domain *domain = vmt_part_add_domain(part, "web", uuid);
    struct vmt_sample *sample = add_block(part, domain, "vda");
    vmt_sample_set(sample, VMT_ENTITY_BLOCK, "wr.bytes", vmt_integer(7));
    vmt_sample_set(NULL, VMT_ENTITY_BLOCK, "wr.bytes", vmt_integer(7));
    const struct vmt_entity_table *table = vmt_entity_table(VMT_ENTITY_BLOCK);
    for (unsigned slot = 0; slot < table->metric_count; slot++) {
        bool is_it = !strcmp(table->metrics[slot].key, "wr.bytes");
        assert_int_equal(sample->value[slot].type, is_it ? VMT_INTEGER : VMT_ABSENT);
    }
}

static void a_zero_that_means_unknown_stays_absent(void **state)
{
    struct vmt_part *part = *state;
    struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_NODE, NULL, NULL);
    int mhz = vmt_entity_slot(VMT_ENTITY_NODE, "mhz"), cpus = vmt_entity_slot(VMT_ENTITY_NODE, "cpus");
    vmt_sample_set(sample, VMT_ENTITY_NODE, "mhz", vmt_integer(0));
    vmt_sample_set(sample, VMT_ENTITY_NODE, "cpus", vmt_integer(0));
    assert_int_equal(sample->value[mhz].type, VMT_ABSENT);
    assert_int_equal(sample->value[cpus].type, VMT_INTEGER);
    vmt_sample_set(sample, VMT_ENTITY_NODE, "mhz", vmt_integer(2400));
    assert_int_equal(sample->value[mhz].integer, 2400);
}

static void failed_calls_are_noted_in_order_with_their_texts(void **state)
{
    struct vmt_part *part = *state;
    char object[] = "web", message[] = "no such thing";
    vmt_part_add_error(part,
                       &(struct vmt_call_error){
                           .call = "virDomainGetInfo", .object = object, .code = 38, .domain = 7, .message = message});
    vmt_part_add_error(part, &(struct vmt_call_error){.call = "virNodeGetInfo", .code = 1, .next = part->errors});
    memset(object, 'x', 3);
    memset(message, 'x', 3);
    const struct vmt_call_error *first = part->errors, *second = first->next;
    assert_string_equal(first->object, "web");
    assert_string_equal(first->message, "no such thing");
    assert_int_equal(first->code, 38);
    assert_int_equal(first->domain, 7);
    assert_string_equal(second->call, "virNodeGetInfo");
    assert_null(second->object);
    assert_null(second->message);
    assert_null(second->next);
}

/* ---- references: the address sanitizer sees what is freed too early, the leak sanitizer what is not ---- */

static void a_snapshot_keeps_its_parts_until_the_last_reference(void **state)
{
    (void)state;
    struct vmt_part *parts[2] = {vmt_part_new(), vmt_part_new()};
    const struct vmt_domain *domain = vmt_part_add_domain(parts[0], "web", uuid);
    add_block(parts[0], domain, "vda");
    struct vmt_snapshot *first = vmt_snapshot_new(parts, 2), *second = vmt_snapshot_new(parts, 1);
    vmt_part_unref(parts[0]);
    vmt_part_unref(parts[1]);
    assert_int_equal(first->part_count, 2);
    assert_int_equal(atomic_load(&parts[0]->references), 2);
    assert_int_equal(atomic_load(&parts[1]->references), 1);

    assert_ptr_equal(vmt_snapshot_ref(first), first);
    vmt_snapshot_unref(first);
    assert_int_equal(atomic_load(&parts[0]->references), 2);
    vmt_snapshot_unref(first);
    assert_int_equal(atomic_load(&parts[0]->references), 1);
    assert_string_equal(second->parts[0]->samples[VMT_ENTITY_BLOCK].first->labels[1], "vda");
    vmt_snapshot_unref(second);
}

static void a_snapshot_may_be_empty_and_nothing_may_be_unreferenced(void **state)
{
    (void)state;
    struct vmt_snapshot *snapshot = vmt_snapshot_new(NULL, 0);
    assert_int_equal(snapshot->part_count, 0);
    assert_false(snapshot->is_complete);
    vmt_snapshot_unref(snapshot);
    vmt_snapshot_unref(NULL);
    vmt_part_unref(NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_part_is_empty),
        CASE(identities_and_labels_are_copied),
        CASE(a_new_sample_has_its_labels_and_no_values),
        CASE(unknown_labels_stay_unknown),
        CASE(samples_stay_in_the_order_of_adding),
        CASE(a_second_sample_with_the_same_key_is_refused_and_counted),
        CASE(labels_that_only_describe_do_not_make_a_sample_another_one),
        CASE(an_entity_without_labels_has_one_sample),
        CASE(an_info_sample_says_one),
        CASE(values_go_to_the_slot_of_their_key),
        CASE(a_zero_that_means_unknown_stays_absent),
        CASE(failed_calls_are_noted_in_order_with_their_texts),
        cmocka_unit_test(a_snapshot_keeps_its_parts_until_the_last_reference),
        cmocka_unit_test(a_snapshot_may_be_empty_and_nothing_may_be_unreferenced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
