/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TEXT "text/plain; version=0.0.4; charset=utf-8"
#define TEXT_1 "text/plain; version=1.0.0; charset=utf-8; escaping="
#define OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

static const struct {
    const char *header, *content_type;
} formats[] = {
    {"", TEXT},
    {"*/*", TEXT},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", TEXT}, /* a browser */
    /* Prometheus 2 */
    {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
     "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
     OPEN},
    /* Prometheus 3 */
    {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
     "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
     "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
     OPEN "; escaping=allow-utf-8"},
    /* Prometheus 3 with native histograms: protobuf is nothing we have */
    {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
     "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
     OPEN "; escaping=underscores"},
    /* VictoriaMetrics */
    {"text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT},
    /* versions */
    {"application/openmetrics-text", OPEN},
    {"application/openmetrics-text; version=0.0.1", OPEN},
    {"application/openmetrics-text; version=2.0.0", TEXT},
    {"application/openmetrics-text; version=2.0.0, text/plain;q=0.1", TEXT},
    {"text/plain;version=1.0.0", TEXT_1 "underscores"},
    {"text/plain;version=1.0.0;escaping=allow-utf-8", TEXT_1 "allow-utf-8"},
    {"text/plain;version=1.0.0, text/plain;version=0.0.4;q=0.1", TEXT},
    {"text/plain;version=1.0.0, */*;q=0.1", TEXT},
    {"text/plain;version=7", TEXT},
    /* schemes that would change our names are not used */
    {"application/openmetrics-text;escaping=dots", OPEN "; escaping=underscores"},
    {"application/openmetrics-text;escaping=values", OPEN "; escaping=underscores"},
    {"application/openmetrics-text;escaping=surprise-me-with-something-long", OPEN "; escaping=underscores"},
    {"application/openmetrics-text;escaping=allow-utf-8, application/openmetrics-text;escaping=underscores",
     OPEN "; escaping=allow-utf-8"},
    /* qualities */
    {"application/openmetrics-text;q=0.5, text/plain;q=0.6", TEXT},
    {"application/openmetrics-text;q=0.6, text/plain;q=0.5", OPEN},
    {"application/openmetrics-text;q=0", TEXT},
    {"application/openmetrics-text;q=0, text/plain;q=0", TEXT},
    {"text/plain;q=0, */*", OPEN},
    {"application/openmetrics-text;q=0.001", OPEN},
    {"application/openmetrics-text;q=nonsense, text/plain;q=0.9", OPEN},
    {"application/openmetrics-text;q=5, text/plain", OPEN},
    {"text/plain, application/openmetrics-text;q=5", TEXT},
    /* the closest range decides, then the first */
    {"application/openmetrics-text;version=1.0.0;q=0.1, application/openmetrics-text;q=0.9, text/plain;q=0.5", TEXT},
    {"application/openmetrics-text, */*", OPEN},
    {"*/*, application/openmetrics-text", OPEN},
    {"text/plain, application/openmetrics-text", TEXT},
    {"application/openmetrics-text, text/plain", OPEN},
    {"application/*", OPEN},
    {"text/*, application/*;q=0.9", TEXT},
    {"image/*", TEXT},
    /* the grammar */
    {"  Application/OpenMetrics-Text ; Version = \"1.0.0\" ; Q = 0.9 ,text/plain ; q=0.8 ", OPEN},
    {"x/y;a=\"b,application/openmetrics-text;c=\\\"\", text/plain", TEXT},
    {"x/y;a=\"\\\", application/openmetrics-text, \"", TEXT},
    {"x/y;a=\"never closed, application/openmetrics-text", TEXT},
    {",,;;,=,;q,;=;q=", TEXT},
    {"application/openmetrics-text-with-a-name-that-is-longer-than-any-that-we-know", TEXT},
};

static void the_format_is_what_the_client_wants_most(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct vmt_accept accept = {0};
        char content_type[VMT_CONTENT_TYPE];
        vmt_accept_add(&accept, formats[i].header);
        enum vmt_format format = vmt_accept_format(&accept, content_type);
        if (strcmp(content_type, formats[i].content_type) != 0)
            fail_msg("'%s' is answered with '%s'", formats[i].header, content_type);
        assert_int_equal(format, strncmp(content_type, "app", 3) ? VMT_FORMAT_TEXT : VMT_FORMAT_OPENMETRICS);
    }
}

static void no_header_is_text_and_several_are_one_list(void **state)
{
    (void)state;
    struct vmt_accept accept = {0};
    char content_type[VMT_CONTENT_TYPE];
    assert_int_equal(vmt_accept_format(&accept, content_type), VMT_FORMAT_TEXT);
    assert_string_equal(content_type, TEXT);
    vmt_accept_add(&accept, "text/plain;q=0.5");
    vmt_accept_add(&accept, "application/openmetrics-text;q=0.6");
    assert_int_equal(vmt_accept_format(&accept, content_type), VMT_FORMAT_OPENMETRICS);
}

static void gzip_is_used_when_it_is_wanted(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool is_gzip;
    } cases[] = {
        {"", false},
        {"gzip", true},
        {"x-gzip", true},
        {"GZIP;Q=0.5", true},
        {"deflate, gzip, br, zstd", true},
        {"identity", false},
        {"gzip, identity", true},
        {"identity, gzip", true},
        {"gzip;q=0", false},
        {"gzip;q=0.000, identity;q=0", false},
        {"gzip;q=0.5, identity", false},
        {"gzip;q=0.5, identity;q=0.4", true},
        {"*", false},
        {"*, identity;q=0", true},
        {"*;q=0", false},
        {"gzip, *;q=0", true},
        {"gzip;q=0, *", false},
        {"br", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_accept accept = {0};
        vmt_accept_add_encoding(&accept, cases[i].header);
        if (vmt_accept_gzip(&accept) != cases[i].is_gzip)
            fail_msg("'%s'", cases[i].header);
    }
    assert_false(vmt_accept_gzip(&(struct vmt_accept){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_format_is_what_the_client_wants_most),
        cmocka_unit_test(no_header_is_text_and_several_are_one_list),
        cmocka_unit_test(gzip_is_used_when_it_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
