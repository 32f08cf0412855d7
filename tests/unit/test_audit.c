/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/audit_fixture.h"

#include "admin/audit_line.h"
#include "admin/flood.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

static atomic_uint syncs;
static int sync_error;

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
    syncs++;
    errno = sync_error;
    return sync_error ? -1 : __real_fdatasync(fd);
}

static void assert_file(const char *path, const char *expected)
{
    char *text = audit_read(path);
    assert_string_equal(text, expected);
    free(text);
}

#define WHO "\"uid\":1000,\"gid\":1001,\"groups\":[27,100],\"pid\":4242,\"action\":\"destroy\","
#define WHAT "\"target\":{\"kind\":\"domain\",\"uuid\":\"" UUID "\",\"name\":\"web-1\"},"
#define WHY "\"reason\":\"uid 1000 is power on domain 'web-1' by line 3 of the roles file\""
#define LINE(event, decision)                                                                                          \
    "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"" event "\",\"operation\":\"op-1\",\"request\":\"17\","        \
    "\"key\":\"a-key\",\"fingerprint\":\"abcd\"," WHO WHAT "\"decision\":\"" decision "\"," WHY

static void a_line_says_who_did_what_to_what_and_why_it_was_allowed(void **state)
{
    (void)state;
    struct vmt_audit *audit = audit_open(-1);
    static const struct vmt_audit_result failure = {
        .result = "failed", .problem = "libvirt-error", .detail = "it said \"no\"", .changed = -1};
    assert_int_equal(vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL), 0);
    assert_int_equal(vmt_audit_result(audit, audit_now_ns, &audit_act, &audit_success, NULL), 0);
    assert_int_equal(vmt_audit_result(audit, audit_now_ns, &audit_act, &failure, NULL), 0);
    assert_int_equal(vmt_audit_denial(audit, audit_now_ns, &audit_act, NULL), 0);
    vmt_audit_free(audit);
    assert_file(
        audit_path,
        LINE("intent", "allowed") "}\n" LINE(
            "result",
            "allowed") ",\"result\":\"succeeded\",\"changed\":true,"
                       "\"duration_ms\":1500}\n" LINE(
                           "result",
                           "allowed") ",\"result\":\"failed\",\"problem\":"
                                      "\"libvirt-error\",\"detail\":\"it said \\\"no\\\"\",\"duration_ms\":0}\n" LINE(
                                          "denial", "denied") "}\n");
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    static const struct vmt_peer stranger = {.uid = 4000000000, .gid = 5};
    static const struct vmt_audit_act act = {.peer = &stranger, .action = "host", .target = VMT_TARGET_HOST};
    struct vmt_audit *audit = audit_open(-1);
    assert_int_equal(vmt_audit_denial(audit, 0, &act, NULL), 0);
    vmt_audit_free(audit);
    assert_file(audit_path, "{\"time\":\"1970-01-01T00:00:00.000Z\",\"event\":\"denial\",\"uid\":4000000000,\"gid\":5,"
                            "\"groups\":[],\"pid\":0,\"action\":\"host\",\"target\":{\"kind\":\"host\"},"
                            "\"decision\":\"denied\"}\n");
}

static void the_act_begins_when_the_line_is_on_the_disk(void **state)
{
    (void)state;
    struct vmt_audit *audit = audit_open(-1);
    struct vmt_error error = {0};
    syncs = 0;
    assert_int_equal(vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL), 0);
    assert_int_equal(syncs, 1);
    assert_int_equal(vmt_audit_result(audit, audit_now_ns, &audit_act, &audit_success, NULL), 0);
    assert_int_equal(syncs, 1); /* who waits for an answer need not wait for the disk as well */
    sync_error = EIO;
    assert_int_equal(vmt_audit_intent(audit, audit_now_ns, &audit_act, &error), -EIO);
    assert_non_null(strstr(error.text, "cannot sync '"));
    sync_error = 0;
    vmt_audit_free(audit);
}

