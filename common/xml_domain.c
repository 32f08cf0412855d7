/* SPDX-License-Identifier: Apache-2.0 */
#include "common/xml_private.h"

#include <libxml/parser.h>
#include <string.h>

/* One domain's document on its way into a part. */
struct reading {
    struct vmt_document document;
    const struct vmt_domain *domain;
    const struct vmt_filter *filter;
    struct vmt_part *part;
};

static const char *attribute(struct reading *reading, const xmlNode *node, const char *name)
{
    return vmt_document_attribute(&reading->document, node, name);
}

static const char *text(struct reading *reading, const xmlNode *node)
{
    return vmt_document_text(&reading->document, node);
}

/* What the domain names, or UEFI when its loader is flash; libvirt writes no word about plain BIOS. */
static const char *find_firmware(struct reading *reading, const xmlNode *os)
{
    const char *named = attribute(reading, os, "firmware");
    const char *loader = attribute(reading, vmt_document_child(os, "loader"), "type");
    return !named && loader && !strcmp(loader, "pflash") ? "efi" : named;
}

static void add_info(struct reading *reading)
{
    const xmlNode *root = reading->document.root;
    const xmlNode *os = vmt_document_child(root, "os");
    const xmlNode *type = vmt_document_child(os, "type");
    const char *const labels[] = {
        reading->domain->name,
        reading->domain->uuid,
        text(reading, vmt_document_child(root, "title")),
        attribute(reading, root, "type"),
        text(reading, type),
        attribute(reading, type, "arch"),
        attribute(reading, type, "machine"),
        find_firmware(reading, os),
    };
    vmt_part_add_info(reading->part, VMT_ENTITY_DOMAIN_INFO, reading->domain, labels);
}

static const xmlNode *find_nova(const xmlNode *root)
{
    const xmlNode *metadata = vmt_document_child(root, "metadata");
    const xmlNode *node = metadata ? metadata->children : NULL;
    while (node && !(node->type == XML_ELEMENT_NODE && vmt_xml_is_nova(node->ns) &&
                     xmlStrEqual(node->name, BAD_CAST "instance")))
        node = node->next;
    return node;
}

static void add_openstack(struct reading *reading)
{
    const xmlNode *instance = find_nova(reading->document.root);
    if (!instance)
        return;
    const xmlNode *owner = vmt_document_child_of_kind(instance, "owner");
    const xmlNode *user = vmt_document_child_of_kind(owner, "user");
    const xmlNode *project = vmt_document_child_of_kind(owner, "project");
    const char *const labels[] = {
        reading->domain->name,  text(reading, vmt_document_child_of_kind(instance, "name")),
        reading->domain->uuid,  attribute(reading, vmt_document_child_of_kind(instance, "flavor"), "name"),
        text(reading, user),    attribute(reading, user, "uuid"),
        text(reading, project), attribute(reading, project, "uuid"),
    };
    vmt_part_add_info(reading->part, VMT_ENTITY_DOMAIN_OPENSTACK, reading->domain, labels);
}

/* Where a device's source says what it is: the attribute differs by the type of the device. */
struct source_row {
    const char *type, *attribute, *prefix; /* `prefix`: an attribute that goes before it */
    char separator;
};

static const struct source_row disk_sources[] = {
    {"file", "file"},
    {"block", "dev"},
    {"dir", "dir"},
    {"vhostuser", "path"},
    {"vhostvdpa", "dev"},
    {"network", "name", "protocol", ':'},
    {"volume", "volume", "pool", '/'},
    {NULL},
};

static const struct source_row interface_sources[] = {
    {"bridge", "bridge"}, {"network", "network"}, {"direct", "dev"}, {"vhostuser", "path"}, {"vdpa", "dev"}, {NULL},
};

static const char *find_source(struct reading *reading, const struct source_row *row, const xmlNode *device)
{
    const xmlNode *source = vmt_document_child(device, "source");
    const char *type = attribute(reading, device, "type");
    while (row->type && !(type && !strcmp(row->type, type)))
        row++;
    if (!row->type)
        return NULL;
    const char *name = attribute(reading, source, row->attribute);
    const char *prefix = row->prefix ? attribute(reading, source, row->prefix) : NULL;
    if (!prefix || !name)
        return prefix ? prefix : name;
    const char *whole = vmt_arena_printf(&reading->document.texts, "%s%c%s", prefix, row->separator, name);
    if (!whole)
        reading->document.out_of_memory = true;
    return whole;
}

