/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin as collectd sees it: names, selections, notifications, and what happens when libvirt does not answer. */
#include "tests/unit/collectd_fixture.h"

static unsigned ms_since(uint64_t began_ns)
{
    return (unsigned)((vmt_now_ns() - began_ns) / VMT_MS);
}

/* What hung comes back, so that all can be given back. */
static void thaw_daemon(void)
{
    fake_daemon_set(FAKE_DAEMON_UP);
    assert_true(fake_wait_inside(NULL, 0, SOON_MS));
}

/* Reads until this has a value. */
static bool await_value(const char *identifier)
{
    uint64_t began = vmt_now_ns();
    do
        read_once();
    while (!fake_collectd_find(identifier) && ms_since(began) < SOON_MS);
    return fake_collectd_find(identifier);
}

/* ---- names ---- */

#define NOVA "http://openstack.org/xmlns/libvirt/nova/1.1"

static struct fake_domain *add_domain_with_xml(const char *name, const char *metadata, const char *devices)
{
    char xml[8192];
    snprintf(xml, sizeof xml, "<domain type='kvm'><name>x</name><metadata>%s</metadata><devices>%s</devices></domain>",
             metadata, devices);
    return fake_host_add_domain_with(
        &(struct fake_domain_options){.name = name, .xml = xml, .vcpus = 1, .disks = 2, .interfaces = 2});
}

static void names_are_made_of_the_fields_that_are_asked_for(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    start("HostnameFormat hostname name\nPluginInstanceFormat uuid name\n");
    read_once();
    char identifier[256];
    snprintf(identifier, sizeof identifier, "here:web/virtmeter-%s:web/virt_cpu_total", fake_domain_uuid(web));
    list_of(identifier);
}

static void metadata_gives_the_name_of_who_has_it(void **state)
{
    (void)state;
    add_domain_with_xml("instance-1",
                        "<nova:instance xmlns:nova='" NOVA "'><nova:name>shop</nova:name></nova:instance>", "");
    add_domain_with_xml("plain", "", "");
    add_domain_with_xml("evil", "<n:instance xmlns:n='" NOVA "'><n:name>../a b&#10;c</n:name></n:instance>", "");
    start("HostnameFormat metadata\n");
    read_once();
    list_of("shop/virtmeter/virt_cpu_total");
    list_of("plain/virtmeter/virt_cpu_total");
    list_of(".._a b_c/virtmeter/virt_cpu_total");
    assert_int_equal(fake_collectd_count_matching("*/virt_cpu_total"), 3);
}

static void metadata_is_found_by_namespace_and_xpath(void **state)
{
    (void)state;
    add_domain_with_xml("a",
                        "<x:app xmlns:x='http://example.org/1'><x:owner who='ann'/></x:app>"
                        "<y:app xmlns:y='http://example.org/2'><y:owner who='bob'/></y:app>",
                        "");
    start("PluginInstanceFormat metadata\nHostnameMetadataNS \"http://example.org/2\"\n"
          "HostnameMetadataXPath \"/app/owner/@who\"\n");
    read_once();
    list_of("a/virtmeter-bob/virt_cpu_total");
}

static void an_xpath_that_is_none_stops_the_plugin_and_says_why(void **state)
{
    (void)state;
    assert_int_equal(fake_collectd_configure("HostnameFormat metadata\nHostnameMetadataXPath \"/a[\"\n"), 0);
    assert_true(fake_collectd_init() < 0);
    assert_true(fake_collectd_await_log(LOG_ERR, "'/a[' is not an XPath", 0));
}

static void domains_that_would_have_one_name_do_not_mix(void **state)
{
    (void)state;
    fake_host_add_domain("a");
    fake_host_add_domain("b");
    start("HostnameFormat hostname\n");
    for (int i = 0; i < 2; i++) {
        read_once();
        assert_int_equal(fake_collectd_count_matching("here/virtmeter/virt_cpu_total"), 1);
    }
    assert_true(fake_collectd_await_log(LOG_WARNING, "domain 'b' has the same name in collectd as another", 0));
    assert_int_equal(fake_collectd_log_lines(LOG_WARNING), 1);
}

