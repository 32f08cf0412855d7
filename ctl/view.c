/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/view.h"
#include "ctl/cell.h"
#include "ctl/columns.h"

#include <stdlib.h>

/* The lists there are: the member that holds one, the columns to show, and what is left when only names are wanted. */
static const struct {
    const char *member, *name;
    const char *columns[VMT_COLUMNS_MAX];
} lists[] = {
    {"domains", "name", {"id", "name", "state", "persistent", "autostart", "managed_save", "uuid"}},
    {"networks", "name", {"name", "state", "persistent", "autostart", "bridge", "uuid"}},
    {"pools", "name", {"name", "state", "autostart", "capacity_bytes", "allocation_bytes", "available_bytes", "uuid"}},
    {"volumes", "name", {"name", "type", "capacity_bytes", "allocation_bytes", "path"}},
    {"snapshots", "name", {"name", "parent", "state", "created", "current"}},
    {"operations", "id", {"id", "action", "target.name", "state", "changed", "started", "requested_by.uid"}},
};

static enum vmt_colour colour_of(const char *key, const json_t *value)
{
    static const struct {
        const char *word;
        enum vmt_colour colour;
    } words[] = {
        {"running", VMT_COLOUR_GREEN},      {"blocked", VMT_COLOUR_GREEN},  {"active", VMT_COLOUR_GREEN},
        {"succeeded", VMT_COLOUR_GREEN},    {"paused", VMT_COLOUR_YELLOW},  {"shutdown", VMT_COLOUR_YELLOW},
        {"pmsuspended", VMT_COLOUR_YELLOW}, {"unknown", VMT_COLOUR_YELLOW}, {"crashed", VMT_COLOUR_RED},
        {"failed", VMT_COLOUR_RED},         {"timed_out", VMT_COLOUR_RED},  {"shutoff", VMT_COLOUR_DIM},
        {"inactive", VMT_COLOUR_DIM},
    };
    const char *text = json_string_value(value);
    for (unsigned i = 0; text && !strcmp(key, "state") && i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i].word))
            return words[i].colour;
    return VMT_COLOUR_NONE;
}

static void add_json(struct vmt_text *text, const json_t *answer, size_t flags)
{
    char *json = json_dumps(answer, flags | JSON_ENSURE_ASCII);
    if (json)
        vmt_text_printf(text, "%s\n", json);
    else
        text->out_of_memory = true;
    free(json);
}

static void add_cell(struct vmt_columns *columns, const char *key, const json_t *value)
{
    struct vmt_text cell = {0};
    vmt_cell_add(&cell, key, value);
    vmt_columns_add(columns, cell.bytes, cell.length, colour_of(key, value));
    vmt_text_done(&cell);
}

static void add_label(struct vmt_columns *columns, const char *key, bool is_head)
{
    struct vmt_text label = {0};
    vmt_cell_add_label(&label, key);
    for (size_t i = 0; i < label.length && is_head; i++)
        label.bytes[i] -= label.bytes[i] >= 'a' && label.bytes[i] <= 'z' ? 'a' - 'A' : 0;
    vmt_columns_add(columns, label.bytes, label.length, is_head ? VMT_COLOUR_BOLD : VMT_COLOUR_DIM);
    vmt_text_done(&label);
}

/* The head of `target.name` is that of `target`. */
static const char *head_of(const char *path, char *buffer, size_t size)
{
    size_t length = strcspn(path, ".");
    if (length >= size)
        return path;
    memcpy(buffer, path, length);
    buffer[length] = '\0';
    return buffer;
}

static void add_list(struct vmt_text *text, const json_t *rows, unsigned list, bool has_colours)
{
    struct vmt_columns columns = {0};
    char head[32];
    size_t row;
    json_t *object;
    const char *const *keys = lists[list].columns;
    for (; columns.count < VMT_COLUMNS_MAX && keys[columns.count]; columns.count++) {
        const char *key = keys[columns.count];
        columns.is_right[columns.count] = strstr(key, "_bytes") != NULL;
        add_label(&columns, head_of(key, head, sizeof head), true);
    }
    json_array_foreach(rows, row, object) for (unsigned i = 0; i < columns.count; i++)
        add_cell(&columns, keys[i], vmt_cell_at(object, keys[i]));
    vmt_columns_finish(&columns, has_colours, text);
}

static void add_names(struct vmt_text *text, const json_t *rows, unsigned list)
{
    size_t row;
    json_t *object;
    json_array_foreach(rows, row, object)
    {
        vmt_cell_add(text, "", vmt_cell_at(object, lists[list].name));
        vmt_text_add(text, "\n", 1);
    }
}

