/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEAST = 1024 };

void vmt_text_done(struct vmt_text *text)
{
    free(text->bytes);
    *text = (struct vmt_text){0};
}

/* Nothing fits any more, not even what is small enough: a text never has a hole in its middle. */
static bool refuse(struct vmt_text *text)
{
    text->out_of_memory = true;
    text->capacity = text->length;
    return false;
}

bool vmt_text_grow(struct vmt_text *text, size_t more)
{
    if (text->out_of_memory || more > SIZE_MAX / 2 - text->length)
        return refuse(text);
    size_t capacity = text->capacity ? text->capacity : LEAST;
    while (capacity - text->length < more)
        capacity += capacity / 2;
    char *bytes = realloc(text->bytes, capacity);
    if (!bytes)
        return refuse(text);
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void vmt_text_shrink(struct vmt_text *text)
{
    char *bytes = text->length ? realloc(text->bytes, text->length) : NULL;
    if (!bytes)
        return;
    text->bytes = bytes;
    text->capacity = text->length;
}

void vmt_text_printf(struct vmt_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length >= 0 && vmt_text_reserve(text, (size_t)length + 1)) {
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

int vmt_text_print(struct vmt_text *text, const char *program)
{
    bool has_failed = text->out_of_memory || fwrite(text->bytes, 1, text->length, stdout) != text->length;
    has_failed |= fflush(stdout) != 0;
    if (has_failed)
        fprintf(stderr, "%s: cannot write: %s\n", program, strerror(errno));
    vmt_text_done(text);
    return has_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
