/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line from a table: one row for each flag, read by the parser and by `--help`. Flags can be written as
 * `--flag=VALUE` and `--flag VALUE`; what is not given comes from the environment or is the row's fallback. Checks what
 * can be checked without looking at the machine; texts stay where they are, in the arguments and in the environment.
 * Used before threads start.
 */
#ifndef VIRTMETER_SERVE_FLAGS_H
#define VIRTMETER_SERVE_FLAGS_H

#include "common/error.h"
#include "serve/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { VMT_FLAG_TEXT = 64 }; /* room for any flag */

struct vmt_flag;

/* Writes `value` into a field; -EINVAL when it is none, with the reason. */
typedef int vmt_flag_set(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error);

struct vmt_flag {
    const char *name;         /* without the dashes */
    const char *argument;     /* its name for people; NULL: the flag takes none */
    vmt_flag_set *set;        /* the type */
    size_t field;             /* in the struct that is filled */
    const char *fallback;     /* when nobody gives one, written as a user would; NULL: the field stays zero */
    const char *environment;  /* a variable that is asked before the fallback, or NULL */
    const char *const *words; /* that are allowed, ended by NULL, by the number that they become */
    unsigned mode;            /* that vmt_flag_set_mode sets */
    char letter;              /* its short form, or 0 */
    const char *help;
};

struct vmt_flags {
    const struct vmt_flag *rows;
    size_t count;
    /*
     * Flags without a value beyond the rows, or NULL: the name of the `number`th, written into `text`, or NULL after
     * the last; and what to do when it is given.
     */
    const char *(*other_name)(unsigned number, char text[VMT_FLAG_TEXT]);
    void (*take_other)(void *arg, unsigned number);
    void *arg;
};

/* What a repeatable flag collects; count + 1 of them are there, the last is NULL. */
struct vmt_flag_list {
    const char **values;
    unsigned count;
};

/*
 * Reads the arguments (the first is the program's name) into the struct at `fields`, which is zeroed memory. 0, -EINVAL
 * with a sentence for the user, or -ENOMEM.
 */
int vmt_flags_parse(const struct vmt_flags *flags, int argument_count, const char *const *arguments, void *fields,
                    struct vmt_error *error);

/* Adds the rows as `--help` shows them. */
void vmt_flags_help(const struct vmt_flags *flags, struct vmt_text *text);

/* Types. */
vmt_flag_set vmt_flag_set_text;     /* const char *, not empty */
vmt_flag_set vmt_flag_set_list;     /* struct vmt_flag_list */
vmt_flag_set vmt_flag_set_number;   /* unsigned, 0 to 999999 */
vmt_flag_set vmt_flag_set_duration; /* uint64_t nanoseconds, from 500ms, 9s, 1m, 1h */
vmt_flag_set vmt_flag_set_word;     /* unsigned: the place in `words` */
vmt_flag_set vmt_flag_set_true;     /* bool */
vmt_flag_set vmt_flag_set_mode;     /* unsigned: the row's mode */

#endif
