/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/exposition.h"
#include "serve/escape.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { COLUMNS_MAX = 32 };

/* One series of a family for each sample: a row of the table, or a state of a state set. */
struct column {
    const struct vmt_metric *row;
    unsigned slot;
    unsigned state;
    size_t label_end; /* in writer.column_labels: the label that tells this column apart */
};

struct family {
    const char *name;
    size_t name_length;
    unsigned column_count;
    struct column columns[COLUMNS_MAX];
};

struct writer {
    struct vmt_exposition *exposition;
    const struct vmt_snapshot *snapshot;
    struct vmt_part *own;
    enum vmt_format format;
    vmt_collectors collectors;
    struct vmt_text *text;
    struct vmt_text column_labels;
    const struct vmt_entity_table *table; /* that is being written */
    enum vmt_entity entity;               /* whose it is, and that of the samples in the parts */
    const struct vmt_sample *list;        /* or all of its samples, when they are in no part */
};

void vmt_exposition_done(struct vmt_exposition *exposition)
{
    vmt_text_done(&exposition->labels);
    free(exposition->ends);
    *exposition = (struct vmt_exposition){0};
}

const char *vmt_exposition_kind(enum vmt_kind kind)
{
    return kind == VMT_COUNTER ? "counter" : kind == VMT_HISTOGRAM ? "histogram" : "gauge";
}

static unsigned list_count(const struct writer *writer)
{
    if (writer->list)
        return 1;
    return (writer->snapshot ? writer->snapshot->part_count : 0) + (writer->own ? 1 : 0);
}

static const struct vmt_sample *list_at(const struct writer *writer, unsigned i)
{
    if (writer->list)
        return writer->list;
    bool is_shared = writer->snapshot && i < writer->snapshot->part_count;
    return (is_shared ? writer->snapshot->parts[i] : writer->own)->samples[writer->entity].first;
}

static bool is_wanted(const struct writer *writer, const struct vmt_metric *row)
{
    if (!*row->name)
        return false; /* collectd alone gets it */
    return row->collector == VMT_COLLECTOR_EXPORTER || writer->collectors & VMT_COLLECTOR_BIT(row->collector);
}

/* The length of `name` without `suffix`, or 0 when it does not end in it. */
static size_t length_before(const char *name, size_t length, const char *suffix)
{
    size_t end = strlen(suffix);
    return length > end && !memcmp(name + length - end, suffix, end) ? length - end : 0;
}

static void add_header_word(struct vmt_text *text, const char *keyword, const char *name, size_t length)
{
    vmt_text_add_string(text, keyword);
    vmt_text_add(text, name, length);
    vmt_text_add(text, " ", 1);
}

static void write_text_header(struct vmt_text *text, const struct family *family, const struct vmt_metric *row)
{
    if (row->help) {
        add_header_word(text, "# HELP ", family->name, family->name_length);
        vmt_escape_help(text, row->help);
        vmt_text_add(text, "\n", 1);
    }
    add_header_word(text, "# TYPE ", family->name, family->name_length);
    vmt_text_add_string(text, vmt_exposition_kind(row->kind));
    vmt_text_add(text, "\n", 1);
}

/* OpenMetrics names a family without the suffix that its series have by their type. */
static void write_openmetrics_header(struct vmt_text *text, const struct family *family, const struct vmt_metric *row)
{
    const char *suffix = row->kind == VMT_COUNTER ? "_total" : row->kind == VMT_INFO ? "_info" : "";
    size_t length = length_before(family->name, family->name_length, suffix);
    assert(length);
    add_header_word(text, "# TYPE ", family->name, length);
    vmt_text_add_string(text, row->kind == VMT_INFO ? "info" : vmt_exposition_kind(row->kind));
    vmt_text_add(text, "\n", 1);
    const char *unit = vmt_unit_base(row->unit);
    size_t before = length_before(family->name, length, unit);
    if (*unit && before && family->name[before - 1] == '_') {
        add_header_word(text, "# UNIT ", family->name, length);
        vmt_text_add_string(text, unit);
        vmt_text_add(text, "\n", 1);
    }
    if (row->help) {
        add_header_word(text, "# HELP ", family->name, length);
        vmt_escape_label(text, row->help);
        vmt_text_add(text, "\n", 1);
    }
}

