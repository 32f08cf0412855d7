/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/digest.h"

#include <assert.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>

void vmt_digest(const void *bytes, size_t length, uint8_t ret_digest[VMT_DIGEST_LENGTH])
{
    int code = gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, length, ret_digest);
    assert(code == GNUTLS_E_SUCCESS); /* it allocates nothing, and the algorithm is always there */
}

void vmt_digest_print(const uint8_t bytes[VMT_DIGEST_LENGTH], char ret_text[VMT_DIGEST_TEXT_SIZE])
{
    for (size_t i = 0; i < VMT_DIGEST_LENGTH; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
}

void vmt_digest_text(const void *bytes, size_t length, char ret_text[VMT_DIGEST_TEXT_SIZE])
{
    uint8_t digest[VMT_DIGEST_LENGTH];
    vmt_digest(bytes, length, digest);
    vmt_digest_print(digest, ret_text);
}

bool vmt_digest_equals(const uint8_t a[VMT_DIGEST_LENGTH], const uint8_t b[VMT_DIGEST_LENGTH])
{
    return gnutls_memcmp(a, b, VMT_DIGEST_LENGTH) == 0;
}