static void an_inactive_domain_does_not_take_the_name_of_an_active_one(void **state)
{
    (void)state;
    fake_host_add_domain_with(&(struct fake_domain_options){.name = "a", .state = VIR_DOMAIN_SHUTOFF});
    fake_host_add_domain("b");
    start("HostnameFormat hostname\nExtraStats domain_state\n");
    read_once();
    list_of("here/virtmeter/virt_cpu_total");
    expect_gauge("here/virtmeter/domain_state", 0, VIR_DOMAIN_RUNNING);
    assert_true(fake_collectd_await_log(LOG_WARNING, "domain 'a' has the same name in collectd as another", 0));
}

static void long_names_stay_apart(void **state)
{
    (void)state;
    char names[2][200];
    for (unsigned i = 0; i < 2; i++) {
        memset(names[i], 'x', sizeof names[i]);
        snprintf(names[i] + 180, 20, "-%u", i);
        fake_host_add_domain(names[i]);
    }
    start("");
    read_once();
    assert_int_equal(fake_collectd_count_matching("x*~[0-9a-f]*/virtmeter/virt_cpu_total"), 2);
}

/* ---- devices ---- */

static const char disks[] = "<disk type='file' device='disk'><source file='/var/lib/images/a b.qcow2'/>"
                            "<target dev='vda'/></disk>"
                            "<disk type='block' device='disk'><source dev='/dev/vg/b'/><target dev='vdb'/></disk>";

static void blocks_are_named_by_target_or_source(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"BlockDeviceFormat target\n", "web/virtmeter/disk_ops-vda", "web/virtmeter/disk_ops-vdb"},
        {"BlockDeviceFormat target\nBlockDeviceFormatBasename true\n", "web/virtmeter/disk_ops-vda",
         "web/virtmeter/disk_ops-vdb"},
        {"BlockDeviceFormat source\n", "web/virtmeter/disk_ops-var_lib_images_a b.qcow2",
         "web/virtmeter/disk_ops-dev_vg_b"},
        {"BlockDeviceFormat source\nBlockDeviceFormatBasename true\n", "web/virtmeter/disk_ops-a b.qcow2",
         "web/virtmeter/disk_ops-b"},
        {"BlockDeviceFormat source\nExtraStats disk\n", "web/virtmeter/total_requests-flush-_var_lib_images_a b.qcow2",
         "web/virtmeter/disk_time-dev_vg_b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_host_reset();
        fake_collectd_start();
        add_domain_with_xml("web", "", disks);
        start(cases[i][0]);
        read_once();
        list_of(cases[i][1]);
        list_of(cases[i][2]);
        assert_int_equal(fake_collectd_count_matching("*/disk_ops-*"), 2);
        fake_collectd_shutdown();
    }
}

static void disks_that_would_have_one_name_do_not_mix(void **state)
{
    (void)state;
    add_domain_with_xml("web", "",
                        "<disk type='file'><source file='/a/disk'/><target dev='vda'/></disk>"
                        "<disk type='file'><source file='/b/disk'/><target dev='vdb'/></disk>");
    start("BlockDeviceFormat source\nBlockDeviceFormatBasename true\n");
    read_once();
    assert_int_equal(fake_collectd_count_matching("*/disk_ops-disk"), 1);
}

static void a_disk_that_is_not_wanted_takes_no_name_from_one_that_is(void **state)
{
    (void)state;
    add_domain_with_xml("web", "",
                        "<disk type='file'><source file='/a/disk'/><target dev='vda'/></disk>"
                        "<disk type='file'><source file='/b/disk'/><target dev='vdb'/></disk>");
    start("BlockDeviceFormat source\nBlockDeviceFormatBasename true\nBlockDevice \"web:/b/disk\"\n");
    read_once();
    assert_int_equal(fake_collectd_count_matching("*/disk_ops-disk"), 1);
}

