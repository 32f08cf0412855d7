/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of options: one row each, and what a row's type does with a value. Private to options*.c.
 */
#ifndef VIRTMETER_EXPORTER_OPTIONS_PRIVATE_H
#define VIRTMETER_EXPORTER_OPTIONS_PRIVATE_H

#include "exporter/options.h"

#include <stddef.h>

struct vmt_option;

/* Writes `value` into the field of the options; -EINVAL when it is none, with the reason. */
typedef int vmt_option_set(const struct vmt_option *option, void *field, const char *value, struct vmt_error *error);

struct vmt_option {
    const char *flag;         /* without the dashes */
    const char *argument;     /* its name for people; NULL: the flag takes none */
    vmt_option_set *set;      /* the type */
    size_t field;             /* in struct vmt_options */
    const char *fallback;     /* when nobody gives one, written as a user would; NULL: the field stays zero */
    const char *environment;  /* a variable that is asked before the fallback, or NULL */
    const char *const *words; /* that are allowed, ended by NULL, by the number that they become */
    enum vmt_action action;   /* that a flag asks for */
    char letter;              /* its short form, or 0 */
    const char *help;
};

extern const struct vmt_option vmt_options_rows[];
extern const size_t vmt_options_row_count;

#endif
