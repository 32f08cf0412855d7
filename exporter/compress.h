/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip of a whole body at once. A compressor is one thread's memory, kept from one body to the next.
 */
#ifndef VIRTMETER_EXPORTER_COMPRESS_H
#define VIRTMETER_EXPORTER_COMPRESS_H

#include "serve/text.h"

struct vmt_compressor;

/* NULL when there is no memory. */
struct vmt_compressor *vmt_compressor_new(void);
void vmt_compressor_free(struct vmt_compressor *compressor);

/* Adds `plain`, as one gzip member, to `packed`. 0 or -ENOMEM. */
int vmt_compressor_gzip(struct vmt_compressor *compressor, const struct vmt_text *plain, struct vmt_text *packed);

#endif
