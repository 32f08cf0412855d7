/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which domains somebody may define: XML passes when each of its elements, attributes and values stands in the table of
 * domain_grammar.c, and not otherwise. There are no devices of the host, no files but those below given folders, no
 * other programs, no arguments for QEMU, no secrets, nothing about security labels, nothing that listens to the
 * network. What libvirt gets is this parser's own output, so that both read the same document.
 *
 * A qcow2 image may name any file as its backing file, and its guest may have written that name. So a disk that is
 * qcow2 must say its whole chain, ended by an empty <backingStore/>: libvirt then does not look into the image. What it
 * cannot keep from: an image that names an external data file, which QEMU opens if its confinement lets it, and what a
 * link below an allowed folder leads to: these folders belong to whoever runs the host.
 *
 * A file of NVRAM is deleted when its domain is undefined with it: so it may only be the one that libvirt itself would
 * choose for a domain of that name.
 *
 * Pure: no network, no files, no entities. Safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_DOMAIN_FILTER_H
#define VIRTMETER_ADMIN_DOMAIN_FILTER_H

#include "common/error.h"

#include <stdbool.h>

enum { VMT_DOMAIN_NAME_SIZE = 256, VMT_DOMAIN_UUID_SIZE = 37 };

/* Lists ended by NULL. */
struct vmt_domain_limits {
    const char *const *image_folders; /* of disks */
    const char *const *firmware_folders;
    const char *const *nvram_folders;
    const char *const *emulators; /* whole paths; libvirt writes one into each definition */
};

/* libvirt's own folders and Debian's QEMU. */
extern const struct vmt_domain_limits vmt_domain_limits_default;

/* Whether a path may be one of these folders: absolute, without parts that are empty, `.` or `..`. */
bool vmt_domain_is_folder(const char *path);

struct vmt_definition {
    char *xml; /* what libvirt is to get */
    char name[VMT_DOMAIN_NAME_SIZE];
    char uuid[VMT_DOMAIN_UUID_SIZE]; /* lower case; empty when the document has none */
};

/*
 * Checks `xml`. 0, or -EPERM with the line, the element and what is not allowed about it, or -EINVAL when it is no such
 * document, or -ENOMEM. Nothing is to be given back after a failure.
 */
int vmt_domain_filter(const char *xml, const struct vmt_domain_limits *limits, struct vmt_definition *ret_definition,
                      struct vmt_error *error);
void vmt_definition_done(struct vmt_definition *definition);

#endif
