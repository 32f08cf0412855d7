/* SPDX-License-Identifier: Apache-2.0 */
/* The tables are data; this is what a reader of the exposition, and of the code, may rely on. */
#include "common/collect.h"
#include "common/metric.h"
#include "tests/unit/domstats_fixture.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>

/* Walks all rows of all tables. */
struct place {
    enum vmt_entity entity;
    unsigned row;
};

static const struct vmt_entity_table *table_of(struct place at)
{
    return vmt_entity_table(at.entity);
}

static const struct vmt_metric *metric_at(struct place at)
{
    return &table_of(at)->metrics[at.row];
}

static bool next(struct place *at)
{
    if (++at->row < table_of(*at)->metric_count)
        return true;
    at->row = 0;
    return ++at->entity < VMT_ENTITY_COUNT;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && !strcmp(text + length - tail, end);
}

/* What collectd alone gets has no name. */
static bool has_name(struct place at)
{
    return *metric_at(at)->name;
}

/* Whether the row begins its family: the rows of one family stand together. */
static bool is_first_of_family(struct place at)
{
    return at.row == 0 || !has_name(at) || strcmp(metric_at(at)->name, table_of(at)->metrics[at.row - 1].name) != 0;
}

static bool is_only_of_family(struct place at)
{
    bool is_last = at.row + 1 == table_of(at)->metric_count || !has_name(at) ||
                   strcmp(metric_at(at)->name, table_of(at)->metrics[at.row + 1].name) != 0;
    return is_last && is_first_of_family(at);
}

static const char *family_help(struct place at)
{
    while (!is_first_of_family(at))
        at.row--;
    return metric_at(at)->help;
}

/* ---- names ---- */

static bool is_word(const char *text, const char *others)
{
    if (!islower((unsigned char)*text) || strstr(text, "__"))
        return false;
    while (islower((unsigned char)*text) || isdigit((unsigned char)*text) || (*text && strchr(others, *text)))
        text++;
    return !*text;
}

static void names_are_lower_case_words_that_say_whose_they_are(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        const char *name = metric_at(at)->name;
        const char *prefix = at.entity == VMT_ENTITY_PROCESS ? "process_" : "libvirt_";
        if (!has_name(at))
            assert_non_null(metric_at(at)->collectd[0].type);
        else if (strncmp(name, prefix, strlen(prefix)) != 0 || !is_word(name, "_") || ends_with(name, "_"))
            fail_msg("%s: not a good name", name);
    } while (next(&at));
}

static void counters_end_in_total_and_nothing_else_does(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        if (has_name(at) && ends_with(metric_at(at)->name, "_total") != (metric_at(at)->kind == VMT_COUNTER))
            fail_msg("%s", metric_at(at)->name);
    } while (next(&at));
}

static void infos_end_in_info_are_alone_and_have_labels(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        bool is_info = metric_at(at)->kind == VMT_INFO;
        bool is_alone = table_of(at)->metric_count == 1 && table_of(at)->label_count > 0;
        if (ends_with(metric_at(at)->name, "_info") != is_info || (is_info && !is_alone))
            fail_msg("%s", metric_at(at)->name);
    } while (next(&at));
}

/* What a name would look like to promtool and to people: words for units, and for things that are not base units. */
static void names_end_in_their_base_unit_and_in_no_other(void **state)
{
    (void)state;
    static const char *const units[] = {"_seconds", "_bytes", "_hertz", "_per_second", "_ratio",  "_celsius",
                                        "_ms",      "_ns",    "_kib",   "_percent",    "_minutes"};
    struct place at = {0};
    do {
        char stem[256], suffix[64] = "";
        if (!has_name(at) || (metric_at(at)->kind == VMT_HISTOGRAM && strcmp(metric_at(at)->suffix, "_sum") != 0))
            continue; /* counts observations of what the name says */
        snprintf(stem, sizeof stem, "%s", metric_at(at)->name);
        if (ends_with(stem, "_total"))
            stem[strlen(stem) - strlen("_total")] = '\0';
        const char *base = vmt_unit_base(metric_at(at)->unit);
        if (*base)
            snprintf(suffix, sizeof suffix, "_%s", base);
        if (!ends_with(stem, suffix))
            fail_msg("%s does not end in %s", metric_at(at)->name, base);
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (ends_with(stem, units[i]) && !ends_with(suffix, units[i]))
                fail_msg("%s ends in %s and is in \"%s\"", metric_at(at)->name, units[i], base);
    } while (next(&at));
}

