/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/operation.h"
#include "admin/stats.h"
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_line(const struct vmt_text *text, const char *line)
{
    if (!memmem(text->bytes, text->length, line, strlen(line)))
        fail_msg("'%s' is not in:\n%.*s", line, (int)text->length, text->bytes);
}

static void what_was_counted_is_exposed(void **state)
{
    (void)state;
    struct vmt_stats *stats = vmt_stats_new();
    struct vmt_text text = {0};
    const struct vmt_action *start = vmt_action_find("start");
    const struct vmt_stats_gauges gauges = {.running = 2, .connections = 3, .streams = 1, .is_connected = true};
    vmt_stats_request(stats, start, VMT_PROBLEM_NONE, 4 * VMT_MS);
    vmt_stats_request(stats, start, VMT_PROBLEM_NONE, 600 * VMT_MS);
    vmt_stats_request(stats, start, VMT_PROBLEM_WRONG_STATE, VMT_MS);
    vmt_stats_request(stats, NULL, VMT_PROBLEM_NOT_FOUND, VMT_MS);
    vmt_stats_operation(stats, start, "succeeded", 3 * VMT_SECOND);
    vmt_stats_denial(stats, "role");
    vmt_stats_denial(stats, "role");
    vmt_stats_denial(stats, "brake");
    vmt_stats_audit_failure(stats);
    assert_int_equal(vmt_stats_write(stats, &gauges, &text), 0);
    static const char *const lines[] = {
        "virtmeter_admin_operations_running 2\n",
        "virtmeter_admin_connections 3\n",
        "virtmeter_admin_event_streams 1\n",
        "virtmeter_admin_libvirt_connected 1\n",
        "virtmeter_admin_audit_failures_total 1\n",
        "# TYPE virtmeter_admin_requests_total counter\n",
        "virtmeter_admin_requests_total{action=\"start\",result=\"ok\"} 2\n",
        "virtmeter_admin_requests_total{action=\"start\",result=\"wrong-state\"} 1\n",
        "virtmeter_admin_requests_total{action=\"none\",result=\"not-found\"} 1\n",
        "virtmeter_admin_request_duration_seconds_bucket{action=\"start\",le=\"0.005\"} 2\n",
        "virtmeter_admin_request_duration_seconds_bucket{action=\"start\",le=\"0.5\"} 2\n",
        "virtmeter_admin_request_duration_seconds_bucket{action=\"start\",le=\"5\"} 3\n",
        "virtmeter_admin_request_duration_seconds_bucket{action=\"start\",le=\"+Inf\"} 3\n",
        "virtmeter_admin_request_duration_seconds_sum{action=\"start\"} 0.605\n",
        "virtmeter_admin_request_duration_seconds_count{action=\"start\"} 3\n",
        "virtmeter_admin_operations_total{action=\"start\",state=\"succeeded\"} 1\n",
        "virtmeter_admin_operation_duration_seconds_sum{action=\"start\"} 3\n",
        "virtmeter_admin_denials_total{reason=\"role\"} 2\n",
        "virtmeter_admin_denials_total{reason=\"brake\"} 1\n",
        "process_open_fds ",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_line(&text, lines[i]);
    vmt_text_done(&text);
    vmt_stats_free(stats);
}

static void what_never_happened_is_not_mentioned(void **state)
{
    (void)state;
    struct vmt_stats *stats = vmt_stats_new();
    struct vmt_text text = {0};
    const struct vmt_stats_gauges gauges = {0};
    assert_int_equal(vmt_stats_write(stats, &gauges, &text), 0);
    assert_null(memmem(text.bytes, text.length, "requests_total", strlen("requests_total")));
    assert_line(&text, "virtmeter_admin_libvirt_connected 0\n");
    vmt_text_done(&text);
    vmt_stats_free(stats);
}

static void each_family_is_in_the_catalog_once(void **state)
{
    (void)state;
    static const char *const names[] = {"virtmeter_admin_requests_total", "virtmeter_admin_operations_running",
                                        "virtmeter_admin_denials_total", "virtmeter_admin_audit_failures_total",
                                        "virtmeter_admin_operation_duration_seconds"};
    struct vmt_text text = {0};
    vmt_stats_catalog(&text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char quoted[80];
        snprintf(quoted, sizeof quoted, "| `%s` |", names[i]);
        const char *first = memmem(text.bytes, text.length, quoted, strlen(quoted));
        assert_non_null(first);
        assert_null(memmem(first + 1, text.length - (size_t)(first + 1 - text.bytes), quoted, strlen(quoted)));
    }
    vmt_text_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_counted_is_exposed),
        cmocka_unit_test(what_never_happened_is_not_mentioned),
        cmocka_unit_test(each_family_is_in_the_catalog_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