/* The target that names a device in libvirt's statistics, or NULL when it has none or is not wanted. */
static const char *find_target(struct reading *reading, const xmlNode *device)
{
    const char *target = attribute(reading, vmt_document_child(device, "target"), "dev");
    return target && vmt_filter_wants_device(reading->filter, target) ? target : NULL;
}

static void add_disk(struct reading *reading, const xmlNode *disk)
{
    const char *target = find_target(reading, disk);
    if (!target)
        return;
    const xmlNode *driver = vmt_document_child(disk, "driver");
    const char *device = attribute(reading, disk, "device");
    const char *const labels[] = {
        reading->domain->name,
        target,
        attribute(reading, disk, "type"),
        device ? device : "disk",
        attribute(reading, vmt_document_child(disk, "target"), "bus"),
        attribute(reading, driver, "type"),
        attribute(reading, driver, "cache"),
        attribute(reading, driver, "discard"),
        find_source(reading, disk_sources, disk),
        text(reading, vmt_document_child(disk, "serial")),
    };
    vmt_part_add_info(reading->part, VMT_ENTITY_BLOCK_INFO, reading->domain, labels);
}

static void add_link(struct reading *reading, const xmlNode *interface, const char *target)
{
    const char *const labels[] = {reading->domain->name, target};
    const char *state = attribute(reading, vmt_document_child(interface, "link"), "state");
    bool is_up = !state || strcmp(state, "down") != 0;
    struct vmt_sample *sample = vmt_part_add(reading->part, VMT_ENTITY_INTERFACE, reading->domain, labels);
    vmt_sample_set(sample, VMT_ENTITY_INTERFACE, "link_up", vmt_integer(is_up));
}

static void add_interface(struct reading *reading, const xmlNode *interface)
{
    const char *target = find_target(reading, interface);
    if (!target)
        return;
    const char *const labels[] = {
        reading->domain->name,
        target,
        attribute(reading, vmt_document_child(interface, "alias"), "name"),
        attribute(reading, interface, "type"),
        find_source(reading, interface_sources, interface),
        attribute(reading, vmt_document_child(interface, "mac"), "address"),
        attribute(reading, vmt_document_child(interface, "model"), "type"),
        attribute(reading, vmt_document_child(interface, "mtu"), "size"),
        attribute(reading, vmt_document_child(interface, "virtualport"), "type"),
    };
    vmt_part_add_info(reading->part, VMT_ENTITY_INTERFACE_INFO, reading->domain, labels);
    add_link(reading, interface, target);
}

/* The agent's channel says whether the guest has opened it. No agent is asked. */
static void add_agent(struct reading *reading, const xmlNode *channel)
{
    const xmlNode *target = vmt_document_child(channel, "target");
    const char *name = attribute(reading, target, "name"), *state = attribute(reading, target, "state");
    if (!name || !state || strcmp(name, "org.qemu.guest_agent.0") != 0)
        return;
    struct vmt_sample *sample =
        vmt_part_add(reading->part, VMT_ENTITY_DOMAIN_LIFE, reading->domain, &reading->domain->name);
    vmt_sample_set(sample, VMT_ENTITY_DOMAIN_LIFE, "agent_connected", vmt_integer(!strcmp(state, "connected")));
}

static void add_devices(struct reading *reading)
{
    const xmlNode *devices = vmt_document_child(reading->document.root, "devices");
    for (const xmlNode *node = vmt_document_child(devices, "disk"); node; node = vmt_document_next(node))
        add_disk(reading, node);
    for (const xmlNode *node = vmt_document_child(devices, "interface"); node; node = vmt_document_next(node))
        add_interface(reading, node);
    for (const xmlNode *node = vmt_document_child(devices, "channel"); node; node = vmt_document_next(node))
        add_agent(reading, node);
}

void vmt_xml_init(void)
{
    xmlInitParser();
}

int vmt_xml_domain(const char *xml, const struct vmt_domain *domain, const struct vmt_filter *filter,
                   const struct vmt_xml_labels *labels, struct vmt_part *part, struct vmt_error *error)
{
    struct reading reading = {.domain = domain, .filter = filter, .part = part};
    struct vmt_error reason;
    int result = vmt_document_open(xml, "domain", &reading.document, &reason);
    if (result < 0)
        return vmt_error_set(error, result, "XML of domain '%s': %s", domain->name, reason.text);
    add_info(&reading);
    add_openstack(&reading);
    if (labels)
        vmt_xml_labels_add(labels, &reading.document, domain, part);
    add_devices(&reading);
    if (reading.document.out_of_memory)
        part->out_of_memory = true;
    vmt_document_done(&reading.document);
    return 0;
}
