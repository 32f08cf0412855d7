/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libFuzzer calls, and what the targets share. Each target asserts what must hold for any input.
 */
#ifndef VIRTMETER_TESTS_FUZZ_FUZZ_H
#define VIRTMETER_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as a terminated text, for the caller to free: it ends at the first zero byte. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        abort();
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