static void only_gauges_hold_moments(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        bool is_moment =
            strstr(metric_at(at)->name, "_timestamp_") || ends_with(metric_at(at)->name, "_start_time_seconds");
        if (is_moment && metric_at(at)->kind != VMT_GAUGE)
            fail_msg("%s", metric_at(at)->name);
    } while (next(&at));
}

/* ---- families ---- */

static void rows_of_a_family_stand_together_and_nowhere_else(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        struct place other = at;
        if (!is_first_of_family(at) || !has_name(at))
            continue;
        while (next(&other))
            if (is_first_of_family(other) && !strcmp(metric_at(at)->name, metric_at(other)->name))
                fail_msg("%s appears twice", metric_at(at)->name);
    } while (next(&at));
}

static void rows_of_a_family_agree_and_differ_in_their_label(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        const struct vmt_metric *metric = metric_at(at);
        bool has_value = metric->label && metric->label_value && *metric->label_value;
        bool is_state_set = metric->kind == VMT_STATESET;
        if (!is_state_set && !metric->label != !metric->label_value)
            fail_msg("%s: half a label", metric->name);
        if (is_only_of_family(at) || metric->kind == VMT_HISTOGRAM)
            continue;
        if (!has_value || is_state_set)
            fail_msg("%s: %s has no label to tell it from the others", metric->name, metric->key);
        for (unsigned i = at.row; i-- > 0 && !strcmp(table_of(at)->metrics[i].name, metric->name);) {
            const struct vmt_metric *other = &table_of(at)->metrics[i];
            assert_int_equal(other->kind, metric->kind);
            assert_int_equal(other->unit, metric->unit);
            assert_int_equal(other->collector, metric->collector);
            assert_string_equal(other->label, metric->label);
            assert_string_not_equal(other->label_value, metric->label_value);
        }
    } while (next(&at));
}

static void the_first_row_of_a_family_has_its_only_help(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        const struct vmt_metric *metric = metric_at(at);
        bool is_sentence = metric->help && isalpha((unsigned char)*metric->help) && ends_with(metric->help, ".") &&
                           !strpbrk(metric->help, "\n\\") && !strstr(metric->help, "  ");
        if (is_first_of_family(at) ? !is_sentence : metric->help != NULL)
            fail_msg("%s: help of %s", metric->name, metric->key);
    } while (next(&at));
}

static void histograms_have_ascending_limits_a_sum_and_a_count(void **state)
{
    (void)state;
    struct place at = {0};
    double limit = 0;
    const char *last = "_count"; /* of the row before */
    do {
        const struct vmt_metric *metric = metric_at(at);
        assert_int_equal(metric->kind == VMT_HISTOGRAM, metric->suffix != NULL);
        if (metric->kind != VMT_HISTOGRAM)
            continue;
        if (!strcmp(metric->suffix, "_bucket")) {
            assert_string_equal(metric->label, "le");
            assert_true(is_first_of_family(at) || strtod(metric->label_value, NULL) > limit);
            limit = strtod(metric->label_value, NULL);
        } else if (!strcmp(metric->suffix, "_sum")) {
            assert_string_equal(last, "_bucket");
            assert_true(isinf(limit));
        } else {
            assert_string_equal(metric->suffix, "_count");
            assert_string_equal(last, "_sum");
        }
        last = metric->suffix;
    } while (next(&at));
    assert_string_equal(last, "_count");
}

/* ---- rows ---- */

