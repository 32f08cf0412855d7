/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE TABLE of what a domain may have in its XML. Private to domain_*.c. Constant data.
 */
#ifndef VIRTMETER_ADMIN_DOMAIN_GRAMMAR_H
#define VIRTMETER_ADMIN_DOMAIN_GRAMMAR_H

#include "admin/domain_filter.h"

#include <stdbool.h>

enum {
    VMT_ELEMENT_ONCE = 1 << 0,     /* at most one in its parent */
    VMT_ELEMENT_NESTS = 1 << 1,    /* may contain itself */
    VMT_ELEMENT_ANYTHING = 1 << 2, /* what is in it is not for libvirt */
};

/*
 * Values are written as alternatives, `yes|no`, or as one of these classes:
 *   #  a number, decimal or hexadecimal, or -1        NAME   what libvirt takes as a name: no slash, no controls
 *   .  a word: letters, digits and `._:+-`            TEXT   any text without controls
 *   ,  a list of numbers and ranges                   PROSE  any text
 *   UUID  MAC  IMAGE  FIRMWARE  NVRAM  EMULATOR       as they are called; the last four are paths
 */
struct vmt_element {
    const char *path;       /* below <domain>; a part is a name, `a|b|c`, or `*` for any device */
    const char *attributes; /* `name=value`, separated by spaces; `+name=value` must be there */
    const char *text;       /* NULL: none */
    unsigned flags;         /* VMT_ELEMENT_* */
};

extern const struct vmt_element vmt_domain_grammar[]; /* ended by a row without a path */

/* Whether `text` is one of the alternatives of `kinds`, which end with a space or the end of the text. Pure. */
bool vmt_domain_value(const struct vmt_domain_limits *limits, const char *kinds, const char *text);

#endif