static void add_label(struct vmt_text *text, const char *name, const char *value)
{
    vmt_text_add_string(text, name);
    vmt_text_add(text, "=\"", 2);
    vmt_escape_label(text, value);
    vmt_text_add(text, "\"", 1);
}

static void add_column(struct writer *writer, struct family *family, struct column column, const char *label_value)
{
    assert(family->column_count < COLUMNS_MAX);
    if (label_value)
        add_label(&writer->column_labels, column.row->label, label_value);
    column.label_end = writer->column_labels.length;
    family->columns[family->column_count++] = column;
}

/* Takes the rows that share the name of row `slot`; returns the row after them. */
static unsigned take_family(struct writer *writer, const struct vmt_entity_table *table, unsigned slot,
                            struct family *family)
{
    family->name = table->metrics[slot].name;
    family->name_length = strlen(family->name);
    family->column_count = 0;
    vmt_text_reset(&writer->column_labels);
    for (; slot < table->metric_count && !strcmp(table->metrics[slot].name, family->name); slot++) {
        const struct vmt_metric *row = &table->metrics[slot];
        if (!is_wanted(writer, row))
            continue;
        struct column column = {.row = row, .slot = slot};
        if (row->kind != VMT_STATESET) {
            add_column(writer, family, column, row->label_value);
            continue;
        }
        for (; row->states[column.state]; column.state++)
            add_column(writer, family, column, row->states[column.state]);
    }
    return slot;
}

static char *put(char *to, const char *bytes, size_t length)
{
    memcpy(to, bytes, length);
    return to + length;
}

static void write_series(struct writer *writer, const struct family *family, const struct column *column,
                         const char *labels, size_t labels_length, struct vmt_value value)
{
    struct vmt_text *text = writer->text;
    size_t own_begin = column == family->columns ? 0 : column[-1].label_end;
    size_t own_length = column->label_end - own_begin;
    size_t suffix_length = column->row->suffix ? strlen(column->row->suffix) : 0;
    if (!vmt_text_reserve(text, family->name_length + suffix_length + labels_length + own_length + VMT_VALUE_TEXT +
                                    sizeof "{,} \n"))
        return;
    char *to = put(text->bytes + text->length, family->name, family->name_length);
    if (suffix_length)
        to = put(to, column->row->suffix, suffix_length);
    if (labels_length + own_length) {
        *to++ = '{';
        to = put(to, labels, labels_length);
        if (labels_length && own_length)
            *to++ = ',';
        if (own_length)
            to = put(to, writer->column_labels.bytes + own_begin, own_length);
        *to++ = '}';
    }
    *to++ = ' ';
    if (column->row->kind == VMT_STATESET)
        *to++ = value.integer == column->state ? '1' : '0';
    else
        to += vmt_value_print(value, column->row->unit, to);
    *to++ = '\n';
    text->length = (size_t)(to - text->bytes);
}

static void write_all_series(struct writer *writer, const struct family *family)
{
    const struct vmt_exposition *exposition = writer->exposition;
    const char *labels = exposition->labels.bytes;
    size_t number = 0, begin = 0;
    for (unsigned i = 0; i < list_count(writer); i++) {
        const struct vmt_sample *sample = list_at(writer, i);
        for (; sample; sample = sample->next) {
            size_t end = exposition->ends[number++];
            for (unsigned j = 0; j < family->column_count; j++) {
                const struct column *column = &family->columns[j];
                struct vmt_value value = sample->value[column->slot];
                if (value.type != VMT_ABSENT)
                    write_series(writer, family, column, labels + begin, end - begin, value);
            }
            begin = end;
        }
    }
}