static void state_sets_name_their_states(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        const struct vmt_metric *metric = metric_at(at);
        bool is_complete = metric->label && !metric->label_value && metric->states && metric->states[0];
        if (metric->kind == VMT_STATESET ? !is_complete : metric->states != NULL)
            fail_msg("%s", metric->name);
        for (unsigned i = 0; metric->states && metric->states[i]; i++) {
            assert_true(is_word(metric->states[i], "_"));
            for (unsigned k = 0; k < i; k++)
                assert_string_not_equal(metric->states[i], metric->states[k]);
        }
    } while (next(&at));
}

static void domain_states_are_libvirts(void **state)
{
    (void)state;
    unsigned count = 0;
    while (vmt_domain_states[count])
        count++;
    assert_int_equal(count, VIR_DOMAIN_PMSUSPENDED + 1);
    assert_string_equal(vmt_domain_states[VIR_DOMAIN_RUNNING], "running");
    assert_string_equal(vmt_domain_states[VIR_DOMAIN_SHUTOFF], "shutoff");
    assert_string_equal(vmt_domain_states[VIR_DOMAIN_PMSUSPENDED], "pmsuspended");
}

static void keys_find_their_row(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        assert_true(metric_at(at)->key && *metric_at(at)->key);
        if (vmt_entity_slot(at.entity, metric_at(at)->key) != (int)at.row)
            fail_msg("%s: the key %s is not its alone", metric_at(at)->name, metric_at(at)->key);
    } while (next(&at));
    assert_int_equal(vmt_entity_slot(VMT_ENTITY_BLOCK, "rd.byte"), -1);
    assert_int_equal(vmt_entity_slot(VMT_ENTITY_BLOCK, ""), -1);
}

static void rows_have_a_collector_a_unit_and_a_plausible_version(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        const struct vmt_metric *metric = metric_at(at);
        assert_in_range(metric->collector, 0, VMT_COLLECTOR_COUNT - 1);
        assert_in_range(metric->unit, 0, VMT_UNIT_COUNT - 1);
        if (metric->since && (metric->since < 1000000 || metric->since >= 100000000 || metric->since % 1000 >= 100))
            fail_msg("%s: since %u", metric->name, metric->since);
        if (metric->kind == VMT_INFO || metric->kind == VMT_STATESET)
            assert_int_equal(metric->unit, VMT_NUMBER);
    } while (next(&at));
}

/* ---- labels ---- */

static void check_labels(const struct vmt_entity_table *table)
{
    static const char *const reserved[] = {"le", "quantile", "job", "instance"};
    unsigned count = 0;
    while (table->label_names[count])
        count++;
    assert_int_equal(count, table->label_count);
    assert_true(table->key_count <= table->label_count);
    for (unsigned i = 0; i < count; i++) {
        assert_true(is_word(table->label_names[i], "_"));
        for (size_t k = 0; k < sizeof reserved / sizeof *reserved; k++)
            assert_string_not_equal(table->label_names[i], reserved[k]);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(table->label_names[i], table->label_names[k]);
        for (unsigned row = 0; row < table->metric_count; row++)
            if (table->metrics[row].label && !strcmp(table->metrics[row].label, table->label_names[i]))
                fail_msg("%s has the label %s twice", table->metrics[row].name, table->label_names[i]);
    }
}

static void labels_are_words_of_their_own(void **state)
{
    (void)state;
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++) {
        const struct vmt_entity_table *table = vmt_entity_table(entity);
        assert_non_null(table->name);
        assert_true(table->metric_count > 0);
        check_labels(table);
        for (unsigned row = 0; row < table->metric_count; row++)
            assert_true(!table->metrics[row].label || is_word(table->metrics[row].label, "_"));
    }
}

static void what_is_about_a_domain_names_it_first(void **state)
{
    (void)state;
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++) {
        const struct vmt_entity_table *table = vmt_entity_table(entity);
        if (!*table->metrics[0].name)
            continue;
        bool is_about_domain = !strncmp(table->metrics[0].name, "libvirt_domain_", strlen("libvirt_domain_"));
        bool names_domain = table->label_count && !strcmp(table->label_names[0], "domain") && table->key_count;
        assert_int_equal(names_domain, is_about_domain);
    }
}