/* Whatever stands in a name, a line is one line of printable ASCII, and JSON. */
static void nothing_in_a_name_makes_a_second_line(void **state)
{
    (void)state;
    static const struct {
        const char *name, *written;
    } cases[] = {
        {"web\n{\"event\":\"result\"}", "web\\n{\\\"event\\\":\\\"result\\\"}"},
        {"a\r\nb\tc", "a\\r\\nb\\tc"},
        {"\x1b[2J\x07\x7f", "\\u001B[2J\\u0007\x7f"},
        {"a\\\"b", "a\\\\\\\"b"},
        {"B\xc3\xbcro", "B\\u00FCro"},
        {"\xe2\x80\xa8\xe2\x80\xae\xc2\x85", "\\u2028\\u202E\\u0085"},
        {"\xf0\x9f\x98\x80", "\\uD83D\\uDE00"},
        {"\xff\xc0\x80\xed\xa0\x80", "\\uFFFD\\uFFFD\\uFFFD\\uFFFD\\uFFFD\\uFFFD"},
        {"cut\xe2\x80", "cut\\uFFFD\\uFFFD"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vmt_audit_act act = audit_act;
        act.name = act.reason = act.key = cases[i].name;
        char *line = vmt_audit_line(VMT_AUDIT_INTENT, audit_now_ns, &act, NULL, 0);
        char expected[200];
        snprintf(expected, sizeof expected, "\"name\":\"%s\"", cases[i].written);
        if (!strstr(line, expected))
            fail_msg("no %s in %s", expected, line);
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
        for (const char *c = line; c[1]; c++)
            assert_true(*c >= ' ' && *c <= 0x7f);
        json_t *json = json_loads(line, 0, NULL);
        assert_non_null(json);
        json_decref(json);
        free(line);
    }
}

static void lines_are_bounded_whatever_is_in_them(void **state)
{
    (void)state;
    enum { LONG = 100 * 1000 };
    static gid_t many[LONG];
    char *longest = calloc(1, LONG);
    memset(longest, 1, LONG - 1);
    memset(many, 0xff, sizeof many);
    const struct vmt_peer peer = {
        .uid = UINT32_MAX, .gid = UINT32_MAX, .pid = INT32_MAX, .groups = many, .group_count = LONG};
    const struct vmt_audit_act act = {.peer = &peer,
                                      .operation = UUID,
                                      .request = UUID,
                                      .key = UUID,
                                      .fingerprint = UUID,
                                      .action = "managed-save-remove",
                                      .target = VMT_TARGET_DOMAIN,
                                      .uuid = UUID,
                                      .name = longest,
                                      .reason = longest};
    const struct vmt_audit_result result = {
        .result = "succeeded", .problem = "a", .detail = longest, .duration_ns = UINT64_MAX};
    char *line = vmt_audit_line(VMT_AUDIT_RESULT, UINT64_MAX, &act, &result, 0);
    assert_true(strlen(line) <= VMT_AUDIT_LINE_MAX);
    assert_true(strlen(line) > 3 * 6 * VMT_AUDIT_TEXT_MAX);
    free(line);
    free(longest);
}

static void texts_are_cut_between_characters(void **state)
{
    (void)state;
    char name[VMT_AUDIT_TEXT_MAX + 10] = "";
    memset(name, 'a', VMT_AUDIT_TEXT_MAX - 1);
    strcat(name, "\xc3\xbc!");
    struct vmt_audit_act act = audit_act;
    act.name = name;
    char *line = vmt_audit_line(VMT_AUDIT_INTENT, audit_now_ns, &act, NULL, 0);
    assert_non_null(strstr(line, "aaa\"},"));
    free(line);
}

static void times_are_read_as_they_are_written(void **state)
{
    (void)state;
    static const uint64_t seconds[] = {0, 1, 951782400, 1767225599, 4102444800, 9223372036};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        char text[VMT_AUDIT_TIME_SIZE];
        uint64_t ns = seconds[i] * VMT_SECOND + 7 * VMT_MS, read_ns = 0;
        vmt_audit_print_time(ns, text);
        assert_true(vmt_audit_read_time(text, &read_ns));
        assert_true(read_ns == ns);
    }
    static const char *const wrong[] = {"",
                                        "now",
                                        "2026-01-31",
                                        "2026-01-31T23:59:59Z",
                                        "2026-01-31T23:59:59.1Z",
                                        "2026-01-31T23:59:59.123",
                                        "2026-01-31T23:59:59.123Zx",
                                        "1969-12-31T23:59:59.123Z",
                                        "2026-13-31T23:59:59.123Z",
                                        "2026-01-31T23:59:59.-12Z",
                                        "9999-12-31T23:59:59.123Z",
                                        "2026-01-31 23:59:59.123Z"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint64_t ns = 0;
        if (vmt_audit_read_time(wrong[i], &ns))
            fail_msg("'%s' is no time", wrong[i]);
    }
}

