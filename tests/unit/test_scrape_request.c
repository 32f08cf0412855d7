/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "exporter/scrape_request.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_timeout_is_obeyed_within_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        uint64_t patience_ns;
    } cases[] = {
        {"5", 4500 * VMT_MS},     {"5.000000", 4500 * VMT_MS}, {"2.5", 2000 * VMT_MS},   {"1e0", 500 * VMT_MS},
        {"9.5", 9 * VMT_SECOND},  {"60", 9 * VMT_SECOND},      {"1e99", 9 * VMT_SECOND}, {"0.55", 100 * VMT_MS},
        {"0.5", 100 * VMT_MS},    {"0.001", 100 * VMT_MS},                           /* never too little to work with */
        {"0", 9 * VMT_SECOND},    {"-5", 9 * VMT_SECOND},      {"", 9 * VMT_SECOND}, /* nothing that was understood */
        {"soon", 9 * VMT_SECOND}, {"5s", 9 * VMT_SECOND},      {"nan", 9 * VMT_SECOND},  {"inf", 9 * VMT_SECOND},
        {"0x5", 9 * VMT_SECOND},  {" 5", 9 * VMT_SECOND},      {"5-5", 9 * VMT_SECOND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_scrape_request request = {0};
        vmt_scrape_request_header(&request, "x-prometheus-SCRAPE-timeout-seconds", cases[i].header);
        uint64_t patience = vmt_scrape_request_patience(&request, 9 * VMT_SECOND, 500 * VMT_MS);
        if (patience != cases[i].patience_ns)
            fail_msg("'%s' gives %lu", cases[i].header, patience);
    }
    struct vmt_scrape_request request = {0};
    assert_int_equal(vmt_scrape_request_patience(&request, 9 * VMT_SECOND, 500 * VMT_MS), 9 * VMT_SECOND);
    assert_int_equal(vmt_scrape_request_patience(&request, 1, 0), 100 * VMT_MS);
}

static void headers_are_known_in_any_case(void **state)
{
    (void)state;
    struct vmt_scrape_request request = {0};
    char content_type[VMT_CONTENT_TYPE];
    vmt_scrape_request_header(&request, "ACCEPT", "application/openmetrics-text");
    vmt_scrape_request_header(&request, "accept-encoding", "gzip");
    vmt_scrape_request_header(&request, "X-Other", "text/plain");
    assert_int_equal(vmt_accept_format(&request.accept, content_type), VMT_FORMAT_OPENMETRICS);
    assert_true(vmt_accept_gzip(&request.accept));
}

#define BIT(name) VMT_COLLECTOR_BIT(VMT_COLLECTOR_##name)

/* What two parameters ask for, when all collectors but one are enabled; `ret_text` is the refusal. */
static int ask(const char *first, const char *first_value, const char *second, const char *second_value,
               vmt_collectors *ret_collectors, struct vmt_error *error)
{
    struct vmt_scrape_request request = {0};
    if (first)
        vmt_scrape_request_parameter(&request, first, first_value);
    if (second)
        vmt_scrape_request_parameter(&request, second, second_value);
    return vmt_scrape_request_collectors(&request, VMT_COLLECTORS_ALL & ~BIT(INVENTORY), ret_collectors, error);
}

static void the_query_selects_collectors(void **state)
{
    (void)state;
    static const struct {
        const char *first, *first_value, *second, *second_value;
        vmt_collectors collectors;
    } cases[] = {
        {NULL, NULL, NULL, NULL, VMT_COLLECTORS_ALL & ~BIT(INVENTORY)},
        {"collect[]", "cpu", NULL, NULL, BIT(EXPORTER) | BIT(CPU)},
        {"collect[]", "cpu", "collect[]", "block", BIT(EXPORTER) | BIT(CPU) | BIT(BLOCK)},
        {"collect[]", "cpu", "collect[]", "cpu", BIT(EXPORTER) | BIT(CPU)},
        {"exclude[]", "cpu", NULL, NULL, VMT_COLLECTORS_ALL & ~(BIT(INVENTORY) | BIT(CPU))},
        {"exclude[]", "cpu", "exclude[]", "inventory", VMT_COLLECTORS_ALL & ~(BIT(INVENTORY) | BIT(CPU))},
        {"name[]", "whatever", "debug", NULL, VMT_COLLECTORS_ALL & ~BIT(INVENTORY)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vmt_collectors collectors = 0;
        struct vmt_error error;
        assert_int_equal(
            ask(cases[i].first, cases[i].first_value, cases[i].second, cases[i].second_value, &collectors, &error), 0);
        assert_int_equal(collectors, cases[i].collectors);
    }
}

static void queries_that_make_no_sense_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *first, *first_value, *second, *second_value, *text;
    } cases[] = {
        {"collect[]", "cpus", NULL, NULL, "unknown collector 'cpus' in collect[]"},
        {"collect[]", "cpu", "exclude[]", "x", "unknown collector 'x' in exclude[]"},
        {"collect[]", "x", "collect[]", "cpu", "unknown collector 'x' in collect[]"},
        {"collect[]", NULL, NULL, NULL, "unknown collector '' in collect[]"},
        {"collect[]", "exporter", NULL, NULL, "unknown collector 'exporter' in collect[]"},
        {"collect[]", "inventory", NULL, NULL, "collector 'inventory' is disabled"},
        {"collect[]", "cpu", "exclude[]", "block", "collect[] and exclude[] cannot be combined"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vmt_collectors collectors;
        struct vmt_error error = {0};
        assert_int_equal(
            ask(cases[i].first, cases[i].first_value, cases[i].second, cases[i].second_value, &collectors, &error),
            -EINVAL);
        assert_string_equal(error.text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_timeout_is_obeyed_within_bounds),
        cmocka_unit_test(headers_are_known_in_any_case),
        cmocka_unit_test(the_query_selects_collectors),
        cmocka_unit_test(queries_that_make_no_sense_are_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
