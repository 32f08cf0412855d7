/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows of texts that become a table with columns as wide as they must be, on a terminal that may know colours. One
 * thread.
 */
#ifndef VIRTMETER_CTL_COLUMNS_H
#define VIRTMETER_CTL_COLUMNS_H

#include "serve/text.h"

enum vmt_colour {
    VMT_COLOUR_NONE,
    VMT_COLOUR_BOLD,
    VMT_COLOUR_DIM,
    VMT_COLOUR_GREEN,
    VMT_COLOUR_YELLOW,
    VMT_COLOUR_RED
};

enum { VMT_COLUMNS_MAX = 8 };

struct vmt_columns {
    unsigned count;
    bool is_right[VMT_COLUMNS_MAX]; /* aligned so */
    /* Private: the cells one after the other, each begun by its colour and ended by a zero byte. */
    struct vmt_text cells;
};

/* Adds a cell; the next one is in the next column, then in the next row. The text must be clean. */
void vmt_columns_add(struct vmt_columns *columns, const char *text, size_t length, enum vmt_colour colour);

/* Writes the table, with colours or without, and empties it. */
void vmt_columns_finish(struct vmt_columns *columns, bool has_colours, struct vmt_text *text);

/* Adds a text in a colour. */
void vmt_columns_paint(struct vmt_text *text, const char *words, enum vmt_colour colour, bool has_colours);

#endif
