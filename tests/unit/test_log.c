/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "serve/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TIME_LENGTH = sizeof "2026-01-31T12:34:56.789Z" - 1, OUTPUT_MAX = 65536 };

/* A log that ends in a pipe. */
struct target {
    int ends[2];
    struct vmt_log log;
};

static struct target open_target(enum vmt_log_format format)
{
    struct target target;
    assert_int_equal(pipe(target.ends), 0);
    target.log = (struct vmt_log){target.ends[1], VMT_LOG_DEBUG, format};
    return target;
}

/* All that was written, terminated; ends the target. */
static const char *take_output(struct target *target)
{
    static char output[OUTPUT_MAX];
    close(target->ends[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(target->ends[0], output + length, sizeof output - 1 - length)) > 0;)
        length += (size_t)got;
    close(target->ends[0]);
    output[length] = '\0';
    return output;
}

/* What one value becomes, without what stands around it. */
static void check_value(enum vmt_log_format format, const char *value, const char *expected)
{
    struct target target = open_target(format);
    vmt_log_write(&target.log, VMT_LOG_INFO, "m", "k", value, NULL);
    const char *line = take_output(&target);
    bool is_json = format == VMT_LOG_JSON;
    const char *begin = strstr(line, is_json ? ",\"k\":" : " k=");
    assert_non_null(begin);
    begin += is_json ? 5 : 3;
    size_t length = strlen(begin) - (is_json ? 2 : 1);
    assert_string_equal(begin + length, is_json ? "}\n" : "\n");
    if (strlen(expected) != length || memcmp(begin, expected, length) != 0)
        fail_msg("'%s' became %s", value, begin);
}

static void a_line_says_when_what_and_about_what(void **state)
{
    (void)state;
    struct target target = open_target(VMT_LOG_LOGFMT);
    vmt_log_write(&target.log, VMT_LOG_WARN, "two words", "key", "value", "none", NULL, "other", "a b", NULL);
    const char *line = take_output(&target);
    assert_memory_equal(line, "time=20", 7);
    assert_string_equal(line + 5 + TIME_LENGTH, " level=warn msg=\"two words\" key=value other=\"a b\"\n");
    assert_int_equal(line[5 + TIME_LENGTH - 1], 'Z');

    target = open_target(VMT_LOG_JSON);
    vmt_log_write(&target.log, VMT_LOG_ERROR, "word", "key", "value", "none", NULL, "other", "a b", NULL);
    line = take_output(&target);
    assert_memory_equal(line, "{\"time\":\"20", 11);
    assert_string_equal(line + 9 + TIME_LENGTH,
                        "\",\"level\":\"error\",\"msg\":\"word\",\"key\":\"value\",\"other\":\"a b\"}\n");
}

static void values_cannot_break_out_of_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *value, *quoted;
    } cases[] = {
        {"", "\"\""},
        {"a\nlevel=error msg=forged", "\"a\\nlevel=error msg=forged\""},
        {"\r\x1b[31mred\x07\x7f", "\"\\u000d\\u001b[31mred\\u0007\\u007f\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"k=v", "\"k=v\""},
        {"B\xC3\xBCro", "\"B\xC3\xBCro\""},
        {"\xC2\x9B"
         "31m",
         "\"\\u009b31m\""}, /* CSI as one character */
        {"abc\xE2\x80\xAE"
         "cba",
         "\"abc\\u202ecba\""},                              /* right to left from here */
        {"\xE2\x80\xA8\xEF\xBB\xBF", "\"\\u2028\\ufeff\""}, /* a line separator, a byte order mark */
        {"bad\xFF\xC3", "\"bad\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_value(VMT_LOG_LOGFMT, cases[i].value, cases[i].quoted);
        check_value(VMT_LOG_JSON, cases[i].value, cases[i].quoted);
    }
    check_value(VMT_LOG_LOGFMT, "plain-word:1/2", "plain-word:1/2");
    check_value(VMT_LOG_JSON, "plain-word:1/2", "\"plain-word:1/2\"");
}

