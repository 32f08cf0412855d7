/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the xml module share. Private to xml_*.c.
 */
#ifndef VIRTMETER_COMMON_XML_PRIVATE_H
#define VIRTMETER_COMMON_XML_PRIVATE_H

#include "common/document.h"
#include "common/xml.h"

/* Whether elements of `namespace` (may be NULL) are OpenStack Nova's, of a version that is known. */
bool vmt_xml_is_nova(const xmlNs *namespace);

/* Adds the configured metadata of `domain` to `part`, unless the document has none of it. */
void vmt_xml_labels_add(const struct vmt_xml_labels *labels, struct vmt_document *document,
                        const struct vmt_domain *domain, struct vmt_part *part);

#endif
