/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void digests_are_those_of_the_standard(void **state)
{
    (void)state;
    static const struct {
        const char *text, *digest;
    } cases[] = {
        /* FIPS 180-4's examples */
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[VMT_DIGEST_TEXT_SIZE];
        vmt_digest_text(cases[i].text, strlen(cases[i].text), text);
        assert_string_equal(text, cases[i].digest);
    }
}

static void every_byte_counts_in_a_comparison(void **state)
{
    (void)state;
    uint8_t a[VMT_DIGEST_LENGTH], b[VMT_DIGEST_LENGTH];
    vmt_digest("a", 1, a);
    for (size_t i = 0; i < VMT_DIGEST_LENGTH; i++) {
        memcpy(b, a, sizeof b);
        assert_true(vmt_digest_equals(a, b));
        b[i] ^= 1;
        assert_false(vmt_digest_equals(a, b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(every_byte_counts_in_a_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
