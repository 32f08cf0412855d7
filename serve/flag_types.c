/* SPDX-License-Identifier: Apache-2.0 */
/* What a flag's type does with a value. */
#include "common/clock.h"
#include "serve/flags.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int vmt_flag_set_text(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    if (!*value)
        return vmt_error_set(error, -EINVAL, "flag '--%s' needs a %s", flag->name, flag->argument);
    *(const char **)field = value;
    return 0;
}

int vmt_flag_set_list(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    struct vmt_flag_list *list = field;
    (void)flag;
    const char **values = realloc(list->values, (list->count + 2) * sizeof *values);
    if (!values)
        return vmt_error_set(error, -ENOMEM, "no memory");
    list->values = values;
    list->values[list->count++] = value;
    list->values[list->count] = NULL;
    return 0;
}

int vmt_flag_set_number(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    size_t digits = strspn(value, "0123456789");
    if (!digits || value[digits] || digits > 6)
        return vmt_error_set(error, -EINVAL, "flag '--%s': '%s' is not a number from 0 to 999999", flag->name, value);
    *(unsigned *)field = (unsigned)strtoul(value, NULL, 10);
    return 0;
}

int vmt_flag_set_duration(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"ms", VMT_MS}, {"s", VMT_SECOND}, {"m", 60 * VMT_SECOND}, {"h", 3600 * VMT_SECOND}};
    size_t digits = strspn(value, "0123456789"), length = digits;
    if (digits && value[length] == '.')
        length += 1 + strspn(value + length + 1, "0123456789");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!digits || digits > 6 || strcmp(value + length, units[i].name) != 0)
            continue;
        *(uint64_t *)field = (uint64_t)(strtod(value, NULL) * (double)units[i].ns);
        return 0;
    }
    return vmt_error_set(error, -EINVAL, "flag '--%s': '%s' is not a duration such as 500ms, 9s or 1m", flag->name,
                         value);
}

int vmt_flag_set_word(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    struct vmt_error listed = {0};
    size_t length = 0;
    for (unsigned i = 0; flag->words[i]; i++) {
        if (!strcmp(flag->words[i], value)) {
            *(unsigned *)field = i;
            return 0;
        }
        length +=
            (size_t)snprintf(listed.text + length, sizeof listed.text - length, "%s%s", i ? ", " : "", flag->words[i]);
    }
    return vmt_error_set(error, -EINVAL, "flag '--%s': '%s' is none of %s", flag->name, value, listed.text);
}

int vmt_flag_set_true(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    (void)flag, (void)value, (void)error;
    *(bool *)field = true;
    return 0;
}

int vmt_flag_set_mode(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    (void)value, (void)error;
    *(unsigned *)field = flag->mode;
    return 0;
}
