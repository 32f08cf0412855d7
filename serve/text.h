/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that grow as they are written and whose memory is kept for the next time. When memory runs out the text says so
 * once, at its end, and what is written afterwards is left out: a writer need not look after each piece.
 * A text belongs to one thread at a time.
 */
#ifndef VIRTMETER_SERVE_TEXT_H
#define VIRTMETER_SERVE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Zeroed memory is an empty text. */
struct vmt_text {
    char *bytes; /* not terminated */
    size_t length, capacity;
    bool out_of_memory; /* something was left out */
};

/* Gives the memory back; the text is empty and can be used again. */
void vmt_text_done(struct vmt_text *text);

/* Empties the text and keeps its memory. */
static inline void vmt_text_reset(struct vmt_text *text)
{
    text->length = 0;
    text->out_of_memory = false;
}

/* Makes room for `more` bytes after the length; false, with out_of_memory set, when there is none. */
bool vmt_text_grow(struct vmt_text *text, size_t more);

static inline bool vmt_text_reserve(struct vmt_text *text, size_t more)
{
    return more <= text->capacity - text->length || vmt_text_grow(text, more);
}

static inline void vmt_text_add(struct vmt_text *text, const char *bytes, size_t length)
{
    if (!vmt_text_reserve(text, length) || !length)
        return;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static inline void vmt_text_add_string(struct vmt_text *text, const char *string)
{
    vmt_text_add(text, string, strlen(string));
}

/* Gives back the memory that is not used; the text is finished then. */
void vmt_text_shrink(struct vmt_text *text);

/* Writes the text to standard output and gives its memory back. The exit code; `program` tells why it failed. */
int vmt_text_print(struct vmt_text *text, const char *program);

void vmt_text_printf(struct vmt_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
