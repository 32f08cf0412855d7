/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/domain_filter.h"
#include "admin/domain_grammar.h"

#include <errno.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"
#define QEMU_NS "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    if (!file)
        fail_msg("cannot open '%s': run this in the folder of the fixtures", path);
    if (getdelim(&text, &size, '\0', file) < 0)
        *text = '\0';
    fclose(file);
    return text;
}

static int filter(const char *xml, struct vmt_definition *ret_definition, struct vmt_error *error)
{
    return vmt_domain_filter(xml, &vmt_domain_limits_default, ret_definition, error);
}

static void assert_passes(const char *xml, const char *what)
{
    struct vmt_definition first, second;
    struct vmt_error error = {0};
    if (filter(xml, &first, &error) != 0)
        fail_msg("%s: %s", what, error.text);
    /* What libvirt gets passes as well, and stays as it is. */
    assert_int_equal(filter(first.xml, &second, NULL), 0);
    assert_string_equal(first.xml, second.xml);
    assert_string_equal(first.name, second.name);
    vmt_definition_done(&first);
    vmt_definition_done(&second);
}

static void assert_refused(const char *xml, int code, const char *reason)
{
    struct vmt_definition definition;
    struct vmt_error error = {0};
    int result = filter(xml, &definition, &error);
    if (result != code || strcmp(error.text, reason) != 0)
        fail_msg("%d, '%s', not '%s', for\n%s", result, result ? error.text : "", reason, xml);
}

static void what_libvirt_writes_of_a_usual_domain_passes(void **state)
{
    (void)state;
    char *xml = read_file("admin/qemu-desktop.xml");
    assert_passes(xml, "admin/qemu-desktop.xml");
    free(xml);
}

static void name_and_uuid_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *xml, *name, *uuid;
    } cases[] = {
        {"<domain><name>web 1</name></domain>", "web 1", ""},
        {"<domain><name>B\xc3\xbcro &amp; Co</name><uuid>4DEA22B3-1d52-d8f3-2516-782e98ab3fA0</uuid></domain>",
         "B\xc3\xbcro & Co", UUID},
        {"<domain><name><![CDATA[a]]>b<!-- c --></name></domain>", "ab", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_definition definition;
        assert_int_equal(filter(cases[i].xml, &definition, NULL), 0);
        assert_string_equal(definition.name, cases[i].name);
        assert_string_equal(definition.uuid, cases[i].uuid);
        vmt_definition_done(&definition);
    }
}

static void what_libvirt_gets_is_what_was_checked(void **state)
{
    (void)state;
    struct vmt_definition definition;
    const char *xml =
        "<?xml version='1.0' encoding='UTF-8'?>\n<!-- a --><domain  type = 'kvm' >\n <?b c?><name>web</name>"
        "<title>a &lt; b</title>\n<metadata> <x:y xmlns:x='z'> 1 </x:y></metadata></domain>";
    assert_int_equal(filter(xml, &definition, NULL), 0);
    assert_string_equal(definition.xml, "<domain type=\"kvm\"><name>web</name><title>a &lt; b</title>"
                                        "<metadata> <x:y xmlns:x=\"z\"> 1 </x:y></metadata></domain>");
    vmt_definition_done(&definition);
}

#define DOMAIN(inside) "<domain type='kvm'>\n<name>web</name>\n" inside "\n</domain>"
#define DEVICE(inside) DOMAIN("<devices>" inside "</devices>")
#define DISK(inside) DEVICE("<disk type='file'>" inside "<target dev='vda'/></disk>")
#define SOURCE(path) DISK("<source file='" path "'/>")
#define NOT_A_SOURCE(path) "line 3: attribute 'file' of <source> may not be '" path "'"

