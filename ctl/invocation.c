/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/invocation.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLAG_TEXT = 64 };

struct parser {
    struct vmt_invocation *invocation;
    struct vmt_error *error;
    const char *const *arguments; /* those that are left, ended by NULL */
    bool has_ended_flags;         /* `--` was there */
    const char *unknown;          /* a word that is no command */
};

/* Whether `flag`, of `length` bytes, is that parameter's, in which a dash stands for an underscore. */
static bool is_param(const struct vmt_param *param, const char *flag, size_t length)
{
    if (strlen(param->name) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (flag[i] != (param->name[i] == '_' ? '-' : param->name[i]))
            return false;
    return true;
}

/* Bytes may be written with a unit: 2GiB. */
static int read_bytes(const struct vmt_param *param, const char *text, struct vmt_argument *ret_argument,
                      struct vmt_error *error)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "TiB"};
    size_t digits = strspn(text, "0123456789");
    for (unsigned i = 1; digits && i < sizeof units / sizeof *units; i++) {
        char whole[32];
        errno = 0;
        unsigned long long number = strtoull(text, NULL, 10), factor = 1ull << (10 * i);
        if (strcmp(text + digits, units[i]) != 0 || errno || number > UINT64_MAX / factor)
            continue;
        snprintf(whole, sizeof whole, "%llu", number * factor);
        return vmt_param_read(param, whole, ret_argument, error);
    }
    return vmt_param_read(param, text, ret_argument, error);
}

static int set_param(struct parser *parser, unsigned index, const char *value)
{
    const struct vmt_param *param = &parser->invocation->command.action->params[index];
    struct vmt_argument *argument = &parser->invocation->arguments.values[index];
    if (argument->is_given)
        return vmt_error_set(parser->error, -EINVAL, "'%s' is given twice", param->name);
    if (param->type == VMT_PARAM_XML) {
        *argument = (struct vmt_argument){.is_given = true, .text = value};
        return 0;
    }
    if (param->type == VMT_PARAM_BYTES)
        return read_bytes(param, value, argument, parser->error);
    return vmt_param_read(param, value, argument, parser->error);
}

/* The argument that follows, as the value of `name`; NULL, with the error set, when there is none. */
static const char *next_value(struct parser *parser, const char *name, const char *argument)
{
    if (*parser->arguments)
        return *parser->arguments++;
    vmt_error_set(parser->error, -EINVAL, "flag '%s' needs a %s", name, argument);
    return NULL;
}

static int take_param(struct parser *parser, unsigned index, const char *name, const char *value)
{
    const struct vmt_param *param = &parser->invocation->command.action->params[index];
    if (!value)
        value = param->type == VMT_PARAM_BOOL ? "true" : next_value(parser, name, "value");
    return value ? set_param(parser, index, value) : -EINVAL;
}

static int take_row(struct parser *parser, const struct vmt_flag *flag, const char *name, const char *value)
{
    if (flag->takes == VMT_FLAG_TAKES_NOTHING && value)
        return vmt_error_set(parser->error, -EINVAL, "flag '%s' takes no value", name);
    if (flag->takes == VMT_FLAG_TAKES_VALUE && !value && !(value = next_value(parser, name, flag->argument)))
        return -EINVAL;
    return flag->set(flag, &parser->invocation->settings, value, parser->error);
}

static int take_long(struct parser *parser, const char *argument)
{
    const struct vmt_action *action = parser->invocation->command.action;
    size_t length = strcspn(argument + 2, "=");
    const char *value = argument[2 + length] ? argument + 2 + length + 1 : NULL;
    char name[FLAG_TEXT];
    snprintf(name, sizeof name, "%.*s", (int)(length + 2 < sizeof name ? length + 2 : sizeof name - 1), argument);
    for (unsigned i = 0; action && action->params[i].name; i++)
        if (is_param(&action->params[i], argument + 2, length))
            return take_param(parser, i, name, value);
    const struct vmt_flag *flag = vmt_flag_find(name + 2);
    if (flag)
        return take_row(parser, flag, name, value);
    return vmt_error_set(parser->error, -EINVAL, "unknown flag '%s'", name);
}