/* ---- the names that collectd gets ---- */

static void the_exporter_offers_what_has_a_name(void **state)
{
    (void)state;
    bool has_named[VMT_COLLECTOR_COUNT] = {false};
    struct place at = {0};
    do
        has_named[metric_at(at)->collector] |= has_name(at);
    while (next(&at));
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        if (vmt_collector_row(i)->is_for_collectd == has_named[i])
            fail_msg("%s", vmt_collector_row(i)->name);
}

static bool has_label(struct place at, const char *name, size_t length)
{
    const char *own = metric_at(at)->label;
    if (own && strlen(own) == length && !memcmp(own, name, length))
        return true;
    for (unsigned i = 0; i < table_of(at)->label_count; i++)
        if (strlen(table_of(at)->label_names[i]) == length && !memcmp(table_of(at)->label_names[i], name, length))
            return true;
    return false;
}

/* Whether each `{label}` in `text` is one of the row's. */
static bool speaks_of_labels(struct place at, const char *text)
{
    while (text && (text = strchr(text, '{'))) {
        const char *close = strchr(text, '}');
        if (!close || !has_label(at, text + 1, (size_t)(close - text - 1)))
            return false;
        text = close;
    }
    return true;
}

static void type_instances_speak_of_labels_that_are_there(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        for (unsigned i = 0; i < VMT_COLLECTD_NAMES; i++)
            if (!speaks_of_labels(at, metric_at(at)->collectd[i].instance))
                fail_msg("%s: %s", metric_at(at)->key, metric_at(at)->collectd[i].instance);
    } while (next(&at));
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

static void no_two_rows_have_the_same_name_in_collectd(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        const struct vmt_collectd *own = metric_at(at)->collectd;
        assert_true(own[0].type || !own[1].type);
        struct place other = at;
        while (own[0].type && next(&other))
            for (unsigned i = 0; i < VMT_COLLECTD_NAMES * VMT_COLLECTD_NAMES; i++) {
                const struct vmt_collectd *a = &own[i / VMT_COLLECTD_NAMES],
                                          *b = &metric_at(other)->collectd[i % VMT_COLLECTD_NAMES];
                bool has_own_label = metric_at(other)->label && a->instance && strchr(a->instance, '{');
                if (a->type && b->type && !strcmp(a->type, b->type) && is_same_text(a->instance, b->instance) &&
                    is_same_text(a->source, b->source) && !has_own_label && at.entity == other.entity)
                    fail_msg("%s and %s are both %s", metric_at(at)->key, metric_at(other)->key, a->type);
            }
    } while (next(&at));
}

static void what_collectd_gets_keeps_its_dimension(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        for (unsigned i = 0; i < VMT_COLLECTD_NAMES && metric_at(at)->collectd[i].type; i++) {
            enum vmt_unit unit = metric_at(at)->collectd[i].unit;
            if (unit != VMT_NUMBER)
                assert_string_equal(vmt_unit_base(unit), vmt_unit_base(metric_at(at)->unit));
            else if (metric_at(at)->unit == VMT_KIBIBYTES)
                fail_msg("%s: collectd counts in bytes", metric_at(at)->key);
        }
    } while (next(&at));
}

/* ---- the bulk statistics: a row that comes from elsewhere says from which function ---- */

static bool is_in_bulk(struct place at)
{
    return table_of(at)->prefix && !strstr(family_help(at), "(vir");
}

/* The whole parameter of a row, with `index` for its number, or as it is when it has none. */
static void parameter_name(struct place at, const char *index, char name[VIR_TYPED_PARAM_FIELD_LENGTH])
{
    const char *prefix = table_of(at)->prefix;
    bool has_index = *prefix && !table_of(at)->is_single;
    snprintf(name, VIR_TYPED_PARAM_FIELD_LENGTH, "%s%s%s%s", prefix, has_index ? index : "", has_index ? "." : "",
             metric_at(at)->key);
}