/* One thing: a line for each member, and for each of several things in a member. */
static void add_object(struct vmt_text *text, const json_t *object, bool has_colours)
{
    struct vmt_columns columns = {.count = 2};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        bool is_lines = json_is_array(value) && json_is_object(json_array_get(value, 0));
        size_t count = is_lines ? json_array_size(value) : 1;
        for (size_t i = 0; i < count; i++) {
            add_label(&columns, i ? "" : key, false);
            add_cell(&columns, key, is_lines ? json_array_get(value, i) : value);
        }
    }
    vmt_columns_finish(&columns, has_colours, text);
}

/* A document is what was asked for; its checksum goes with the JSON. */
static bool add_document(struct vmt_text *text, const json_t *answer, const struct vmt_style *style)
{
    const char *document = json_string_value(json_object_get(answer, "xml"));
    if (!document || style->output != VMT_OUTPUT_TABLE)
        return false;
    if (style->is_terminal)
        vmt_cell_add_clean(text, document, true);
    else
        vmt_text_add_string(text, document);
    return true;
}

void vmt_view_add(struct vmt_text *text, const json_t *answer, const struct vmt_style *style)
{
    if (style->output == VMT_OUTPUT_JSON) {
        add_json(text, answer, JSON_INDENT(2));
        return;
    }
    for (unsigned i = 0; i < sizeof lists / sizeof *lists; i++) {
        const json_t *rows = json_object_get(answer, lists[i].member);
        if (!json_is_array(rows) || json_object_size(answer) != 1)
            continue;
        if (style->output == VMT_OUTPUT_QUIET)
            add_names(text, rows, i);
        else
            add_list(text, rows, i, style->has_colours);
        return;
    }
    if (!add_document(text, answer, style) && style->output == VMT_OUTPUT_TABLE)
        add_object(text, answer, style->has_colours);
}

static void add_word(struct vmt_text *text, const char *key, const json_t *value, bool has_colours)
{
    struct vmt_text word = {0};
    vmt_cell_add(&word, key, value);
    vmt_text_add(&word, "", 1);
    vmt_columns_paint(text, word.bytes ? word.bytes : "", colour_of(key, value), has_colours);
    vmt_text_done(&word);
}

void vmt_view_add_operation(struct vmt_text *text, const json_t *operation, const struct vmt_style *style)
{
    if (style->output == VMT_OUTPUT_JSON)
        add_json(text, operation, JSON_INDENT(2));
    if (style->output == VMT_OUTPUT_QUIET) {
        vmt_cell_add(text, "", json_object_get(operation, "id"));
        vmt_text_add(text, "\n", 1);
    }
    if (style->output != VMT_OUTPUT_TABLE)
        return;
    const json_t *step = json_object_get(operation, "step"), *id = json_object_get(operation, "id");
    const char *state = vmt_cell_text_at(operation, "state");
    vmt_cell_add(text, "", vmt_cell_at(operation, "target.name"));
    vmt_text_add_string(text, ": ");
    vmt_cell_add(text, "", json_object_get(operation, "action"));
    if (state && !strcmp(state, "dry_run")) {
        vmt_text_add_string(text, " could be done; this was a dry run\n");
        return;
    }
    vmt_text_add_string(text, " ");
    add_word(text, "state", json_object_get(operation, "state"), style->has_colours);
    if (json_is_false(json_object_get(operation, "changed")))
        vmt_text_add_string(text, ", there was nothing to do");
    if (json_is_string(step)) {
        vmt_text_add_string(text, ", ");
        vmt_cell_add(text, "", step);
    }
    if (json_is_string(id) && state && (!strcmp(state, "running") || !strcmp(state, "unknown"))) {
        vmt_text_add_string(text, ", operation ");
        vmt_cell_add(text, "", id);
    }
    vmt_text_add(text, "\n", 1);
}

void vmt_view_add_event(struct vmt_text *text, const char *name, const json_t *event, const struct vmt_style *style)
{
    if (style->output == VMT_OUTPUT_JSON) {
        add_json(text, event, JSON_COMPACT);
        return;
    }
    if (!strcmp(name, "operation")) {
        vmt_view_add_operation(text, event, style);
        return;
    }
    static const char *const members[] = {"time", "target.kind", "target.name", "event", "detail"};
    const char *gap = "";
    for (unsigned i = 0; i < sizeof members / sizeof *members; i++) {
        const json_t *value = vmt_cell_at(event, members[i]);
        if (!json_is_string(value))
            continue;
        vmt_text_add_string(text, gap);
        vmt_cell_add(text, "", value);
        gap = " ";
    }
    vmt_text_add(text, "\n", 1);
}