static void one_user_cannot_fill_the_disk_with_denials(void **state)
{
    (void)state;
    const struct vmt_peer other = {.uid = 2000};
    struct vmt_audit_act act = audit_act;
    struct vmt_audit *audit = audit_open(-1);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(vmt_audit_denial(audit, audit_now_ns + i, &act, NULL), 0);
    assert_int_equal(vmt_audit_denial(audit, audit_now_ns + 60 * VMT_SECOND, &act, NULL), 0);
    act.peer = &other; /* the others' are written all the same */
    assert_int_equal(vmt_audit_denial(audit, audit_now_ns + 1, &act, NULL), 0);
    vmt_audit_free(audit);
    char *text = audit_read(audit_path);
    unsigned lines = 0, notes = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    for (const char *at = text; (at = strstr(at, "left_out")); at++)
        notes++;
    assert_int_equal(lines, VMT_FLOOD_LINES_MAX + 2);
    assert_int_equal(notes, 1);
    assert_non_null(strstr(text, "\"left_out\":940}"));
    free(text);
}

static void the_journal_gets_every_line(void **state)
{
    (void)state;
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    struct vmt_audit *audit = audit_open(pipes[1]);
    assert_int_equal(vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL), 0);
    sync_error = EIO;
    assert_int_equal(vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL), -EIO); /* this one too */
    sync_error = 0;
    vmt_audit_free(audit);
    close(pipes[1]);
    char *text = calloc(1, VMT_AUDIT_LINE_MAX);
    assert_true(read(pipes[0], text, VMT_AUDIT_LINE_MAX - 1) > 0);
    assert_file(audit_path, text);
    free(text);
    close(pipes[0]);
}

static void assert_not_opened(const char *reason)
{
    struct vmt_audit *audit = NULL;
    struct vmt_error error = {0};
    assert_int_equal(vmt_audit_new(audit_path, -1, &audit, &error), -EPERM);
    assert_null(audit);
    if (!strstr(error.text, reason))
        fail_msg("'%s' does not say '%s'", error.text, reason);
}

static void a_file_that_others_could_read_or_change_is_refused(void **state)
{
    (void)state;
    audit_write(audit_path, "");
    chmod(audit_path, 0640);
    assert_not_opened("has mode 0640");
    chmod(audit_path, 0602);
    assert_not_opened("has mode 0602");
    chmod(audit_path, 0600);
    chmod(audit_folder, 0770);
    assert_not_opened("others may put files there");
    chmod(audit_folder, 0700);
    assert_int_equal(link(audit_path, audit_rotated), 0);
    assert_not_opened("has 2 names");
    unlink(audit_path);
    assert_int_equal(symlink(audit_rotated, audit_path), 0);
    assert_not_opened("is a symbolic link");
    unlink(audit_path);
    assert_int_equal(mkfifo(audit_path, 0600), 0);
    assert_not_opened("is not a regular file");
    unlink(audit_path);
    struct stat info;
    mode_t before = umask(0);
    vmt_audit_free(audit_open(-1));
    umask(before);
    assert_int_equal(stat(audit_path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
}

static void a_rotated_file_is_left_alone(void **state)
{
    (void)state;
    struct vmt_audit *audit = audit_open(-1);
    assert_int_equal(vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL), 0);
    assert_int_equal(rename(audit_path, audit_rotated), 0);
    assert_int_equal(vmt_audit_denial(audit, audit_now_ns, &audit_act, NULL), 0);
    assert_file(audit_path, LINE("denial", "denied") "}\n");
    assert_file(audit_rotated, LINE("intent", "allowed") "}\n");
    /* Another file in its place, which nobody else could have made. */
    assert_int_equal(unlink(audit_path), 0);
    audit_write(audit_path, "");
    assert_int_equal(vmt_audit_denial(audit, audit_now_ns, &audit_act, NULL), 0);
    assert_file(audit_path, LINE("denial", "denied") "}\n");
    /* And one that somebody else could have made. */
    assert_int_equal(unlink(audit_path), 0);
    audit_write(audit_path, "");
    chmod(audit_path, 0666);
    assert_int_equal(vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL), -EPERM);
    assert_file(audit_path, "");
    vmt_audit_free(audit);
}

