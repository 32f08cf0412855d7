/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/stream.h"

enum { EVENT_BYTES_MAX = 1 << 20 };

static void forget(struct vmt_stream *stream)
{
    vmt_text_reset(&stream->name);
    vmt_text_reset(&stream->data);
    stream->is_too_long = false;
}

/* Ends the event that an empty line ends. */
static bool dispatch(struct vmt_stream *stream)
{
    bool goes_on = true;
    if (stream->data.length && !stream->is_too_long) {
        vmt_text_add(&stream->name, "", 1);
        vmt_text_add(&stream->data, "", 1);
        if (stream->name.out_of_memory || stream->data.out_of_memory)
            return false;
        goes_on = stream->event(stream->arg, stream->name.bytes, stream->data.bytes);
    }
    forget(stream);
    return goes_on;
}

/* The value of the line when it is that field, or NULL. */
static const char *field(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    return line + length + 1 + (line[length + 1] == ' ');
}

static bool take_line(struct vmt_stream *stream)
{
    const char *line = stream->line.bytes, *value;
    if (!*line)
        return dispatch(stream);
    if ((value = field(line, "event"))) {
        vmt_text_reset(&stream->name);
        vmt_text_add_string(&stream->name, value);
    } else if ((value = field(line, "data"))) {
        if (stream->data.length)
            vmt_text_add(&stream->data, "\n", 1);
        vmt_text_add_string(&stream->data, value);
        stream->is_too_long |= stream->data.length > EVENT_BYTES_MAX;
    }
    return true;
}

bool vmt_stream_take(void *arg, const char *bytes, size_t length)
{
    struct vmt_stream *stream = arg;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '\n') {
            if (stream->line.length > EVENT_BYTES_MAX)
                stream->is_too_long = true;
            else
                vmt_text_add(&stream->line, bytes + i, 1);
            continue;
        }
        if (stream->line.length && stream->line.bytes[stream->line.length - 1] == '\r')
            stream->line.length--;
        vmt_text_add(&stream->line, "", 1);
        if (stream->line.out_of_memory || !take_line(stream))
            return false;
        vmt_text_reset(&stream->line);
    }
    return true;
}

void vmt_stream_done(struct vmt_stream *stream)
{
    vmt_text_done(&stream->line);
    vmt_text_done(&stream->name);
    vmt_text_done(&stream->data);
}