static void interfaces_are_named_by_name_address_or_number(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"InterfaceFormat name\n", "web/virtmeter/if_octets-vnet1.1"},
        {"InterfaceFormat address\n", "web/virtmeter/if_octets-52:54:00:00:01:01"},
        {"InterfaceFormat number\n", "web/virtmeter/if_octets-interface-2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_host_reset();
        fake_collectd_start();
        fake_host_add_domain_with(&(struct fake_domain_options){.name = "web", .vcpus = 1, .interfaces = 2});
        start(cases[i][0]);
        read_once();
        list_of(cases[i][1]);
        assert_int_equal(fake_collectd_count_matching("*/if_octets-*"), 2);
        fake_collectd_shutdown();
    }
}

/* ---- selections ---- */

static void only_what_is_selected_is_sent(void **state)
{
    (void)state;
    static const struct {
        const char *options, *pattern;
        unsigned count;
    } cases[] = {
        {"Domain web\n", "*/virt_cpu_total", 1},
        {"Domain \"/^w/\"\n", "*/virt_cpu_total", 2},
        {"Domain web\nIgnoreSelected true\n", "*/virt_cpu_total", 2},
        {"BlockDevice \"web:vda\"\n", "*/disk_ops-*", 1},
        {"BlockDevice \"web:vda\"\n", "*/virt_cpu_total", 3},
        {"BlockDevice \"/:vd[ab]$/\"\nIgnoreSelected true\n", "*/disk_ops-*", 0},
        {"BlockDeviceFormat source\nBlockDevice \"/web-vdb.qcow2$/\"\n", "web/*/disk_ops-*web-vdb.qcow2", 1},
        {"InterfaceDevice \"web:vnet1\"\n", "*/if_octets-*", 1},
        {"InterfaceFormat number\nInterfaceDevice \"web:2\"\n", "web/*/if_octets-interface-2", 1},
        {"InterfaceFormat address\nInterfaceDevice \"web:52:54:00:00:01:00\"\n", "*/if_octets-*", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_host_reset();
        fake_collectd_start();
        static const char *const names[] = {"web", "wiki", "db"};
        for (unsigned k = 0; k < 3; k++)
            fake_host_add_domain_with(
                &(struct fake_domain_options){.name = names[k], .vcpus = 1, .disks = 2, .interfaces = 2});
        start(cases[i].options);
        read_once();
        if (fake_collectd_count_matching(cases[i].pattern) != cases[i].count)
            fail_msg("%s: %u of %s", cases[i].options, fake_collectd_count_matching(cases[i].pattern),
                     cases[i].pattern);
        fake_collectd_shutdown();
    }
}

static void who_is_not_selected_is_not_asked(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    struct fake_domain *other = fake_host_add_domain("other");
    start("Domain web\n");
    read_once();
    assert_int_equal(fake_domain_asked(other).asks, 0);
}

static void xml_is_read_again_when_it_is_old(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    start("RefreshInterval 1\n");
    read_once();
    unsigned long before = fake_host_calls("virDomainGetXMLDesc");
    usleep(1100 * 1000);
    read_once();
    assert_int_equal(fake_host_calls("virDomainGetXMLDesc"), before + 1);
}

static void with_an_interval_of_0_xml_is_read_again_after_events_alone(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    start("RefreshInterval 0\n");
    read_once();
    unsigned long before = fake_host_calls("virDomainGetXMLDesc");
    read_once();
    assert_int_equal(fake_host_calls("virDomainGetXMLDesc"), before);
    struct fake_event added = {.id = VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, .text = "net9"};
    fake_emit(web, &added);
    assert_true(fake_wait_events(SOON_MS));
    read_once();
    assert_int_equal(fake_host_calls("virDomainGetXMLDesc"), before + 1);
}

/* ---- notifications ---- */

static void a_change_of_state_is_told_with_its_severity_and_reason(void **state)
{
    (void)state;
    static const struct {
        int event, detail, severity;
        const char *message;
    } cases[] = {
        {VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED, NOTIF_OKAY,
         "Domain state: running. Reason: booted"},
        {VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_IOERROR, NOTIF_WARNING,
         "Domain state: paused. Reason: ioerror"},
        {VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED, NOTIF_OKAY,
         "Domain state: running. Reason: unpaused"},
        {VIR_DOMAIN_EVENT_PMSUSPENDED, VIR_DOMAIN_EVENT_PMSUSPENDED_DISK, NOTIF_WARNING,
         "Domain state: pmsuspended. Reason: disk"},
        {VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED, NOTIF_FAILURE,
         "Domain state: crashed. Reason: panicked"},
        {VIR_DOMAIN_EVENT_SHUTDOWN, VIR_DOMAIN_EVENT_SHUTDOWN_GUEST, NOTIF_OKAY,
         "Domain state: shutdown. Reason: guest"},
        {VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_DESTROYED, NOTIF_OKAY,
         "Domain state: shutoff. Reason: destroyed"},
    };
    struct fake_domain *web = fake_host_add_domain("web");
    struct fake_domain *other = fake_host_add_domain("other");
    start("PluginInstanceFormat uuid\nDomain web\n");
    read_once();
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        notification_t last = {0};
        fake_emit_lifecycle(web, cases[i].event, cases[i].detail);
        fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_DEFINED, VIR_DOMAIN_EVENT_DEFINED_UPDATED); /* no change of state */
        fake_emit_lifecycle(other, cases[i].event, cases[i].detail);                          /* not selected */
        assert_true(fake_collectd_await_notification("domain_state", NULL, i + 1, SOON_MS, &last));
        assert_int_equal(last.severity, cases[i].severity);
        assert_string_equal(last.message, cases[i].message);
        assert_string_equal(last.host, "web");
        assert_string_equal(last.plugin, "virtmeter");
        assert_string_equal(last.plugin_instance, fake_domain_uuid(web));
        assert_true(last.time > 0);
    }
    read_once();
    assert_int_equal(fake_collectd_notifications("domain_state", NULL), sizeof cases / sizeof *cases);
}

