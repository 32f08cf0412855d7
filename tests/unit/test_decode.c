/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/decode_fixture.h"

/* ---- recorded hosts ---- */

static void a_running_guest_is_whole(void **state)
{
    (void)state;
    struct domstats *stats = domstats_load("qemu-guest");
    struct outcome outcome;
    decode(&outcome, stats);
    assert_int_equal(outcome.state, VIR_DOMAIN_RUNNING);
    assert_false(outcome.is_partial);
    assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "state.state"), 1);
    assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "cpu.time"), 7930000000);
    assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "balloon.usable"), 31984);
    assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "balloon.last-update"), 1795472509);
    assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "vcpu.maximum"), 1);
    assert_integer(find(&outcome, VMT_ENTITY_VCPU, "0", "time"), 6770000000);
    assert_integer(find(&outcome, VMT_ENTITY_INTERFACE, "vnet-g0", "rx.bytes"), 7916);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vda", "wr.times"), 129759666);
    const struct vmt_sample *reason = outcome.part->samples[VMT_ENTITY_DOMAIN_REASON].first;
    assert_string_equal(reason->labels[0], "g0");
    assert_string_equal(reason->labels[1], "running");
    assert_string_equal(reason->labels[2], "booted");
    done(&outcome);
    domstats_free(stats);
}

static void the_state_and_what_the_monitor_left_out_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *fixture;
        int state;
        bool is_partial;
    } cases[] = {
        {"qemu-guest", VIR_DOMAIN_RUNNING, false},   {"qemu-devices", VIR_DOMAIN_RUNNING, false},
        {"qemu-frozen", VIR_DOMAIN_RUNNING, true},   {"qemu-paused", VIR_DOMAIN_PAUSED, false},
        {"qemu-shutoff", VIR_DOMAIN_SHUTOFF, true},  {"test-driver", VIR_DOMAIN_RUNNING, false},
        {"many-devices", VIR_DOMAIN_RUNNING, false}, {"sparse-vcpus", VIR_DOMAIN_RUNNING, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct domstats *stats = domstats_load(cases[i].fixture);
        struct outcome outcome;
        decode(&outcome, stats);
        if (outcome.state != cases[i].state || outcome.is_partial != cases[i].is_partial)
            fail_msg("%s: state %d, partial %d", cases[i].fixture, outcome.state, outcome.is_partial);
        done(&outcome);
        domstats_free(stats);
    }
    struct outcome nothing;
    decode_as(&nothing, NULL, "nothing", NULL, 0);
    assert_int_equal(nothing.state, -1);
    assert_false(nothing.is_partial);
    done(&nothing);
}

static void a_frozen_guest_keeps_what_needs_no_monitor(void **state)
{
    (void)state;
    struct domstats *stats = domstats_load("qemu-frozen");
    struct outcome outcome;
    decode(&outcome, stats);
    assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "balloon.current"), 16384);
    assert_int_equal(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "balloon.rss").type, VMT_ABSENT);
    assert_int_equal(count_samples(&outcome, VMT_ENTITY_BLOCK), 3);
    for (const struct vmt_sample *at = outcome.part->samples[VMT_ENTITY_BLOCK].first; at; at = at->next)
        for (unsigned slot = 0; slot < vmt_entity_table(VMT_ENTITY_BLOCK)->metric_count; slot++)
            assert_int_equal(at->value[slot].type, VMT_ABSENT);
    assert_integer(find(&outcome, VMT_ENTITY_VCPU, "1", "delay"), 17641508);
    done(&outcome);
    domstats_free(stats);
}

static void a_zero_that_means_unknown_is_absent(void **state)
{
    (void)state;
    struct domstats *stats = domstats_load("qemu-devices");
    struct outcome outcome;
    decode(&outcome, stats);
    assert_integer((struct vmt_value){VMT_INTEGER, {domstats_find(stats, "balloon.last-update")->value.ul}}, 0);
    assert_int_equal(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "balloon.last-update").type, VMT_ABSENT);
    assert_int_equal(find(&outcome, VMT_ENTITY_BLOCK, "vda", "threshold").type, VMT_ABSENT);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vdb", "threshold"), 1048576);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vda", "wr.bytes"), 0);
    done(&outcome);
    domstats_free(stats);
}