static const struct {
    const char *xml, *reason;
} refusals[] = {
    /* devices and files of the host */
    {DEVICE("<hostdev mode='subsystem' type='pci'><source><address bus='1'/></source></hostdev>"),
     "line 3: <hostdev> is not allowed in <devices>"},
    {DEVICE("<filesystem type='mount'><source dir='/'/><target dir='x'/></filesystem>"),
     "line 3: <filesystem> is not allowed in <devices>"},
    {DEVICE("<disk type='block'><source dev='/dev/sda'/></disk>"),
     "line 3: attribute 'type' of <disk> may not be 'block'"},
    {DEVICE("<disk type='dir'><source dir='/etc'/></disk>"), "line 3: attribute 'type' of <disk> may not be 'dir'"},
    {DEVICE("<disk type='network'/>"), "line 3: attribute 'type' of <disk> may not be 'network'"},
    {DEVICE("<disk type='nvme'/>"), "line 3: attribute 'type' of <disk> may not be 'nvme'"},
    {DEVICE("<disk type='vhostuser'/>"), "line 3: attribute 'type' of <disk> may not be 'vhostuser'"},
    {DEVICE("<disk type='file' device='lun'/>"), "line 3: attribute 'device' of <disk> may not be 'lun'"},
    {DEVICE("<disk type='file' rawio='yes'/>"), "line 3: attribute 'rawio' of <disk> is not allowed"},
    {DEVICE("<disk type='file' sgio='unfiltered'/>"), "line 3: attribute 'sgio' of <disk> is not allowed"},
    {DISK("<source dev='/dev/sda'/>"), "line 3: attribute 'dev' of <source> is not allowed"},
    {DISK("<source file='/var/lib/libvirt/images/a'><seclabel relabel='no'/></source>"),
     "line 3: <seclabel> is not allowed in <source>"},
    {DISK("<source file='/var/lib/libvirt/images/a'><reservations managed='no'/></source>"),
     "line 3: <reservations> is not allowed in <source>"},
    {DISK("<encryption format='luks'/>"), "line 3: <encryption> is not allowed in <disk>"},
    {DISK("<auth username='a'/>"), "line 3: <auth> is not allowed in <disk>"},
    {DISK("<shareable/>"), "line 3: <shareable> is not allowed in <disk>"},
    {DISK("<mirror type='file' file='/etc/passwd'/>"), "line 3: <mirror> is not allowed in <disk>"},
    /* paths */
    {SOURCE("/etc/shadow"), NOT_A_SOURCE("/etc/shadow")},
    {SOURCE("/var/lib/libvirt/images"), NOT_A_SOURCE("/var/lib/libvirt/images")},
    {SOURCE("/var/lib/libvirt/images/"), NOT_A_SOURCE("/var/lib/libvirt/images/")},
    {SOURCE("/var/lib/libvirt/images2/a"), NOT_A_SOURCE("/var/lib/libvirt/images2/a")},
    {SOURCE("/var/lib/libvirt/images/../a"), NOT_A_SOURCE("/var/lib/libvirt/images/../a")},
    {SOURCE("/var/lib/libvirt/images/a/../../b"), NOT_A_SOURCE("/var/lib/libvirt/images/a/../../b")},
    {SOURCE("/var/lib/libvirt/images/.."), NOT_A_SOURCE("/var/lib/libvirt/images/..")},
    {SOURCE("/var/lib/libvirt/images/./a"), NOT_A_SOURCE("/var/lib/libvirt/images/./a")},
    {SOURCE("/var/lib/libvirt/images/a/."), NOT_A_SOURCE("/var/lib/libvirt/images/a/.")},
    {SOURCE("/var/lib/libvirt/images//a"), NOT_A_SOURCE("/var/lib/libvirt/images//a")},
    {SOURCE("/var/lib/libvirt/images/a&#10;b"), NOT_A_SOURCE("/var/lib/libvirt/images/a?b")},
    {SOURCE("var/lib/libvirt/images/a"), NOT_A_SOURCE("var/lib/libvirt/images/a")},
    {SOURCE("//var/lib/libvirt/images/a"), NOT_A_SOURCE("//var/lib/libvirt/images/a")},
    {SOURCE(""), NOT_A_SOURCE("")},
    {SOURCE("nbd://host/a"), NOT_A_SOURCE("nbd://host/a")},
    {DEVICE("<disk type='volume'><source pool='vg0' volume='root'/></disk>"),
     "line 3: attribute 'type' of <disk> may not be 'volume'"},
    {DISK("<source pool='vg0' volume='root'/>"), "line 3: attribute 'pool' of <source> is not allowed"},
    {DISK("<source volume='root'/>"), "line 3: attribute 'volume' of <source> is not allowed"},
    {DISK("<source file='/var/lib/libvirt/images/a'/><backingStore type='volume'/>"),
     "line 3: attribute 'type' of <backingStore> may not be 'volume'"},
    {DOMAIN("<os><kernel>/boot/vmlinuz</kernel></os>"), "line 3: <kernel> is not allowed in <os>"},
    {DOMAIN("<os><initrd>/etc/shadow</initrd></os>"), "line 3: <initrd> is not allowed in <os>"},
    {DOMAIN("<os><dtb>/etc/shadow</dtb></os>"), "line 3: <dtb> is not allowed in <os>"},
    {DOMAIN("<os><acpi><table type='slic'>/etc/shadow</table></acpi></os>"), "line 3: <acpi> is not allowed in <os>"},
    {DOMAIN("<os><init>/bin/sh</init></os>"), "line 3: <init> is not allowed in <os>"},
    {DOMAIN("<bootloader>/bin/sh</bootloader>"), "line 3: <bootloader> is not allowed in <domain>"},
    {DOMAIN("<os><loader readonly='yes'>/etc/shadow</loader></os>"), "line 3: <loader> may not be '/etc/shadow'"},
    {DOMAIN("<os><loader readonly='no'>/usr/share/OVMF/a</loader></os>"),
     "line 3: attribute 'readonly' of <loader> may not be 'no'"},
    {DOMAIN("<os><loader type='pflash'>/usr/share/OVMF/a</loader></os>"),
     "line 3: <loader> needs the attribute 'readonly'"},
    {DOMAIN("<os><nvram>/etc/shadow</nvram></os>"), "line 3: <nvram> may not be '/etc/shadow'"},
    {DOMAIN("<os><nvram>/var/lib/libvirt/images/b_VARS.fd</nvram></os>"),
     "line 3: <nvram> may not be '/var/lib/libvirt/images/b_VARS.fd'"},
    {DOMAIN("<os><nvram>/var/lib/libvirt/qemu/nvram/db_VARS.fd</nvram></os>"),
     "line 3: <nvram> may only be empty, or the file 'web_VARS.fd'"},
    {DOMAIN("<os><nvram>/var/lib/libvirt/qemu/nvram/web_VARS.fd.b</nvram></os>"),
     "line 3: <nvram> may only be empty, or the file 'web_VARS.fd'"},
    {DOMAIN("<os/><os><nvram>/var/lib/libvirt/qemu/nvram/web</nvram></os>"),
     "line 3: <nvram> may only be empty, or the file 'web_VARS.fd'"},
    {DOMAIN("<os><nvram template='/etc/shadow'/></os>"),
     "line 3: attribute 'template' of <nvram> may not be '/etc/shadow'"},
    {DOMAIN("<os><nvram format='qcow2'/></os>"), "line 3: attribute 'format' of <nvram> may not be 'qcow2'"},
    {DEVICE("<serial type='file'><source path='/etc/cron.d/a'/></serial>"),
     "line 3: attribute 'type' of <serial> may not be 'file'"},
    {DEVICE("<serial type='pty'><log file='/etc/cron.d/a'/></serial>"), "line 3: <log> is not allowed in <serial>"},
    {DEVICE("<serial type='pty'><source path='/dev/pts/1'/></serial>"), "line 3: <source> is not allowed in <serial>"},
    {DEVICE("<channel type='unix'><source mode='bind' path='/run/a'/></channel>"),
     "line 3: attribute 'path' of <source> is not allowed"},
    {DEVICE("<rng model='virtio'><backend model='random'>/dev/sda</backend></rng>"),
     "line 3: <backend> may not be '/dev/sda'"},
    {DEVICE("<rng model='virtio'><backend model='egd' type='tcp'/></rng>"),
     "line 3: attribute 'model' of <backend> may not be 'egd'"},
    {DEVICE("<tpm model='tpm-tis'><backend type='passthrough'/></tpm>"),
     "line 3: attribute 'type' of <backend> may not be 'passthrough'"},
    {DEVICE("<tpm model='tpm-tis'><backend type='emulator'><encryption secret='" UUID "'/></backend></tpm>"),
     "line 3: <encryption> is not allowed in <backend>"},
    {DEVICE("<input type='evdev'/>"), "line 3: attribute 'type' of <input> may not be 'evdev'"},
    {DEVICE("<shmem name='a'/>"), "line 3: <shmem> is not allowed in <devices>"},
    {DEVICE("<memory model='nvdimm'/>"), "line 3: <memory> is not allowed in <devices>"},
    {DEVICE("<smartcard mode='host'/>"), "line 3: <smartcard> is not allowed in <devices>"},
    {DEVICE("<vsock model='virtio'/>"), "line 3: <vsock> is not allowed in <devices>"},
    {DEVICE("<lease/>"), "line 3: <lease> is not allowed in <devices>"},
    {DEVICE("<crypto/>"), "line 3: <crypto> is not allowed in <devices>"},
    {DOMAIN("<sysinfo type='fwcfg'><entry name='a' file='/etc/shadow'/></sysinfo>"),
     "line 3: attribute 'type' of <sysinfo> may not be 'fwcfg'"},
    {DOMAIN("<memoryBacking><source type='file'/></memoryBacking>"),
     "line 3: attribute 'type' of <source> may not be 'file'"},
    {DOMAIN("<memoryBacking><locked/></memoryBacking>"), "line 3: <locked> is not allowed in <memoryBacking>"},
    /* programs and arguments */
    {DEVICE("<emulator>/bin/sh</emulator>"), "line 3: <emulator> may not be '/bin/sh'"},
    {DEVICE("<emulator>/usr/bin/qemu-system-x86_64/../sh</emulator>"),
     "line 3: <emulator> may not be '/usr/bin/qemu-system-x86_64/../sh'"},
    {"<domain " QEMU_NS "><name>a</name><qemu:commandline><qemu:arg value='-snapshot'/></qemu:commandline></domain>",
     "line 1: <qemu:commandline> is not allowed: it is of another namespace"},
    {"<domain><name>a</name><commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'/></domain>",
     "line 1: <:commandline> is not allowed: it is of another namespace"},
    {"<domain " QEMU_NS "><name>a</name><devices><qemu:x/></devices></domain>",
     "line 1: <qemu:x> is not allowed: it is of another namespace"},
    {"<domain " QEMU_NS " qemu:type='kvm'><name>a</name></domain>",
     "line 1: attribute 'qemu:type' of <domain> is not allowed"},
    {"<domain xml:base='/etc'><name>a</name></domain>", "line 1: attribute 'xml:base' of <domain> is not allowed"},
    {DEVICE("<interface type='ethernet'><script path='/bin/sh'/></interface>"),
     "line 3: attribute 'type' of <interface> may not be 'ethernet'"},
    {DEVICE("<interface type='network'><script path='/bin/sh'/></interface>"),
     "line 3: <script> is not allowed in <interface>"},
    {DEVICE("<interface type='bridge'/>"), "line 3: attribute 'type' of <interface> may not be 'bridge'"},
    {DEVICE("<interface type='direct'/>"), "line 3: attribute 'type' of <interface> may not be 'direct'"},
    {DEVICE("<interface type='hostdev'/>"), "line 3: attribute 'type' of <interface> may not be 'hostdev'"},
    {DEVICE("<interface type='vhostuser'/>"), "line 3: attribute 'type' of <interface> may not be 'vhostuser'"},
    {DEVICE("<interface type='network'><backend tap='/dev/x'/></interface>"),
     "line 3: <backend> is not allowed in <interface>"},
    {DEVICE("<interface type='network'><vlan><tag id='1'/></vlan></interface>"),
     "line 3: <vlan> is not allowed in <interface>"},
    {DEVICE("<interface type='network'><rom file='/etc/shadow'/></interface>"),
     "line 3: attribute 'file' of <rom> is not allowed"},
    {DEVICE("<interface type='network' trustGuestRxFilters='yes'/>"),
     "line 3: attribute 'trustGuestRxFilters' of <interface> is not allowed"},
    /* labels, secrets, what is seen from outside */
    {DOMAIN("<seclabel type='none'/>"), "line 3: <seclabel> is not allowed in <domain>"},
    {DOMAIN("<launchSecurity type='sev'/>"), "line 3: <launchSecurity> is not allowed in <domain>"},
    {DOMAIN("<keywrap/>"), "line 3: <keywrap> is not allowed in <domain>"},
    {DOMAIN("<resource><partition>/</partition></resource>"), "line 3: <resource> is not allowed in <domain>"},
    {DOMAIN("<on_crash>coredump-restart</on_crash>"), "line 3: <on_crash> may not be 'coredump-restart'"},
    {DEVICE("<watchdog model='ib700' action='dump'/>"), "line 3: attribute 'action' of <watchdog> may not be 'dump'"},
    {DEVICE("<graphics type='vnc' passwd='secret'/>"), "line 3: attribute 'passwd' of <graphics> is not allowed"},
    {DEVICE("<graphics type='vnc' listen='0.0.0.0'/>"),
     "line 3: attribute 'listen' of <graphics> may not be '0.0.0.0'"},
    {DEVICE("<graphics type='vnc'><listen type='address' address='::'/></graphics>"),
     "line 3: attribute 'address' of <listen> may not be '::'"},
    {DEVICE("<graphics type='vnc'><listen type='network' network='a'/></graphics>"),
     "line 3: attribute 'type' of <listen> may not be 'network'"},
    {DEVICE("<graphics type='vnc' socket='/etc/a'/>"), "line 3: attribute 'socket' of <graphics> is not allowed"},
    {DEVICE("<graphics type='egl-headless'/>"), "line 3: attribute 'type' of <graphics> may not be 'egl-headless'"},
    {DEVICE("<graphics type='spice'><gl enable='yes'/></graphics>"), "line 3: <gl> is not allowed in <graphics>"},
    {DEVICE("<video><model type='virtio'><acceleration accel3d='yes'/></model></video>"),
     "line 3: <acceleration> is not allowed in <model>"},
    {DEVICE("<audio id='1' type='pulseaudio'/>"), "line 3: attribute 'type' of <audio> may not be 'pulseaudio'"},
    {DEVICE("<redirdev bus='usb' type='tcp'/>"), "line 3: attribute 'type' of <redirdev> may not be 'tcp'"},
    /* names, as the roles file sees them and as libvirt does */
    {"<domain/>", "line 1: <domain> needs a <name>"},
    {"<domain><name/></domain>", "line 1: <name> may not be ''"},
    {"<domain><name> web</name></domain>", "line 1: <name> may not be ' web'"},
    {"<domain><name>web\n</name></domain>", "line 1: <name> may not be 'web?'"},
    {"<domain><name>web </name></domain>", "line 1: <name> may not be 'web '"},
    {"<domain><name>a/b</name></domain>", "line 1: <name> may not be 'a/b'"},
    {"<domain><name>..</name></domain>", "line 1: <name> may not be '..'"},
    {"<domain><name>a\tb</name></domain>", "line 1: <name> may not be 'a?b'"},
    {"<domain><name>web</name>\n<name>db</name></domain>", "line 1: there may be only one <name>"},
    {"<domain><name>web<b/></name></domain>", "line 1: <b> is not allowed in <name>"},
    {"<domain><name x='1'>web</name></domain>", "line 1: attribute 'x' of <name> is not allowed"},
    {"<domain><uuid>" UUID "</uuid><uuid>" UUID "</uuid><name>a</name></domain>",
     "line 1: there may be only one <uuid>"},
    {"<domain><name>a</name><uuid>4dea22b31d52d8f32516782e98ab3fa0</uuid></domain>",
     "line 1: <uuid> may not be '4dea22b31d52d8f32516782e98ab3fa0'"},
    /* and the rest */
    {"<domain type='xen'><name>a</name></domain>", "line 1: attribute 'type' of <domain> may not be 'xen'"},
    {"<domain type='lxc'><name>a</name></domain>", "line 1: attribute 'type' of <domain> may not be 'lxc'"},
    {DOMAIN("<nonsense/>"), "line 3: <nonsense> is not allowed in <domain>"},
    {DOMAIN("text"), "line 1: <domain> may have no text"},
    {DEVICE("<![CDATA[text]]>"), "line 3: <devices> may have no text"},
    {DOMAIN("<memory>many</memory>"), "line 3: <memory> may not be 'many'"},
    {DOMAIN("<memory>-2</memory>"), "line 3: <memory> may not be '-2'"},
    {DOMAIN("<memory>0x</memory>"), "line 3: <memory> may not be '0x'"},
    {DOMAIN("<metadata x='1'/>"), "line 3: attribute 'x' of <metadata> is not allowed"},
    {DEVICE("<interface type='network'><mac address='52:54:00:aa:00'/></interface>"),
     "line 3: attribute 'address' of <mac> may not be '52:54:00:aa:00'"},
    {DEVICE("<x><address type='pci'/></x>"), "line 3: <x> is not allowed in <devices>"},
};