static void write_family(struct writer *writer, const struct family *family, const struct vmt_metric *first_row)
{
    struct vmt_text *text = writer->text;
    size_t before = text->length;
    if (writer->format == VMT_FORMAT_OPENMETRICS)
        write_openmetrics_header(text, family, first_row);
    else
        write_text_header(text, family, first_row);
    size_t header_end = text->length;
    write_all_series(writer, family);
    if (text->length == header_end)
        text->length = before; /* a family without series is not mentioned */
}

static void add_labels(struct vmt_text *text, const struct vmt_sample *sample)
{
    bool is_first = true;
    for (unsigned i = 0; i < sample->label_count; i++) {
        if (!sample->labels[i])
            continue;
        if (!is_first)
            vmt_text_add(text, ",", 1);
        add_label(text, sample->label_names[i], sample->labels[i]);
        is_first = false;
    }
}

static bool reserve_ends(struct vmt_exposition *exposition, size_t count)
{
    if (count < exposition->ends_capacity)
        return true;
    size_t capacity = exposition->ends_capacity ? exposition->ends_capacity * 2 : 1024;
    size_t *ends = realloc(exposition->ends, capacity * sizeof *ends);
    if (!ends)
        return false;
    exposition->ends = ends;
    exposition->ends_capacity = capacity;
    return true;
}

/* Renders the labels of all samples of the table. The number of samples, or -ENOMEM. */
static long render_labels(struct writer *writer)
{
    struct vmt_exposition *exposition = writer->exposition;
    size_t count = 0;
    vmt_text_reset(&exposition->labels);
    vmt_text_reserve(&exposition->labels, 1); /* so that there are bytes to point at when nothing has labels */
    for (unsigned i = 0; i < list_count(writer); i++) {
        const struct vmt_sample *sample = list_at(writer, i);
        for (; sample; sample = sample->next) {
            if (!reserve_ends(exposition, count))
                return -ENOMEM;
            add_labels(&exposition->labels, sample);
            exposition->ends[count++] = exposition->labels.length;
        }
    }
    return exposition->labels.out_of_memory ? -ENOMEM : (long)count;
}

static int write_table(struct writer *writer)
{
    const struct vmt_entity_table *table = writer->table;
    long count = render_labels(writer);
    if (count <= 0)
        return (int)count;
    for (unsigned slot = 0; slot < table->metric_count;) {
        const struct vmt_metric *first_row = &table->metrics[slot];
        struct family family;
        slot = take_family(writer, table, slot, &family);
        if (writer->column_labels.out_of_memory)
            return -ENOMEM;
        if (family.column_count)
            write_family(writer, &family, first_row);
    }
    return 0;
}

int vmt_exposition_write(struct vmt_exposition *exposition, const struct vmt_snapshot *snapshot, struct vmt_part *own,
                         enum vmt_format format, vmt_collectors collectors, struct vmt_text *text)
{
    struct writer writer = {exposition, snapshot, own, format, collectors, text, .entity = 0};
    int result = 0;
    for (; writer.entity < VMT_ENTITY_COUNT && !result; writer.entity++) {
        writer.table = vmt_entity_table(writer.entity);
        result = write_table(&writer);
    }
    if (format == VMT_FORMAT_OPENMETRICS)
        vmt_text_add_string(text, "# EOF\n");
    vmt_text_done(&writer.column_labels);
    return text->out_of_memory ? -ENOMEM : result;
}

int vmt_exposition_write_table(struct vmt_exposition *exposition, const struct vmt_entity_table *table,
                               const struct vmt_sample *samples, enum vmt_format format, struct vmt_text *text)
{
    struct writer writer = {exposition,   .format = format, .collectors = VMT_COLLECTORS_ALL,
                            .text = text, .table = table,   .list = samples};
    int result = samples ? write_table(&writer) : 0;
    vmt_text_done(&writer.column_labels);
    return text->out_of_memory ? -ENOMEM : result;
}
