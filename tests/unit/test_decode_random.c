/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever part of a record comes, in whatever order and of whatever kinds: the series are exactly those whose
 * parameter was there. The decoder goes from parameters to the tables; what is expected here is found the other way
 * round, from each row of the tables to the parameter of that name.
 */
#include "tests/unit/decode_fixture.h"

#include <math.h>

enum { ROUNDS = 1500, INDICES = 64 };

/* xorshift: the same numbers in every run. */
static uint64_t seed = 88172645463325252;

static unsigned below(unsigned limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 20) % limit);
}

/* ---- making records worse ---- */

static void swap(virTypedParameter *a, virTypedParameter *b)
{
    virTypedParameter kept = *a;
    *a = *b;
    *b = kept;
}

/* Keeps about `percent` of the parameters, in any order. */
static void thin_and_shuffle(struct domstats *stats, unsigned percent)
{
    int kept = 0;
    for (int i = 0; i < stats->count; i++) {
        if (below(100) < percent)
            swap(&stats->params[kept++], &stats->params[i]);
    }
    for (int i = kept; i < stats->count; i++)
        domstats_forget(&stats->params[i]);
    stats->count = kept;
    for (int i = kept - 1; i > 0; i--)
        swap(&stats->params[i], &stats->params[below((unsigned)i + 1)]);
}

/* Another kind with the same number, or a negative or an empty one, or a text. */
static void change_kind(virTypedParameter *param)
{
    static const struct {
        int type;
        const char *value;
    } choices[] = {
        {VIR_TYPED_PARAM_INT, "77"},          {VIR_TYPED_PARAM_INT, "-1"},
        {VIR_TYPED_PARAM_UINT, "4000000000"}, {VIR_TYPED_PARAM_LLONG, "9223372036854775807"},
        {VIR_TYPED_PARAM_LLONG, "-5"},        {VIR_TYPED_PARAM_ULLONG, "18446744073709551615"},
        {VIR_TYPED_PARAM_ULLONG, "0"},        {VIR_TYPED_PARAM_DOUBLE, "0.125"},
        {VIR_TYPED_PARAM_DOUBLE, "-0.5"},     {VIR_TYPED_PARAM_DOUBLE, "nan"},
        {VIR_TYPED_PARAM_BOOLEAN, "yes"},     {VIR_TYPED_PARAM_STRING, "12"},
    };
    unsigned choice = below(sizeof choices / sizeof *choices);
    domstats_forget(param);
    memset(&param->value, 0xa5, sizeof param->value);
    domstats_set(param, choices[choice].type, choices[choice].value);
}

/* Gives some devices the name of another one. */
static void confuse(struct domstats *stats)
{
    for (int i = 0; i < stats->count; i++) {
        bool is_name = !strncmp(stats->params[i].field, "block.", 6) && strstr(stats->params[i].field, ".name");
        if (is_name && below(4) == 0) {
            domstats_forget(&stats->params[i]);
            domstats_set(&stats->params[i], VIR_TYPED_PARAM_STRING, below(2) ? "vda" : "vdc");
        } else if (below(20) == 0) {
            change_kind(&stats->params[i]);
        }
    }
}

/* ---- what must come of it ---- */

struct expected {
    const struct domstats *stats;
    const struct vmt_filter *filter;
};

static struct vmt_value number_in(const virTypedParameter *param)
{
    struct vmt_value absent = {0};
    if (!param)
        return absent;
    if (param->type == VIR_TYPED_PARAM_INT && param->value.i >= 0)
        return vmt_integer((uint64_t)param->value.i);
    if (param->type == VIR_TYPED_PARAM_UINT)
        return vmt_integer(param->value.ui);
    if (param->type == VIR_TYPED_PARAM_LLONG && param->value.l >= 0)
        return vmt_integer((uint64_t)param->value.l);
    if (param->type == VIR_TYPED_PARAM_ULLONG)
        return vmt_integer(param->value.ul);
    if (param->type == VIR_TYPED_PARAM_BOOLEAN)
        return vmt_integer(param->value.b ? 1 : 0);
    if (param->type == VIR_TYPED_PARAM_DOUBLE && !isnan(param->value.d) && !signbit(param->value.d))
        return vmt_real(param->value.d);
    return absent;
}

static const virTypedParameter *find_indexed(const struct expected *expected, const char *prefix, unsigned index,
                                             const char *key)
{
    char field[VIR_TYPED_PARAM_FIELD_LENGTH];
    snprintf(field, sizeof field, "%s%u.%s", prefix, index, key);
    return domstats_find(expected->stats, field);
}

/* The name of a device that must be there: it has one, it is wanted, and no other came first with the same. */
static const char *device_name(const struct expected *expected, const char *prefix, unsigned index)
{
    const virTypedParameter *own = find_indexed(expected, prefix, index, "name");
    if (!own || own->type != VIR_TYPED_PARAM_STRING || !vmt_filter_wants_device(expected->filter, own->value.s))
        return NULL;
    for (unsigned i = 0; i < INDICES; i++) {
        const virTypedParameter *other = find_indexed(expected, prefix, i, "name");
        if (other && other < own && other->type == VIR_TYPED_PARAM_STRING && !strcmp(other->value.s, own->value.s))
            return NULL;
    }
    return own->value.s;
}