static void what_could_reach_the_host_is_refused_by_name_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        assert_refused(refusals[i].xml, -EPERM, refusals[i].reason);
}

#define NO_CHAIN ": a qcow2 image needs a <backingStore>, an empty one if nothing is behind it"

static void a_qcow2_image_must_say_what_is_behind_it(void **state)
{
    (void)state;
    char *small = read_file("admin/qemu-small.xml");
    assert_refused(small, -EPERM, "line 35: <disk>" NO_CHAIN);
    free(small);
#define IMAGE "<source file='/var/lib/libvirt/images/a'/>"
    static const char *const disks[] = {
        DISK("<driver type='qcow2'/>" IMAGE "<backingStore/>"),
        DISK("<driver type='raw'/>" IMAGE),
        DISK(IMAGE),
        DISK("<driver type='qcow2'/>" IMAGE "<backingStore type='file'><format type='raw'/>" IMAGE "</backingStore>"),
        DISK("<driver type='qcow2'/>" IMAGE "<backingStore type='file'><format type='qcow2'/>" IMAGE
             "<backingStore/></backingStore>"),
    };
    for (size_t i = 0; i < sizeof disks / sizeof *disks; i++)
        assert_passes(disks[i], disks[i]);
    static const struct {
        const char *xml, *reason;
    } cases[] = {
        {DISK("<driver type='qcow2'/>" IMAGE), "line 3: <disk>" NO_CHAIN},
        {DISK("<driver type='qcow2'/>" IMAGE "<backingStore type='file'><format type='qcow2'/>" IMAGE
              "</backingStore>"),
         "line 3: <backingStore>" NO_CHAIN},
        {DISK("<driver type='raw'/><driver type='qcow2'/>" IMAGE), "line 3: there may be only one <driver>"},
        {DISK("<driver type='qcow2'/>" IMAGE "<backingStore/><backingStore type='file'/>"),
         "line 3: there may be only one <backingStore>"},
        {DISK("<driver type='qed'/>" IMAGE), "line 3: attribute 'type' of <driver> may not be 'qed'"},
        {DISK("<driver type='vmdk'/>" IMAGE), "line 3: attribute 'type' of <driver> may not be 'vmdk'"},
        {DISK("<driver type='qcow2'/>" IMAGE "<backingStore type='block'><format type='raw'/></backingStore>"),
         "line 3: attribute 'type' of <backingStore> may not be 'block'"},
        {DISK("<driver type='qcow2'/>" IMAGE "<backingStore type='file'><format type='raw'/>"
              "<source file='/etc/shadow'/></backingStore>"),
         NOT_A_SOURCE("/etc/shadow")},
        {DISK("<driver type='qcow2'/>" IMAGE "<backingStore type='file'><format type='qcow2'/>" IMAGE
              "<backingStore type='file'><format type='raw'/><source "
              "file='/etc/shadow'/></backingStore></backingStore>"),
         NOT_A_SOURCE("/etc/shadow")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i].xml, -EPERM, cases[i].reason);
}

