/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/xml_fixture.h"

#include <errno.h>

static struct vmt_part *read_part(const char *xml, const char *model)
{
    struct vmt_error error = {0};
    struct vmt_part *part = vmt_part_new();
    if (vmt_xml_capabilities(xml, model, part, &error) != 0)
        fail_msg("%s", error.text);
    assert_int_equal(part->duplicates, 0);
    assert_false(part->out_of_memory);
    return part;
}

static struct vmt_part *read_fixture_part(const char *fixture, const char *model)
{
    char *xml = fixture_read(fixture);
    struct vmt_part *part = read_part(xml, model);
    free(xml);
    return part;
}

static void capabilities_give_the_labels_that_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *fixture;
        enum vmt_entity entity;
        const char *label, *text;
    } rows[] = {
        {"capabilities-qemu.xml", VMT_ENTITY_NODE_INFO, "arch", "x86_64"},
        {"capabilities-qemu.xml", VMT_ENTITY_NODE_INFO, "model", "the model"},
        {"capabilities-qemu.xml", VMT_ENTITY_NODE_INFO, "vendor", "AMD"},
        {"capabilities-qemu.xml", VMT_ENTITY_NODE_INFO, "cpu_model", "kvm64"},
        {"capabilities-qemu.xml", VMT_ENTITY_NODE_INFO, "host_uuid", "1ab00000-0000-4000-8000-00000000cafe"},
        {"capabilities-qemu.xml", VMT_ENTITY_NODE_INFO, "security_models", "none,dac,apparmor"},
        {"capabilities-qemu.xml", VMT_ENTITY_NODE_MIGRATION, "live", "true"},
        {"capabilities-qemu.xml", VMT_ENTITY_NODE_MIGRATION, "uri_transports", "tcp,rdma"},
        {"capabilities-test.xml", VMT_ENTITY_NODE_INFO, "arch", "i686"},
        {"capabilities-test.xml", VMT_ENTITY_NODE_INFO, "vendor", NULL},
        {"capabilities-test.xml", VMT_ENTITY_NODE_INFO, "cpu_model", NULL},
        {"capabilities-test.xml", VMT_ENTITY_NODE_INFO, "host_uuid", NULL},
        {"capabilities-test.xml", VMT_ENTITY_NODE_INFO, "security_models", "testSecurity"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vmt_part *part = read_fixture_part(rows[i].fixture, "the model");
        const struct vmt_sample *sample = fixture_find(part, rows[i].entity, NULL);
        assert_non_null(sample);
        assert_null(sample->domain);
        assert_int_equal(sample->value[0].integer, 1);
        fixture_assert_text(fixture_label(sample, rows[i].label), rows[i].text, rows[i].fixture, rows[i].label);
        vmt_part_unref(part);
    }
}

static void what_is_not_said_is_absent(void **state)
{
    (void)state;
    struct vmt_part *part = read_part("<capabilities/>", NULL);
    const struct vmt_sample *info = fixture_find(part, VMT_ENTITY_NODE_INFO, NULL);
    for (unsigned i = 0; i < info->label_count; i++)
        assert_null(info->labels[i]);
    assert_int_equal(fixture_count(part, VMT_ENTITY_NODE_MIGRATION), 0);
    assert_int_equal(fixture_count(part, VMT_ENTITY_CELL), 0);
    assert_int_equal(fixture_count(part, VMT_ENTITY_GUEST_CAPABILITY), 0);
    vmt_part_unref(part);

    part = read_part("<capabilities><host><migration_features/></host></capabilities>", NULL);
    const struct vmt_sample *migration = fixture_find(part, VMT_ENTITY_NODE_MIGRATION, NULL);
    fixture_assert_text(fixture_label(migration, "live"), "false", "no <live>", "live");
    fixture_assert_text(fixture_label(migration, "uri_transports"), NULL, "no transports", "uri_transports");
    vmt_part_unref(part);
}

