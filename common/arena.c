/* SPDX-License-Identifier: Apache-2.0 */
#include "common/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chunks grow with the arena, so that a small collection stays small and a large one needs few of them. */
enum { FIRST_CHUNK = 1024, LARGEST_CHUNK = 256 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct vmt_arena_chunk {
    struct vmt_arena_chunk *next;
    size_t size, used;
    _Alignas(max_align_t) unsigned char bytes[];
};

void vmt_arena_init(struct vmt_arena *arena)
{
    arena->chunk = NULL;
}

void vmt_arena_done(struct vmt_arena *arena)
{
    while (arena->chunk) {
        struct vmt_arena_chunk *next = arena->chunk->next;
        free(arena->chunk);
        arena->chunk = next;
    }
}

static struct vmt_arena_chunk *add_chunk(struct vmt_arena *arena, size_t needed)
{
    size_t size = arena->chunk ? arena->chunk->size * 2 : FIRST_CHUNK;
    if (size > LARGEST_CHUNK)
        size = LARGEST_CHUNK;
    if (size < needed)
        size = needed;
    struct vmt_arena_chunk *chunk = calloc(1, sizeof *chunk + size);
    if (!chunk)
        return NULL;
    chunk->size = size;
    chunk->next = arena->chunk;
    arena->chunk = chunk;
    return chunk;
}

void *vmt_arena_alloc(struct vmt_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct vmt_arena_chunk *chunk = arena->chunk;
    if (!chunk || chunk->size - chunk->used < size)
        chunk = add_chunk(arena, size);
    if (!chunk)
        return NULL;
    void *piece = chunk->bytes + chunk->used;
    chunk->used += size;
    return piece;
}

char *vmt_arena_strndup(struct vmt_arena *arena, const char *text, size_t length)
{
    if (!text)
        return NULL;
    char *copy = vmt_arena_alloc(arena, length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *vmt_arena_strdup(struct vmt_arena *arena, const char *text)
{
    return vmt_arena_strndup(arena, text, text ? strlen(text) : 0);
}

char *vmt_arena_printf(struct vmt_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : vmt_arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}
