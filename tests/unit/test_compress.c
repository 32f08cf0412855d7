/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/compress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

/* Unpacks with another library than the one that packed. */
static void check_unpacks(const struct vmt_text *plain, const char *packed, size_t packed_length)
{
    unsigned char *unpacked = malloc(plain->length + 1);
    z_stream stream = {.next_in = (Bytef *)packed,
                       .avail_in = (uInt)packed_length,
                       .next_out = unpacked,
                       .avail_out = (uInt)plain->length + 1};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.total_out, plain->length);
    if (plain->length)
        assert_memory_equal(unpacked, plain->bytes, plain->length);
    inflateEnd(&stream);
    free(unpacked);
}

static void check_packs(struct vmt_compressor *compressor, const struct vmt_text *plain)
{
    struct vmt_text packed = {0};
    vmt_text_add_string(&packed, "before");
    assert_int_equal(vmt_compressor_gzip(compressor, plain, &packed), 0);
    assert_memory_equal(packed.bytes, "before", 6);
    check_unpacks(plain, packed.bytes + 6, packed.length - 6);
    vmt_text_done(&packed);
}

static void bodies_of_all_sizes_unpack_to_themselves(void **state)
{
    (void)state;
    struct vmt_compressor *compressor = vmt_compressor_new();
    static const size_t sizes[] = {0, 1, 1024, 65535, 65536, 100000, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct vmt_text plain = {0};
        for (unsigned line = 0; plain.length < sizes[i]; line++)
            vmt_text_printf(&plain, "libvirt_domain_cpu_seconds_total{domain=\"web-%u\"} %u\n", line, line * 7919);
        plain.length = sizes[i];
        check_packs(compressor, &plain);
        vmt_text_done(&plain);
    }
    vmt_compressor_free(compressor);
}

static void noise_that_does_not_shrink_is_packed_all_the_same(void **state)
{
    (void)state;
    struct vmt_compressor *compressor = vmt_compressor_new();
    struct vmt_text plain = {0};
    uint64_t number = 88172645463325252u;
    for (unsigned i = 0; i < 40000; i++) {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        vmt_text_add(&plain, (const char *)&number, sizeof number);
    }
    check_packs(compressor, &plain);
    vmt_text_done(&plain);
    vmt_compressor_free(compressor);
}

static void expositions_shrink(void **state)
{
    (void)state;
    struct vmt_compressor *compressor = vmt_compressor_new();
    struct vmt_text plain = {0}, packed = {0};
    for (unsigned line = 0; line < 10000; line++)
        vmt_text_printf(&plain, "libvirt_domain_cpu_seconds_total{domain=\"web-%u\"} %u\n", line, line * 7919);
    assert_int_equal(vmt_compressor_gzip(compressor, &plain, &packed), 0);
    assert_true(packed.length < plain.length / 4);
    vmt_text_done(&plain);
    vmt_text_done(&packed);
    vmt_compressor_free(compressor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_of_all_sizes_unpack_to_themselves),
        cmocka_unit_test(noise_that_does_not_shrink_is_packed_all_the_same),
        cmocka_unit_test(expositions_shrink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
