/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/exposition.h"
#include "serve/utf8.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LABELS(...) ((const char *[]){__VA_ARGS__})

static const char uuid[VMT_UUID_TEXT] = "6f1a0b1e-4c0f-4f25-9d2e-1f8a5c3b7d90";

/* Adds a sample whose slots are set by key; a key of NULL ends them. */
struct slot {
    const char *key;
    struct vmt_value value;
};

static void add(struct vmt_part *part, enum vmt_entity entity, const char *const *labels, const struct slot *slots)
{
    static const char *const none[] = {NULL};
    bool is_of_domain =
        vmt_entity_table(entity)->label_count && !strcmp(vmt_entity_table(entity)->label_names[0], "domain");
    const struct vmt_domain *domain = is_of_domain ? vmt_part_add_domain(part, labels[0], uuid) : NULL;
    struct vmt_sample *sample = vmt_part_add(part, entity, domain, labels ? labels : none);
    assert_non_null(sample);
    for (; slots->key; slots++)
        vmt_sample_set(sample, entity, slots->key, slots->value);
}

#define ADD(part, entity, labels, ...) add(part, entity, labels, (const struct slot[]){__VA_ARGS__, {NULL}})

/* The exposition of `parts`, terminated; the caller frees it. */
static char *write_parts(struct vmt_part *const *parts, unsigned count, enum vmt_format format,
                         vmt_collectors collectors)
{
    struct vmt_exposition exposition = {0};
    struct vmt_text text = {0};
    struct vmt_snapshot *snapshot = vmt_snapshot_new(parts, count);
    assert_int_equal(vmt_exposition_write(&exposition, snapshot, NULL, format, collectors, &text), 0);
    vmt_text_add(&text, "", 1);
    vmt_snapshot_unref(snapshot);
    vmt_exposition_done(&exposition);
    return text.bytes;
}

static char *write_one(struct vmt_part *part, enum vmt_format format)
{
    return write_parts(&part, 1, format, VMT_COLLECTORS_ALL);
}

static const char *help_of(enum vmt_entity entity, const char *key)
{
    return vmt_entity_table(entity)->metrics[vmt_entity_slot(entity, key)].help;
}

/* Compares, and frees `text`. */
static void check(char *text, const char *expected_format, ...)
{
    char expected[16384];
    va_list arguments;
    va_start(arguments, expected_format);
    vsnprintf(expected, sizeof expected, expected_format, arguments);
    va_end(arguments);
    assert_string_equal(text, expected);
    free(text);
}

static struct vmt_part *make_two_domains(void)
{
    struct vmt_part *part = vmt_part_new();
    ADD(part, VMT_ENTITY_EXPORTER, NULL, {"up", vmt_integer(1)});
    ADD(part, VMT_ENTITY_DOMAIN_INFO, LABELS("web", uuid, NULL, "kvm", "hvm", NULL, NULL, NULL),
        {"info", vmt_integer(1)});
    ADD(part, VMT_ENTITY_DOMAIN, LABELS("web"), {"state.state", vmt_integer(1)}, {"cpu.time", vmt_integer(1500000000)},
        {"cpu.user", vmt_integer(1)}, {"cpu.system", vmt_integer(2000000000)});
    ADD(part, VMT_ENTITY_DOMAIN, LABELS("db"), {"cpu.time", vmt_integer(7)}, {"balloon.swap_in", vmt_integer(3)});
    return part;
}

#define SERIES_UP "libvirt_up 1\n"
#define SERIES_STATE                                                                                                   \
    "libvirt_domain_state{domain=\"web\",state=\"nostate\"} 0\n"                                                       \
    "libvirt_domain_state{domain=\"web\",state=\"running\"} 1\n"                                                       \
    "libvirt_domain_state{domain=\"web\",state=\"blocked\"} 0\n"                                                       \
    "libvirt_domain_state{domain=\"web\",state=\"paused\"} 0\n"                                                        \
    "libvirt_domain_state{domain=\"web\",state=\"shutdown\"} 0\n"                                                      \
    "libvirt_domain_state{domain=\"web\",state=\"shutoff\"} 0\n"                                                       \
    "libvirt_domain_state{domain=\"web\",state=\"crashed\"} 0\n"                                                       \
    "libvirt_domain_state{domain=\"web\",state=\"pmsuspended\"} 0\n"
