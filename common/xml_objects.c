/* SPDX-License-Identifier: Apache-2.0 */
#include "common/xml_private.h"

static int open_object(const char *xml, const char *root, const char *kind, const char *name,
                       struct vmt_document *document, struct vmt_error *error)
{
    struct vmt_error reason;
    int result = vmt_document_open(xml, root, document, &reason);
    return result < 0 ? vmt_error_set(error, result, "XML of %s '%s': %s", kind, name, reason.text) : 0;
}

static void close_object(struct vmt_document *document, struct vmt_part *part)
{
    if (document->out_of_memory)
        part->out_of_memory = true;
    vmt_document_done(document);
}

int vmt_xml_pool(const char *xml, const char *name, struct vmt_part *part, struct vmt_error *error)
{
    struct vmt_document document;
    int result = open_object(xml, "pool", "storage pool", name, &document, error);
    if (result < 0)
        return result;
    const xmlNode *target = vmt_document_child(document.root, "target");
    const char *const labels[] = {
        name,
        vmt_document_text(&document, vmt_document_child(document.root, "uuid")),
        vmt_document_attribute(&document, document.root, "type"),
        vmt_document_text(&document, vmt_document_child(target, "path")),
    };
    vmt_part_add_info(part, VMT_ENTITY_POOL_INFO, NULL, labels);
    close_object(&document, part);
    return 0;
}

int vmt_xml_network(const char *xml, const char *name, struct vmt_part *part, struct vmt_error *error)
{
    struct vmt_document document;
    int result = open_object(xml, "network", "network", name, &document, error);
    if (result < 0)
        return result;
    const char *const labels[] = {
        name,
        vmt_document_text(&document, vmt_document_child(document.root, "uuid")),
        vmt_document_attribute(&document, vmt_document_child(document.root, "bridge"), "name"),
        vmt_document_attribute(&document, vmt_document_child(document.root, "forward"), "mode"),
    };
    vmt_part_add_info(part, VMT_ENTITY_NETWORK_INFO, NULL, labels);
    close_object(&document, part);
    return 0;
}
