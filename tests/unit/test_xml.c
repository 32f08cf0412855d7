/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/xml_fixture.h"

#include <errno.h>

#define INFO VMT_ENTITY_DOMAIN_INFO
#define NOVA VMT_ENTITY_DOMAIN_OPENSTACK
#define DISK VMT_ENTITY_BLOCK_INFO
#define NIC VMT_ENTITY_INTERFACE_INFO
#define UNKNOWN NULL

/* clang-format off: one row, one line */

static const struct {
    const char *fixture;
    enum vmt_entity entity;
    const char *device, *label, *text;
} rows[] = {
    {"domain-nova-1.1.xml", INFO, NULL, "domain", "the domain"},
    {"domain-nova-1.1.xml", INFO, NULL, "uuid", "1ab00000-0000-4000-8000-000000000000"},
    {"domain-nova-1.1.xml", INFO, NULL, "title", UNKNOWN},
    {"domain-nova-1.1.xml", INFO, NULL, "virt_type", "qemu"},
    {"domain-nova-1.1.xml", INFO, NULL, "os_type", "hvm"},
    {"domain-nova-1.1.xml", INFO, NULL, "os_type_arch", "x86_64"},
    {"domain-nova-1.1.xml", INFO, NULL, "os_type_machine", "pc-i440fx-7.2"},
    {"domain-nova-1.1.xml", INFO, NULL, "firmware", UNKNOWN},
    {"domain-nova-1.0.xml", INFO, NULL, "virt_type", "kvm"},
    {"domain-nova-1.0.xml", INFO, NULL, "os_type_arch", UNKNOWN},
    {"domain-nova-1.0.xml", INFO, NULL, "firmware", "bios"},
    {"domain-shapes.xml", INFO, NULL, "title", "Büro \"1\" \\ <north>"},
    {"domain-shapes.xml", INFO, NULL, "firmware", "efi"},
    {"domain-odd-texts.xml", INFO, NULL, "title", "\"quoted\" \\back\\slash\n\t'Größe' 日本 <b>&amp;</b>"},
    {"domain-odd-texts.xml", INFO, NULL, "os_type_machine", UNKNOWN},

    {"domain-nova-1.1.xml", NOVA, NULL, "domain", "the domain"},
    {"domain-nova-1.1.xml", NOVA, NULL, "instance_name", "shop front"},
    {"domain-nova-1.1.xml", NOVA, NULL, "instance_id", "1ab00000-0000-4000-8000-000000000000"},
    {"domain-nova-1.1.xml", NOVA, NULL, "flavor_name", "m1.tiny"},
    {"domain-nova-1.1.xml", NOVA, NULL, "user_name", "operator"},
    {"domain-nova-1.1.xml", NOVA, NULL, "user_id", "6d0c1f2e-0000-4000-8000-000000000001"},
    {"domain-nova-1.1.xml", NOVA, NULL, "project_name", "web shop"},
    {"domain-nova-1.1.xml", NOVA, NULL, "project_id", "6d0c1f2e-0000-4000-8000-000000000002"},
    {"domain-nova-1.0.xml", NOVA, NULL, "instance_name", "Büro \"north\" \\ 'south'"},
    {"domain-nova-1.0.xml", NOVA, NULL, "flavor_name", UNKNOWN},
    {"domain-nova-1.0.xml", NOVA, NULL, "user_name", UNKNOWN},
    {"domain-nova-1.0.xml", NOVA, NULL, "user_id", UNKNOWN},
    {"domain-nova-1.0.xml", NOVA, NULL, "project_name", UNKNOWN},
    {"domain-nova-1.0.xml", NOVA, NULL, "project_id", UNKNOWN},

    {"domain-nova-1.1.xml", DISK, "vda", "domain", "the domain"},
    {"domain-nova-1.1.xml", DISK, "vda", "disk_type", "file"},
    {"domain-nova-1.1.xml", DISK, "vda", "device_type", "disk"},
    {"domain-nova-1.1.xml", DISK, "vda", "bus", "virtio"},
    {"domain-nova-1.1.xml", DISK, "vda", "driver_type", "qcow2"},
    {"domain-nova-1.1.xml", DISK, "vda", "cache", UNKNOWN},
    {"domain-nova-1.1.xml", DISK, "vda", "discard", UNKNOWN},
    {"domain-nova-1.1.xml", DISK, "vda", "source", "/var/lib/libvirt/images/web-1.qcow2"},
    {"domain-nova-1.1.xml", DISK, "vda", "serial", UNKNOWN},
    {"domain-nova-1.1.xml", DISK, "vdb", "driver_type", "raw"},
    {"domain-nova-1.1.xml", DISK, "vdb", "cache", "writeback"},
    {"domain-nova-1.1.xml", DISK, "vdb", "discard", "unmap"},
    {"domain-nova-1.1.xml", DISK, "vdb", "serial", "DATA-1"},
    {"domain-nova-1.1.xml", DISK, "hdc", "device_type", "cdrom"},
    {"domain-nova-1.1.xml", DISK, "hdc", "bus", "ide"},
    {"domain-nova-1.1.xml", DISK, "hdc", "driver_type", UNKNOWN},
    {"domain-nova-1.1.xml", DISK, "hdc", "source", UNKNOWN},
    {"domain-nova-1.0.xml", DISK, "vda", "device_type", "disk"},
    {"domain-nova-1.0.xml", DISK, "vda", "bus", UNKNOWN},
    {"domain-shapes.xml", DISK, "vda", "source", "rbd:volumes/volume-1ab00000"},
    {"domain-shapes.xml", DISK, "vda", "cache", "none"},
    {"domain-shapes.xml", DISK, "vdb", "source", "nbd"},
    {"domain-shapes.xml", DISK, "vdc", "source", "images/data & logs.qcow2"},
    {"domain-shapes.xml", DISK, "vdd", "source", "/run/vhost-blk.sock"},
    {"domain-shapes.xml", DISK, "vde", "source", UNKNOWN},
    {"domain-shapes.xml", DISK, "vde", "disk_type", "nvme"},
    {"domain-shapes.xml", DISK, "sda", "source", "/dev/disk/by-id/scsi-3600"},
    {"domain-shapes.xml", DISK, "sda", "device_type", "lun"},
    {"domain-shapes.xml", DISK, "fda", "source", "/srv/floppy"},
    {"domain-shapes.xml", DISK, "sdb", "source", UNKNOWN},
    {"domain-twins.xml", DISK, "vda", "source", "/first.img"},
    {"domain-odd-texts.xml", DISK, "v \"d\" \\a", "source", " /images/a \"b\"\nc\\ d\t&é.img "},
    {"domain-odd-texts.xml", DISK, "v \"d\" \\a", "serial", UNKNOWN},

    {"domain-nova-1.1.xml", NIC, "vnet0", "domain", "the domain"},
    {"domain-nova-1.1.xml", NIC, "vnet0", "alias", "net0"},
    {"domain-nova-1.1.xml", NIC, "vnet0", "type", "network"},
    {"domain-nova-1.1.xml", NIC, "vnet0", "source", "default"},
    {"domain-nova-1.1.xml", NIC, "vnet0", "mac", "52:54:00:1a:00:01"},
    {"domain-nova-1.1.xml", NIC, "vnet0", "model", "virtio"},
    {"domain-nova-1.1.xml", NIC, "vnet0", "mtu", UNKNOWN},
    {"domain-nova-1.1.xml", NIC, "vnet0", "virtual_port", UNKNOWN},
    {"domain-nova-1.1.xml", NIC, "vnet1", "source", "virbr0"},
    {"domain-shapes.xml", NIC, "tap1ab00000-00", "source", "br-int"},
    {"domain-shapes.xml", NIC, "tap1ab00000-00", "mtu", "8950"},
    {"domain-shapes.xml", NIC, "tap1ab00000-00", "virtual_port", "openvswitch"},
    {"domain-shapes.xml", NIC, "tvap0", "source", "eno1"},
    {"domain-shapes.xml", NIC, "vhu1", "source", "/run/openvswitch/vhu1"},
    {"domain-shapes.xml", NIC, "vhu1", "type", "vhostuser"},
    {"domain-shapes.xml", NIC, "tap-eth0", "source", UNKNOWN},
    {"domain-shapes.xml", NIC, "tap-eth0", "alias", UNKNOWN},
    {"domain-twins.xml", NIC, "tap0", "source", "first"},
    {"domain-odd-texts.xml", NIC, "tap é", "source", "br 0"},
};

