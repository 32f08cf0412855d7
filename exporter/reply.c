/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/reply.h"

#include <stdarg.h>
#include <stdio.h>

static enum MHD_Result queue(struct MHD_Connection *connection, unsigned status, struct MHD_Response *response,
                             const struct vmt_header *headers)
{
    enum MHD_Result result = MHD_YES;
    for (; headers->name && result == MHD_YES; headers++)
        result = MHD_add_response_header(response, headers->name, headers->value);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result vmt_reply_line(struct MHD_Connection *connection, unsigned status, struct vmt_header header,
                               const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text - 1, format, arguments);
    va_end(arguments);
    size_t end = length < 0 ? 0 : (size_t)length < sizeof text - 2 ? (size_t)length : sizeof text - 2;
    text[end] = '\n';
    struct MHD_Response *response = MHD_create_response_from_buffer(end + 1, text, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    const struct vmt_header headers[] = {{MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; charset=utf-8"},
                                         {"X-Content-Type-Options", "nosniff"},
                                         header,
                                         {NULL, NULL}};
    return queue(connection, status, response, headers);
}

enum MHD_Result vmt_reply_page(struct MHD_Connection *connection, const struct vmt_text *html)
{
    static const struct vmt_header headers[] = {
        {MHD_HTTP_HEADER_CONTENT_TYPE, "text/html; charset=utf-8"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"},
        {NULL, NULL}};
    struct MHD_Response *response = MHD_create_response_from_buffer(html->length, html->bytes, MHD_RESPMEM_MUST_COPY);
    return response ? queue(connection, MHD_HTTP_OK, response, headers) : MHD_NO;
}

static void free_body(void *body)
{
    vmt_body_unref(body);
}

enum MHD_Result vmt_reply_body(struct MHD_Connection *connection, struct vmt_body *body, const char *content_type)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(body->text.length, body->text.bytes, free_body, body);
    if (!response) {
        vmt_body_unref(body);
        return MHD_NO;
    }
    const struct vmt_header headers[] = {{MHD_HTTP_HEADER_CONTENT_TYPE, content_type},
                                         {MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding"},
                                         {body->is_gzip ? MHD_HTTP_HEADER_CONTENT_ENCODING : NULL, "gzip"},
                                         {NULL, NULL}};
    return queue(connection, MHD_HTTP_OK, response, headers);
}
