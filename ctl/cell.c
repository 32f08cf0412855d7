/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/cell.h"
#include "serve/utf8.h"

#include <inttypes.h>
#include <stdio.h>

void vmt_cell_add_clean(struct vmt_text *text, const char *string, bool keeps_lines)
{
    while (*string) {
        uint32_t point = 0;
        size_t length = vmt_utf8_read(string, &point);
        bool is_kept = keeps_lines && (point == '\n' || point == '\t');
        if (length && (is_kept || !vmt_utf8_is_dangerous(point)))
            vmt_text_add(text, string, length);
        else
            vmt_text_add_string(text, VMT_UTF8_REPLACEMENT);
        string += length ? length : 1;
    }
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && !strcmp(text + length - end_length, end);
}

static const char *const units_of_keys[] = {"_bytes", "_ns", "_mhz"};

static void add_bytes(struct vmt_text *text, json_int_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    unsigned unit = 0;
    double value = (double)bytes;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    bool is_whole = value >= 100 || value == (double)(json_int_t)value;
    vmt_text_printf(text, "%.*f %s", is_whole ? 0 : 1, value, units[unit]);
}

static void add_number(struct vmt_text *text, const char *key, json_int_t number)
{
    if (ends_with(key, "_bytes"))
        add_bytes(text, number);
    else if (ends_with(key, "_ns"))
        vmt_text_printf(text, "%.1f s", (double)number / 1e9);
    else if (ends_with(key, "_mhz"))
        vmt_text_printf(text, "%" JSON_INTEGER_FORMAT " MHz", number);
    else
        vmt_text_printf(text, "%" JSON_INTEGER_FORMAT, number);
}

/* Values of an array or an object in one line. */
static void add_members(struct vmt_text *text, const json_t *value)
{
    size_t i;
    json_t *member;
    const char *key;
    const char *gap = "";
    if (json_is_array(value)) {
        json_array_foreach(value, i, member)
        {
            vmt_text_add_string(text, gap);
            vmt_cell_add(text, "", member);
            gap = ", ";
        }
        return;
    }
    json_object_foreach((json_t *)value, key, member)
    {
        vmt_text_add_string(text, gap);
        vmt_cell_add(text, key, member);
        gap = " ";
    }
}

void vmt_cell_add(struct vmt_text *text, const char *key, const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        vmt_cell_add_clean(text, json_string_value(value), false);
        break;
    case JSON_INTEGER:
        add_number(text, key, json_integer_value(value));
        break;
    case JSON_REAL:
        vmt_text_printf(text, "%g", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        vmt_text_add_string(text, json_is_true(value) ? "yes" : "no");
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        add_members(text, value);
        break;
    case JSON_NULL:
        vmt_text_add_string(text, "-");
        break;
    }
}

void vmt_cell_add_label(struct vmt_text *text, const char *key)
{
    size_t length = strlen(key);
    for (unsigned i = 0; i < sizeof units_of_keys / sizeof *units_of_keys; i++)
        if (ends_with(key, units_of_keys[i]))
            length = strlen(key) - strlen(units_of_keys[i]);
    for (size_t i = 0; i < length; i++)
        vmt_text_add(text, key[i] == '_' ? " " : key + i, 1);
}

const json_t *vmt_cell_at(const json_t *object, const char *path)
{
    const char *dot = strchr(path, '.');
    if (!dot)
        return json_object_get(object, path);
    char key[64];
    snprintf(key, sizeof key, "%.*s", (int)(dot - path), path);
    return vmt_cell_at(json_object_get(object, key), dot + 1);
}

const char *vmt_cell_text_at(const json_t *object, const char *path)
{
    return json_string_value(vmt_cell_at(object, path));
}