/* clang-format on */

static void domain_xml_gives_the_labels_that_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct vmt_part *part = fixture_domain_part(rows[i].fixture, NULL, NULL);
        struct vmt_sample *sample = fixture_find(part, rows[i].entity, rows[i].device);
        if (!sample)
            fail_msg("%s: no sample of '%s'", rows[i].fixture, rows[i].device);
        fixture_assert_text(fixture_label(sample, rows[i].label), rows[i].text, rows[i].fixture, rows[i].label);
        assert_ptr_equal(sample->domain, &fixture_domain);
        assert_int_equal(sample->value[0].type, VMT_INTEGER);
        assert_int_equal(sample->value[0].integer, 1);
        vmt_part_unref(part);
    }
}

static void each_device_with_a_target_has_one_sample(void **state)
{
    (void)state;
    static const struct {
        const char *fixture;
        unsigned disks, interfaces, duplicates;
    } cases[] = {
        {"domain-nova-1.1.xml", 3, 2, 0},
        {"domain-shapes.xml", 8, 5, 0},
        {"domain-twins.xml", 1, 1, 3}, /* the second disk; the second interface, and the state of its link */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_part *part = fixture_domain_part(cases[i].fixture, NULL, NULL);
        assert_int_equal(fixture_count(part, INFO), 1);
        assert_int_equal(fixture_count(part, DISK), cases[i].disks);
        assert_int_equal(fixture_count(part, NIC), cases[i].interfaces);
        assert_int_equal(fixture_count(part, VMT_ENTITY_INTERFACE), cases[i].interfaces);
        assert_int_equal(part->duplicates, cases[i].duplicates);
        assert_false(part->out_of_memory);
        vmt_part_unref(part);
    }
}

