/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "common/collect.h"
#include "exporter/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ARGUMENTS_MAX = 8 };

/* Parses arguments that are ended by NULL, without the program's name. */
static int parse(const char *const *arguments, struct vmt_options *ret_options, struct vmt_error *error)
{
    const char *all[ARGUMENTS_MAX + 2] = {"virtmeter-exporter"};
    int count = 1;
    for (; arguments[count - 1]; count++)
        all[count] = arguments[count - 1];
    return vmt_options_parse(count, all, ret_options, error);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL}, &options, &error)

static int clear_environment(void **state)
{
    (void)state;
    return unsetenv("LIBVIRT_DEFAULT_URI") || unsetenv("LIBVIRT_AUTH_FILE");
}

static void without_arguments_the_defaults_hold(void **state)
{
    (void)state;
    struct vmt_options options;
    assert_int_equal(vmt_options_parse(1, (const char *[]){"virtmeter-exporter"}, &options, NULL), 0);
    assert_int_equal(options.mode, VMT_MODE_RUN);
    assert_string_equal(options.libvirt_uri, "qemu:///system");
    assert_null(options.libvirt_auth_file);
    assert_null(options.credentials_file);
    assert_int_equal(options.max_stuck_calls, 3);
    assert_int_equal(options.listen_addresses.count, 1);
    assert_string_equal(options.listen_addresses.values[0], ":9177");
    assert_null(options.listen_addresses.values[1]);
    assert_string_equal(options.telemetry_path, "/metrics");
    assert_int_equal(options.max_requests, 40);
    assert_int_equal(options.collectors, vmt_collectors_default());
    assert_null(options.patterns.domain_include);
    assert_int_equal(options.metadata_labels.count, 0);
    assert_int_equal(options.scrape_timeout_ns, 9 * VMT_SECOND);
    assert_int_equal(options.scrape_timeout_offset_ns, 500 * VMT_MS);
    assert_int_equal(options.scrape_coalesce_ns, VMT_SECOND);
    assert_int_equal(options.log_level, VMT_LOG_INFO);
    assert_int_equal(options.log_format, VMT_LOG_LOGFMT);
    vmt_options_done(&options);
}

static void values_follow_an_equals_sign_or_stand_next(void **state)
{
    (void)state;
    struct vmt_options options;
    struct vmt_error error;
    assert_int_equal(PARSE("--libvirt.uri=test:///default", "--domain.include", "web-.*", "--device.exclude=a=b",
                           "--log.level", "warn", "--log.format=json"),
                     0);
    assert_string_equal(options.libvirt_uri, "test:///default");
    assert_string_equal(options.patterns.domain_include, "web-.*");
    assert_string_equal(options.patterns.device_exclude, "a=b");
    assert_int_equal(options.log_level, VMT_LOG_WARN);
    assert_int_equal(options.log_format, VMT_LOG_JSON);
    vmt_options_done(&options);
}

static void lists_grow_and_the_last_single_value_wins(void **state)
{
    (void)state;
    struct vmt_options options;
    struct vmt_error error;
    assert_int_equal(PARSE("--web.listen-address=:1", "--web.listen-address=[::1]:2", "--web.listen-address", "unix:/x",
                           "--web.max-requests=1", "--web.max-requests=0", "--domain.exclude=x", "--domain.exclude="),
                     0);
    assert_int_equal(options.listen_addresses.count, 3);
    assert_string_equal(options.listen_addresses.values[0], ":1");
    assert_string_equal(options.listen_addresses.values[2], "unix:/x");
    assert_null(options.listen_addresses.values[3]);
    assert_int_equal(options.max_requests, 0);
    assert_null(options.patterns.domain_exclude);
    vmt_options_done(&options);
}

static void the_environment_is_asked_after_the_arguments(void **state)
{
    (void)state;
    struct vmt_options options;
    struct vmt_error error;
    setenv("LIBVIRT_DEFAULT_URI", "xen:///system", 1);
    setenv("LIBVIRT_AUTH_FILE", "/etc/auth.conf", 1);
    assert_int_equal(PARSE("--log.level=info"), 0);
    assert_string_equal(options.libvirt_uri, "xen:///system");
    assert_string_equal(options.libvirt_auth_file, "/etc/auth.conf");
    vmt_options_done(&options);
    assert_int_equal(PARSE("--libvirt.uri=test:///default"), 0);
    assert_string_equal(options.libvirt_uri, "test:///default");
    vmt_options_done(&options);
    setenv("LIBVIRT_DEFAULT_URI", "", 1);
    assert_int_equal(PARSE("--log.level=info"), 0);
    assert_string_equal(options.libvirt_uri, "qemu:///system");
    vmt_options_done(&options);
}

