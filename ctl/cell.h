/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON values as people read them. Names and titles come from tenants: whatever is in them, what is added stays on its
 * line and holds nothing that a terminal obeys. Pure, safe from any thread.
 */
#ifndef VIRTMETER_CTL_CELL_H
#define VIRTMETER_CTL_CELL_H

#include "serve/text.h"

#include <jansson.h>

/* Adds a text, with U+FFFD for what is not for a terminal; line feeds and tabs are left in if `keeps_lines`. */
void vmt_cell_add_clean(struct vmt_text *text, const char *string, bool keeps_lines);

/*
 * Adds a value. The end of its `key` says what a number is: of `_bytes` and `_ns` it is added with a unit. `-` stands
 * for null and for what is absent (NULL), yes and no for booleans.
 */
void vmt_cell_add(struct vmt_text *text, const char *key, const json_t *value);

/* Adds what people call the `key`: without its unit, with blanks. */
void vmt_cell_add_label(struct vmt_text *text, const char *key);

/* The value at a path of keys with dots between them, or NULL. */
const json_t *vmt_cell_at(const json_t *object, const char *path);

/* The same, as a text; NULL when it is none. */
const char *vmt_cell_text_at(const json_t *object, const char *path);

#endif
