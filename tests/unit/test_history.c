/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/audit_fixture.h"

#include "admin/audit_line.h"
#include "admin/history.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

static struct vmt_history *read_text(const char *text)
{
    struct vmt_history *history = vmt_history_new();
    FILE *file = fmemopen((void *)text, strlen(text), "r");
    assert_non_null(history);
    assert_non_null(file);
    assert_int_equal(vmt_history_add(history, file), 0);
    fclose(file);
    return history;
}

static struct vmt_history *read_files(void)
{
    struct vmt_history *history = vmt_history_new();
    struct vmt_error error = {0};
    if (vmt_history_read(history, audit_path, getuid(), &error) != 0)
        fail_msg("%s", error.text);
    return history;
}

static const struct vmt_history_operation *only_one(const struct vmt_history *history)
{
    unsigned count = 0;
    const struct vmt_history_operation *operations = vmt_history_operations(history, &count);
    assert_int_equal(count, 1);
    return operations;
}

static unsigned count_of(const struct vmt_history *history)
{
    unsigned count = 0;
    vmt_history_operations(history, &count);
    return count;
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    struct vmt_audit *audit = audit_open(-1);
    static const struct vmt_audit_result result = {
        .result = "failed", .problem = "wrong-state", .detail = "it is not running", .changed = 0};
    vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL);
    vmt_audit_result(audit, audit_now_ns + VMT_SECOND, &audit_act, &result, NULL);
    vmt_audit_denial(audit, audit_now_ns, &audit_act, NULL);
    vmt_audit_free(audit);
    struct vmt_history *history = read_files();
    const struct vmt_history_operation *operation = only_one(history);
    assert_string_equal(operation->operation, "op-1");
    assert_string_equal(operation->request, "17");
    assert_string_equal(operation->key, "a-key");
    assert_string_equal(operation->fingerprint, "abcd");
    assert_string_equal(operation->action, "destroy");
    assert_int_equal(operation->target, VMT_TARGET_DOMAIN);
    assert_string_equal(operation->uuid, UUID);
    assert_string_equal(operation->name, "web-1");
    assert_int_equal(operation->uid, 1000);
    assert_int_equal(operation->gid, 1001);
    assert_int_equal(operation->group_count, 2);
    assert_memory_equal(operation->groups, audit_groups, sizeof audit_groups);
    assert_int_equal(operation->pid, 4242);
    assert_true(operation->began_ns == audit_now_ns);
    assert_true(operation->ended_ns == audit_now_ns + VMT_SECOND);
    assert_string_equal(operation->result, "failed");
    assert_string_equal(operation->problem, "wrong-state");
    assert_string_equal(operation->detail, "it is not running");
    assert_int_equal(operation->changed, 0);
    assert_int_equal(vmt_history_skipped(history), 0);
    vmt_history_free(history);
}

/* The daemon is killed at each byte of what it writes: what it was about to do is known once the intent is whole. */
static void an_operation_that_was_begun_is_known_wherever_the_file_ends(void **state)
{
    (void)state;
    char *intent = vmt_audit_line(VMT_AUDIT_INTENT, audit_now_ns, &audit_act, NULL, 0);
    char *result = vmt_audit_line(VMT_AUDIT_RESULT, audit_now_ns, &audit_act, &audit_success, 0);
    char text[4096];
    snprintf(text, sizeof text, "%s%s", intent, result);
    size_t begun = strlen(intent) - 1, done = strlen(text) - 1; /* a newline more or less says nothing */
    for (size_t length = strlen(text); length > 0; length--) {
        text[length] = '\0';
        struct vmt_history *history = read_text(text);
        unsigned count = 0;
        const struct vmt_history_operation *operations = vmt_history_operations(history, &count);
        assert_int_equal(count, length >= begun);
        if (count)
            assert_int_equal(operations->ended_ns != 0, length >= done);
        vmt_history_free(history);
    }
    free(intent);
    free(result);
}

