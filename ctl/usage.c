/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/usage.h"
#include "ctl/flags.h"
#include "serve/words.h"

#include <limits.h>
#include <stdio.h>

static void add_upper(struct vmt_text *text, const char *word)
{
    for (; *word; word++) {
        char upper = (char)(*word >= 'a' && *word <= 'z' ? *word - 'a' + 'A' : *word);
        vmt_text_add(text, &upper, 1);
    }
}

/* The name of a parameter's value for people. */
static void add_value(struct vmt_text *text, const struct vmt_param *param)
{
    static const char *const names[VMT_PARAM_COUNT] = {
        [VMT_PARAM_BOOL] = "on|off", [VMT_PARAM_SECONDS] = "SECONDS", [VMT_PARAM_BYTES] = "BYTES",
        [VMT_PARAM_XML] = "FILE",    [VMT_PARAM_FILE] = "NAME",       [VMT_PARAM_WORD] = "WORD",
        [VMT_PARAM_TEXT] = "TEXT",
    };
    if (names[param->type])
        vmt_text_add_string(text, names[param->type]);
    else
        add_upper(text, param->name);
}

/* What stands after the command, without flags. */
static void add_operands(struct vmt_text *text, const struct vmt_command *command)
{
    const struct vmt_action *action = command->action;
    if (!action) {
        vmt_text_printf(text, "%s%s", *command->operands ? " " : "", command->operands);
        return;
    }
    if (vmt_command_has_target(command)) {
        vmt_text_add_string(text, " ");
        add_upper(text, vmt_target_names[action->target]);
    }
    for (unsigned i = 0; action->params[i].name; i++) {
        if (!action->params[i].is_required)
            continue;
        vmt_text_add_string(text, " ");
        add_value(text, &action->params[i]);
    }
}

static void add_command(struct vmt_text *text, const struct vmt_command *command)
{
    vmt_text_printf(text, "  %s", command->name);
    add_operands(text, command);
    vmt_text_add(text, "\n", 1);
    vmt_words_wrap(text, command->help);
}

static void add_flag(struct vmt_text *text, const struct vmt_flag *flag)
{
    static const char *const forms[] = {"", "=%s", "[=%s]"};
    vmt_text_printf(text, "  --%s", flag->name);
    vmt_text_printf(text, forms[flag->takes], flag->argument);
    if (flag->letter)
        vmt_text_printf(text, ", -%c", flag->letter);
    vmt_text_add(text, "\n", 1);
    vmt_words_wrap(text, flag->help);
}

void vmt_usage_add(struct vmt_text *text)
{
    struct vmt_command command;
    vmt_text_add_string(text,
                        "Usage: virtmeterctl [FLAG]... COMMAND [ARGUMENT]...\n\n"
                        "Asks virtmeter-admind to do something with libvirt's domains, networks and storage\n"
                        "pools. A domain is given as its name, its UUID, or its id while it runs.\n\nCommands:\n");
    for (unsigned i = 0; vmt_command_at(i, &command); i++)
        add_command(text, &command);
    vmt_text_add_string(text, "\nFlags:\n");
    for (unsigned i = 0; i < vmt_flag_count; i++)
        add_flag(text, &vmt_flags[i]);
    vmt_text_add_string(text, "\nEach command has flags of its own: virtmeterctl help COMMAND.\n");
}

static void add_param(struct vmt_text *text, const struct vmt_param *param)
{
    struct vmt_text help = {0};
    vmt_text_add_string(text, "  --");
    vmt_command_add_flag(text, param);
    vmt_text_add_string(text, param->type == VMT_PARAM_BOOL ? "[=" : "=");
    add_value(text, param);
    vmt_text_add_string(text, param->type == VMT_PARAM_BOOL ? "]\n" : "\n");
    vmt_text_printf(&help, "%s.", param->help);
    for (unsigned i = 0; param->words && param->words[i]; i++)
        vmt_text_printf(&help, "%s%s%s", i ? ", " : " One of: ", param->words[i], param->words[i + 1] ? "" : ".");
    if (param->fallback)
        vmt_text_printf(&help, " Default: %s.", param->fallback);
    if (param->grave)
        vmt_text_printf(&help, " With %s it wants the role %s at least, shows what is lost, and asks.", param->grave,
                        vmt_role_names[VMT_ROLE_POWER]);
    vmt_text_add(&help, "", 1);
    if (!help.out_of_memory)
        vmt_words_wrap(text, help.bytes);
    vmt_text_done(&help);
}

static void add_states(struct vmt_text *text, vmt_states states)
{
    const char *gap = "Only when it is ";
    for (unsigned i = 0; i < VMT_STATE_COUNT; i++) {
        if (!(states & VMT_STATE_BIT(i)))
            continue;
        vmt_states rest = states >> (i + 1);
        vmt_text_printf(text, "%s%s", gap, vmt_state_names[i]);
        gap = rest & (rest - 1) ? ", " : " or ";
    }
    if (states)
        vmt_text_add_string(text, ".\n");
}

static void add_action(struct vmt_text *text, const struct vmt_action *action)
{
    vmt_text_printf(text, "Wants the role %s.\n", vmt_role_names[action->role]);
    add_states(text, action->states);
    if (action->flags & VMT_ACTION_DESTROYS)
        vmt_text_add_string(text, "Something is lost by it: shows what, and asks.\n");
    if (action->params[0].name)
        vmt_text_add_string(text, "\nFlags:\n");
    for (unsigned i = 0; action->params[i].name; i++)
        add_param(text, &action->params[i]);
}

void vmt_usage_add_command(struct vmt_text *text, const struct vmt_command *command)
{
    vmt_text_printf(text, "Usage: virtmeterctl %s", command->name);
    add_operands(text, command);
    vmt_text_printf(text, " [FLAG]...\n\n%s.\n", command->help);
    if (command->action)
        add_action(text, command->action);
    vmt_text_add_string(text, "\nFlags of all commands: virtmeterctl --help.\n");
}

void vmt_usage_add_nearest(struct vmt_text *text, const char *name)
{
    struct vmt_command command, nearest = {0};
    unsigned best = UINT_MAX;
    for (unsigned i = 0; vmt_command_at(i, &command); i++) {
        unsigned here = vmt_words_distance(name, command.name);
        if (here >= best)
            continue;
        best = here;
        nearest = command;
    }
    vmt_text_printf(text, "the nearest known one is '%s'", nearest.name);
}