#define SERIES_CPU                                                                                                     \
    "libvirt_domain_cpu_seconds_total{domain=\"web\"} 1.5\n"                                                           \
    "libvirt_domain_cpu_seconds_total{domain=\"db\"} 0.000000007\n"
#define SERIES_MODE                                                                                                    \
    "libvirt_domain_cpu_mode_seconds_total{domain=\"web\",mode=\"user\"} 0.000000001\n"                                \
    "libvirt_domain_cpu_mode_seconds_total{domain=\"web\",mode=\"system\"} 2\n"
#define SERIES_SWAP "libvirt_domain_memory_guest_swap_in_bytes_total{domain=\"db\"} 3072\n"
#define SERIES_INFO "libvirt_domain_info{domain=\"web\",uuid=\"%s\",virt_type=\"kvm\",os_type=\"hvm\"} 1\n"

static void text_is_written_as_its_format_says(void **state)
{
    (void)state;
    struct vmt_part *part = make_two_domains();
    check(write_one(part, VMT_FORMAT_TEXT),
          "# HELP libvirt_up %s\n# TYPE libvirt_up gauge\n" SERIES_UP
          "# HELP libvirt_domain_state %s\n# TYPE libvirt_domain_state gauge\n" SERIES_STATE
          "# HELP libvirt_domain_cpu_seconds_total %s\n# TYPE libvirt_domain_cpu_seconds_total counter\n" SERIES_CPU
          "# HELP libvirt_domain_cpu_mode_seconds_total %s\n"
          "# TYPE libvirt_domain_cpu_mode_seconds_total counter\n" SERIES_MODE
          "# HELP libvirt_domain_memory_guest_swap_in_bytes_total %s\n"
          "# TYPE libvirt_domain_memory_guest_swap_in_bytes_total counter\n" SERIES_SWAP
          "# HELP libvirt_domain_info %s\n# TYPE libvirt_domain_info gauge\n" SERIES_INFO,
          help_of(VMT_ENTITY_EXPORTER, "up"), help_of(VMT_ENTITY_DOMAIN, "state.state"),
          help_of(VMT_ENTITY_DOMAIN, "cpu.time"), help_of(VMT_ENTITY_DOMAIN, "cpu.user"),
          help_of(VMT_ENTITY_DOMAIN, "balloon.swap_in"), help_of(VMT_ENTITY_DOMAIN_INFO, "info"), uuid);
    vmt_part_unref(part);
}

static void openmetrics_is_written_as_its_format_says(void **state)
{
    (void)state;
    struct vmt_part *part = make_two_domains();
    check(write_one(part, VMT_FORMAT_OPENMETRICS),
          "# TYPE libvirt_up gauge\n# HELP libvirt_up %s\n" SERIES_UP
          "# TYPE libvirt_domain_state gauge\n# HELP libvirt_domain_state %s\n" SERIES_STATE
          "# TYPE libvirt_domain_cpu_seconds counter\n# UNIT libvirt_domain_cpu_seconds seconds\n"
          "# HELP libvirt_domain_cpu_seconds %s\n" SERIES_CPU
          "# TYPE libvirt_domain_cpu_mode_seconds counter\n# UNIT libvirt_domain_cpu_mode_seconds seconds\n"
          "# HELP libvirt_domain_cpu_mode_seconds %s\n" SERIES_MODE
          "# TYPE libvirt_domain_memory_guest_swap_in_bytes counter\n"
          "# UNIT libvirt_domain_memory_guest_swap_in_bytes bytes\n"
          "# HELP libvirt_domain_memory_guest_swap_in_bytes %s\n" SERIES_SWAP
          "# TYPE libvirt_domain info\n# HELP libvirt_domain %s\n" SERIES_INFO "# EOF\n",
          help_of(VMT_ENTITY_EXPORTER, "up"), help_of(VMT_ENTITY_DOMAIN, "state.state"),
          help_of(VMT_ENTITY_DOMAIN, "cpu.time"), help_of(VMT_ENTITY_DOMAIN, "cpu.user"),
          help_of(VMT_ENTITY_DOMAIN, "balloon.swap_in"), help_of(VMT_ENTITY_DOMAIN_INFO, "info"), uuid);
    vmt_part_unref(part);
}