static void garbage_is_counted_and_skipped(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\n",
        "garbage\n",
        "{}\n",
        "[]\n",
        "\xff\xfe\n",
        "{\"event\":\"intent\"}\n",
        "null\n",
        "{\"event\":\"intent\",\"event\":\"intent\"}\n",
        /* a line of ours with one thing wrong */
        "{\"time\":\"yesterday\",\"event\":\"intent\",\"operation\":\"a\",\"uid\":1,\"pid\":1,\"action\":\"b\","
        "\"target\":{\"kind\":\"domain\"}}\n",
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"other\",\"operation\":\"a\",\"uid\":1,\"pid\":1,\"action\":"
        "\"b\",\"target\":{\"kind\":\"domain\"}}\n",
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"intent\",\"uid\":1,\"pid\":1,\"action\":\"b\",\"target\":{"
        "\"kind\":\"domain\"}}\n",
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"intent\",\"operation\":\"a\",\"uid\":-1,\"pid\":1,"
        "\"action\":\"b\",\"target\":{\"kind\":\"domain\"}}\n",
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"intent\",\"operation\":\"a\",\"uid\":\"1\",\"pid\":1,"
        "\"action\":\"b\",\"target\":{\"kind\":\"domain\"}}\n",
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"intent\",\"operation\":\"a\",\"uid\":1,\"pid\":1,"
        "\"action\":\"b\",\"target\":{\"kind\":\"house\"}}\n",
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"intent\",\"operation\":\"a\",\"uid\":1,\"pid\":1,"
        "\"action\":\"b\",\"target\":\"domain\"}\n",
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"intent\",\"operation\":[],\"uid\":1,\"pid\":1,\"action\":"
        "\"b\",\"target\":{\"kind\":\"domain\"}}\n",
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"result\",\"operation\":\"a\",\"uid\":1,\"pid\":1,"
        "\"action\":\"b\",\"target\":{\"kind\":\"domain\"}}\n",
        "{\"time\":\"1970-01-01T00:00:01.000Z\",\"event\":\"result\",\"operation\":\"a\",\"uid\":1,\"pid\":1,"
        "\"action\":\"b\",\"target\":{\"kind\":\"domain\"},\"result\":\"x\",\"duration_ms\":9223372036854775807}\n",
        "{\"time\":\"2025-12-31T23:59:59.123Z\",\"event\":\"result\",\"operation\":\"a\",\"uid\":1,\"pid\":1,"
        "\"action\":\"b\",\"target\":{\"kind\":\"domain\"},\"result\":\"x\",\"duration_ms\":-1}\n",
    };
    char *intent = vmt_audit_line(VMT_AUDIT_INTENT, audit_now_ns, &audit_act, NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[4096];
        snprintf(text, sizeof text, "%s%s", cases[i], intent);
        struct vmt_history *history = read_text(text);
        assert_string_equal(only_one(history)->operation, "op-1");
        assert_int_equal(vmt_history_skipped(history), 1);
        vmt_history_free(history);
    }
    free(intent);
}

static void a_line_that_is_longer_than_ours_is_skipped(void **state)
{
    (void)state;
    char *text = calloc(1, 2 * VMT_AUDIT_LINE_MAX),
         *intent = vmt_audit_line(VMT_AUDIT_INTENT, audit_now_ns, &audit_act, NULL, 0);
    memset(text, ' ', VMT_AUDIT_LINE_MAX);
    strcpy(text + VMT_AUDIT_LINE_MAX, intent); /* it would be JSON */
    struct vmt_history *history = read_text(text);
    assert_int_equal(count_of(history), 0);
    assert_int_equal(vmt_history_skipped(history), 1);
    vmt_history_free(history);
    free(intent);
    free(text);
}

/* The line of an operation, in a text that grows. */
static void tell(FILE *file, const char *event, const char *operation, uint64_t at_ns)
{
    struct vmt_audit_act act = audit_act;
    act.operation = operation;
    char *line = vmt_audit_line(event, at_ns, &act, !strcmp(event, VMT_AUDIT_RESULT) ? &audit_success : NULL, 0);
    fputs(line, file);
    free(line);
}