static void a_start_is_told_once(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    struct fake_domain *held = fake_host_add_domain_with(
        &(struct fake_domain_options){.name = "held", .state = VIR_DOMAIN_PAUSED, .reason = VIR_DOMAIN_PAUSED_USER});
    start("");
    read_once();
    /* As libvirt tells it: first the CPUs run, then the domain has started. */
    fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_BOOTED);
    notification_t last = {0};
    assert_true(fake_collectd_await_notification("domain_state", NULL, 1, SOON_MS, &last));
    assert_string_equal(last.message, "Domain state: running. Reason: booted");
    fake_emit_lifecycle(held, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED); /* was paused before */
    assert_true(fake_collectd_await_notification("domain_state", NULL, 2, SOON_MS, &last));
    for (unsigned i = 0; i < 3; i++) {
        fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
        fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
        assert_true(fake_collectd_await_notification("domain_state", NULL, 4 + 2 * i, SOON_MS, &last));
        assert_string_equal(last.message, "Domain state: running. Reason: unpaused");
    }
    assert_int_equal(fake_collectd_notifications("domain_state", NULL), 8);
}

static void persistent_notification_tells_the_states_at_each_read(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    fake_host_add_domain_with(&(struct fake_domain_options){.name = "temporary", .is_transient = true});
    fake_host_add_domain_with(
        &(struct fake_domain_options){.name = "off", .state = VIR_DOMAIN_SHUTOFF, .reason = VIR_DOMAIN_SHUTOFF_SAVED});
    start("PersistentNotification true\n");
    read_once();
    read_once();
    notification_t last = {0};
    assert_true(fake_collectd_await_notification("domain_state", NULL, 4, SOON_MS, &last));
    fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_SUSPENDED, 0);
    assert_true(fake_wait_events(SOON_MS));
    usleep(50 * 1000);
    assert_int_equal(fake_collectd_notifications("domain_state", NULL), 4);
}

