/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client would like to get: the Accept and Accept-Encoding headers of RFC 9110, for the formats that we have.
 * The format with the highest quality wins; nothing said, or nothing we know, is text 0.0.4. Pure, safe from any
 * thread.
 */
#ifndef VIRTMETER_EXPORTER_ACCEPT_H
#define VIRTMETER_EXPORTER_ACCEPT_H

#include "serve/exposition.h"

enum { VMT_CONTENT_TYPE = 96 }; /* room for any content type that we answer with */

/* How much a client wants one thing, by the most specific range that matches it. */
struct vmt_preference {
    double quality;
    unsigned specificity; /* 0: no range matches */
    unsigned position;    /* of the range in the header */
    char escaping[16];    /* of names, as the range has it; "": it has none */
};

/* Zeroed memory accepts anything. */
struct vmt_accept {
    struct vmt_preference text, text_1, openmetrics; /* 0.0.4; 1.0.0; 1.0.0 */
    struct vmt_preference gzip, identity;
    unsigned count; /* of ranges so far */
};

/* Takes the value of one Accept header; a request can have several. */
void vmt_accept_add(struct vmt_accept *accept, const char *header);

/* Takes the value of one Accept-Encoding header. */
void vmt_accept_add_encoding(struct vmt_accept *accept, const char *header);

/* The format to answer in, and its content type. */
enum vmt_format vmt_accept_format(const struct vmt_accept *accept, char ret_content_type[VMT_CONTENT_TYPE]);

bool vmt_accept_gzip(const struct vmt_accept *accept);

#endif
