/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to HTTP requests. All functions are for handlers of libmicrohttpd, on its threads; MHD_NO means that there
 * was no memory and the connection is cut.
 */
#ifndef VIRTMETER_EXPORTER_REPLY_H
#define VIRTMETER_EXPORTER_REPLY_H

#include "exporter/render.h"

#include <microhttpd.h>

/* A header of a reply; a name of NULL stands for none. */
struct vmt_header {
    const char *name, *value;
};

/* One line of plain text, with one header more. */
enum MHD_Result vmt_reply_line(struct MHD_Connection *connection, unsigned status, struct vmt_header header,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A page that is copied. */
enum MHD_Result vmt_reply_page(struct MHD_Connection *connection, const struct vmt_text *html);

/* A scrape's body; takes ownership of a reference. */
enum MHD_Result vmt_reply_body(struct MHD_Connection *connection, struct vmt_body *body, const char *content_type);

#endif
