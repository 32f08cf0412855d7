/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be asked for: the rows of the action table, then the program's own commands. Parser, `--help` and
 * completions walk this list. Constant data and pure functions.
 */
#ifndef VIRTMETER_CTL_COMMAND_H
#define VIRTMETER_CTL_COMMAND_H

#include "common/lifecycle/action.h"
#include "serve/text.h"

struct vmt_session;

struct vmt_command {
    const char *name;
    const struct vmt_action *action; /* NULL: one of the program's own */
    const char *help;                /* a sentence without a full stop */
    /* Of the program's own: */
    const char *const *words; /* what its first operand may be, ended by NULL; or NULL */
    unsigned operands_min, operands_max;
    const char *operands;                    /* for people */
    bool is_local;                           /* asks nothing of the daemon */
    int (*run)(struct vmt_session *session); /* an exit code */
};

/* Fills in the command at `index`; false when there are no more. */
bool vmt_command_at(unsigned index, struct vmt_command *ret_command);

/* Fills in the command called `name`; false when there is none. */
bool vmt_command_find(const char *name, struct vmt_command *ret_command);

/* Whether its first operand names a domain, a network or a pool. */
bool vmt_command_has_target(const struct vmt_command *command);

/* Adds the name of a parameter as it stands on the command line: with dashes only. */
void vmt_command_add_flag(struct vmt_text *text, const struct vmt_param *param);

#endif