static void an_empty_exposition_is_valid(void **state)
{
    (void)state;
    check(write_parts(NULL, 0, VMT_FORMAT_TEXT, VMT_COLLECTORS_ALL), "%s", "");
    check(write_parts(NULL, 0, VMT_FORMAT_OPENMETRICS, VMT_COLLECTORS_ALL), "# EOF\n");
}

static void the_own_part_comes_with_those_of_the_snapshot(void **state)
{
    (void)state;
    struct vmt_exposition exposition = {0};
    struct vmt_text text = {0};
    struct vmt_part *part = make_two_domains(), *own = vmt_part_new();
    ADD(own, VMT_ENTITY_PROCESS, NULL, {"open_fds", vmt_integer(12)});
    struct vmt_snapshot *snapshot = vmt_snapshot_new(&part, 1);
    assert_int_equal(vmt_exposition_write(&exposition, snapshot, own, VMT_FORMAT_TEXT, VMT_COLLECTORS_ALL, &text), 0);
    vmt_text_add(&text, "", 1);
    assert_non_null(strstr(text.bytes, "\nprocess_open_fds 12\n"));
    assert_non_null(strstr(text.bytes, "\n" SERIES_SWAP));
    vmt_text_reset(&text);
    assert_int_equal(vmt_exposition_write(&exposition, NULL, own, VMT_FORMAT_TEXT, VMT_COLLECTORS_ALL, &text), 0);
    vmt_text_add(&text, "", 1);
    assert_non_null(strstr(text.bytes, "\nprocess_open_fds 12\n"));
    assert_null(strstr(text.bytes, "libvirt_"));
    vmt_text_done(&text);
    vmt_exposition_done(&exposition);
    vmt_snapshot_unref(snapshot);
    vmt_part_unref(part);
    vmt_part_unref(own);
}

static void label_values_of_tenants_are_escaped(void **state)
{
    (void)state;
    struct vmt_part *part = vmt_part_new();
    ADD(part, VMT_ENTITY_DOMAIN, LABELS("a\\b\"c\nd\xFF\xC3\xBC"), {"id", vmt_integer(1)});
    char *text = write_one(part, VMT_FORMAT_TEXT);
    assert_non_null(
        strstr(text, "\nlibvirt_domain_id{domain=\"a\\\\b\\\"c\\nd" VMT_UTF8_REPLACEMENT "\xC3\xBC\"} 1\n"));
    free(text);
    vmt_part_unref(part);
}

static void numbers_are_exact(void **state)
{
    (void)state;
    struct vmt_part *part = vmt_part_new();
    ADD(part, VMT_ENTITY_BLOCK, LABELS("web", "vda"), {"rd.bytes", vmt_integer(UINT64_MAX)},
        {"wr.bytes", vmt_integer(9007199254740993)}, {"rd.times", vmt_integer(UINT64_MAX)},
        {"wr.reqs", vmt_integer(0)});
    char *text = write_one(part, VMT_FORMAT_OPENMETRICS);
    assert_non_null(strstr(text, "read_bytes_total{domain=\"web\",device=\"vda\"} 18446744073709551615\n"));
    assert_non_null(strstr(text, "write_bytes_total{domain=\"web\",device=\"vda\"} 9007199254740993\n"));
    assert_non_null(strstr(text, "read_time_seconds_total{domain=\"web\",device=\"vda\"} 18446744073.709551615\n"));
    assert_non_null(strstr(text, "write_requests_total{domain=\"web\",device=\"vda\"} 0\n"));
    assert_null(strstr(text, "flush_requests"));
    free(text);
    vmt_part_unref(part);
}

