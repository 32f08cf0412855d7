/* SPDX-License-Identifier: Apache-2.0 */
#include "common/xml_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *list_security_models(struct vmt_document *document, const xmlNode *host)
{
    const char *list = NULL;
    const xmlNode *node = vmt_document_child(host, "secmodel");
    for (; node; node = vmt_document_next(node))
        list = vmt_document_join(document, list, vmt_document_text(document, vmt_document_child(node, "model")));
    return list;
}

static void add_node_info(struct vmt_document *document, const xmlNode *host, const char *model, struct vmt_part *part)
{
    const xmlNode *cpu = vmt_document_child(host, "cpu");
    const char *const labels[] = {
        vmt_document_text(document, vmt_document_child(cpu, "arch")),
        model,
        vmt_document_text(document, vmt_document_child(cpu, "vendor")),
        vmt_document_text(document, vmt_document_child(cpu, "model")),
        vmt_document_text(document, vmt_document_child(host, "uuid")),
        list_security_models(document, host),
    };
    vmt_part_add_info(part, VMT_ENTITY_NODE_INFO, NULL, labels);
}

/* A driver without migration says nothing about it. */
static void add_migration(struct vmt_document *document, const xmlNode *host, struct vmt_part *part)
{
    const xmlNode *features = vmt_document_child(host, "migration_features");
    if (!features)
        return;
    const char *transports = NULL;
    const xmlNode *node = vmt_document_child(vmt_document_child(features, "uri_transports"), "uri_transport");
    for (; node; node = vmt_document_next(node))
        transports = vmt_document_join(document, transports, vmt_document_text(document, node));
    const char *const labels[] = {vmt_document_child(features, "live") ? "true" : "false", transports};
    vmt_part_add_info(part, VMT_ENTITY_NODE_MIGRATION, NULL, labels);
}

/* libvirt always writes KiB; an amount in anything else is not understood, and absent. */
static struct vmt_value read_kibibytes(struct vmt_document *document, const xmlNode *memory)
{
    const char *unit = vmt_document_attribute(document, memory, "unit");
    const char *amount = vmt_document_text(document, memory);
    if (!amount || (unit && strcmp(unit, "KiB") != 0) || strspn(amount, "0123456789") != strlen(amount))
        return (struct vmt_value){0};
    errno = 0;
    unsigned long long number = strtoull(amount, NULL, 10);
    return errno ? (struct vmt_value){0} : vmt_integer(number);
}

static void add_cells(struct vmt_document *document, const xmlNode *host, struct vmt_part *part)
{
    const xmlNode *cells = vmt_document_child(vmt_document_child(host, "topology"), "cells");
    for (const xmlNode *cell = vmt_document_child(cells, "cell"); cell; cell = vmt_document_next(cell)) {
        const char *id = vmt_document_attribute(document, cell, "id");
        struct vmt_value memory = read_kibibytes(document, vmt_document_child(cell, "memory"));
        if (!id || memory.type == VMT_ABSENT)
            continue;
        struct vmt_sample *sample = vmt_part_add(part, VMT_ENTITY_CELL, NULL, &id);
        vmt_sample_set(sample, VMT_ENTITY_CELL, "memory", memory);
    }
}

static void add_guest(struct vmt_document *document, const xmlNode *guest, struct vmt_part *part)
{
    const char *os_type = vmt_document_text(document, vmt_document_child(guest, "os_type"));
    for (const xmlNode *arch = vmt_document_child(guest, "arch"); arch; arch = vmt_document_next(arch)) {
        const char *name = vmt_document_attribute(document, arch, "name");
        const xmlNode *domain = vmt_document_child(arch, "domain");
        for (; domain; domain = vmt_document_next(domain)) {
            const char *const labels[] = {os_type, name, vmt_document_attribute(document, domain, "type")};
            if (labels[0] && labels[1] && labels[2])
                vmt_part_add_info(part, VMT_ENTITY_GUEST_CAPABILITY, NULL, labels);
        }
    }
}

int vmt_xml_capabilities(const char *xml, const char *model, struct vmt_part *part, struct vmt_error *error)
{
    struct vmt_document document;
    struct vmt_error reason;
    int result = vmt_document_open(xml, "capabilities", &document, &reason);
    if (result < 0)
        return vmt_error_set(error, result, "capabilities: %s", reason.text);
    const xmlNode *host = vmt_document_child(document.root, "host");
    add_node_info(&document, host, model, part);
    add_migration(&document, host, part);
    add_cells(&document, host, part);
    for (const xmlNode *node = vmt_document_child(document.root, "guest"); node; node = vmt_document_next(node))
        add_guest(&document, node, part);
    if (document.out_of_memory)
        part->out_of_memory = true;
    vmt_document_done(&document);
    return 0;
}
