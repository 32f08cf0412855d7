/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/fake_state.h"

#include <stdlib.h>
#include <string.h>

/* vda … vdz, vdaa … */
char *fake_disk_target(unsigned index)
{
    if (index < 26)
        return fake_format("vd%c", 'a' + (int)index);
    return fake_format("vd%c%c", 'a' + (int)(index / 26 - 1), 'a' + (int)(index % 26));
}

char *fake_interface_name(const struct fake_domain *domain, unsigned index)
{
    return index ? fake_format("vnet%u.%u", domain->number, index) : fake_format("vnet%u", domain->number);
}

static void append(char **text, char *piece)
{
    char *whole = fake_format("%s%s", *text, piece);
    free(*text);
    free(piece);
    *text = whole;
}

static void append_disk(char **xml, const struct fake_domain *domain, unsigned index)
{
    char *target = fake_disk_target(index);
    append(xml, fake_format("    <disk type='file' device='disk'>\n"
                            "      <driver name='qemu' type='qcow2' cache='none'/>\n"
                            "      <source file='/var/lib/libvirt/images/%s-%s.qcow2' index='%u'/>\n"
                            "      <target dev='%s' bus='virtio'/>\n"
                            "    </disk>\n",
                            domain->name, target, index + 1, target));
    free(target);
}

static void append_interface(char **xml, const struct fake_domain *domain, unsigned index)
{
    char *name = fake_interface_name(domain, index);
    append(xml, fake_format("    <interface type='network'>\n"
                            "      <mac address='52:54:00:00:%02x:%02x'/>\n"
                            "      <source network='default' bridge='virbr0'/>\n"
                            "      <target dev='%s'/>\n"
                            "      <model type='virtio'/>\n"
                            "      <alias name='net%u'/>\n"
                            "    </interface>\n",
                            domain->number & 0xff, index & 0xff, name, index));
    free(name);
}

/* Names are put in as they are: a test with a name that XML must escape gives its own document. */
char *fake_domain_xml(const struct fake_domain *domain)
{
    if (domain->xml)
        return fake_copy(domain->xml);
    char *xml = fake_domain_is_active(domain) ? fake_format("<domain type='kvm' id='%d'>\n", domain->id)
                                              : fake_copy("<domain type='kvm'>\n");
    append(&xml, fake_format("  <name>%s</name>\n"
                             "  <uuid>%s</uuid>\n"
                             "  <memory unit='KiB'>2097152</memory>\n"
                             "  <currentMemory unit='KiB'>1048576</currentMemory>\n"
                             "  <vcpu placement='static'>%u</vcpu>\n"
                             "  <os>\n"
                             "    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>\n"
                             "  </os>\n"
                             "  <devices>\n",
                             domain->name, domain->uuid, domain->vcpus));
    for (unsigned i = 0; i < domain->disks; i++)
        append_disk(&xml, domain, i);
    for (unsigned i = 0; i < domain->interfaces; i++)
        append_interface(&xml, domain, i);
    append(&xml, fake_copy("    <memballoon model='virtio'/>\n"
                           "  </devices>\n"
                           "</domain>\n"));
    return xml;
}
