/* SPDX-License-Identifier: Apache-2.0 */
#include "common/xml_private.h"

int vmt_xml_pool(const char *xml, const char *name, struct vmt_part *part, struct vmt_error *error)
{
    struct vmt_document document;
    int failed = vmt_document_open(xml, "pool", &document, error);
    if (failed)
        return failed;
    const xmlNode *target = vmt_document_child(document.root, "target");
    const char *const labels[] = {
        name,
        vmt_document_text(&document, vmt_document_child(document.root, "uuid")),
        vmt_document_attribute(&document, document.root, "type"),
        vmt_document_text(&document, vmt_document_child(target, "path")),
    };
    vmt_part_add_info(part, VMT_ENTITY_POOL_INFO, NULL, labels);
    vmt_document_done(&document);
    return 0;
}

int vmt_xml_network(const char *xml, const char *name, struct vmt_part *part, struct vmt_error *error)
{
    struct vmt_document document;
    int failed = vmt_document_open(xml, "network", &document, error);
    if (failed)
        return failed;
    const char *const labels[] = {
        name,
        vmt_document_text(&document, vmt_document_child(document.root, "uuid")),
        vmt_document_attribute(&document, vmt_document_child(document.root, "bridge"), "name"),
        vmt_document_attribute(&document, vmt_document_child(document.root, "forward"), "mode"),
    };
    vmt_part_add_info(part, VMT_ENTITY_NETWORK_INFO, NULL, labels);
    vmt_document_done(&document);
    return 0;
}
