/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-sent events, put together from the pieces in which bytes come. What is not an event (comments, fields that are
 * not known) is left out; an event that is longer than a mebibyte too. One thread.
 */
#ifndef VIRTMETER_CTL_STREAM_H
#define VIRTMETER_CTL_STREAM_H

#include "serve/text.h"

/* One event: its name and data, which live until the call returns; false ends the stream. */
typedef bool vmt_stream_event(void *arg, const char *name, const char *data);

/* Zeroed memory with a function and its argument is a stream that begins. */
struct vmt_stream {
    vmt_stream_event *event;
    void *arg;
    /* Private. */
    struct vmt_text line, name, data;
    bool is_too_long; /* this event, so far */
};

/* Takes bytes as they come; a vmt_client_take whose argument is the stream. False when `event` said so, or no memory.
 */
bool vmt_stream_take(void *stream, const char *bytes, size_t length);

void vmt_stream_done(struct vmt_stream *stream);

#endif
