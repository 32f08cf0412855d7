/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/words.h"

enum { COMPARED_MAX = 64, WIDTH = 80, INDENT = 8 };

unsigned vmt_words_distance(const char *a, const char *b)
{
    unsigned row[COMPARED_MAX + 1];
    size_t length = strnlen(b, COMPARED_MAX);
    for (unsigned j = 0; j <= length; j++)
        row[j] = j;
    for (unsigned i = 0; a[i] && i < COMPARED_MAX; i++) {
        unsigned diagonal = row[0];
        row[0] = i + 1;
        for (unsigned j = 0; j < length; j++) {
            unsigned replace = diagonal + (a[i] != b[j]), above = row[j + 1] + 1, left = row[j] + 1;
            diagonal = row[j + 1];
            row[j + 1] = replace < above ? replace : above;
            row[j + 1] = row[j + 1] < left ? row[j + 1] : left;
        }
    }
    return row[length];
}

void vmt_words_wrap(struct vmt_text *text, const char *words)
{
    size_t column = 0;
    while (*words) {
        size_t length = strcspn(words, " ");
        if (column && column + 1 + length > WIDTH) {
            vmt_text_add(text, "\n", 1);
            column = 0;
        }
        vmt_text_printf(text, "%*s%.*s", column ? 1 : INDENT, "", (int)length, words);
        column += (column ? 1 : INDENT) + length;
        words += length;
        words += *words == ' ';
    }
    vmt_text_add(text, "\n", 1);
}