static void a_link_is_up_unless_it_is_said_to_be_down(void **state)
{
    (void)state;
    static const struct {
        const char *fixture, *interface;
        bool is_up;
    } cases[] = {
        {"domain-nova-1.1.xml", "vnet0", true}, /* says nothing */
        {"domain-nova-1.1.xml", "vnet1", false}, {"domain-shapes.xml", "tap1ab00000-00", true},
        {"domain-shapes.xml", "lan0", false},    {"domain-twins.xml", "tap0", false},
    };
    int slot = vmt_entity_slot(VMT_ENTITY_INTERFACE, "link_up");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_part *part = fixture_domain_part(cases[i].fixture, NULL, NULL);
        const struct vmt_sample *sample = fixture_find(part, VMT_ENTITY_INTERFACE, cases[i].interface);
        assert_non_null(sample);
        assert_int_equal(sample->value[slot].type, VMT_INTEGER);
        assert_int_equal(sample->value[slot].integer, cases[i].is_up);
        assert_int_equal(sample->value[0].type, VMT_ABSENT);
        vmt_part_unref(part);
    }
}

static void openstack_info_needs_metadata_of_a_known_version(void **state)
{
    (void)state;
    static const struct {
        const char *fixture;
        unsigned count;
    } cases[] = {
        {"domain-nova-1.0.xml", 1}, {"domain-nova-1.1.xml", 1}, {"domain-shapes.xml", 0}, {"domain-twins.xml", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_part *part = fixture_domain_part(cases[i].fixture, NULL, NULL);
        assert_int_equal(fixture_count(part, NOVA), cases[i].count);
        vmt_part_unref(part);
    }
}

static void the_filter_decides_on_devices(void **state)
{
    (void)state;
    struct vmt_filter *filter = NULL;
    struct vmt_filter_patterns patterns = {.device_exclude = "vdb|vnet1|hd.*"};
    assert_int_equal(vmt_filter_new(&patterns, &filter, NULL), 0);
    struct vmt_part *part = fixture_domain_part("domain-nova-1.1.xml", filter, NULL);
    assert_int_equal(fixture_count(part, DISK), 1);
    assert_int_equal(fixture_count(part, NIC), 1);
    assert_int_equal(fixture_count(part, VMT_ENTITY_INTERFACE), 1);
    assert_non_null(fixture_find(part, DISK, "vda"));
    assert_non_null(fixture_find(part, NIC, "vnet0"));
    vmt_part_unref(part);
    vmt_filter_free(filter);
}

static void two_domains_of_one_part_may_have_equal_devices(void **state)
{
    (void)state;
    static const struct vmt_domain other = {"the other", "1ab00000-0000-4000-8000-000000000001"};
    struct vmt_part *part = fixture_domain_part("domain-nova-1.1.xml", NULL, NULL);
    char *xml = fixture_read("domain-nova-1.1.xml");
    assert_int_equal(vmt_xml_domain(xml, &other, NULL, NULL, part, NULL), 0);
    free(xml);
    assert_int_equal(fixture_count(part, DISK), 6);
    assert_int_equal(fixture_count(part, NIC), 4);
    assert_int_equal(part->duplicates, 0);
    vmt_part_unref(part);
}

static void a_document_that_cannot_be_read_adds_nothing(void **state)
{
    (void)state;
    struct vmt_part *part = vmt_part_new();
    struct vmt_error error = {0};
    char *xml = fixture_read("refused/truncated.xml");
    assert_int_equal(vmt_xml_domain(xml, &fixture_domain, NULL, NULL, part, &error), -EINVAL);
    free(xml);
    assert_int_equal(error.code, -EINVAL);
    assert_non_null(strstr(error.text, "XML of domain 'the domain': line "));
    for (unsigned entity = 0; entity < VMT_ENTITY_COUNT; entity++)
        assert_null(part->samples[entity].first);
    vmt_part_unref(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domain_xml_gives_the_labels_that_it_says),
        cmocka_unit_test(each_device_with_a_target_has_one_sample),
        cmocka_unit_test(a_link_is_up_unless_it_is_said_to_be_down),
        cmocka_unit_test(openstack_info_needs_metadata_of_a_known_version),
        cmocka_unit_test(the_filter_decides_on_devices),
        cmocka_unit_test(two_domains_of_one_part_may_have_equal_devices),
        cmocka_unit_test(a_document_that_cannot_be_read_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