static void each_cell_has_its_memory(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        uint64_t kibibytes;
    } cells[] = {{"0", 2097152}, {"1", 4194304}};
    struct vmt_part *part = read_fixture_part("capabilities-test.xml", NULL);
    const struct vmt_sample *sample = part->samples[VMT_ENTITY_CELL].first;
    int slot = vmt_entity_slot(VMT_ENTITY_CELL, "memory");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++, sample = sample->next) {
        assert_non_null(sample);
        assert_string_equal(fixture_label(sample, "cell"), cells[i].id);
        assert_int_equal(sample->value[slot].type, VMT_INTEGER);
        assert_int_equal(sample->value[slot].integer, cells[i].kibibytes);
    }
    assert_null(sample);
    vmt_part_unref(part);
}

static void memory_that_is_not_understood_is_absent(void **state)
{
    (void)state;
    static const struct {
        const char *cell;
        bool is_known;
    } cases[] = {
        {"<cell id='0'><memory unit='KiB'>1</memory></cell>", true},
        {"<cell id='0'><memory> 1 </memory></cell>", true},
        {"<cell id='0'><memory unit='KiB'>18446744073709551615</memory></cell>", true},
        {"<cell id='0'><memory unit='KiB'>18446744073709551616</memory></cell>", false},
        {"<cell id='0'><memory unit='MB'>1</memory></cell>", false},
        {"<cell id='0'><memory unit='KiB'>-1</memory></cell>", false},
        {"<cell id='0'><memory unit='KiB'>1.5</memory></cell>", false},
        {"<cell id='0'><memory unit='KiB'/></cell>", false},
        {"<cell id='0'/>", false},
        {"<cell><memory unit='KiB'>1</memory></cell>", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char xml[256];
        snprintf(xml, sizeof xml, "<capabilities><host><topology><cells>%s</cells></topology></host></capabilities>",
                 cases[i].cell);
        struct vmt_part *part = read_part(xml, NULL);
        if (fixture_count(part, VMT_ENTITY_CELL) != cases[i].is_known)
            fail_msg("%s", cases[i].cell);
        vmt_part_unref(part);
    }
}

static void each_kind_of_guest_has_one_sample(void **state)
{
    (void)state;
    static const struct {
        const char *fixture, *os_type, *arch, *domain_type;
        bool is_last;
    } guests[] = {
        {"capabilities-qemu.xml", "hvm", "i686", "qemu", false},
        {"capabilities-qemu.xml", "hvm", "i686", "kvm", false},
        {"capabilities-qemu.xml", "hvm", "x86_64", "qemu", false},
        {"capabilities-qemu.xml", "hvm", "x86_64", "kvm", true},
        {"capabilities-test.xml", "hvm", "i686", "test", false},
        {"capabilities-test.xml", "xen", "i686", "test", true},
    };
    struct vmt_part *part = NULL;
    const struct vmt_sample *sample = NULL;
    for (size_t i = 0; i < sizeof guests / sizeof *guests; i++) {
        if (!part) {
            part = read_fixture_part(guests[i].fixture, NULL);
            sample = part->samples[VMT_ENTITY_GUEST_CAPABILITY].first;
        }
        assert_non_null(sample);
        assert_string_equal(fixture_label(sample, "os_type"), guests[i].os_type);
        assert_string_equal(fixture_label(sample, "arch"), guests[i].arch);
        assert_string_equal(fixture_label(sample, "domain_type"), guests[i].domain_type);
        sample = sample->next;
        if (!guests[i].is_last)
            continue;
        assert_null(sample);
        vmt_part_unref(part);
        part = NULL;
    }
}

static void capabilities_that_cannot_be_read_are_refused(void **state)
{
    (void)state;
    struct vmt_error error = {0};
    struct vmt_part *part = vmt_part_new();
    assert_int_equal(vmt_xml_capabilities("<domain/>", NULL, part, &error), -EINVAL);
    assert_string_equal(error.text, "capabilities: its root element is not <capabilities>");
    assert_int_equal(fixture_count(part, VMT_ENTITY_NODE_INFO), 0);
    vmt_part_unref(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capabilities_give_the_labels_that_they_say),
        cmocka_unit_test(what_is_not_said_is_absent),
        cmocka_unit_test(each_cell_has_its_memory),
        cmocka_unit_test(memory_that_is_not_understood_is_absent),
        cmocka_unit_test(each_kind_of_guest_has_one_sample),
        cmocka_unit_test(capabilities_that_cannot_be_read_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