static void a_family_is_one_block_whatever_parts_its_series_come_from(void **state)
{
    (void)state;
    struct vmt_part *parts[3];
    for (unsigned i = 0; i < 3; i++) {
        char cell[2] = {(char)('0' + i), '\0'};
        parts[i] = vmt_part_new();
        ADD(parts[i], VMT_ENTITY_CELL, LABELS(cell), {"memory", vmt_integer(i)}, {"memory.free", vmt_integer(i + 1)});
    }
    check(write_parts(parts, 3, VMT_FORMAT_TEXT, VMT_COLLECTORS_ALL),
          "# HELP libvirt_node_cell_memory_bytes %s\n# TYPE libvirt_node_cell_memory_bytes gauge\n"
          "libvirt_node_cell_memory_bytes{cell=\"0\"} 0\n"
          "libvirt_node_cell_memory_bytes{cell=\"1\"} 1024\n"
          "libvirt_node_cell_memory_bytes{cell=\"2\"} 2048\n"
          "# HELP libvirt_node_cell_memory_free_bytes %s\n# TYPE libvirt_node_cell_memory_free_bytes gauge\n"
          "libvirt_node_cell_memory_free_bytes{cell=\"0\"} 1\n"
          "libvirt_node_cell_memory_free_bytes{cell=\"1\"} 2\n"
          "libvirt_node_cell_memory_free_bytes{cell=\"2\"} 3\n",
          help_of(VMT_ENTITY_CELL, "memory"), help_of(VMT_ENTITY_CELL, "memory.free"));
    for (unsigned i = 0; i < 3; i++)
        vmt_part_unref(parts[i]);
}

static void only_the_wanted_collectors_are_shown(void **state)
{
    (void)state;
    struct vmt_part *part = make_two_domains();
    char *text = write_parts(&part, 1, VMT_FORMAT_TEXT, VMT_COLLECTOR_BIT(VMT_COLLECTOR_MEMORY));
    assert_non_null(strstr(text, "\n" SERIES_UP)); /* virtmeter itself is always there */
    assert_non_null(strstr(text, "\n" SERIES_SWAP));
    assert_null(strstr(text, "libvirt_domain_cpu"));
    assert_null(strstr(text, "libvirt_domain_state"));
    free(text);
    vmt_part_unref(part);
}

static void a_state_that_no_table_knows_is_none_of_the_states(void **state)
{
    (void)state;
    struct vmt_part *part = vmt_part_new();
    ADD(part, VMT_ENTITY_DOMAIN, LABELS("web"), {"state.state", vmt_integer(99)});
    char *text = write_one(part, VMT_FORMAT_TEXT);
    assert_non_null(strstr(text, "state=\"nostate\"} 0\n"));
    assert_null(strstr(text, "} 1\n"));
    free(text);
    vmt_part_unref(part);
}

/* A part with every row of every table. */
static struct vmt_part *make_everything(void)
{
    static const char *const labels[16] = {"one",  "two", "three", "four", "five", "six", "seven", "eight",
                                           "nine", "ten", "x",     "x",    "x",    "x",   "x",     "x"};
    struct vmt_part *part = vmt_part_new();
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++) {
        struct vmt_sample *sample = vmt_part_add(part, entity, NULL, labels);
        assert_non_null(sample);
        for (unsigned slot = 0; slot < vmt_entity_table(entity)->metric_count; slot++)
            sample->value[slot] = vmt_integer(1);
    }
    return part;
}

