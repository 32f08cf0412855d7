/* SPDX-License-Identifier: Apache-2.0 */
#include "collectd-plugin/selection.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct vmt_selected {
    char *text; /* NULL: a regular expression */
    regex_t regex;
};

/* `text` is /expression/. */
static int compile(struct vmt_selected *entry, const char *text, struct vmt_error *error)
{
    char *expression = strndup(text + 1, strlen(text) - 2);
    if (!expression)
        return vmt_error_set(error, -ENOMEM, "no memory for '%s'", text);
    int code = regcomp(&entry->regex, expression, REG_EXTENDED | REG_NOSUB);
    free(expression);
    if (!code)
        return 0;
    char reason[128];
    regerror(code, &entry->regex, reason, sizeof reason);
    return vmt_error_set(error, code == REG_ESPACE ? -ENOMEM : -EINVAL, "'%s' is not a regular expression: %s", text,
                         reason);
}

int vmt_selection_add(struct vmt_selection *selection, const char *text, struct vmt_error *error)
{
    size_t length = strlen(text);
    if (!length)
        return vmt_error_set(error, -EINVAL, "an empty text selects nothing");
    struct vmt_selected *entries = realloc(selection->entries, (selection->count + 1) * sizeof *entries);
    if (!entries)
        return vmt_error_set(error, -ENOMEM, "no memory for '%s'", text);
    selection->entries = entries;
    struct vmt_selected *entry = &entries[selection->count];
    entry->text = NULL;
    bool is_regex = length > 2 && text[0] == '/' && text[length - 1] == '/';
    int result = 0;
    if (is_regex)
        result = compile(entry, text, error);
    else if (!(entry->text = strdup(text)))
        result = vmt_error_set(error, -ENOMEM, "no memory for '%s'", text);
    if (!result)
        selection->count++;
    return result;
}

void vmt_selection_done(struct vmt_selection *selection)
{
    for (unsigned i = 0; i < selection->count; i++) {
        if (!selection->entries[i].text)
            regfree(&selection->entries[i].regex);
        free(selection->entries[i].text);
    }
    free(selection->entries);
    *selection = (struct vmt_selection){0};
}

static bool matches(const struct vmt_selected *entry, const char *text)
{
    return entry->text ? !strcmp(entry->text, text) : !regexec(&entry->regex, text, 0, NULL, 0);
}

bool vmt_selection_wants(const struct vmt_selection *selection, bool ignores_listed, const char *text)
{
    if (!selection->count)
        return true;
    for (unsigned i = 0; i < selection->count; i++)
        if (matches(&selection->entries[i], text))
            return !ignores_listed;
    return ignores_listed;
}
