/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/command.h"
#include "ctl/session.h"

#include <string.h>

static const char *const operation_words[] = {"list", "show", "wait", NULL};
static const char *const shells[] = {"bash", "zsh", "fish", NULL};

/* One row, one line. */
/* clang-format off */
static const struct vmt_command own[] = {
    {"operation", NULL, "List the operations, show one, or wait until it has ended", operation_words, 1, 2, "list | show ID | wait ID", false, vmt_session_operation},
    {"events", NULL, "Show what happens: domains that start and stop, operations that end", NULL, 0, 0, "", false, vmt_session_events},
    {"whoami", NULL, "Show whom the daemon takes you for, and what role you have", NULL, 0, 0, "", false, vmt_session_whoami},
    {"version", NULL, "Show the versions of this program and of the daemon", NULL, 0, 0, "", false, vmt_session_version},
    {"completion", NULL, "Print a shell's completions for this program", shells, 1, 1, "bash | zsh | fish", true, vmt_session_completion},
    {"help", NULL, "Print what there is to say about a command", NULL, 0, 1, "[COMMAND]", true, vmt_session_help},
};
/* clang-format on */

enum { OWN_COUNT = sizeof own / sizeof *own };

bool vmt_command_at(unsigned index, struct vmt_command *ret_command)
{
    if (index < vmt_action_count) {
        const struct vmt_action *action = &vmt_actions[index];
        *ret_command =
            (struct vmt_command){.name = action->name, .action = action, .help = action->help, .run = vmt_session_act};
        return true;
    }
    if (index - vmt_action_count >= OWN_COUNT)
        return false;
    *ret_command = own[index - vmt_action_count];
    return true;
}

bool vmt_command_find(const char *name, struct vmt_command *ret_command)
{
    for (unsigned i = 0; vmt_command_at(i, ret_command); i++)
        if (!strcmp(ret_command->name, name))
            return true;
    return false;
}

bool vmt_command_has_target(const struct vmt_command *command)
{
    return command->action && command->action->target >= VMT_TARGET_DOMAIN;
}

void vmt_command_add_flag(struct vmt_text *text, const struct vmt_param *param)
{
    for (const char *c = param->name; *c; c++)
        vmt_text_add(text, *c == '_' ? "-" : c, 1);
}