static void entities_and_document_types_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *xml, *reason;
    } cases[] = {
        {"<!DOCTYPE domain [<!ENTITY a SYSTEM 'file:///etc/shadow'>]><domain><name>&a;</name></domain>",
         "line 1: document types are not accepted"},
        {"<domain><name>&a;</name></domain>", "line 1: Entity 'a' not defined"},
        {"<network><name>a</name></network>", "its root element is not <domain>"},
        {"<domain xmlns='http://libvirt.org/schemas/domain/qemu/1.0'><name>a</name></domain>",
         "its root element is not <domain>"},
        {"<domain><name>a</name></domain><domain/>", "line 1: Extra content at the end of the document"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i].xml, -EINVAL, cases[i].reason);
}

static void folders_are_the_callers(void **state)
{
    (void)state;
    static const char *const images[] = {"/srv/a", "/srv/b", NULL}, *const none[] = {NULL};
    const struct vmt_domain_limits limits = {images, none, none, none};
    struct vmt_definition definition;
    assert_int_equal(vmt_domain_filter(SOURCE("/srv/b/c/d.raw"), &limits, &definition, NULL), 0);
    vmt_definition_done(&definition);
    assert_int_equal(vmt_domain_filter(SOURCE("/var/lib/libvirt/images/a"), &limits, &definition, NULL), -EPERM);
    assert_int_equal(vmt_domain_filter(DEVICE("<emulator>/usr/bin/kvm</emulator>"), &limits, &definition, NULL),
                     -EPERM);
}