static struct vmt_value expected_value(const struct vmt_metric *metric, const virTypedParameter *param)
{
    struct vmt_value value = number_in(param);
    bool is_unknown = metric->flags & VMT_ZERO_IS_UNKNOWN && value.type == VMT_INTEGER && value.integer == 0;
    return is_unknown ? (struct vmt_value){0} : value;
}

static bool is_same(struct vmt_value a, struct vmt_value b)
{
    if (a.type != b.type)
        return false;
    return a.type == VMT_ABSENT || (a.type == VMT_INTEGER ? a.integer == b.integer : a.real == b.real);
}

/* How many values the rows of `entity` must have under `label`, each of which is looked at. */
static unsigned check_rows(const struct expected *expected, const struct outcome *outcome, enum vmt_entity entity,
                           unsigned index, const char *label)
{
    const struct vmt_entity_table *table = vmt_entity_table(entity);
    unsigned present = 0;
    for (unsigned slot = 0; slot < table->metric_count; slot++) {
        const char *key = table->metrics[slot].key;
        const virTypedParameter *param =
            label ? find_indexed(expected, table->prefix, index, key) : domstats_find(expected->stats, key);
        struct vmt_value value = expected_value(&table->metrics[slot], param);
        if (!is_same(value, find(outcome, entity, label, key)))
            fail_msg("%s: %s%s of %s", expected->stats->domain, table->prefix, key, label ? label : "the domain");
        present += value.type != VMT_ABSENT;
    }
    return present;
}

static unsigned count_values(const struct outcome *outcome, enum vmt_entity entity)
{
    unsigned count = 0;
    for (const struct vmt_sample *at = outcome->part->samples[entity].first; at; at = at->next)
        for (unsigned slot = 0; slot < vmt_entity_table(entity)->metric_count; slot++)
            count += at->value[slot].type != VMT_ABSENT;
    return count;
}

static void check_devices(const struct expected *expected, const struct outcome *outcome, enum vmt_entity entity)
{
    unsigned devices = 0, values = 0;
    for (unsigned i = 0; i < INDICES; i++) {
        const char *name = device_name(expected, vmt_entity_table(entity)->prefix, i);
        devices += name != NULL;
        values += name ? check_rows(expected, outcome, entity, i, name) : 0;
    }
    assert_int_equal(count_samples(outcome, entity), devices);
    assert_int_equal(count_values(outcome, entity), values);
}

static void check_vcpus(const struct expected *expected, const struct outcome *outcome)
{
    unsigned vcpus = 0, values = 0;
    for (unsigned i = 0; i < INDICES; i++) {
        char number[8];
        snprintf(number, sizeof number, "%u", i);
        unsigned present = check_rows(expected, outcome, VMT_ENTITY_VCPU, i, number);
        vcpus += present > 0;
        values += present;
    }
    assert_int_equal(count_samples(outcome, VMT_ENTITY_VCPU), vcpus);
    assert_int_equal(count_values(outcome, VMT_ENTITY_VCPU), values);
}

static void check_domain(const struct expected *expected, const struct outcome *outcome)
{
    unsigned values = check_rows(expected, outcome, VMT_ENTITY_DOMAIN, 0, NULL);
    assert_int_equal(count_samples(outcome, VMT_ENTITY_DOMAIN), values > 0);
    assert_int_equal(count_values(outcome, VMT_ENTITY_DOMAIN), values);
}

static void check_that_labels_differ(const struct outcome *outcome, enum vmt_entity entity)
{
    const struct vmt_sample *at = outcome->part->samples[entity].first;
    for (; at; at = at->next) {
        assert_string_equal(at->labels[0], at->domain->name);
        for (const struct vmt_sample *other = at->next; other; other = other->next)
            assert_string_not_equal(other->labels[1], at->labels[1]);
    }
}

static void check(const struct expected *expected, const struct outcome *outcome)
{
    check_domain(expected, outcome);
    check_vcpus(expected, outcome);
    check_devices(expected, outcome, VMT_ENTITY_BLOCK);
    check_devices(expected, outcome, VMT_ENTITY_INTERFACE);
    check_that_labels_differ(outcome, VMT_ENTITY_VCPU);
    check_that_labels_differ(outcome, VMT_ENTITY_BLOCK);
    check_that_labels_differ(outcome, VMT_ENTITY_INTERFACE);
}

static void series_are_those_whose_parameter_was_there(void **state)
{
    (void)state;
    struct vmt_filter_patterns patterns = {.device_exclude = "vd[b-d]|vnet1"};
    struct vmt_filter *filter;
    struct vmt_error error;
    assert_int_equal(vmt_filter_new(&patterns, &filter, &error), 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct domstats *stats = domstats_load(domstats_names[round % DOMSTATS_NAMES]);
        thin_and_shuffle(stats, below(101));
        if (round % 2)
            confuse(stats);
        const struct expected expected = {.stats = stats, .filter = round % 5 == 0 ? filter : NULL};
        struct outcome outcome;
        decode_as(&outcome, expected.filter, stats->domain, stats->params, stats->count);
        check(&expected, &outcome);
        done(&outcome);
        domstats_free(stats);
    }
    vmt_filter_free(filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_are_those_whose_parameter_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
