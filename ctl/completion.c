/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/completion.h"
#include "ctl/command.h"
#include "serve/utf8.h"

#include <string.h>

const char vmt_completion_command[] = "__complete";

/* A line as far as it goes before the last word. */
struct line {
    struct vmt_settings settings;
    struct vmt_command command; /* without a name: not yet there */
    bool has_target;
    unsigned operand_count;
    bool is_given[VMT_PARAMS_MAX];
    const struct vmt_param *open_param; /* whose value comes next, or NULL */
    const struct vmt_flag *open_flag;
    struct vmt_text *text;
    const char *current; /* the last word */
    vmt_completion_names *names;
    void *names_arg;
};

/* ---- candidates */

static bool can_be_typed(const char *word, size_t length)
{
    uint32_t point = 0;
    for (size_t i = 0, step; i < length; i += step) {
        step = vmt_utf8_read(word + i, &point);
        if (!step || vmt_utf8_is_dangerous(point))
            return false;
    }
    return length;
}

/* Adds a candidate if the current word begins it. */
static void offer(struct line *line, const char *prefix, const char *word, size_t length, const char *help)
{
    struct vmt_text candidate = {0};
    size_t typed = strlen(line->current);
    vmt_text_printf(&candidate, "%s%.*s", prefix, (int)length, word);
    if (can_be_typed(word, length) && candidate.length >= typed && !memcmp(candidate.bytes, line->current, typed)) {
        vmt_text_add(line->text, candidate.bytes, candidate.length);
        vmt_text_printf(line->text, "\t%s\n", help);
    }
    vmt_text_done(&candidate);
}

static void offer_words(struct line *line, const char *prefix, const char *const *words)
{
    for (unsigned i = 0; words[i]; i++)
        offer(line, prefix, words[i], strlen(words[i]), "");
}

static void offer_files(struct line *line)
{
    vmt_text_add_string(line->text, ":files\n");
}

static void offer_names(struct line *line, const char *path, const char *help)
{
    struct vmt_text names = {0};
    line->names(line->names_arg, &line->settings, path, &names);
    vmt_text_add(&names, "", 1);
    for (char *name = names.bytes; name && *name;) {
        size_t length = strcspn(name, "\n");
        offer(line, "", name, length, help);
        name += length + (name[length] == '\n');
    }
    vmt_text_done(&names);
}

static void offer_param(struct line *line, const char *prefix, const struct vmt_param *param)
{
    static const char *const switches[] = {"on", "off", NULL};
    if (param->type == VMT_PARAM_WORD)
        offer_words(line, prefix, param->words);
    else if (param->type == VMT_PARAM_BOOL)
        offer_words(line, prefix, switches);
    else if (param->type == VMT_PARAM_XML)
        offer_files(line);
}

static void offer_flag_value(struct line *line, const char *prefix, const struct vmt_flag *flag)
{
    if (flag->words)
        offer_words(line, prefix, flag->words);
    else if (flag->argument && !strcmp(flag->argument, "PATH"))
        offer_files(line);
}

static void offer_flags(struct line *line)
{
    struct vmt_text name = {0};
    const struct vmt_action *action = line->command.action;
    for (unsigned i = 0; action && action->params[i].name; i++) {
        bool has_value = action->params[i].type != VMT_PARAM_BOOL;
        vmt_text_reset(&name);
        vmt_text_add_string(&name, "--");
        vmt_command_add_flag(&name, &action->params[i]);
        vmt_text_add_string(&name, has_value ? "=" : "");
        if (!line->is_given[i])
            offer(line, "", name.bytes, name.length, action->params[i].help);
    }
    vmt_text_done(&name);
    for (unsigned i = 0; i < vmt_flag_count; i++) {
        vmt_text_printf(&name, "--%s%s", vmt_flags[i].name, vmt_flags[i].takes == VMT_FLAG_TAKES_VALUE ? "=" : "");
        offer(line, "", name.bytes, name.length, vmt_flags[i].help);
        vmt_text_done(&name);
    }
}

static void offer_commands(struct line *line)
{
    struct vmt_command command;
    for (unsigned i = 0; vmt_command_at(i, &command); i++)
        offer(line, "", command.name, strlen(command.name), command.help);
}

static void offer_target(struct line *line)
{
    static const char *const lists[VMT_TARGET_COUNT] = {
        [VMT_TARGET_DOMAIN] = "/v1/domains", [VMT_TARGET_NETWORK] = "/v1/networks", [VMT_TARGET_POOL] = "/v1/pools"};
    enum vmt_target target = line->command.action->target;
    if (lists[target])
        offer_names(line, lists[target], vmt_target_names[target]);
}