static void durations_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ns; /* 0 with a unit: none */
        int result;
    } cases[] = {
        {"500ms", 500 * VMT_MS, 0},
        {"9s", 9 * VMT_SECOND, 0},
        {"0.25s", 250 * VMT_MS, 0},
        {"2m", 120 * VMT_SECOND, 0},
        {"1h", 3600 * VMT_SECOND, 0},
        {"0s", 0, 0},
        {"1.5s", 1500 * VMT_MS, 0},
        {"9", 0, -EINVAL},
        {"s", 0, -EINVAL},
        {"", 0, -EINVAL},
        {"-1s", 0, -EINVAL},
        {"1e3s", 0, -EINVAL},
        {"1s2", 0, -EINVAL},
        {"1 s", 0, -EINVAL},
        {"1000000s", 0, -EINVAL},
        {"nans", 0, -EINVAL},
        {".5s", 0, -EINVAL},
        {"1.2.3s", 0, -EINVAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_options options;
        struct vmt_error error = {0};
        if (PARSE("--scrape.timeout", cases[i].text) != cases[i].result)
            fail_msg("'%s'", cases[i].text);
        if (cases[i].result)
            continue;
        assert_int_equal(options.scrape_timeout_ns, cases[i].ns);
        vmt_options_done(&options);
    }
}

static vmt_collectors collectors_of(const char *a, const char *b, const char *c)
{
    struct vmt_options options;
    assert_int_equal(parse((const char *const[]){a, b, c, NULL}, &options, NULL), 0);
    vmt_collectors collectors = options.collectors;
    vmt_options_done(&options);
    return collectors;
}

static void collectors_are_switched_on_and_off(void **state)
{
    (void)state;
    vmt_collectors all = vmt_collectors_default(), exporter = VMT_COLLECTOR_BIT(VMT_COLLECTOR_EXPORTER);
    vmt_collectors cpu = VMT_COLLECTOR_BIT(VMT_COLLECTOR_CPU), inventory = VMT_COLLECTOR_BIT(VMT_COLLECTOR_INVENTORY);
    vmt_collectors metadata = VMT_COLLECTOR_BIT(VMT_COLLECTOR_METADATA);
    assert_true(all & cpu);
    assert_false(all & (inventory | metadata));
    assert_int_equal(collectors_of("--no-collector.cpu", NULL, NULL), all & ~cpu);
    assert_int_equal(collectors_of("--collector.inventory", NULL, NULL), all | inventory);
    assert_int_equal(collectors_of("--collector.cpu", "--no-collector.cpu", NULL), all & ~cpu);
    assert_int_equal(collectors_of("--no-collector.cpu", "--collector.cpu", NULL), all);
    assert_int_equal(collectors_of("--collector.disable-defaults", NULL, NULL), exporter);
    assert_int_equal(collectors_of("--collector.cpu", "--collector.disable-defaults", NULL), exporter | cpu);
    assert_int_equal(collectors_of("--domain.metadata-label=a=b", NULL, NULL), all | metadata);
    assert_int_equal(collectors_of("--domain.metadata-label=a=b", "--no-collector.metadata", NULL), all);
}

static void actions_are_asked_for_by_flags(void **state)
{
    (void)state;
    static const struct {
        const char *flag;
        unsigned mode;
    } cases[] = {{"--help", VMT_MODE_HELP},
                 {"-h", VMT_MODE_HELP},
                 {"--version", VMT_MODE_VERSION},
                 {"--list-metrics", VMT_MODE_LIST_METRICS}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_options options;
        struct vmt_error error;
        assert_int_equal(PARSE(cases[i].flag), 0);
        assert_int_equal(options.mode, cases[i].mode);
        vmt_options_done(&options);
    }
}