static void the_help_of_a_bulk_row_names_its_parameter(void **state)
{
    (void)state;
    struct place at = {0};
    do {
        char name[VIR_TYPED_PARAM_FIELD_LENGTH];
        if (!is_in_bulk(at))
            continue;
        parameter_name(at, "N", name);
        bool is_one_of_many = at.entity == VMT_ENTITY_PERF && !is_only_of_family(at);
        if (!strstr(family_help(at), name) && !is_one_of_many)
            fail_msg("%s: the help does not name %s", metric_at(at)->name, name);
    } while (next(&at));
}

static void each_bulk_key_was_seen_in_a_fixture_and_no_other_was(void **state)
{
    (void)state;
    struct domstats *fixtures[DOMSTATS_NAMES];
    for (unsigned i = 0; i < DOMSTATS_NAMES; i++)
        fixtures[i] = domstats_load(domstats_names[i]);
    struct place at = {0};
    do {
        char name[VIR_TYPED_PARAM_FIELD_LENGTH];
        if (!table_of(at)->prefix)
            continue;
        parameter_name(at, "0", name);
        bool was_seen = false;
        for (unsigned i = 0; i < DOMSTATS_NAMES; i++)
            was_seen = was_seen || domstats_find(fixtures[i], name);
        if (was_seen != is_in_bulk(at))
            fail_msg("%s: %s is in %s fixture", metric_at(at)->name, name, was_seen ? "a" : "no");
    } while (next(&at));
    for (unsigned i = 0; i < DOMSTATS_NAMES; i++)
        domstats_free(fixtures[i]);
}

static void only_bulk_rows_can_prove_that_the_monitor_was_asked(void **state)
{
    (void)state;
    struct domstats *frozen = domstats_load("qemu-frozen");
    struct place at = {0};
    do {
        if (!(metric_at(at)->flags & VMT_MONITOR))
            continue;
        char name[VIR_TYPED_PARAM_FIELD_LENGTH];
        assert_true(is_in_bulk(at));
        parameter_name(at, "0", name);
        if (domstats_find(frozen, name))
            fail_msg("%s is there without the monitor", name);
    } while (next(&at));
    domstats_free(frozen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_lower_case_words_that_say_whose_they_are),
        cmocka_unit_test(counters_end_in_total_and_nothing_else_does),
        cmocka_unit_test(infos_end_in_info_are_alone_and_have_labels),
        cmocka_unit_test(names_end_in_their_base_unit_and_in_no_other),
        cmocka_unit_test(only_gauges_hold_moments),
        cmocka_unit_test(rows_of_a_family_stand_together_and_nowhere_else),
        cmocka_unit_test(rows_of_a_family_agree_and_differ_in_their_label),
        cmocka_unit_test(the_first_row_of_a_family_has_its_only_help),
        cmocka_unit_test(histograms_have_ascending_limits_a_sum_and_a_count),
        cmocka_unit_test(state_sets_name_their_states),
        cmocka_unit_test(domain_states_are_libvirts),
        cmocka_unit_test(keys_find_their_row),
        cmocka_unit_test(rows_have_a_collector_a_unit_and_a_plausible_version),
        cmocka_unit_test(labels_are_words_of_their_own),
        cmocka_unit_test(what_is_about_a_domain_names_it_first),
        cmocka_unit_test(the_exporter_offers_what_has_a_name),
        cmocka_unit_test(type_instances_speak_of_labels_that_are_there),
        cmocka_unit_test(no_two_rows_have_the_same_name_in_collectd),
        cmocka_unit_test(what_collectd_gets_keeps_its_dimension),
        cmocka_unit_test(the_help_of_a_bulk_row_names_its_parameter),
        cmocka_unit_test(each_bulk_key_was_seen_in_a_fixture_and_no_other_was),
        cmocka_unit_test(only_bulk_rows_can_prove_that_the_monitor_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