static void sparse_vcpus_keep_their_numbers(void **state)
{
    (void)state;
    struct domstats *stats = domstats_load("sparse-vcpus");
    struct outcome outcome;
    decode(&outcome, stats);
    static const char *const numbers[] = {"0", "2", "7", "10"};
    const struct vmt_sample *at = outcome.part->samples[VMT_ENTITY_VCPU].first;
    for (unsigned i = 0; i < 4; i++, at = at->next)
        assert_string_equal(at->labels[1], numbers[i]);
    assert_null(at);
    done(&outcome);
    domstats_free(stats);
}

static void of_a_backing_chain_the_top_image_is_the_disk(void **state)
{
    (void)state;
    struct domstats *stats = domstats_load("qemu-backing");
    struct outcome outcome;
    decode(&outcome, stats);
    assert_int_equal(count_samples(&outcome, VMT_ENTITY_BLOCK), 3);
    assert_int_equal(outcome.part->duplicates, 1);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vda", "physical"), 200704);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vda", "rd.bytes"), 512);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vdb", "physical"), 2097152);
    done(&outcome);
    domstats_free(stats);
}

static void many_devices_are_not_mixed_up(void **state)
{
    (void)state;
    struct domstats *stats = domstats_load("many-devices");
    struct outcome outcome;
    decode(&outcome, stats);
    assert_int_equal(count_samples(&outcome, VMT_ENTITY_BLOCK), 40);
    assert_int_equal(count_samples(&outcome, VMT_ENTITY_INTERFACE), 12);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vdb", "capacity"),
                   domstats_find(stats, "block.1.capacity")->value.ul);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vdk", "capacity"),
                   domstats_find(stats, "block.10.capacity")->value.ul);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vdan", "wr.bytes"),
                   domstats_find(stats, "block.39.wr.bytes")->value.ul);
    assert_integer(find(&outcome, VMT_ENTITY_INTERFACE, "vnet11", "tx.pkts"),
                   domstats_find(stats, "net.11.tx.pkts")->value.ul);
    done(&outcome);
    domstats_free(stats);
}

/* ---- kinds ---- */

static void every_kind_of_integer_is_a_number(void **state)
{
    (void)state;
    virTypedParameter param = {.field = "balloon.rss"};
    static const int kinds[] = {VIR_TYPED_PARAM_INT, VIR_TYPED_PARAM_UINT, VIR_TYPED_PARAM_LLONG,
                                VIR_TYPED_PARAM_ULLONG};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct outcome outcome;
        memset(&param.value, 0xa5, sizeof param.value); /* whatever the kind does not use must not be looked at */
        domstats_set(&param, kinds[i], "2147483647");
        decode_as(&outcome, NULL, "web", &param, 1);
        assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "balloon.rss"), 2147483647);
        done(&outcome);
    }
}

static void the_largest_numbers_stay_whole(void **state)
{
    (void)state;
    virTypedParameter params[] = {
        {"balloon.rss", VIR_TYPED_PARAM_ULLONG, {.ul = UINT64_MAX}},
        {"balloon.unused", VIR_TYPED_PARAM_LLONG, {.l = INT64_MAX}},
        {"balloon.usable", VIR_TYPED_PARAM_UINT, {.ui = UINT32_MAX}},
    };
    struct outcome outcome;
    decode_as(&outcome, NULL, "web", params, 3);
    assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "balloon.rss"), UINT64_MAX);
    assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "balloon.unused"), INT64_MAX);
    assert_integer(find(&outcome, VMT_ENTITY_DOMAIN, NULL, "balloon.usable"), UINT32_MAX);
    done(&outcome);
}

static void reals_and_booleans_are_values_too(void **state)
{
    (void)state;
    virTypedParameter params[] = {
        {"vcpu.0.halted", VIR_TYPED_PARAM_BOOLEAN, {.b = 1}},
        {"vcpu.1.halted", VIR_TYPED_PARAM_BOOLEAN, {.b = 0}},
        {"vcpu.0.time", VIR_TYPED_PARAM_DOUBLE, {.d = 2.5}},
    };
    struct outcome outcome;
    decode_as(&outcome, NULL, "web", params, 3);
    assert_integer(find(&outcome, VMT_ENTITY_VCPU, "0", "halted"), 1);
    assert_integer(find(&outcome, VMT_ENTITY_VCPU, "1", "halted"), 0);
    struct vmt_value time = find(&outcome, VMT_ENTITY_VCPU, "0", "time");
    assert_int_equal(time.type, VMT_REAL);
    assert_true(time.real == 2.5);
    done(&outcome);
}

