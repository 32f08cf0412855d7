/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tags of a domain, which the roles file can go by. They stand in its metadata:
 *
 *     virsh metadata DOMAIN urn:virtmeter:tags:1 --key virtmeter --set '<tags><tag>web</tag></tags>' --config --live
 *
 * Whoever may define a domain may tag it, and so give others power over it; not himself over others' domains.
 * Pure, safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_TAGS_H
#define VIRTMETER_ADMIN_TAGS_H

#include "common/arena.h"
#include "common/error.h"

#include <stddef.h>

#define VMT_TAGS_NAMESPACE "urn:virtmeter:tags:1"

enum { VMT_TAGS_MAX = 64 }; /* of one domain; a domain with more cannot be read */

struct vmt_tags {
    const char *texts[VMT_TAGS_MAX];
    size_t count;
    struct vmt_arena memory;
};

/*
 * Reads the tags from a domain's XML. 0, or -EINVAL when the document cannot be read or has more, or longer, tags than
 * are looked at (tags protect, too: to leave some out would be wrong), or -ENOMEM. Nothing is to be given back after a
 * failure.
 */
int vmt_tags_read(const char *xml, struct vmt_tags *ret_tags, struct vmt_error *error);
void vmt_tags_done(struct vmt_tags *tags);

#endif
