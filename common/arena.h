/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is taken piece by piece and given back all at once: everything one collection learned lives in one arena.
 * Not thread safe: one thread fills an arena, afterwards any number may read what is in it.
 */
#ifndef VIRTMETER_COMMON_ARENA_H
#define VIRTMETER_COMMON_ARENA_H

#include <stddef.h>

struct vmt_arena {
    struct vmt_arena_chunk *chunk; /* newest first */
};

void vmt_arena_init(struct vmt_arena *arena);

/* Gives everything back. The arena can be used again. */
void vmt_arena_done(struct vmt_arena *arena);

/* `size` zeroed bytes, aligned for any type, or NULL when there is no memory. */
void *vmt_arena_alloc(struct vmt_arena *arena, size_t size);

/* A copy of `text` (of its first `length` bytes), or NULL when there is no memory or `text` is NULL. */
char *vmt_arena_strdup(struct vmt_arena *arena, const char *text);
char *vmt_arena_strndup(struct vmt_arena *arena, const char *text, size_t length);

/* Formats into the arena; NULL when there is no memory. */
char *vmt_arena_printf(struct vmt_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
