/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/columns.h"
#include "serve/utf8.h"

#include <wchar.h>

enum { GAP = 2 };

static const char *const codes[] = {
    [VMT_COLOUR_NONE] = "",          [VMT_COLOUR_BOLD] = "\033[1m",    [VMT_COLOUR_DIM] = "\033[2m",
    [VMT_COLOUR_GREEN] = "\033[32m", [VMT_COLOUR_YELLOW] = "\033[33m", [VMT_COLOUR_RED] = "\033[31m",
};

/* Columns of a terminal; what wcwidth knows nothing of has one. */
static size_t width(const char *text)
{
    size_t columns = 0;
    while (*text) {
        uint32_t point = 0;
        size_t length = vmt_utf8_read(text, &point);
        int wide = point < 0x80 ? 1 : wcwidth((wchar_t)point);
        columns += wide >= 0 ? (size_t)wide : 1;
        text += length ? length : 1;
    }
    return columns;
}

void vmt_columns_add(struct vmt_columns *columns, const char *text, size_t length, enum vmt_colour colour)
{
    vmt_text_add(&columns->cells, (char[]){(char)colour}, 1);
    vmt_text_add(&columns->cells, text, length);
    vmt_text_add(&columns->cells, "", 1);
}

void vmt_columns_paint(struct vmt_text *text, const char *words, enum vmt_colour colour, bool has_colours)
{
    bool is_painted = has_colours && colour != VMT_COLOUR_NONE;
    vmt_text_add_string(text, is_painted ? codes[colour] : "");
    vmt_text_add_string(text, words);
    vmt_text_add_string(text, is_painted ? "\033[0m" : "");
}

static void add_blanks(struct vmt_text *text, size_t count)
{
    vmt_text_printf(text, "%*s", (int)count, "");
}

void vmt_columns_finish(struct vmt_columns *columns, bool has_colours, struct vmt_text *text)
{
    size_t widths[VMT_COLUMNS_MAX] = {0};
    const char *end = columns->cells.bytes + columns->cells.length;
    unsigned column = 0;
    for (const char *cell = columns->cells.bytes; cell && cell < end; cell += strlen(cell + 1) + 2) {
        size_t here = width(cell + 1);
        widths[column] = here > widths[column] ? here : widths[column];
        column = (column + 1) % columns->count;
    }
    column = 0;
    for (const char *cell = columns->cells.bytes; cell && cell < end; cell += strlen(cell + 1) + 2) {
        bool is_last = column + 1 == columns->count, is_right = columns->is_right[column];
        size_t blanks = widths[column] - width(cell + 1);
        if (is_right)
            add_blanks(text, blanks);
        vmt_columns_paint(text, cell + 1, (enum vmt_colour) * cell, has_colours);
        if (!is_last)
            add_blanks(text, (is_right ? 0 : blanks) + GAP);
        else
            vmt_text_add(text, "\n", 1);
        column = is_last ? 0 : column + 1;
    }
    vmt_text_done(&columns->cells);
}
