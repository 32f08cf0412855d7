/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/flags.h"
#include "serve/words.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_MAX = 64 };

struct parser {
    const struct vmt_flags *flags;
    char *fields;
    struct vmt_error *error;
    bool is_given[ROWS_MAX];
};

/* The name of the `number`th flag there is, in the rows and beyond; NULL after the last. */
static const char *name_at(const struct vmt_flags *flags, unsigned number, char text[VMT_FLAG_TEXT])
{
    if (number < flags->count)
        return flags->rows[number].name;
    return flags->other_name ? flags->other_name(number - (unsigned)flags->count, text) : NULL;
}

static int refuse_unknown(struct parser *parser, const char *name)
{
    char text[VMT_FLAG_TEXT], nearest[VMT_FLAG_TEXT] = "";
    unsigned best = UINT_MAX;
    const char *known;
    for (unsigned i = 0; (known = name_at(parser->flags, i, text)); i++) {
        unsigned distance = vmt_words_distance(name, known);
        if (distance >= best)
            continue;
        best = distance;
        snprintf(nearest, sizeof nearest, "%s", known);
    }
    return vmt_error_set(parser->error, -EINVAL, "unknown flag '--%s'; the nearest known one is '--%s'", name, nearest);
}

/* The place of a flag, in the rows or beyond them; -1 when there is none. */
static int find(const struct vmt_flags *flags, const char *name)
{
    char text[VMT_FLAG_TEXT];
    const char *known;
    for (unsigned i = 0; (known = name_at(flags, i, text)); i++)
        if (!strcmp(known, name))
            return (int)i;
    return -1;
}

static int set(struct parser *parser, const struct vmt_flag *flag, const char *value)
{
    parser->is_given[flag - parser->flags->rows] = true;
    return flag->set(flag, parser->fields + flag->field, value, parser->error);
}

/* Takes one flag; `value` is what stands after its equals sign, or NULL, and `next` the next argument, or NULL. */
static int take_flag(struct parser *parser, const char *name, const char *value, const char *next, bool *ret_took_next)
{
    const struct vmt_flags *flags = parser->flags;
    int place = find(flags, name);
    *ret_took_next = false;
    if (place < 0)
        return refuse_unknown(parser, name);
    const struct vmt_flag *flag = (size_t)place < flags->count ? &flags->rows[place] : NULL;
    if (!flag || !flag->argument) {
        if (value)
            return vmt_error_set(parser->error, -EINVAL, "flag '--%s' takes no value", name);
        if (flag)
            return set(parser, flag, NULL);
        flags->take_other(flags->arg, (unsigned)place - (unsigned)flags->count);
        return 0;
    }
    if (!value && (!next || !strncmp(next, "--", 2)))
        return vmt_error_set(parser->error, -EINVAL, "flag '--%s' needs a value: --%s=%s", name, name, flag->argument);
    *ret_took_next = !value;
    return set(parser, flag, value ? value : next);
}

/* As take_flag, for an argument as it stands on the command line. */
static int take_argument(struct parser *parser, const char *argument, const char *next, bool *ret_took_next)
{
    *ret_took_next = false;
    for (size_t i = 0; i < parser->flags->count; i++) {
        const struct vmt_flag *flag = &parser->flags->rows[i];
        if (flag->letter && argument[0] == '-' && argument[1] == flag->letter && !argument[2])
            return set(parser, flag, NULL);
    }
    if (strncmp(argument, "--", 2) != 0 || !argument[2])
        return vmt_error_set(parser->error, -EINVAL, "unexpected argument '%s'", argument);
    const char *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) - 2 : strlen(argument + 2);
    char *name = strndup(argument + 2, length);
    if (!name)
        return vmt_error_set(parser->error, -ENOMEM, "no memory");
    int result = take_flag(parser, name, equals ? equals + 1 : NULL, next, ret_took_next);
    free(name);
    return result;
}

static int take_fallbacks(struct parser *parser)
{
    int result = 0;
    for (size_t i = 0; i < parser->flags->count && !result; i++) {
        const struct vmt_flag *flag = &parser->flags->rows[i];
        if (parser->is_given[i])
            continue;
        const char *value = flag->environment ? getenv(flag->environment) : NULL;
        if (!value || !*value)
            value = flag->fallback;
        if (value)
            result = set(parser, flag, value);
    }
    return result;
}

int vmt_flags_parse(const struct vmt_flags *flags, int argument_count, const char *const *arguments, void *fields,
                    struct vmt_error *error)
{
    assert(flags->count <= ROWS_MAX);
    struct parser parser = {.flags = flags, .fields = fields, .error = error};
    int result = 0;
    for (int i = 1; i < argument_count && !result; i++) {
        bool took_next;
        result = take_argument(&parser, arguments[i], i + 1 < argument_count ? arguments[i + 1] : NULL, &took_next);
        i += took_next;
    }
    return result ? result : take_fallbacks(&parser);
}

static void add_flag(struct vmt_text *text, const struct vmt_flag *flag)
{
    char help[512];
    int length = snprintf(help, sizeof help, "%s", flag->help);
    if (flag->fallback)
        length += snprintf(help + length, sizeof help - (size_t)length, " Default: %s.", flag->fallback);
    if (flag->environment)
        length += snprintf(help + length, sizeof help - (size_t)length, " Environment: %s.", flag->environment);
    for (unsigned i = 0; flag->words && flag->words[i]; i++)
        length += snprintf(help + length, sizeof help - (size_t)length, "%s%s%s",
                           i ? ", " : " One of: ", flag->words[i], flag->words[i + 1] ? "" : ".");
    vmt_text_printf(text, "  --%s%s%s", flag->name, flag->argument ? "=" : "", flag->argument ? flag->argument : "");
    if (flag->letter)
        vmt_text_printf(text, ", -%c", flag->letter);
    vmt_text_add(text, "\n", 1);
    vmt_words_wrap(text, help);
}

void vmt_flags_help(const struct vmt_flags *flags, struct vmt_text *text)
{
    for (size_t i = 0; i < flags->count; i++)
        add_flag(text, &flags->rows[i]);
}