static size_t name_length(const char *line)
{
    size_t length = 0;
    while (isalnum((unsigned char)line[length]) || line[length] == '_')
        length++;
    return length;
}

/* `name{label="value",…} number`: true when the whole line is that. */
static bool is_series(const char *line, const char *end)
{
    const char *at = line + name_length(line);
    if (at == line || isdigit((unsigned char)*line))
        return false;
    for (char before = '{'; *at == before; before = ',') {
        size_t name = name_length(at + 1);
        at += 1 + name;
        if (!name || strncmp(at, "=\"", 2) != 0)
            return false;
        at = strchr(at + 2, '"') + 1; /* no value here has a quote in it */
        if (*at == '}' && at++)
            break;
    }
    return *at == ' ' && at[1] != ' ' && at + 1 + strspn(at + 1, "0123456789.") == end && at + 1 < end;
}

static void every_line_of_every_table_is_valid_and_families_are_contiguous(void **state)
{
    (void)state;
    struct vmt_part *part = make_everything();
    char *text = write_one(part, VMT_FORMAT_TEXT), family[128] = "", mark[160];
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        assert_int_not_equal(*line, '\n');
        if (!strncmp(line, "# HELP ", 7)) {
            snprintf(family, sizeof family, "%.*s", (int)name_length(line + 7), line + 7);
            snprintf(mark, sizeof mark, "# HELP %s ", family);
            assert_null(strstr(end, mark)); /* it does not come again */
        } else if (!strncmp(line, "# TYPE ", 7)) {
            assert_int_equal(name_length(line + 7), strlen(family));
            assert_memory_equal(line + 7, family, strlen(family));
            size_t length = strlen(family);
            bool is_total = length > 6 && !strcmp(family + length - 6, "_total");
            bool is_histogram = strstr(family, "_duration_seconds") && !strncmp(line + 7 + length, " histogram\n", 11);
            if (!is_histogram)
                assert_memory_equal(line + 7 + length, is_total ? " counter\n" : " gauge\n", is_total ? 9 : 7);
        } else {
            if (!is_series(line, end))
                fail_msg("%.*s", (int)(end - line), line);
            assert_memory_equal(line, family, strlen(family));
            size_t suffix = name_length(line) - strlen(family);
            assert_true(suffix == 0 || suffix == strlen("_bucket") || suffix == strlen("_sum") ||
                        suffix == strlen("_count"));
        }
    }
    free(text);
    vmt_part_unref(part);
}

/* Removes the lines that begin with `#`. */
static void drop_comments(char *text)
{
    char *to = text;
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        if (*line == '#')
            continue;
        memmove(to, line, (size_t)(end - line) + 1);
        to += end - line + 1;
    }
    *to = '\0';
}

static void both_formats_have_the_same_series(void **state)
{
    (void)state;
    struct vmt_part *part = make_everything();
    char *text = write_one(part, VMT_FORMAT_TEXT), *openmetrics = write_one(part, VMT_FORMAT_OPENMETRICS);
    drop_comments(text);
    drop_comments(openmetrics);
    assert_true(strlen(text) > 10000);
    assert_string_equal(text, openmetrics);
    free(text);
    free(openmetrics);
    vmt_part_unref(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_written_as_its_format_says),
        cmocka_unit_test(openmetrics_is_written_as_its_format_says),
        cmocka_unit_test(an_empty_exposition_is_valid),
        cmocka_unit_test(the_own_part_comes_with_those_of_the_snapshot),
        cmocka_unit_test(label_values_of_tenants_are_escaped),
        cmocka_unit_test(numbers_are_exact),
        cmocka_unit_test(a_family_is_one_block_whatever_parts_its_series_come_from),
        cmocka_unit_test(only_the_wanted_collectors_are_shown),
        cmocka_unit_test(a_state_that_no_table_knows_is_none_of_the_states),
        cmocka_unit_test(every_line_of_every_table_is_valid_and_families_are_contiguous),
        cmocka_unit_test(both_formats_have_the_same_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
