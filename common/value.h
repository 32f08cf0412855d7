/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A measured number as libvirt sent it, and what it counts. Zeroed memory is an absent value: what nobody measured is
 * never a zero. Integers stay integers up to 2^64 - 1, so that nanosecond totals lose no digit on their way out.
 * Pure, safe from any thread.
 */
#ifndef VIRTMETER_COMMON_VALUE_H
#define VIRTMETER_COMMON_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vmt_value_type { VMT_ABSENT, VMT_INTEGER, VMT_REAL };

struct vmt_value {
    enum vmt_value_type type;
    union {
        uint64_t integer;
        double real;
    };
};

enum vmt_unit {
    VMT_NUMBER,
    VMT_BOOLEAN, /* anything but 0 is 1 */
    VMT_SECONDS,
    VMT_MILLISECONDS,
    VMT_NANOSECONDS,
    VMT_BYTES,
    VMT_KIBIBYTES,
    VMT_BYTES_PER_SECOND,
    VMT_HERTZ,
    VMT_MEGAHERTZ,
    VMT_UNIT_COUNT,
};

static inline struct vmt_value vmt_integer(uint64_t integer)
{
    return (struct vmt_value){.type = VMT_INTEGER, .integer = integer};
}

static inline struct vmt_value vmt_real(double real)
{
    return (struct vmt_value){.type = VMT_REAL, .real = real};
}

/* The base unit that a converted value is in ("seconds", "bytes", "bytes_per_second", "hertz"), or "" for plain
 * numbers. */
const char *vmt_unit_base(enum vmt_unit unit);

/* The value counted in `unit` instead of `from`; VMT_NUMBER: left as it is. 0 for an absent value. */
double vmt_value_real(struct vmt_value value, enum vmt_unit from, enum vmt_unit unit);

/* The same in whole numbers, exactly, rounded down; false when it is absent or no uint64_t. */
bool vmt_value_whole(struct vmt_value value, enum vmt_unit from, enum vmt_unit unit, uint64_t *ret_number);

enum { VMT_VALUE_TEXT = 48 }; /* room for any converted value and a terminating zero */

/*
 * Writes `value`, converted from `unit` to its base unit, as an exact decimal without superfluous zeros
 * (1500000000 ns -> "1.5") into `text`, which has VMT_VALUE_TEXT bytes. Reals are written so that reading them back
 * gives the same double. Returns the length; 0 for an absent value. Not terminated.
 */
size_t vmt_value_print(struct vmt_value value, enum vmt_unit unit, char *text);

#endif
