/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/config.h"
#include "common/collect.h"
#include "tests/fake_collectd/fake_collectd.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct vmt_config config;

static int set_up(void **state)
{
    (void)state;
    vmt_config_init(&config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vmt_config_done(&config);
    return 0;
}

static int take(const char *text, struct vmt_error *error)
{
    oconfig_item_t *block = fake_collectd_parse(text);
    int result = vmt_config_read(&config, block, error);
    fake_collectd_free_config(block);
    return result;
}

static void accept_text(const char *text)
{
    struct vmt_error error;
    if (take(text, &error) != 0)
        fail_msg("%s: %s", text, error.text);
}

static void refuse_text(const char *text, const char *reason)
{
    struct vmt_error error = {.text = ""};
    assert_int_equal(take(text, &error), -EINVAL);
    if (!strstr(error.text, reason))
        fail_msg("%s: %s", text, error.text);
}

static void defaults_are_those_of_the_virt_plugin(void **state)
{
    (void)state;
    assert_null(config.connection);
    assert_int_equal(config.refresh_seconds, 60);
    assert_int_equal(config.block_format, VMT_BLOCK_TARGET);
    assert_int_equal(config.interface_format, VMT_INTERFACE_NAME);
    assert_int_equal(config.host.count, 1);
    assert_int_equal(config.host.fields[0], VMT_NAME_NAME);
    assert_int_equal(config.plugin_instance.count, 0);
    assert_true(config.reports_blocks);
    assert_true(config.reports_interfaces);
    assert_false(config.ignores_selected);
    assert_false(config.block_basename);
    assert_false(config.notifies_persistently);
    assert_int_equal(config.selector_count, 0);
    assert_int_equal(config.on | config.off, 0);
}

static void each_option_is_taken_whatever_its_case(void **state)
{
    (void)state;
    accept_text("Connection \"qemu:///system\"\n"
                "refreshinterval 0\n"
                "Domain web\n"
                "DOMAIN \"/^db/\"\n"
                "BlockDevice web:vda\n"
                "InterfaceDevice web:vnet0\n"
                "IgnoreSelected true\n"
                "BlockDeviceFormat SOURCE\n"
                "BlockDeviceFormatBasename \"yes\"\n"
                "InterfaceFormat address\n"
                "HostnameFormat hostname \"uuid\" metadata name\n"
                "PluginInstanceFormat \"name uuid\"\n"
                "HostnameMetadataNS \"http://example.org/1\"\n"
                "HostnameMetadataXPath \"/a/b/text()\"\n"
                "ReportBlockDevices false\n"
                "ReportNetworkInterfaces \"off\"\n"
                "ExtraStats perf\n"
                "ExtraStats \"disk MEMORY fs_info\" vcpu\n"
                "PersistentNotification true\n"
                "Instances 4\n"
                "Collector pool true\n"
                "Collector BLOCK false\n"
                "Deadline 1.5\n");
    assert_string_equal(config.connection, "qemu:///system");
    assert_int_equal(config.refresh_seconds, 0);
    assert_int_equal(config.domains.count, 2);
    assert_int_equal(config.block_devices.count, 1);
    assert_int_equal(config.interface_devices.count, 1);
    assert_true(config.ignores_selected);
    assert_int_equal(config.block_format, VMT_BLOCK_SOURCE);
    assert_true(config.block_basename);
    assert_int_equal(config.interface_format, VMT_INTERFACE_ADDRESS);
    static const enum vmt_name_field fields[] = {VMT_NAME_HOSTNAME, VMT_NAME_UUID, VMT_NAME_METADATA, VMT_NAME_NAME};
    assert_int_equal(config.host.count, 4);
    assert_memory_equal(config.host.fields, fields, sizeof fields);
    assert_int_equal(config.plugin_instance.count, 2);
    assert_int_equal(config.plugin_instance.fields[1], VMT_NAME_UUID);
    assert_string_equal(config.metadata_namespace, "http://example.org/1");
    assert_string_equal(config.metadata_xpath, "/a/b/text()");
    assert_false(config.reports_blocks);
    assert_false(config.reports_interfaces);
    assert_int_equal(config.selector_count, 3);
    assert_true(vmt_config_selects(&config, "memory"));
    assert_false(vmt_config_selects(&config, "perf")); /* the last ExtraStats counts */
    assert_true(vmt_config_selects(&config, NULL));
    assert_true(config.wants_fs_info);
    assert_true(config.notifies_persistently);
    assert_int_equal(config.instances, 4);
    assert_int_equal(config.on, VMT_COLLECTOR_BIT(VMT_COLLECTOR_POOL));
    assert_int_equal(config.off, VMT_COLLECTOR_BIT(VMT_COLLECTOR_BLOCK));
    assert_true(config.deadline_seconds > 1.49 && config.deadline_seconds < 1.51);
}

static void the_last_word_counts_and_lists_grow(void **state)
{
    (void)state;
    accept_text("Connection a\nHostnameFormat uuid name\nPluginInstanceFormat name\nDomain a\nCollector pool true\n");
    accept_text("Connection b\nHostnameFormat name\nPluginInstanceFormat none\nDomain b\nCollector pool false\n");
    assert_string_equal(config.connection, "b");
    assert_int_equal(config.host.count, 1);
    assert_int_equal(config.plugin_instance.count, 0);
    assert_int_equal(config.domains.count, 2);
    assert_int_equal(config.on, 0);
    assert_int_equal(config.off, VMT_COLLECTOR_BIT(VMT_COLLECTOR_POOL));
}

static void every_selector_of_the_virt_plugin_is_known(void **state)
{
    (void)state;
    static const char *const selectors[] = {
        "cpu_util", "disk",    "disk_err", "domain_state",  "memory",          "pcpu",          "perf",
        "vcpu",     "vcpupin", "fs_info",  "disk_physical", "disk_allocation", "disk_capacity", "job_stats_completed"};
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) {
        char line[64];
        snprintf(line, sizeof line, "ExtraStats %s\n", selectors[i]);
        accept_text(line);
        assert_true(vmt_config_selects(&config, selectors[i]) || config.wants_fs_info);
    }
    vmt_config_done(&config);
    vmt_config_init(&config);
    accept_text("ExtraStats job_stats_background\n");
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Domian web", "unknown option 'Domian'; the nearest known one is 'Domain'"},
        {"HostFormat name", "nearest known one is 'HostnameFormat'"},
        {"extrastat disk", "nearest known one is 'ExtraStats'"},
        {"ExtraStats dsk", "ExtraStats does not know 'dsk'; the nearest that it knows is 'disk'"},
        {"ExtraStats 5", "option 'ExtraStats' wants words"},
        {"Collector pol true", "there is no collector 'pol'; the nearest known one is 'pool'"},
        {"Collector pool", "wants a name, and true or false"},
        {"Collector pool maybe", "option 'Collector' wants true or false"},
        {"Connection", "option 'Connection' wants one text"},
        {"Connection a b", "option 'Connection' wants one text"},
        {"Connection 5", "option 'Connection' wants one text"},
        {"RefreshInterval -1", "wants a whole number from 0 to "},
        {"RefreshInterval 1.5", "wants a whole number"},
        {"RefreshInterval often", "wants one number"},
        {"Domain \"\"", "option 'Domain': an empty text selects nothing"},
        {"Domain \"/(/\"", "option 'Domain': '/(/' is not a regular expression"},
        {"IgnoreSelected", "wants true or false"},
        {"IgnoreSelected 1", "wants true or false"},
        {"BlockDeviceFormat path", "does not know 'path'; it knows target, source"},
        {"InterfaceFormat mac", "it knows name, address, number"},
        {"HostnameFormat none", "does not know 'none'; it knows name, uuid, hostname, metadata"},
        {"HostnameFormat name name name name name", "takes at most 4 words"},
        {"PluginInstanceFormat hostname", "it knows none, name, uuid, metadata"},
        {"Instances 0", "wants a whole number from 1 to 128"},
        {"Instances 129", "wants a whole number from 1 to 128"},
        {"Deadline 0", "wants more than 0 and at most 3600 seconds"},
        {"Deadline soon", "wants one number"},
        {"ExtraStats \"job_stats_background job_stats_completed\"", "not both: their values have the same names"},
        {"ExtraStats job_stats_background\nCollector job_completed true", "not both"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refuse_text(cases[i][0], cases[i][1]);
        vmt_config_done(&config);
        vmt_config_init(&config);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(defaults_are_those_of_the_virt_plugin),
        CASE(each_option_is_taken_whatever_its_case),
        CASE(the_last_word_counts_and_lists_grow),
        CASE(every_selector_of_the_virt_plugin_is_known),
        CASE(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
