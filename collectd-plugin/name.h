/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts on their way into collectd's identifiers, which hold 127 bytes and are written into files, graphite lines and
 * label values by others. Pure, safe from any thread.
 */
#ifndef VIRTMETER_COLLECTD_NAME_H
#define VIRTMETER_COLLECTD_NAME_H

#include <collectd/core/daemon/plugin.h>

/* An identifier being put together. */
struct vmt_name {
    char text[DATA_MAX_NAME_LEN];
    size_t length; /* of everything that was added, also what did not fit */
    uint32_t hash; /* of everything that was added */
};

void vmt_name_init(struct vmt_name *name);
void vmt_name_add(struct vmt_name *name, const char *text, size_t length);

/*
 * Makes it what collectd will take as it is: slashes are dropped at the beginning and become underscores elsewhere, as
 * collectd does it; so do control characters, and the dots of "." and "..": a host's name becomes that of a folder, and
 * it may be a tenant's. What is too long ends in a tilde and eight hexadecimal digits that
 * depend on the whole text, so that two long names stay two.
 */
void vmt_name_finish(struct vmt_name *name);

#endif
