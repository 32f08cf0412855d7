/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/xml_fixture.h"

#include <errno.h>

typedef int xml_reader(const char *xml, const char *name, struct vmt_part *part, struct vmt_error *error);

#define UNKNOWN NULL

static const struct {
    const char *fixture;
    xml_reader *read;
    enum vmt_entity entity;
    const char *label, *text;
} rows[] = {
    {"pool-dir.xml", vmt_xml_pool, VMT_ENTITY_POOL_INFO, "storage_pool", "given name"},
    {"pool-dir.xml", vmt_xml_pool, VMT_ENTITY_POOL_INFO, "uuid", "dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566"},
    {"pool-dir.xml", vmt_xml_pool, VMT_ENTITY_POOL_INFO, "type", "dir"},
    {"pool-dir.xml", vmt_xml_pool, VMT_ENTITY_POOL_INFO, "target", "/srv/images & more"},
    {"pool-rbd.xml", vmt_xml_pool, VMT_ENTITY_POOL_INFO, "type", "rbd"},
    {"pool-rbd.xml", vmt_xml_pool, VMT_ENTITY_POOL_INFO, "uuid", UNKNOWN},
    {"pool-rbd.xml", vmt_xml_pool, VMT_ENTITY_POOL_INFO, "target", UNKNOWN},
    {"network-nat.xml", vmt_xml_network, VMT_ENTITY_NETWORK_INFO, "network", "given name"},
    {"network-nat.xml", vmt_xml_network, VMT_ENTITY_NETWORK_INFO, "uuid", "dd8fe884-6c02-601e-7551-cca97df1c5df"},
    {"network-nat.xml", vmt_xml_network, VMT_ENTITY_NETWORK_INFO, "bridge", "virbr0"},
    {"network-nat.xml", vmt_xml_network, VMT_ENTITY_NETWORK_INFO, "forward", "nat"},
    {"network-isolated.xml", vmt_xml_network, VMT_ENTITY_NETWORK_INFO, "bridge", "virbr1"},
    {"network-isolated.xml", vmt_xml_network, VMT_ENTITY_NETWORK_INFO, "forward", UNKNOWN},
};

static void objects_are_described_by_their_xml(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vmt_error error = {0};
        struct vmt_part *part = vmt_part_new();
        char *xml = fixture_read(rows[i].fixture);
        if (rows[i].read(xml, "given name", part, &error) != 0)
            fail_msg("%s: %s", rows[i].fixture, error.text);
        assert_int_equal(fixture_count(part, rows[i].entity), 1);
        fixture_assert_text(fixture_label(part->samples[rows[i].entity].first, rows[i].label), rows[i].text,
                            rows[i].fixture, rows[i].label);
        free(xml);
        vmt_part_unref(part);
    }
}

static void unreadable_xml_is_refused_with_the_name_of_the_object(void **state)
{
    (void)state;
    struct vmt_error error = {0};
    struct vmt_part *part = vmt_part_new();
    assert_int_equal(vmt_xml_pool("<pool", "slow pool", part, &error), -EINVAL);
    assert_non_null(strstr(error.text, "storage pool 'slow pool'"));
    assert_int_equal(vmt_xml_network("<pool/>", "lan", part, &error), -EINVAL);
    assert_non_null(strstr(error.text, "network 'lan'"));
    vmt_part_unref(part);
}

static void agent_is_connected_when_its_channel_says_so(void **state)
{
    (void)state;
    struct vmt_part *part = fixture_domain_part("domain-agents.xml", NULL, NULL);
    const struct vmt_sample *sample = part->samples[VMT_ENTITY_DOMAIN_LIFE].first;
    int slot = vmt_entity_slot(VMT_ENTITY_DOMAIN_LIFE, "agent_connected");
    assert_non_null(sample);
    assert_int_equal(sample->value[slot].type, VMT_INTEGER);
    assert_int_equal(sample->value[slot].integer, 1);
    vmt_part_unref(part);

    part = fixture_domain_part("domain-nova-1.1.xml", NULL, NULL);
    assert_int_equal(fixture_count(part, VMT_ENTITY_DOMAIN_LIFE), 0);
    vmt_part_unref(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_described_by_their_xml),
        cmocka_unit_test(unreadable_xml_is_refused_with_the_name_of_the_object),
        cmocka_unit_test(agent_is_connected_when_its_channel_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