static void what_a_killed_process_left_stays_a_line_of_its_own(void **state)
{
    (void)state;
    audit_write(audit_path, "{\"time\":\"2025-12-3");
    struct vmt_audit *audit = audit_open(-1);
    assert_int_equal(vmt_audit_denial(audit, audit_now_ns, &audit_act, NULL), 0);
    assert_int_equal(vmt_audit_denial(audit, audit_now_ns, &audit_act, NULL), 0);
    vmt_audit_free(audit);
    assert_file(audit_path, "{\"time\":\"2025-12-3\n" LINE("denial", "denied") "}\n" LINE("denial", "denied") "}\n");
}

static void a_full_disk_refuses_the_act_and_spoils_no_later_line(void **state)
{
    (void)state;
    struct vmt_audit *audit = audit_open(-1);
    struct vmt_error error = {0};
    struct rlimit before, tight;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    int result = vmt_audit_intent(audit, audit_now_ns, &audit_act, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(result, -EFBIG);
    assert_non_null(strstr(error.text, "cannot write to '"));
    assert_int_equal(vmt_audit_denial(audit, audit_now_ns, &audit_act, NULL), 0);
    vmt_audit_free(audit);
    assert_file(audit_path, "{\"time\":\"2025-12-31T\n" LINE("denial", "denied") "}\n");
}

enum { THREADS = 4, LINES = 50 };

static void *write_lines(void *audit)
{
    for (unsigned i = 0; i < LINES; i++)
        assert_int_equal(vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL), 0);
    return NULL;
}

static void threads_do_not_mix_their_lines(void **state)
{
    (void)state;
    struct vmt_audit *audit = audit_open(-1);
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, audit), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    vmt_audit_free(audit);
    char *text = audit_read(audit_path), *rest = text;
    static const char line[] = LINE("intent", "allowed") "}\n";
    for (unsigned i = 0; i < THREADS * LINES; i++, rest += sizeof line - 1)
        assert_memory_equal(rest, line, sizeof line - 1);
    assert_int_equal(*rest, '\0');
    free(text);
}

#define TEST(function) cmocka_unit_test_teardown(function, audit_remove_files)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_says_who_did_what_to_what_and_why_it_was_allowed),
        TEST(what_is_not_known_is_left_out),
        TEST(the_act_begins_when_the_line_is_on_the_disk),
        TEST(nothing_in_a_name_makes_a_second_line),
        TEST(lines_are_bounded_whatever_is_in_them),
        TEST(texts_are_cut_between_characters),
        TEST(times_are_read_as_they_are_written),
        TEST(one_user_cannot_fill_the_disk_with_denials),
        TEST(the_journal_gets_every_line),
        TEST(a_file_that_others_could_read_or_change_is_refused),
        TEST(a_rotated_file_is_left_alone),
        TEST(what_a_killed_process_left_stays_a_line_of_its_own),
        TEST(a_full_disk_refuses_the_act_and_spoils_no_later_line),
        TEST(threads_do_not_mix_their_lines),
    };
    return cmocka_run_group_tests(tests, audit_make_folder, audit_remove_folder);
}
