/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line as it was meant: a command, what it is about, the action's parameters, the settings. Looks at
 * nothing but the arguments and, through the settings, the environment. Texts stay where they are.
 */
#ifndef VIRTMETER_CTL_INVOCATION_H
#define VIRTMETER_CTL_INVOCATION_H

#include "ctl/command.h"
#include "ctl/flags.h"

enum { VMT_OPERANDS_MAX = VMT_PARAMS_MAX + 1 };

struct vmt_invocation {
    struct vmt_settings settings;
    struct vmt_command command;             /* without a name: none was given */
    const char *target;                     /* a domain, network or pool; NULL when the command is about none */
    struct vmt_arguments arguments;         /* an XML parameter's text is the name of a file; absent is absent */
    const char *operands[VMT_OPERANDS_MAX]; /* of one of the program's own commands */
    unsigned operand_count;
};

/*
 * Reads the arguments, of which the first is the program's name. Flags may stand anywhere; those after an action are
 * its parameters first. 0, or -EINVAL with a sentence for the user; `ret_unknown` is the word that is no command then,
 * or NULL.
 */
int vmt_invocation_parse(int argument_count, const char *const *arguments, struct vmt_invocation *ret_invocation,
                         const char **ret_unknown, struct vmt_error *error);

#endif