static void what_is_old_is_forgotten_unless_it_never_ended(void **state)
{
    (void)state;
    const uint64_t hour_ns = 3600 * VMT_SECOND, now_ns = audit_now_ns;
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    tell(file, VMT_AUDIT_INTENT, "never ended", now_ns - 30 * 24 * hour_ns);
    tell(file, VMT_AUDIT_INTENT, "old", now_ns - 3 * hour_ns);
    tell(file, VMT_AUDIT_INTENT, "long", now_ns - 2 * hour_ns);
    tell(file, VMT_AUDIT_RESULT, "old", now_ns - 2 * hour_ns);
    tell(file, VMT_AUDIT_RESULT, "long", now_ns - hour_ns);
    tell(file, VMT_AUDIT_INTENT, "young", now_ns - hour_ns);
    tell(file, VMT_AUDIT_RESULT, "young", now_ns);
    fclose(file);
    struct vmt_history *history = read_text(text);
    assert_int_equal(count_of(history), 4);
    vmt_history_forget_before(history, now_ns - hour_ns);
    unsigned count = 0;
    const struct vmt_history_operation *operations = vmt_history_operations(history, &count);
    static const char *const kept[] = {"never ended", "long", "young"};
    assert_int_equal(count, 3);
    for (unsigned i = 0; i < count; i++)
        assert_string_equal(operations[i].operation, kept[i]);
    assert_true(operations[0].ended_ns == 0);
    vmt_history_free(history);
    free(text);
}

static void the_file_before_is_read_too(void **state)
{
    (void)state;
    struct vmt_audit *audit = audit_open(-1);
    vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL);
    assert_int_equal(rename(audit_path, audit_rotated), 0);
    vmt_audit_result(audit, audit_now_ns, &audit_act, &audit_success, NULL);
    vmt_audit_free(audit);
    struct vmt_history *history = read_files();
    assert_string_equal(only_one(history)->result, "succeeded");
    vmt_history_free(history);
    unlink(audit_rotated); /* a result alone says as much */
    history = read_files();
    const struct vmt_history_operation *operation = only_one(history);
    assert_string_equal(operation->key, "a-key");
    assert_true(operation->began_ns == audit_now_ns - audit_success.duration_ns);
    assert_true(operation->ended_ns == audit_now_ns);
    vmt_history_free(history);
    unlink(audit_path);
    history = read_files(); /* and no file, nothing */
    assert_int_equal(count_of(history), 0);
    vmt_history_free(history);
}

static void the_last_word_about_an_operation_counts(void **state)
{
    (void)state;
    static const struct vmt_audit_result unknown = {.result = "unknown", .changed = -1};
    struct vmt_audit *audit = audit_open(-1);
    vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL);
    vmt_audit_result(audit, audit_now_ns, &audit_act, &unknown, NULL);
    vmt_audit_result(audit, audit_now_ns + 1000 * VMT_SECOND, &audit_act, &audit_success, NULL);
    vmt_audit_intent(audit, audit_now_ns, &audit_act, NULL); /* nobody begins what has ended */
    vmt_audit_free(audit);
    struct vmt_history *history = read_files();
    assert_string_equal(only_one(history)->result, "succeeded");
    assert_int_equal(only_one(history)->changed, 1);
    assert_int_equal(vmt_history_skipped(history), 1);
    vmt_history_free(history);
}

static void a_file_that_others_could_have_written_is_not_believed(void **state)
{
    (void)state;
    struct vmt_history *history = vmt_history_new();
    struct vmt_error error = {0};
    audit_write(audit_path, "");
    chmod(audit_path, 0620);
    assert_int_equal(vmt_history_read(history, audit_path, getuid(), &error), -EPERM);
    chmod(audit_path, 0600);
    assert_int_equal(vmt_history_read(history, audit_path, getuid() + 1, &error), -EPERM);
    unlink(audit_path);
    assert_int_equal(symlink("/dev/zero", audit_path), 0);
    assert_int_equal(vmt_history_read(history, audit_path, getuid(), &error), -ELOOP);
    vmt_history_free(history);
}