static void negative_numbers_texts_and_unheard_of_kinds_stay_absent(void **state)
{
    (void)state;
    char text[] = "12";
    virTypedParameter params[] = {
        {"balloon.rss", VIR_TYPED_PARAM_INT, {.i = -1}},
        {"balloon.unused", VIR_TYPED_PARAM_LLONG, {.l = INT64_MIN}},
        {"balloon.usable", VIR_TYPED_PARAM_DOUBLE, {.d = -0.5}},
        {"balloon.available", VIR_TYPED_PARAM_STRING, {.s = text}},
        {"balloon.current", 8, {.ul = 12}},
        {"balloon.maximum", 0, {.ul = 12}},
        {"state.state", VIR_TYPED_PARAM_STRING, {.s = text}},
        {"state.reason", VIR_TYPED_PARAM_STRING, {.s = text}},
        {"block.0.name", VIR_TYPED_PARAM_ULLONG, {.ul = 12}},
        {"block.0.capacity", VIR_TYPED_PARAM_ULLONG, {.ul = 12}},
        {"net.0.name", VIR_TYPED_PARAM_STRING, {.s = NULL}},
        {"net.0.rx.bytes", VIR_TYPED_PARAM_ULLONG, {.ul = 12}},
    };
    struct outcome outcome;
    decode_as(&outcome, NULL, "web", params, sizeof params / sizeof *params);
    for (enum vmt_entity entity = 0; entity < VMT_ENTITY_COUNT; entity++)
        assert_null(outcome.part->samples[entity].first);
    assert_int_equal(outcome.state, -1);
    done(&outcome);
}

/* ---- names ---- */

static void names_pass_unchanged(void **state)
{
    (void)state;
    static const char *const names[] = {"quoted \"vda\"", "back\\slash", "two\nlines", "\xff\xfe not UTF-8", "",
                                        "{curly}=,",      "B\xc3\xbcro"};
    enum { NAMES = sizeof names / sizeof *names };
    struct domstats *stats = calloc(1, sizeof *stats);
    for (unsigned i = 0; i < NAMES; i++) {
        char field[VIR_TYPED_PARAM_FIELD_LENGTH];
        snprintf(field, sizeof field, "block.%u.name", i);
        domstats_add(stats, field, VIR_TYPED_PARAM_STRING, names[i]);
    }
    struct outcome outcome;
    decode_as(&outcome, NULL, names[2], stats->params, stats->count);
    const struct vmt_sample *at = outcome.part->samples[VMT_ENTITY_BLOCK].first;
    for (unsigned i = 0; i < NAMES; i++, at = at->next) {
        assert_string_equal(at->labels[0], names[2]);
        assert_string_equal(at->labels[1], names[i]);
    }
    done(&outcome);
    domstats_free(stats);
}

static void a_name_that_comes_twice_is_one_device(void **state)
{
    (void)state;
    char first[] = "vda", second[] = "vdb";
    virTypedParameter params[] = {
        {"block.0.name", VIR_TYPED_PARAM_STRING, {.s = first}},
        {"block.0.name", VIR_TYPED_PARAM_STRING, {.s = second}},
        {"block.0.capacity", VIR_TYPED_PARAM_ULLONG, {.ul = 12}},
    };
    struct outcome outcome;
    decode_as(&outcome, NULL, "web", params, 3);
    assert_int_equal(count_samples(&outcome, VMT_ENTITY_BLOCK), 1);
    assert_integer(find(&outcome, VMT_ENTITY_BLOCK, "vda", "capacity"), 12);
    assert_int_equal(outcome.part->duplicates, 0);
    done(&outcome);
}

static void devices_that_the_filter_refuses_vanish(void **state)
{
    (void)state;
    struct vmt_filter_patterns patterns = {.device_exclude = "vda|vnet-g1b"};
    struct vmt_filter *filter;
    struct vmt_error error;
    assert_int_equal(vmt_filter_new(&patterns, &filter, &error), 0);
    struct domstats *stats = domstats_load("qemu-devices");
    struct outcome outcome;
    decode_as(&outcome, filter, "g1", stats->params, stats->count);
    assert_null(find_sample(&outcome, VMT_ENTITY_BLOCK, "vda"));
    assert_null(find_sample(&outcome, VMT_ENTITY_INTERFACE, "vnet-g1b"));
    assert_int_equal(count_samples(&outcome, VMT_ENTITY_BLOCK), 2);
    assert_int_equal(count_samples(&outcome, VMT_ENTITY_INTERFACE), 1);
    assert_int_equal(outcome.part->duplicates, 0);
    assert_false(outcome.is_partial);
    done(&outcome);
    domstats_free(stats);
    vmt_filter_free(filter);
}