static void a_folder_is_an_absolute_path(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool is_folder;
    } cases[] = {{"/srv", true},   {"/srv/a b", true}, {"", false},        {"srv", false},  {"/", false},
                 {"/srv/", false}, {"//srv", false},   {"/srv/..", false}, {"/./a", false}, {"/srv/\n", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (vmt_domain_is_folder(cases[i].path) != cases[i].is_folder)
            fail_msg("'%s'", cases[i].path);
}

/* What a stranger does to each element of a document that passes: one child, one attribute, or one text more. */
static void try_everywhere(xmlDoc *document, xmlNode *node, unsigned *tries)
{
    static const char *const names[] = {"hostdev", "filesystem", "seclabel", "domain", "qemu"};
    if (node->type != XML_ELEMENT_NODE || node->ns)
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names + 2; i++) {
        xmlNode *child = NULL;
        xmlAttr *attribute = NULL;
        bool is_opaque = xmlStrEqual(node->name, BAD_CAST "metadata");
        if (i < sizeof names / sizeof *names)
            child = xmlNewChild(node, NULL, BAD_CAST names[i], NULL);
        else if (i == sizeof names / sizeof *names)
            attribute = xmlNewProp(node, BAD_CAST "passwd", BAD_CAST "no");
        else
            xmlAddChild(node, child = xmlNewCDataBlock(document, BAD_CAST "\t/etc/shadow", 12));
        xmlChar *text = NULL;
        int size = 0;
        struct vmt_definition definition;
        xmlDocDumpMemory(document, &text, &size);
        int result = filter((const char *)text, &definition, NULL);
        bool is_prose =
            xmlStrEqual(node->name, BAD_CAST "description") && child && child->type == XML_CDATA_SECTION_NODE;
        if (result != ((is_opaque && child) || is_prose ? 0 : -EPERM))
            fail_msg("%d, change %zu of <%s>", result, i, (const char *)node->name);
        if (!result)
            vmt_definition_done(&definition);
        xmlFree(text);
        if (child) {
            xmlUnlinkNode(child);
            xmlFreeNode(child);
        }
        if (attribute)
            xmlRemoveProp(attribute);
        (*tries)++;
    }
    for (xmlNode *child = xmlStrEqual(node->name, BAD_CAST "metadata") ? NULL : node->children; child;
         child = child->next)
        try_everywhere(document, child, tries);
}