static void long_lines_are_cut_and_stay_whole(void **state)
{
    (void)state;
    char huge[20000];
    memset(huge, '\n', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    for (enum vmt_log_format format = 0; format < VMT_LOG_FORMAT_COUNT; format++) {
        struct target target = open_target(format);
        vmt_log_write(&target.log, VMT_LOG_INFO, huge, "a", huge, "b", huge, "c", huge, "d", huge, "e", "end", NULL);
        const char *line = take_output(&target), *ending = format == VMT_LOG_JSON ? "\"}\n" : "\"\n";
        size_t length = strlen(line);
        assert_in_range(length, 3000, 4096);
        assert_ptr_equal(strchr(line, '\n'), line + length - 1);
        assert_string_equal(line + length - strlen(ending), ending);
        assert_non_null(strstr(line, format == VMT_LOG_JSON ? ",\"c\":\"" : " c=\""));
    }
}

static void long_words_are_cut_too(void **state)
{
    (void)state;
    char word[2000];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    struct target target = open_target(VMT_LOG_LOGFMT);
    vmt_log_write(&target.log, VMT_LOG_INFO, "m", "k", word, "l", "end", NULL);
    const char *line = take_output(&target);
    assert_in_range(strlen(line), 1000, 1200);
    assert_non_null(strstr(line, "x\" l=end\n"));
}

static void lines_below_the_level_are_left_out(void **state)
{
    (void)state;
    struct target target = open_target(VMT_LOG_LOGFMT);
    target.log.level = VMT_LOG_WARN;
    for (enum vmt_log_level level = 0; level < VMT_LOG_LEVEL_COUNT; level++)
        vmt_log_write(&target.log, level, vmt_log_levels[level], NULL);
    const char *output = take_output(&target);
    assert_null(strstr(output, "debug"));
    assert_null(strstr(output, "info"));
    assert_non_null(strstr(output, " level=warn msg=warn\n"));
    assert_non_null(strstr(output, " level=error msg=error\n"));
}

static void notices_become_lines(void **state)
{
    (void)state;
    static const struct {
        struct vmt_notice notice;
        const char *line;
    } cases[] = {
        {{VMT_NOTICE_CONNECTED, "qemu:///system", "libvirt answers"},
         " level=info msg=\"connected to libvirt\" uri=qemu:///system detail=\"libvirt answers\"\n"},
        {{VMT_NOTICE_DISCONNECTED, NULL, "eof"}, " level=warn msg=\"no connection to libvirt\" detail=eof\n"},
        {{VMT_NOTICE_DOMAIN_STUCK, "a\nb", "held"},
         " level=warn msg=\"domain is stuck\" domain=\"a\\nb\" detail=held\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct target target = open_target(VMT_LOG_LOGFMT);
        vmt_log_notice(&target.log, &cases[i].notice);
        assert_string_equal(take_output(&target) + 5 + TIME_LENGTH, cases[i].line);
    }
    for (enum vmt_notice_kind kind = 0; kind < VMT_NOTICE_COUNT; kind++) {
        struct target target = open_target(VMT_LOG_LOGFMT);
        vmt_log_notice(&target.log, &(struct vmt_notice){kind, "thing", "why"});
        const char *line = take_output(&target);
        assert_non_null(strstr(line, "=thing detail=why\n"));
        assert_null(strstr(line, "msg=\"\"")); /* each has a message of its own */
    }
}

static void *write_many(void *log)
{
    for (unsigned i = 0; i < 100; i++)
        vmt_log_write(log, VMT_LOG_INFO, "same", "k", "value of some length to be cut if lines could mix", NULL);
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    struct target target = open_target(VMT_LOG_LOGFMT);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &target.log), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    const char *line = take_output(&target);
    unsigned count = 0;
    for (const char *end; (end = strchr(line, '\n')); line = end + 1, count++)
        assert_memory_equal(line + 5 + TIME_LENGTH, " level=info msg=same k=\"value of some length to be cut", 53);
    assert_int_equal(count, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_when_what_and_about_what), cmocka_unit_test(values_cannot_break_out_of_their_line),
        cmocka_unit_test(long_lines_are_cut_and_stay_whole),    cmocka_unit_test(long_words_are_cut_too),
        cmocka_unit_test(lines_below_the_level_are_left_out),   cmocka_unit_test(notices_become_lines),
        cmocka_unit_test(lines_of_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
