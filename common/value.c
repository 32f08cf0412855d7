/* SPDX-License-Identifier: Apache-2.0 */
#include "common/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* base = number * multiply / 10^decimals */
static const struct {
    const char *base;
    unsigned multiply, decimals;
} units[VMT_UNIT_COUNT] = {
    [VMT_NUMBER] = {"", 1, 0},
    [VMT_BOOLEAN] = {"", 1, 0},
    [VMT_SECONDS] = {"seconds", 1, 0},
    [VMT_MILLISECONDS] = {"seconds", 1, 3},
    [VMT_NANOSECONDS] = {"seconds", 1, 9},
    [VMT_BYTES] = {"bytes", 1, 0},
    [VMT_KIBIBYTES] = {"bytes", 1024, 0},
    [VMT_BYTES_PER_SECOND] = {"bytes_per_second", 1, 0},
    [VMT_HERTZ] = {"hertz", 1, 0},
    [VMT_MEGAHERTZ] = {"hertz", 1000000, 0},
};

const char *vmt_unit_base(enum vmt_unit unit)
{
    return units[unit].base;
}

static uint64_t power_of_ten(unsigned decimals)
{
    return decimals == 9 ? 1000000000u : decimals == 3 ? 1000u : 1;
}

double vmt_value_real(struct vmt_value value, enum vmt_unit from, enum vmt_unit unit)
{
    double number = value.type == VMT_REAL ? value.real : value.type == VMT_INTEGER ? (double)value.integer : 0;
    if (from == VMT_BOOLEAN)
        return number != 0;
    if (unit == VMT_NUMBER)
        return number;
    return number * units[from].multiply * (double)power_of_ten(units[unit].decimals) /
           ((double)power_of_ten(units[from].decimals) * units[unit].multiply);
}

bool vmt_value_whole(struct vmt_value value, enum vmt_unit from, enum vmt_unit unit, uint64_t *ret_number)
{
    if (value.type == VMT_REAL || from == VMT_BOOLEAN) {
        double real = vmt_value_real(value, from, unit);
        if (value.type == VMT_ABSENT || !(real >= 0) || real >= 0x1p64)
            return false;
        *ret_number = (uint64_t)real;
        return true;
    }
    unsigned __int128 number = value.integer, divisor = power_of_ten(units[from].decimals);
    if (unit != VMT_NUMBER)
        number = number * units[from].multiply * power_of_ten(units[unit].decimals) / (divisor * units[unit].multiply);
    *ret_number = (uint64_t)number;
    return value.type == VMT_INTEGER && number <= UINT64_MAX;
}

/* Writes the digits of `number` so that they end before `end`; returns where they begin. */
static char *print_digits(uint64_t number, char *end)
{
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return end;
}

/* number * multiply can need 84 bits: two halves of decimal digits, no loss. */
static char *print_product(uint64_t number, unsigned multiply, char *end)
{
    static const uint64_t half = 1000000000000000000u; /* 10^18 */
    unsigned __int128 product = (unsigned __int128)number * multiply;
    uint64_t high = (uint64_t)(product / half), low = (uint64_t)(product % half);
    if (!high)
        return print_digits(low, end);
    char *begin = print_digits(low, end);
    while (begin > end - 18)
        *--begin = '0';
    return print_digits(high, begin);
}

static size_t print_shifted(uint64_t number, unsigned decimals, char *text)
{
    uint64_t power = power_of_ten(decimals);
    char digits[VMT_VALUE_TEXT], *end = digits + sizeof digits;
    char *begin = print_digits(number / power, end);
    size_t length = (size_t)(end - begin);
    memcpy(text, begin, length);
    uint64_t fraction = number % power;
    if (!fraction)
        return length;
    text[length++] = '.';
    for (power /= 10; fraction; power /= 10) {
        text[length++] = (char)('0' + fraction / power);
        fraction %= power;
    }
    return length;
}

static size_t print_real(double real, char *text)
{
    if (isnan(real))
        return (size_t)snprintf(text, VMT_VALUE_TEXT, "NaN");
    if (isinf(real))
        return (size_t)snprintf(text, VMT_VALUE_TEXT, real > 0 ? "+Inf" : "-Inf");
    for (int precision = 15;; precision++) {
        int length = snprintf(text, VMT_VALUE_TEXT, "%.*g", precision, real);
        /* The C library writes the decimal sign of its locale, which a process that we are part of may have set. */
        double back = strtod(text, NULL);
        if (precision < 17 && back != real)
            continue;
        char *sign = strchr(text, ',');
        if (sign)
            *sign = '.';
        return (size_t)length;
    }
}

size_t vmt_value_print(struct vmt_value value, enum vmt_unit unit, char *text)
{
    if (value.type == VMT_ABSENT)
        return 0;
    if (value.type == VMT_REAL && unit != VMT_BOOLEAN) {
        double power = (double)power_of_ten(units[unit].decimals);
        return print_real(value.real * units[unit].multiply / power, text);
    }
    uint64_t number = value.integer;
    if (unit == VMT_BOOLEAN)
        number = value.type == VMT_REAL ? value.real != 0 : value.integer != 0;
    if (units[unit].decimals)
        return print_shifted(number, units[unit].decimals, text);
    char digits[VMT_VALUE_TEXT], *end = digits + sizeof digits;
    char *begin =
        units[unit].multiply == 1 ? print_digits(number, end) : print_product(number, units[unit].multiply, end);
    memcpy(text, begin, (size_t)(end - begin));
    return (size_t)(end - begin);
}
