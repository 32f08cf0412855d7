/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/action.h"
#include "common/error.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct vmt_action *vmt_action_find(const char *name)
{
    for (unsigned i = 0; i < vmt_action_count; i++)
        if (!strcmp(vmt_actions[i].name, name))
            return &vmt_actions[i];
    return NULL;
}

int vmt_action_param(const struct vmt_action *action, const char *name)
{
    for (unsigned i = 0; action->params[i].name; i++)
        if (!strcmp(action->params[i].name, name))
            return (int)i;
    return -1;
}

unsigned vmt_action_param_count(const struct vmt_action *action)
{
    unsigned count = 0;
    while (action->params[count].name)
        count++;
    assert(count <= VMT_PARAMS_MAX);
    return count;
}

static bool is_grave(const struct vmt_param *param, const struct vmt_argument *argument)
{
    struct vmt_argument grave;
    if (!param->grave || !argument->is_given || vmt_param_read(param, param->grave, &grave, NULL))
        return false;
    return argument->number == grave.number;
}

struct vmt_demand vmt_action_demand(const struct vmt_action *action, const struct vmt_arguments *arguments)
{
    struct vmt_demand demand = {.role = action->role,
                                .destroys = action->flags & VMT_ACTION_DESTROYS,
                                .stops = action->flags & VMT_ACTION_STOPS};
    for (unsigned i = 0; arguments && action->params[i].name; i++) {
        if (!is_grave(&action->params[i], &arguments->values[i]))
            continue;
        demand.role = demand.role > VMT_ROLE_POWER ? demand.role : VMT_ROLE_POWER;
        demand.destroys = demand.stops = true;
    }
    return demand;
}

static int read_bool(const struct vmt_param *param, const char *text, uint64_t *ret_number, struct vmt_error *error)
{
    static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "off", "on"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) != 0)
            continue;
        *ret_number = i % 2;
        return 0;
    }
    return vmt_error_set(error, -EINVAL, "'%s' is neither true nor false", param->name);
}

static int read_word(const struct vmt_param *param, const char *text, uint64_t *ret_number, struct vmt_error *error)
{
    char listed[128] = "";
    for (unsigned i = 0; param->words[i]; i++) {
        if (!strcmp(param->words[i], text)) {
            *ret_number = i;
            return 0;
        }
        size_t length = strlen(listed);
        snprintf(listed + length, sizeof listed - length, "%s%s", i ? ", " : "", param->words[i]);
    }
    return vmt_error_set(error, -EINVAL, "'%s' must be one of %s", param->name, listed);
}

static int read_number(const struct vmt_param *param, const char *text, uint64_t *ret_number, struct vmt_error *error)
{
    size_t digits = strspn(text, "0123456789");
    errno = 0;
    unsigned long long number = digits && !text[digits] ? strtoull(text, NULL, 10) : 0;
    if (!digits || text[digits] || errno || number < param->min || number > param->max)
        return vmt_error_set(error, -EINVAL, "'%s' must be a whole number from %llu to %llu", param->name,
                             (unsigned long long)param->min, (unsigned long long)param->max);
    *ret_number = number;
    return 0;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return true;
    return false;
}

static int read_text(const struct vmt_param *param, const char *text, struct vmt_error *error)
{
    static const char *const file = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(text);
    if (!length || length > param->max)
        return vmt_error_set(error, -EINVAL, "'%s' must have 1 to %llu bytes", param->name,
                             (unsigned long long)param->max);
    if (param->type != VMT_PARAM_XML && has_control(text))
        return vmt_error_set(error, -EINVAL, "'%s' must have no control characters", param->name);
    if (param->type == VMT_PARAM_FILE && (*text == '.' || text[strspn(text, file)]))
        return vmt_error_set(error, -EINVAL, "'%s' must be the name of a file: letters, digits, '.', '_' and '-'",
                             param->name);
    return 0;
}

int vmt_param_read(const struct vmt_param *param, const char *text, struct vmt_argument *ret_argument,
                   struct vmt_error *error)
{
    struct vmt_argument argument = {.is_given = true};
    int failed = 0;
    switch (param->type) {
    case VMT_PARAM_BOOL:
        failed = read_bool(param, text, &argument.number, error);
        break;
    case VMT_PARAM_WORD:
        failed = read_word(param, text, &argument.number, error);
        break;
    case VMT_PARAM_NUMBER:
    case VMT_PARAM_SECONDS:
    case VMT_PARAM_BYTES:
        failed = read_number(param, text, &argument.number, error);
        break;
    case VMT_PARAM_TEXT:
    case VMT_PARAM_FILE:
    case VMT_PARAM_URI:
    case VMT_PARAM_XML:
        argument.text = text;
        failed = read_text(param, text, error);
        break;
    case VMT_PARAM_COUNT:
        assert(!"a type of parameters");
    }
    if (!failed)
        *ret_argument = argument;
    return failed;
}

int vmt_arguments_complete(const struct vmt_action *action, struct vmt_arguments *arguments, struct vmt_error *error)
{
    for (unsigned i = 0; action->params[i].name; i++) {
        const struct vmt_param *param = &action->params[i];
        if (arguments->values[i].is_given)
            continue;
        if (param->is_required)
            return vmt_error_set(error, -EINVAL, "'%s' is missing", param->name);
        if (param->fallback) {
            int failed = vmt_param_read(param, param->fallback, &arguments->values[i], error);
            assert(!failed);
        }
    }
    return 0;
}
