/* SPDX-License-Identifier: Apache-2.0 */
#include "common/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Prints into `text`, which gets its terminating zero. */
static const char *print(struct vmt_value value, enum vmt_unit unit, char text[VMT_VALUE_TEXT + 1])
{
    memset(text, '#', VMT_VALUE_TEXT + 1);
    size_t length = vmt_value_print(value, unit, text);
    assert_true(length < VMT_VALUE_TEXT);
    assert_int_equal(text[VMT_VALUE_TEXT], '#');
    text[length] = '\0';
    return text;
}

static void integers_print_exactly_in_the_base_unit(void **state)
{
    (void)state;
    static const struct {
        uint64_t integer;
        enum vmt_unit unit;
        const char *text;
    } cases[] = {
        {0, VMT_NUMBER, "0"},
        {1, VMT_NUMBER, "1"},
        {10, VMT_NUMBER, "10"},
        {9007199254740993, VMT_NUMBER, "9007199254740993"}, /* 2^53 + 1: no double holds it */
        {UINT64_MAX, VMT_NUMBER, "18446744073709551615"},
        {0, VMT_BOOLEAN, "0"},
        {1, VMT_BOOLEAN, "1"},
        {2, VMT_BOOLEAN, "1"},
        {UINT64_MAX, VMT_BOOLEAN, "1"},
        {UINT64_MAX, VMT_SECONDS, "18446744073709551615"},
        {UINT64_MAX, VMT_BYTES, "18446744073709551615"},
        {UINT64_MAX, VMT_BYTES_PER_SECOND, "18446744073709551615"},
        {0, VMT_KIBIBYTES, "0"},
        {1, VMT_KIBIBYTES, "1024"},
        {1048576, VMT_KIBIBYTES, "1073741824"},
        {18014398509481983, VMT_KIBIBYTES, "18446744073709550592"}, /* the last product below 2^64 */
        {18014398509481984, VMT_KIBIBYTES, "18446744073709551616"}, /* 2^64 */
        {976562500000000, VMT_KIBIBYTES, "1000000000000000000"},    /* 10^18: only zeros in the lower half */
        {9765625000000000, VMT_KIBIBYTES, "10000000000000000000"},
        {UINT64_MAX, VMT_KIBIBYTES, "18889465931478580853760"},
        {2400, VMT_MEGAHERTZ, "2400000000"},
        {UINT64_MAX, VMT_MEGAHERTZ, "18446744073709551615000000"},
        {0, VMT_MILLISECONDS, "0"},
        {1, VMT_MILLISECONDS, "0.001"},
        {10, VMT_MILLISECONDS, "0.01"},
        {999, VMT_MILLISECONDS, "0.999"},
        {1000, VMT_MILLISECONDS, "1"},
        {1500, VMT_MILLISECONDS, "1.5"},
        {UINT64_MAX, VMT_MILLISECONDS, "18446744073709551.615"},
        {0, VMT_NANOSECONDS, "0"},
        {1, VMT_NANOSECONDS, "0.000000001"},
        {100, VMT_NANOSECONDS, "0.0000001"},
        {1000000000, VMT_NANOSECONDS, "1"},
        {1000000001, VMT_NANOSECONDS, "1.000000001"},
        {1500000000, VMT_NANOSECONDS, "1.5"},
        {9007199254740993, VMT_NANOSECONDS, "9007199.254740993"},
        {UINT64_MAX, VMT_NANOSECONDS, "18446744073.709551615"},
    };
    char text[VMT_VALUE_TEXT + 1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(print(vmt_integer(cases[i].integer), cases[i].unit, text), cases[i].text);
}

static void reals_print_in_the_base_unit(void **state)
{
    (void)state;
    static const struct {
        double real;
        enum vmt_unit unit;
        const char *text;
    } cases[] = {
        {0, VMT_NUMBER, "0"},
        {0.1, VMT_NUMBER, "0.1"},
        {0.5, VMT_NUMBER, "0.5"},
        {-2.25, VMT_NUMBER, "-2.25"},
        {3, VMT_NUMBER, "3"},
        {1e300, VMT_NUMBER, "1e+300"},
        {1.5, VMT_KIBIBYTES, "1536"},
        {2400.5, VMT_MEGAHERTZ, "2400500000"},
        {1500, VMT_MILLISECONDS, "1.5"},
        {0.5, VMT_SECONDS, "0.5"},
        {1500000000, VMT_NANOSECONDS, "1.5"},
        {1, VMT_NANOSECONDS, "1e-09"},
        {22, VMT_MILLISECONDS, "0.022"},
        {0, VMT_BOOLEAN, "0"},
        {2.5, VMT_BOOLEAN, "1"},
        {NAN, VMT_NUMBER, "NaN"},
        {INFINITY, VMT_SECONDS, "+Inf"},
        {-INFINITY, VMT_NANOSECONDS, "-Inf"},
    };
    char text[VMT_VALUE_TEXT + 1];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(print(vmt_real(cases[i].real), cases[i].unit, text), cases[i].text);
}

/* xorshift: the same numbers in every run. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void reals_that_are_read_back_are_the_same(void **state)
{
    (void)state;
    static const double extremes[] = {5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1.0 / 3,
                                      4503599627370497.5};
    char text[VMT_VALUE_TEXT + 1];
    for (size_t i = 0; i < sizeof extremes / sizeof *extremes; i++)
        assert_true(strtod(print(vmt_real(extremes[i]), VMT_NUMBER, text), NULL) == extremes[i]);
    uint64_t seed = 88172645463325252;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t bits = next_random(&seed);
        double real;
        memcpy(&real, &bits, sizeof real);
        if (isfinite(real) && strtod(print(vmt_real(real), VMT_NUMBER, text), NULL) != real)
            fail_msg("%a was printed as %s", real, text);
    }
}

static void integers_print_as_the_c_library_does(void **state)
{
    (void)state;
    char text[VMT_VALUE_TEXT + 1], expected[64];
    uint64_t seed = 2463534242;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t integer = next_random(&seed) >> (i % 64);
        snprintf(expected, sizeof expected, "%llu", (unsigned long long)integer);
        assert_string_equal(print(vmt_integer(integer), VMT_BYTES, text), expected);
    }
}

static void absent_values_print_nothing(void **state)
{
    (void)state;
    char text[VMT_VALUE_TEXT + 1];
    struct vmt_value nothing;
    memset(&nothing, 0, sizeof nothing);
    for (enum vmt_unit unit = 0; unit < VMT_UNIT_COUNT; unit++)
        assert_string_equal(print(nothing, unit, text), "");
}

static void each_unit_has_a_base(void **state)
{
    (void)state;
    static const char *const bases[VMT_UNIT_COUNT] = {
        [VMT_NUMBER] = "",
        [VMT_BOOLEAN] = "",
        [VMT_SECONDS] = "seconds",
        [VMT_MILLISECONDS] = "seconds",
        [VMT_NANOSECONDS] = "seconds",
        [VMT_BYTES] = "bytes",
        [VMT_KIBIBYTES] = "bytes",
        [VMT_BYTES_PER_SECOND] = "bytes_per_second",
        [VMT_HERTZ] = "hertz",
        [VMT_MEGAHERTZ] = "hertz",
    };
    for (enum vmt_unit unit = 0; unit < VMT_UNIT_COUNT; unit++)
        assert_string_equal(vmt_unit_base(unit), bases[unit]);
}

static void other_units_count_the_same(void **state)
{
    (void)state;
    static const struct {
        struct vmt_value value;
        enum vmt_unit from, unit;
        bool is_number;
        uint64_t number;
        double real;
    } cases[] = {
        {{.type = VMT_INTEGER, .integer = 1234567}, VMT_NANOSECONDS, VMT_MILLISECONDS, true, 1, 1.234567},
        {{.type = VMT_INTEGER, .integer = 1999999}, VMT_NANOSECONDS, VMT_MILLISECONDS, true, 1, 1.999999},
        {{.type = VMT_INTEGER, .integer = 1500}, VMT_MILLISECONDS, VMT_SECONDS, true, 1, 1.5},
        {{.type = VMT_INTEGER, .integer = 3}, VMT_SECONDS, VMT_NANOSECONDS, true, 3000000000, 3e9},
        {{.type = VMT_INTEGER, .integer = 7}, VMT_KIBIBYTES, VMT_BYTES, true, 7168, 7168},
        {{.type = VMT_INTEGER, .integer = 7}, VMT_KIBIBYTES, VMT_NUMBER, true, 7, 7},
        {{.type = VMT_INTEGER, .integer = UINT64_MAX}, VMT_NANOSECONDS, VMT_NUMBER, true, UINT64_MAX, 0x1p64},
        {{.type = VMT_INTEGER, .integer = UINT64_MAX}, VMT_KIBIBYTES, VMT_BYTES, false, 0, 0x1p74},
        {{.type = VMT_INTEGER, .integer = 5}, VMT_BOOLEAN, VMT_NUMBER, true, 1, 1},
        {{.type = VMT_REAL, .real = 2.75}, VMT_KIBIBYTES, VMT_BYTES, true, 2816, 2816},
        {{.type = VMT_REAL, .real = 2.75}, VMT_NUMBER, VMT_NUMBER, true, 2, 2.75},
        {{.type = VMT_REAL, .real = -1}, VMT_NUMBER, VMT_NUMBER, false, 0, -1},
        {{.type = VMT_REAL, .real = 0x1p64}, VMT_NUMBER, VMT_NUMBER, false, 0, 0x1p64},
        {{.type = VMT_REAL, .real = NAN}, VMT_NUMBER, VMT_NUMBER, false, 0, NAN},
        {{.type = VMT_ABSENT}, VMT_NUMBER, VMT_NUMBER, false, 0, 0},
        {{.type = VMT_ABSENT}, VMT_BOOLEAN, VMT_NUMBER, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t number = 0;
        assert_int_equal(vmt_value_whole(cases[i].value, cases[i].from, cases[i].unit, &number), cases[i].is_number);
        if (cases[i].is_number)
            assert_true(number == cases[i].number);
        double real = vmt_value_real(cases[i].value, cases[i].from, cases[i].unit);
        if (real != cases[i].real && !(isnan(real) && isnan(cases[i].real)))
            fail_msg("case %zu: %g", i, real);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_print_exactly_in_the_base_unit),
        cmocka_unit_test(integers_print_as_the_c_library_does),
        cmocka_unit_test(reals_print_in_the_base_unit),
        cmocka_unit_test(reals_that_are_read_back_are_the_same),
        cmocka_unit_test(absent_values_print_nothing),
        cmocka_unit_test(each_unit_has_a_base),
        cmocka_unit_test(other_units_count_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
