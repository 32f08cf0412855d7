/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/domain_grammar.h"

#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static bool consists_of(const char *text, const char *set, size_t most)
{
    size_t length = strlen(text);
    return length > 0 && length <= most && strspn(text, set) == length;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return true;
    return false;
}

static bool is_number(const char *text)
{
    if (!strncmp(text, "0x", 2))
        return consists_of(text + 2, DIGITS "abcdefABCDEF", 16);
    return !strcmp(text, "-1") || consists_of(text, DIGITS, 20);
}

static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; shape++, text++)
        if (*shape == 'x' ? !*text || !strchr(DIGITS "abcdefABCDEF", *text) : *text != *shape)
            return false;
    return !*text;
}

/* Without space at its ends, which some readers take away and some do not. */
static bool is_name(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length < VMT_DOMAIN_NAME_SIZE && !has_control(text) && !strchr(text, '/') && *text != ' ' &&
           text[length - 1] != ' ' && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

/* Whether a path has no part that is empty, `.` or `..`: then it begins with the folders that it is in. */
static bool is_plain_path(const char *path)
{
    if (strlen(path) > 1024 || has_control(path))
        return false;
    for (size_t length; *path == '/'; path += length) {
        length = strcspn(++path, "/");
        if (length == 0 || (length <= 2 && strspn(path, ".") == length))
            return false;
    }
    return !*path;
}

bool vmt_domain_is_folder(const char *path)
{
    return *path == '/' && is_plain_path(path);
}

static bool is_below(const char *path, const char *const *folders)
{
    for (; *folders; folders++) {
        size_t length = strlen(*folders);
        if (!strncmp(path, *folders, length) && path[length] == '/')
            return is_plain_path(path);
    }
    return false;
}

static bool is_listed(const char *text, const char *const *list)
{
    while (*list && strcmp(text, *list) != 0)
        list++;
    return *list;
}

/* Whether `text` is the alternative that begins at `kind` and is `length` long. */
static bool is_kind(const struct vmt_domain_limits *limits, const char *kind, size_t length, const char *text)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)length, kind);
    if (!strcmp(name, "#"))
        return is_number(text);
    if (!strcmp(name, "."))
        return consists_of(text, LETTERS DIGITS "._:+-", 128);
    if (!strcmp(name, ","))
        return consists_of(text, DIGITS ",-^", 1024);
    if (!strcmp(name, "NAME"))
        return is_name(text);
    if (!strcmp(name, "TEXT"))
        return *text && !has_control(text);
    if (!strcmp(name, "PROSE"))
        return true;
    if (!strcmp(name, "UUID"))
        return has_shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    if (!strcmp(name, "MAC"))
        return has_shape(text, "xx:xx:xx:xx:xx:xx");
    if (!strcmp(name, "IMAGE"))
        return is_below(text, limits->image_folders);
    if (!strcmp(name, "FIRMWARE"))
        return is_below(text, limits->firmware_folders);
    if (!strcmp(name, "NVRAM"))
        return is_below(text, limits->nvram_folders);
    if (!strcmp(name, "EMULATOR"))
        return is_listed(text, limits->emulators);
    return !strcmp(name, text);
}

bool vmt_domain_value(const struct vmt_domain_limits *limits, const char *kinds, const char *text)
{
    for (;;) {
        size_t length = strcspn(kinds, "| ");
        if (is_kind(limits, kinds, length, text))
            return true;
        if (kinds[length] != '|')
            return false;
        kinds += length + 1;
    }
}