static void nothing_can_be_added_anywhere(void **state)
{
    (void)state;
    char *xml = read_file("admin/qemu-desktop.xml");
    xmlDoc *document = xmlReadMemory(xml, (int)strlen(xml), NULL, NULL, 0);
    unsigned tries = 0;
    try_everywhere(document, xmlDocGetRootElement(document), &tries);
    assert_true(tries > 1000);
    xmlFreeDoc(document);
    free(xml);
}

/* Each alternative of some values is a class that there is, or a word. */
static void check_values(const char *path, char *values)
{
    static const char *const classes[] = {"NAME",  "TEXT",     "PROSE", "UUID",    "MAC",
                                          "IMAGE", "FIRMWARE", "NVRAM", "EMULATOR"};
    for (char *rest, *value = strtok_r(values, "|", &rest); value; value = strtok_r(NULL, "|", &rest)) {
        bool is_known = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(value);
        for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
            is_known |= !strcmp(value, classes[i]);
        if (!is_known)
            fail_msg("'%s': there is no class '%s'", path, value);
    }
}

/* A row that can never match, or a class that is misspelled, allows nothing and is noticed by nobody. */
static void the_table_has_no_row_in_vain(void **state)
{
    (void)state;
    for (const struct vmt_element *row = vmt_domain_grammar; row->path; row++) {
        for (const struct vmt_element *other = vmt_domain_grammar; other < row; other++)
            if (!strcmp(row->path, other->path))
                fail_msg("'%s' comes twice", row->path);
        char copy[2000];
        snprintf(copy, sizeof copy, "%s %s", row->attributes, row->text ? row->text : "");
        for (char *save, *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
            check_values(row->path, strchr(word, '=') ? strchr(word, '=') + 1 : word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_libvirt_writes_of_a_usual_domain_passes),
        cmocka_unit_test(name_and_uuid_are_told),
        cmocka_unit_test(what_libvirt_gets_is_what_was_checked),
        cmocka_unit_test(what_could_reach_the_host_is_refused_by_name_and_line),
        cmocka_unit_test(a_qcow2_image_must_say_what_is_behind_it),
        cmocka_unit_test(entities_and_document_types_are_refused),
        cmocka_unit_test(folders_are_the_callers),
        cmocka_unit_test(a_folder_is_an_absolute_path),
        cmocka_unit_test(nothing_can_be_added_anywhere),
        cmocka_unit_test(the_table_has_no_row_in_vain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