static void a_stuck_guest_is_told_once_and_so_is_its_recovery(void **state)
{
    (void)state;
    struct fake_domain *stuck = fake_host_add_domain("stuck");
    fake_host_add_domain("well");
    start("");
    read_once();
    fake_domain_freeze(stuck);
    for (int i = 0; i < 3; i++) {
        read_once();
        list_of("well/virtmeter/disk_ops-vda");
        expect_none("stuck/*/disk_ops-*");
        list_of("stuck/virtmeter/virt_cpu_total"); /* libvirt knows it without the hypervisor */
        list_of("stuck/virtmeter/if_octets-vnet1");
    }
    notification_t last = {0};
    assert_true(fake_collectd_await_notification("gauge", "collected", 1, SOON_MS, &last));
    assert_int_equal(last.severity, NOTIF_WARNING);
    assert_string_equal(last.host, "stuck");
    fake_domain_thaw(stuck);
    for (int i = 0; i < 100 && !fake_collectd_find("stuck/virtmeter/disk_ops-vda"); i++) {
        usleep(50 * 1000);
        read_once();
    }
    assert_true(fake_collectd_await_notification("gauge", "collected", 2, SOON_MS, &last));
    assert_int_equal(last.severity, NOTIF_OKAY);
    assert_int_equal(fake_collectd_notifications("gauge", "collected"), 2);
}

static void a_slow_libvirt_is_no_stuck_guest_when_the_time_is_short(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    fake_collectd_set_interval(0.4);
    struct fake_fault slow = {.function = "virDomainListGetStats", .delay_ms = 600, .times = 2};
    fake_host_add_fault(&slow);
    start("");
    /* Until the slow calls are over, and long enough for a guest to be thought stuck. */
    for (int i = 0; i < 5 || (i < 50 && !fake_collectd_find("web/virtmeter/disk_ops-vda")); i++) {
        read_once();
        usleep(300 * 1000);
    }
    list_of("web/virtmeter/disk_ops-vda");
    assert_int_equal(fake_collectd_notifications("gauge", "collected"), 0);
    fake_domain_freeze(web); /* which is found out all the same */
    notification_t last = {0};
    for (int i = 0; i < 20 && !fake_collectd_notifications("gauge", "collected"); i++) {
        read_once();
        usleep(300 * 1000);
    }
    assert_true(fake_collectd_await_notification("gauge", "collected", 1, 0, &last));
    assert_int_equal(last.severity, NOTIF_WARNING);
    fake_domain_thaw(web);
    assert_true(fake_wait_inside(NULL, 0, SOON_MS));
}

static void a_libvirt_that_freezes_amid_a_read_is_no_stuck_guest(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_host_add_domain("db");
    start("");
    read_once();
    struct fake_fault monitors = {.function = "virDomainListGetStats", .hangs = true},
                      basics = {.function = "virDomainGetInfo", .hangs = true};
    unsigned faults[] = {fake_host_add_fault(&monitors), fake_host_add_fault(&basics)};
    read_once();
    unsigned values = fake_collectd_count_matching("*/disk_ops-*");
    fake_host_remove_fault(faults[0]);
    fake_host_remove_fault(faults[1]);
    assert_true(fake_wait_inside(NULL, 0, SOON_MS));
    assert_int_equal(values, 0);
    assert_int_equal(fake_collectd_notifications("gauge", "collected"), 0);
}

static void a_lost_libvirt_is_told_once_and_so_is_its_return(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    start("");
    read_once();
    assert_int_equal(fake_collectd_notifications("gauge", "up"), 0); /* that it is there is nothing new */
    fake_daemon_set(FAKE_DAEMON_REFUSES);
    fake_daemon_drop(VIR_CONNECT_CLOSE_REASON_EOF);
    notification_t last = {0};
    assert_true(fake_collectd_await_notification("gauge", "up", 1, SOON_MS, &last));
    assert_int_equal(last.severity, NOTIF_FAILURE);
    assert_string_equal(last.host, "here");
    read_once();
    assert_int_equal(fake_collectd_count(), 0);
    fake_daemon_set(FAKE_DAEMON_UP);
    assert_true(fake_collectd_await_log(LOG_NOTICE, "connected to libvirt", SOON_MS));
    assert_true(await_value("web/virtmeter/virt_cpu_total"));
    assert_true(fake_collectd_await_notification("gauge", "up", 2, SOON_MS, &last));
    assert_int_equal(last.severity, NOTIF_OKAY);
    read_once();
    assert_int_equal(fake_collectd_notifications("gauge", "up"), 2);
}