static void of_a_huge_file_the_end_is_read(void **state)
{
    (void)state;
    char *intent = vmt_audit_line(VMT_AUDIT_INTENT, audit_now_ns, &audit_act, NULL, 0);
    FILE *file = fopen(audit_path, "w");
    fputs(intent, file);
    assert_int_equal(fseeko(file, (off_t)VMT_HISTORY_BYTES_MAX + 1000 * 1000, SEEK_SET),
                     0); /* a hole, which is quick */
    fputc('\n', file);
    tell(file, VMT_AUDIT_INTENT, "op-2", audit_now_ns);
    fclose(file);
    chmod(audit_path, 0600);
    struct vmt_history *history = read_files();
    assert_string_equal(only_one(history)->operation, "op-2");
    vmt_history_free(history);
    free(intent);
}

/* A process that is killed at any moment has told of everything that it began. */
/* Which keys must not act again is in the newest lines. */
static void of_very_many_operations_the_newest_are_known(void **state)
{
    (void)state;
    struct vmt_history *history = vmt_history_new();
    FILE *file = tmpfile();
    unsigned count = 0, total = VMT_HISTORY_OPERATIONS_MAX + 1;
    char newest[16];
    assert_non_null(file);
    for (unsigned i = 0; i < total; i++)
        fprintf(file,
                "{\"event\":\"intent\",\"time\":\"2025-12-31T23:59:59.123Z\",\"operation\":\"%u\",\"uid\":1,\"pid\":1,"
                "\"action\":\"b\",\"target\":{\"kind\":\"domain\"}}\n",
                i);
    rewind(file);
    assert_int_equal(vmt_history_add(history, file), 0);
    fclose(file);
    const struct vmt_history_operation *operations = vmt_history_operations(history, &count);
    assert_int_equal(count, VMT_HISTORY_OPERATIONS_MAX / 2 + 1);
    snprintf(newest, sizeof newest, "%u", total - 1);
    assert_string_equal(operations[count - 1].operation, newest);
    vmt_history_free(history);
}

static void a_killed_process_has_told_what_it_began(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 5; round++) {
        int began[2];
        assert_int_equal(pipe(began), 0);
        pid_t child = fork();
        if (child == 0) {
            struct vmt_audit *audit = NULL;
            if (vmt_audit_new(audit_path, -1, &audit, NULL) != 0)
                _exit(1);
            for (unsigned i = 0;; i++) {
                char id[20];
                snprintf(id, sizeof id, "op-%u", i);
                struct vmt_audit_act act = audit_act;
                act.operation = id;
                if (vmt_audit_intent(audit, audit_now_ns, &act, NULL) != 0 || write(began[1], &i, sizeof i) < 0)
                    _exit(1);
            }
        }
        close(began[1]);
        unsigned last = 0;
        for (unsigned i = 0; i < 20 + round; i++) /* then it is somewhere in the next one */
            assert_int_equal(read(began[0], &last, sizeof last), sizeof last);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(began[0], &last, sizeof last) > 0)
            ;
        close(began[0]);
        struct vmt_history *history = read_files();
        assert_true(count_of(history) >= last + 1);
        vmt_history_free(history);
        unlink(audit_path);
    }
}

#define TEST(function) cmocka_unit_test_teardown(function, audit_remove_files)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_read),
        TEST(an_operation_that_was_begun_is_known_wherever_the_file_ends),
        TEST(garbage_is_counted_and_skipped),
        TEST(a_line_that_is_longer_than_ours_is_skipped),
        TEST(what_is_old_is_forgotten_unless_it_never_ended),
        TEST(the_file_before_is_read_too),
        TEST(the_last_word_about_an_operation_counts),
        TEST(a_file_that_others_could_have_written_is_not_believed),
        TEST(of_a_huge_file_the_end_is_read),
        TEST(of_very_many_operations_the_newest_are_known),
        TEST(a_killed_process_has_told_what_it_began),
    };
    return cmocka_run_group_tests(tests, audit_make_folder, audit_remove_folder);
}
