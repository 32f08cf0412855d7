/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256, from the library that libmicrohttpd brings along anyway. Pure, safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_DIGEST_H
#define VIRTMETER_ADMIN_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VMT_DIGEST_LENGTH = 32,                           /* bytes */
    VMT_DIGEST_TEXT_SIZE = 2 * VMT_DIGEST_LENGTH + 1, /* in hexadecimal digits, with the final zero */
};

/* The digest of `length` bytes. */
void vmt_digest(const void *bytes, size_t length, uint8_t ret_digest[VMT_DIGEST_LENGTH]);

/* The same as lower-case hexadecimal digits. */
void vmt_digest_text(const void *bytes, size_t length, char ret_text[VMT_DIGEST_TEXT_SIZE]);

/* VMT_DIGEST_LENGTH bytes as lower-case hexadecimal digits. */
void vmt_digest_print(const uint8_t bytes[VMT_DIGEST_LENGTH], char ret_text[VMT_DIGEST_TEXT_SIZE]);

/* Whether they are the same, in a time that does not tell where they differ. */
bool vmt_digest_equals(const uint8_t a[VMT_DIGEST_LENGTH], const uint8_t b[VMT_DIGEST_LENGTH]);

#endif
