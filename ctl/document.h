/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document from a file. One thread.
 */
#ifndef VIRTMETER_CTL_DOCUMENT_H
#define VIRTMETER_CTL_DOCUMENT_H

#include "common/error.h"
#include "serve/text.h"

#include <stdio.h>

enum { VMT_DOCUMENT_BYTES_MAX = 1 << 20 };

/* Reads the file called `path`, or `in` when that is `-`; ends it with a zero byte. 0 or a negative errno. */
int vmt_document_read(const char *path, FILE *in, struct vmt_text *ret_text, struct vmt_error *error);

#endif
