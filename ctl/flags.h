/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE FLAGS of the program itself: one table, read by the parser, by `--help` and by the completions. Those of an
 * action come from the action table. Constant data and pure functions; texts stay where they are, in the arguments.
 */
#ifndef VIRTMETER_CTL_FLAGS_H
#define VIRTMETER_CTL_FLAGS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

enum vmt_output { VMT_OUTPUT_TABLE, VMT_OUTPUT_JSON, VMT_OUTPUT_QUIET, VMT_OUTPUT_COUNT };

/* Names by number, ended by NULL. */
extern const char *const vmt_output_names[];

struct vmt_settings {
    const char *socket;
    enum vmt_output output;
    bool is_waiting;                /* until an operation has ended, for `wait_s` at most */
    unsigned wait_s;                /* 0 while it is waiting: as long as it takes */
    unsigned timeout_s;             /* for an answer of the daemon, beyond what was asked to wait for */
    bool is_agreed;                 /* the second step need not be asked for */
    bool is_dry_run;                /* say what would be done */
    bool is_strict;                 /* it is an error when there is nothing to do */
    bool is_following;              /* events: those that will come, until somebody stops it */
    const char *if_state, *if_uuid; /* do it only then; or NULL */
    const char *key;                /* an idempotency key, or NULL */
    bool wants_help, wants_version;
};

enum vmt_flag_takes { VMT_FLAG_TAKES_NOTHING, VMT_FLAG_TAKES_VALUE, VMT_FLAG_MAY_TAKE_VALUE };

struct vmt_flag {
    const char *name; /* without the dashes */
    char letter;      /* its short form, or 0 */
    enum vmt_flag_takes takes;
    const char *argument;     /* its name for people */
    const char *const *words; /* that are allowed, ended by NULL; or NULL */
    int (*set)(const struct vmt_flag *flag, struct vmt_settings *settings, const char *value, struct vmt_error *error);
    size_t field; /* in struct vmt_settings */
    const char *help;
};

extern const struct vmt_flag vmt_flags[];
extern const unsigned vmt_flag_count;

/* The row of that name or letter, or NULL. */
const struct vmt_flag *vmt_flag_find(const char *name);
const struct vmt_flag *vmt_flag_find_letter(char letter);

/* What holds when nothing is said: the environment, then the defaults. */
void vmt_settings_init(struct vmt_settings *settings);

#endif
