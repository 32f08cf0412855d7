/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/name.h"

#include <stdio.h>
#include <string.h>

enum { MARK = 9 }; /* a tilde and eight digits */

void vmt_name_init(struct vmt_name *name)
{
    *name = (struct vmt_name){.hash = 2166136261u};
}

void vmt_name_add(struct vmt_name *name, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (name->length < sizeof name->text - 1)
            name->text[name->length] = text[i];
        name->length++;
        name->hash = (name->hash ^ (unsigned char)text[i]) * 16777619u;
    }
}

/* Where to cut so that no UTF-8 sequence is cut in two. */
static size_t cut_before(const char *text, size_t length)
{
    while (length && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

void vmt_name_finish(struct vmt_name *name)
{
    if (name->length >= sizeof name->text) {
        size_t end = cut_before(name->text, sizeof name->text - 1 - MARK);
        snprintf(name->text + end, MARK + 1, "~%08x", name->hash);
        name->length = end + MARK;
    }
    if (!strcmp(name->text, "/"))
        name->length = (size_t)snprintf(name->text, sizeof name->text, "root"); /* collectd's word for it */
    if (name->text[0] == '/')
        memmove(name->text, name->text + 1, name->length--);
    for (char *at = name->text; *at; at++)
        if (*at == '/' || (unsigned char)*at < ' ' || *at == 0x7F)
            *at = '_';
    if (!strcmp(name->text, ".") || !strcmp(name->text, ".."))
        memset(name->text, '_', name->length);
}