static void mistakes_are_named_to_the_user(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *part;
    } cases[] = {
        {"--libvrt.uri=x", NULL, "unknown flag '--libvrt.uri'; the nearest known one is '--libvirt.uri'"},
        {"--web.listen-adress", ":1", "'--web.listen-adress'; the nearest known one is '--web.listen-address'"},
        {"--colector.cpu", NULL, "the nearest known one is '--collector.cpu'"},
        {"--no-collector.exporter", NULL, "unknown flag '--no-collector.exporter'"},
        {"--collector.exporter", NULL, "unknown flag '--collector.exporter'"},
        {"--no-libvirt.uri", NULL, "unknown flag '--no-libvirt.uri'"},
        {"--", NULL, "unexpected argument '--'"},
        {"metrics", NULL, "unexpected argument 'metrics'"},
        {"-x", NULL, "unexpected argument '-x'"},
        {"", NULL, "unexpected argument ''"},
        {"--libvirt.uri", NULL, "flag '--libvirt.uri' needs a value: --libvirt.uri=URI"},
        {"--libvirt.uri", "--version", "flag '--libvirt.uri' needs a value"},
        {"--libvirt.uri=", NULL, "flag '--libvirt.uri' needs a URI"},
        {"--version=1", NULL, "flag '--version' takes no value"},
        {"--collector.cpu=false", NULL, "flag '--collector.cpu' takes no value"},
        {"--collector.disable-defaults=1", NULL, "takes no value"},
        {"--web.max-requests=-1", NULL, "flag '--web.max-requests': '-1' is not a number"},
        {"--web.max-requests=1000000", NULL, "is not a number from 0 to 999999"},
        {"--web.max-requests=", NULL, "is not a number"},
        {"--log.level=loud", NULL, "flag '--log.level': 'loud' is none of debug, info, warn, error"},
        {"--web.listen-address=9177", NULL, "flag '--web.listen-address': listen address '9177' is not"},
        {"--web.telemetry-path=", NULL, "'' is not a path"},
        {"--web.telemetry-path=/", NULL, "'/' is not a path"},
        {"--web.telemetry-path=metrics", NULL, "'metrics' is not a path"},
        {"--web.telemetry-path=/a b", NULL, "is not a path"},
        {"--web.telemetry-path=/a?b", NULL, "is not a path"},
        {"--web.telemetry-path=/-/healthy", NULL, "is not a path"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_options options;
        struct vmt_error error = {0};
        int result = PARSE("--domain.metadata-label=a=b", cases[i].first, cases[i].second);
        if (result != -EINVAL || !strstr(error.text, cases[i].part))
            fail_msg("'%s' gives %d: %s", cases[i].first, result, error.text);
    }
}

static void help_has_every_flag_in_lines_that_fit(void **state)
{
    (void)state;
    struct vmt_text text = {0};
    vmt_options_help(&text);
    vmt_text_add(&text, "", 1);
    static const char *const parts[] = {"\n  --libvirt.uri=URI\n",
                                        "Environment: LIBVIRT_DEFAULT_URI.",
                                        "\n  --help, -h\n",
                                        "Default: 9s.",
                                        "\n  --collector.cpu, --no-collector.cpu\n",
                                        "One of: logfmt, json.",
                                        "\n  --web.telemetry-path=PATH\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(text.bytes, parts[i]))
            fail_msg("no '%s'", parts[i]);
    assert_null(strstr(text.bytes, "--collector.exporter"));
    for (const char *line = text.bytes, *end; (end = strchr(line, '\n')); line = end + 1)
        assert_in_range(end - line, 0, 80);
    vmt_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_arguments_the_defaults_hold),
        cmocka_unit_test(values_follow_an_equals_sign_or_stand_next),
        cmocka_unit_test(lists_grow_and_the_last_single_value_wins),
        cmocka_unit_test_setup_teardown(the_environment_is_asked_after_the_arguments, NULL, clear_environment),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(collectors_are_switched_on_and_off),
        cmocka_unit_test(actions_are_asked_for_by_flags),
        cmocka_unit_test(mistakes_are_named_to_the_user),
        cmocka_unit_test(help_has_every_flag_in_lines_that_fit),
    };
    return cmocka_run_group_tests(tests, clear_environment, NULL);
}