static void a_libvirt_that_does_not_answer_is_told_once_and_so_is_its_return(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_collectd_set_interval(0.2);
    start("");
    assert_true(await_value("web/virtmeter/virt_cpu_total"));
    fake_daemon_set(FAKE_DAEMON_FROZEN); /* its connections stand */
    read_once();
    assert_int_equal(fake_collectd_notifications("gauge", "up"), 0); /* may have been bad luck */
    read_once();
    notification_t last = {0};
    assert_true(fake_collectd_await_notification("gauge", "up", 1, SOON_MS, &last));
    assert_int_equal(last.severity, NOTIF_FAILURE);
    read_once();
    thaw_daemon();
    assert_true(await_value("web/virtmeter/virt_cpu_total"));
    assert_true(fake_collectd_await_notification("gauge", "up", 2, SOON_MS, &last));
    assert_int_equal(last.severity, NOTIF_OKAY);
    read_once();
    assert_int_equal(fake_collectd_notifications("gauge", "up"), 2);
}

static void a_plugin_that_is_slow_to_take_notifications_holds_nobody_up(void **state)
{
    (void)state;
    struct fake_domain *web = fake_host_add_domain("web");
    start("");
    read_once();
    fake_collectd_set_notification_ms(300);
    for (int i = 0; i < 20; i++)
        fake_emit_lifecycle(web, VIR_DOMAIN_EVENT_SUSPENDED, 0);
    uint64_t began = vmt_now_ns();
    assert_true(fake_wait_events(SOON_MS));
    read_once();
    assert_true(ms_since(began) < 3000);
    list_of("web/virtmeter/virt_cpu_total");
    began = vmt_now_ns();
    fake_collectd_shutdown();
    assert_true(ms_since(began) < 3000);
    unsigned told = fake_collectd_notifications("domain_state", NULL);
    usleep(700 * 1000);
    assert_true(fake_collectd_notifications("domain_state", NULL) <= told + 1); /* collectd is gone then */
}

static void what_is_told_at_each_read_does_not_hold_the_read_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "web-%u", i);
        fake_host_add_domain(name);
    }
    start("PersistentNotification true\n");
    fake_collectd_set_notification_ms(400);
    uint64_t began = vmt_now_ns();
    read_once();
    assert_true(ms_since(began) < 3000);
    fake_collectd_set_notification_ms(0);
    notification_t last = {0};
    assert_true(fake_collectd_await_notification("domain_state", NULL, 10, SOON_MS, &last));
}

/* ---- deadlines ---- */

static void a_read_ends_at_its_deadline_whatever_hangs(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_collectd_set_interval(2);
    start("Deadline 0.5\n");
    read_once();
    fake_daemon_set(FAKE_DAEMON_FROZEN);
    for (int i = 0; i < 3; i++) {
        uint64_t began = vmt_now_ns();
        read_once();
        assert_true(ms_since(began) < 1400); /* at once, when all that could be asked hangs already */
        assert_int_equal(fake_collectd_count(), 0);
    }
    uint64_t began = vmt_now_ns();
    assert_int_equal(fake_collectd_shutdown(), 0);
    assert_true(ms_since(began) < 2000);
    thaw_daemon();
}

static void a_deadline_stays_within_the_interval(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_collectd_set_interval(0.8);
    start("Deadline 30\n");
    read_once();
    fake_daemon_set(FAKE_DAEMON_FROZEN);
    uint64_t began = vmt_now_ns();
    read_once();
    assert_in_range(ms_since(began), 300, 1400);
    thaw_daemon();
}

