/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 as RFC 3629 has it: names of domains and labels come from tenants, and one bad byte would make a consumer
 * refuse the whole exposition. Pure, safe from any thread.
 */
#ifndef VIRTMETER_SERVE_UTF8_H
#define VIRTMETER_SERVE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VMT_UTF8_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/*
 * The length in bytes of the character that the terminated `text` begins with, and its code point; 0 when it is none:
 * cut short, longer than it need be, a surrogate, or above U+10FFFF. The terminating zero counts as a character of one
 * byte.
 */
size_t vmt_utf8_read(const char *text, uint32_t *ret_point);

/* Controls, and characters that change the direction or the lines of what stands around them: not for a terminal. */
bool vmt_utf8_is_dangerous(uint32_t point);

#endif