static int take_short(struct parser *parser, const char *argument)
{
    const struct vmt_flag *flag = vmt_flag_find_letter(argument[1]);
    if (!flag || (argument[2] && flag->takes != VMT_FLAG_TAKES_VALUE))
        return vmt_error_set(parser->error, -EINVAL, "unknown flag '%s'", argument);
    return take_row(parser, flag, (char[]){'-', argument[1], '\0'}, argument[2] ? argument + 2 : NULL);
}

static int take_operand(struct parser *parser, const char *operand)
{
    struct vmt_invocation *invocation = parser->invocation;
    if (!invocation->command.name) {
        if (!vmt_command_find(operand, &invocation->command)) {
            invocation->command = (struct vmt_command){0};
            parser->unknown = operand;
            return vmt_error_set(parser->error, -EINVAL, "unknown command '%s'", operand);
        }
        return 0;
    }
    if (vmt_command_has_target(&invocation->command) && !invocation->target) {
        invocation->target = operand;
        return *operand ? 0 : vmt_error_set(parser->error, -EINVAL, "a name must not be empty");
    }
    const struct vmt_action *action = invocation->command.action;
    for (unsigned i = 0; action && action->params[i].name; i++)
        if (action->params[i].is_required && !invocation->arguments.values[i].is_given)
            return set_param(parser, i, operand);
    if (action || invocation->operand_count >= invocation->command.operands_max)
        return vmt_error_set(parser->error, -EINVAL, "unexpected argument '%s'", operand);
    invocation->operands[invocation->operand_count++] = operand;
    return 0;
}

static int take(struct parser *parser, const char *argument)
{
    bool is_flag = !parser->has_ended_flags && argument[0] == '-' && argument[1];
    if (!is_flag)
        return take_operand(parser, argument);
    if (argument[1] != '-')
        return take_short(parser, argument);
    if (argument[2])
        return take_long(parser, argument);
    parser->has_ended_flags = true;
    return 0;
}

static bool is_word(const char *const *words, const char *text)
{
    for (unsigned i = 0; words[i]; i++)
        if (!strcmp(words[i], text))
            return true;
    return false;
}

/* What must be there. */
static int check(const struct vmt_invocation *invocation, struct vmt_error *error)
{
    const struct vmt_command *command = &invocation->command;
    if (!command->name)
        return vmt_error_set(error, -EINVAL, "which command?");
    if (vmt_command_has_target(command) && !invocation->target)
        return vmt_error_set(error, -EINVAL, "%s: which %s?", command->name, vmt_target_names[command->action->target]);
    for (unsigned i = 0; command->action && command->action->params[i].name; i++)
        if (command->action->params[i].is_required && !invocation->arguments.values[i].is_given)
            return vmt_error_set(error, -EINVAL, "%s: the %s is missing", command->name,
                                 command->action->params[i].name);
    if (command->words && !(invocation->operand_count && is_word(command->words, invocation->operands[0])))
        return vmt_error_set(error, -EINVAL, "%s wants: %s", command->name, command->operands);
    return 0;
}

int vmt_invocation_parse(int argument_count, const char *const *arguments, struct vmt_invocation *ret_invocation,
                         const char **ret_unknown, struct vmt_error *error)
{
    struct parser parser = {ret_invocation, error, argument_count ? arguments + 1 : arguments, false, NULL};
    *ret_invocation = (struct vmt_invocation){0};
    vmt_settings_init(&ret_invocation->settings);
    *ret_unknown = NULL;
    while (*parser.arguments) {
        int failed = take(&parser, *parser.arguments++);
        *ret_unknown = parser.unknown;
        if (failed)
            return failed;
    }
    if (ret_invocation->settings.wants_help || ret_invocation->settings.wants_version)
        return 0;
    return check(ret_invocation, error);
}
