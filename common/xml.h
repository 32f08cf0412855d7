/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's XML to identity and info samples. Pure: no libvirt call, no network, no entities, no files; documents are
 * bounded in size and depth, and texts cut after 256 bytes, since their metadata comes from tenants. What a document
 * does not say is left out. Safe from any thread.
 */
#ifndef VIRTMETER_COMMON_XML_H
#define VIRTMETER_COMMON_XML_H

#include "common/error.h"
#include "common/filter.h"
#include "common/snapshot.h"

/* Makes libxml2 ready. Must come before several threads read XML; may come again. */
void vmt_xml_init(void);

/* Labels that the user reads from the domain's XML: libvirt_domain_metadata_info. */
struct vmt_xml_labels {
    unsigned count;
    const char *const *names;  /* label names, "domain" first; count + 1 of them, ended by NULL */
    const char *const *xpaths; /* count of them */
    /* NULL: the XPaths begin at <domain>. A namespace: they see nothing but the domain's metadata of that namespace, as
     * virDomainGetMetadata gives it: an element on its own and without the namespace. "": likewise OpenStack Nova's of
     * any version. The caller's, who may set it before the labels are used. */
    const char *metadata;
};

/*
 * Checks and keeps `NAME=XPATH` specifications, such as "owner=//nova:owner/nova:user". 0, or -EINVAL with the reason
 * (no equals sign, not a label name, reserved name, name twice, not an XPath), or -ENOMEM. An XPath is evaluated at the
 * <domain> element and yields a text: of the first node that it finds, or of the string or number that it is. It may
 * use the prefixes that the document declares anywhere, and `nova` and `libosinfo` in any case. What costs too much to
 * find is left out.
 */
int vmt_xml_labels_new(const char *const *specifications, unsigned count, struct vmt_xml_labels **ret_labels,
                       struct vmt_error *error);
void vmt_xml_labels_free(struct vmt_xml_labels *labels);

/*
 * Adds to `part` what the live XML of `domain` says: domain info, OpenStack info (when Nova's metadata is there, 1.0 or
 * 1.1), configured metadata (`labels` may be NULL), one info sample for each disk and interface that `filter` wants and
 * that has a target, and whether each interface's link is up: so `part` must not be the one that takes the interfaces'
 * counters of the same domain. 0, or -EINVAL when the document cannot be read (the error says where and nothing is
 * added), or -ENOMEM; memory that lacks later is noted in the part.
 */
int vmt_xml_domain(const char *xml, const struct vmt_domain *domain, const struct vmt_filter *filter,
                   const struct vmt_xml_labels *labels, struct vmt_part *part, struct vmt_error *error);

/*
 * Adds what virConnectGetCapabilities says: node info (`model` is virNodeInfo's, or NULL), migration, memory of each
 * NUMA cell in KiB, kinds of guest. Errors as above.
 */
int vmt_xml_capabilities(const char *xml, const char *model, struct vmt_part *part, struct vmt_error *error);

/* Add what virStoragePoolGetXMLDesc and virNetworkGetXMLDesc say: pool info, network info. Errors as above. */
int vmt_xml_pool(const char *xml, const char *name, struct vmt_part *part, struct vmt_error *error);
int vmt_xml_network(const char *xml, const char *name, struct vmt_part *part, struct vmt_error *error);

#endif