static void libvirt_may_come_later(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    fake_daemon_set(FAKE_DAEMON_REFUSES);
    start("");
    read_once();
    assert_int_equal(fake_collectd_count(), 0);
    assert_int_equal(fake_collectd_log_lines(LOG_ERR), 0);
    fake_daemon_set(FAKE_DAEMON_UP);
    for (int i = 0; i < 50 && !fake_collectd_count(); i++) {
        usleep(100 * 1000);
        read_once();
    }
    list_of("web/virtmeter/virt_cpu_total");
}

static void the_virt_plugin_keeps_its_event_loop(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    start("");
    assert_true(fake_loop_was_offered()); /* nobody else uses libvirt: ours costs less */
    fake_collectd_shutdown();
    fake_host_reset();
    fake_collectd_start();
    fake_collectd_load_virt();
    fake_host_add_domain("web");
    start("");
    read_once();
    assert_false(fake_loop_was_offered());
    list_of("web/virtmeter/virt_cpu_total");
}

static void what_cannot_be_had_is_said(void **state)
{
    (void)state;
    fake_host_add_domain("web");
    start("ExtraStats fs_info\nInstances 4\n");
    assert_true(fake_collectd_await_log(LOG_WARNING, "ExtraStats fs_info is left out", 0));
    assert_true(fake_collectd_await_log(LOG_INFO, "Instances is not needed", 0));
    read_once();
    assert_int_equal(fake_collectd_count_matching("*/virt_cpu_total"), 1);
}

static void an_option_that_is_unknown_is_an_error_in_the_log(void **state)
{
    (void)state;
    assert_true(fake_collectd_configure("Domian web\n") < 0);
    assert_true(fake_collectd_await_log(LOG_ERR, "unknown option 'Domian'; the nearest known one is 'Domain'", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_made_of_the_fields_that_are_asked_for),
        TEST(metadata_gives_the_name_of_who_has_it),
        TEST(metadata_is_found_by_namespace_and_xpath),
        TEST(an_xpath_that_is_none_stops_the_plugin_and_says_why),
        TEST(domains_that_would_have_one_name_do_not_mix),
        TEST(an_inactive_domain_does_not_take_the_name_of_an_active_one),
        TEST(long_names_stay_apart),
        TEST(blocks_are_named_by_target_or_source),
        TEST(disks_that_would_have_one_name_do_not_mix),
        TEST(a_disk_that_is_not_wanted_takes_no_name_from_one_that_is),
        TEST(interfaces_are_named_by_name_address_or_number),
        TEST(only_what_is_selected_is_sent),
        TEST(who_is_not_selected_is_not_asked),
        TEST(xml_is_read_again_when_it_is_old),
        TEST(with_an_interval_of_0_xml_is_read_again_after_events_alone),
        TEST(a_change_of_state_is_told_with_its_severity_and_reason),
        TEST(a_start_is_told_once),
        TEST(persistent_notification_tells_the_states_at_each_read),
        TEST(a_stuck_guest_is_told_once_and_so_is_its_recovery),
        TEST(a_slow_libvirt_is_no_stuck_guest_when_the_time_is_short),
        TEST(a_libvirt_that_freezes_amid_a_read_is_no_stuck_guest),
        TEST(a_lost_libvirt_is_told_once_and_so_is_its_return),
        TEST(a_libvirt_that_does_not_answer_is_told_once_and_so_is_its_return),
        TEST(a_plugin_that_is_slow_to_take_notifications_holds_nobody_up),
        TEST(what_is_told_at_each_read_does_not_hold_the_read_up),
        TEST(a_read_ends_at_its_deadline_whatever_hangs),
        TEST(a_deadline_stays_within_the_interval),
        TEST(libvirt_may_come_later),
        TEST(the_virt_plugin_keeps_its_event_loop),
        TEST(what_cannot_be_had_is_said),
        TEST(an_option_that_is_unknown_is_an_error_in_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