static void offer_operand(struct line *line)
{
    const struct vmt_command *command = &line->command;
    if (!command->name) {
        offer_commands(line);
        return;
    }
    if (vmt_command_has_target(command) && !line->has_target) {
        offer_target(line);
        return;
    }
    for (unsigned i = 0; command->action && command->action->params[i].name; i++) {
        if (!command->action->params[i].is_required || line->is_given[i])
            continue;
        offer_param(line, "", &command->action->params[i]);
        return;
    }
    if (command->words && !line->operand_count)
        offer_words(line, "", command->words);
    else if (!strcmp(command->name, "help") && !line->operand_count)
        offer_commands(line);
    else if (!strcmp(command->name, "operation") && line->operand_count == 1)
        offer_names(line, "/v1/operations", "operation");
}

/* ---- what stands before the last word */

/* What a long flag of `length` bytes, dashes included, is: a parameter, or one of the program's. */
static void find_flag(const struct line *line, const char *word, size_t length, const struct vmt_param **ret_param,
                      const struct vmt_flag **ret_flag)
{
    const struct vmt_action *action = line->command.action;
    struct vmt_text name = {0};
    *ret_param = NULL;
    *ret_flag = NULL;
    for (unsigned i = 0; action && action->params[i].name && !*ret_param; i++) {
        vmt_text_reset(&name);
        vmt_text_add_string(&name, "--");
        vmt_command_add_flag(&name, &action->params[i]);
        if (name.length == length && !memcmp(name.bytes, word, length))
            *ret_param = &action->params[i];
    }
    vmt_text_done(&name);
    for (unsigned i = 0; i < vmt_flag_count && !*ret_param; i++)
        if (strlen(vmt_flags[i].name) + 2 == length && !memcmp(vmt_flags[i].name, word + 2, length - 2))
            *ret_flag = &vmt_flags[i];
}

static void pass_flag(struct line *line, const char *word)
{
    size_t length = strcspn(word, "=");
    const char *value = word[length] ? word + length + 1 : NULL;
    const struct vmt_param *param = NULL;
    const struct vmt_flag *flag = NULL;
    if (word[1] != '-')
        flag = vmt_flag_find_letter(word[1]);
    else if (word[2])
        find_flag(line, word, length, &param, &flag);
    if (param) {
        line->is_given[param - line->command.action->params] = true;
        line->open_param = value || param->type == VMT_PARAM_BOOL ? NULL : param;
    } else if (flag && flag->takes == VMT_FLAG_TAKES_VALUE) {
        line->open_flag = value ? NULL : flag;
        if (value)
            flag->set(flag, &line->settings, value, NULL);
    }
}

static void pass_operand(struct line *line, const char *word)
{
    const struct vmt_action *action = line->command.action;
    if (!line->command.name) {
        if (!vmt_command_find(word, &line->command))
            line->command = (struct vmt_command){.name = ""}; /* of which nothing is known */
        return;
    }
    if (vmt_command_has_target(&line->command) && !line->has_target) {
        line->has_target = true;
        return;
    }
    line->operand_count++;
    for (unsigned i = 0; action && action->params[i].name; i++) {
        if (!action->params[i].is_required || line->is_given[i])
            continue;
        line->is_given[i] = true;
        return;
    }
}

static void pass(struct line *line, const char *word)
{
    if (line->open_flag) {
        line->open_flag->set(line->open_flag, &line->settings, word, NULL);
        line->open_flag = NULL;
    } else if (line->open_param) {
        line->open_param = NULL;
    } else if (word[0] == '-' && word[1]) {
        pass_flag(line, word);
    } else {
        pass_operand(line, word);
    }
}

/* The value of a flag that the current word begins. */
static void offer_value_of(struct line *line, size_t length)
{
    const struct vmt_param *param;
    const struct vmt_flag *flag;
    struct vmt_text prefix = {0};
    find_flag(line, line->current, length, &param, &flag);
    vmt_text_add(&prefix, line->current, length + 1);
    vmt_text_add(&prefix, "", 1);
    if (param)
        offer_param(line, prefix.bytes, param);
    else if (flag)
        offer_flag_value(line, prefix.bytes, flag);
    vmt_text_done(&prefix);
}

void vmt_completion_add(struct vmt_text *text, const char *const *words, unsigned count, vmt_completion_names *names,
                        void *arg)
{
    struct line line = {.text = text, .current = count ? words[count - 1] : "", .names = names, .names_arg = arg};
    vmt_settings_init(&line.settings);
    for (unsigned i = 0; i + 1 < count; i++)
        pass(&line, words[i]);
    size_t length = strcspn(line.current, "=");
    if (line.open_flag)
        offer_flag_value(&line, "", line.open_flag);
    else if (line.open_param)
        offer_param(&line, "", line.open_param);
    else if (!strncmp(line.current, "--", 2) && line.current[length])
        offer_value_of(&line, length);
    else if (line.current[0] == '-')
        offer_flags(&line);
    else
        offer_operand(&line);
}