/* ---- what no table knows ---- */

static void documented_parameters_are_never_called_unknown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < DOMSTATS_NAMES; i++) {
        struct domstats *stats = domstats_load(domstats_names[i]);
        struct outcome outcome;
        decode(&outcome, stats);
        if (outcome.told)
            fail_msg("%s: %s is called unknown", domstats_names[i], outcome.unknown[0]);
        done(&outcome);
        domstats_free(stats);
    }
}

static void unknown_parameters_are_told_once_with_n_for_indices(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "gpu.count",    "gpu.0.time",    "gpu.1.time",      "gpu.12.time",       "block.0.warp",
        "block.1.warp", "block.7.w.3.x", "block.7.w.4.x",   "cpu.warp",          "vcpu.0.warp9",
        "net.0.9lives", "block.3",       "block.x.rd.reqs", "balloon.rss.extra", "gpu.0.time",
    };
    static const char *const told[] = {
        "gpu.count",    "gpu.N.time",   "block.N.warp", "block.N.w.N.x",   "cpu.warp",
        "vcpu.N.warp9", "net.N.9lives", "block.N",      "block.x.rd.reqs", "balloon.rss.extra",
    };
    enum { FIELDS = sizeof fields / sizeof *fields, TOLD = sizeof told / sizeof *told };
    struct domstats *stats = calloc(1, sizeof *stats);
    for (unsigned i = 0; i < FIELDS; i++)
        domstats_add(stats, fields[i], VIR_TYPED_PARAM_ULLONG, "1");
    struct outcome outcome = {.part = vmt_part_new()};
    struct vmt_decoder *decoder = vmt_decoder_new(NULL, hear_unknown, &outcome);
    const struct vmt_domain *domain = vmt_part_add_domain(outcome.part, "web", uuid);
    for (unsigned times = 0; times < 3; times++)
        vmt_decode(decoder, stats->params, stats->count, domain, outcome.part);
    for (unsigned i = 0; i < TOLD && i < outcome.told; i++)
        assert_string_equal(outcome.unknown[i], told[i]);
    assert_int_equal(outcome.told, TOLD);
    vmt_decoder_free(decoder);
    done(&outcome);
    domstats_free(stats);
}

static void nobody_needs_to_hear_of_unknown_parameters(void **state)
{
    (void)state;
    virTypedParameter param = {"gpu.count", VIR_TYPED_PARAM_UINT, {.ui = 1}};
    struct vmt_part *part = vmt_part_new();
    struct vmt_decoder *decoder = vmt_decoder_new(NULL, NULL, NULL);
    assert_int_equal(vmt_decode(decoder, &param, 1, vmt_part_add_domain(part, "web", uuid), part), -1);
    vmt_decoder_free(decoder);
    vmt_decoder_free(NULL);
    vmt_part_unref(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_guest_is_whole),
        cmocka_unit_test(the_state_and_what_the_monitor_left_out_are_told),
        cmocka_unit_test(a_frozen_guest_keeps_what_needs_no_monitor),
        cmocka_unit_test(a_zero_that_means_unknown_is_absent),
        cmocka_unit_test(sparse_vcpus_keep_their_numbers),
        cmocka_unit_test(of_a_backing_chain_the_top_image_is_the_disk),
        cmocka_unit_test(many_devices_are_not_mixed_up),
        cmocka_unit_test(every_kind_of_integer_is_a_number),
        cmocka_unit_test(the_largest_numbers_stay_whole),
        cmocka_unit_test(reals_and_booleans_are_values_too),
        cmocka_unit_test(negative_numbers_texts_and_unheard_of_kinds_stay_absent),
        cmocka_unit_test(names_pass_unchanged),
        cmocka_unit_test(a_name_that_comes_twice_is_one_device),
        cmocka_unit_test(devices_that_the_filter_refuses_vanish),
        cmocka_unit_test(documented_parameters_are_never_called_unknown),
        cmocka_unit_test(unknown_parameters_are_told_once_with_n_for_indices),
        cmocka_unit_test(nobody_needs_to_hear_of_unknown_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
