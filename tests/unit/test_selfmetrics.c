/* SPDX-License-Identifier: Apache-2.0 */
#include "common/clock.h"
#include "serve/selfmetrics.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

/* The value of a process metric in a new part. */
static uint64_t read_now(const char *key)
{
    struct vmt_part *part = vmt_selfmetrics_part(&(struct vmt_selfmetrics){.version = "1", .started_ms = 5000});
    const struct vmt_sample *sample = part->samples[VMT_ENTITY_PROCESS].first;
    assert_non_null(sample);
    struct vmt_value value = sample->value[vmt_entity_slot(VMT_ENTITY_PROCESS, key)];
    assert_int_equal(value.type, VMT_INTEGER);
    vmt_part_unref(part);
    return value.integer;
}

static void stat_is_read_whatever_the_process_is_called(void **state)
{
    (void)state;
#define REST " S 1 2 3 0 -1 4194304 10 0 20 0 31 32 0 0 20 0 7 0 123456 98765432 4321 18446744073709551615 1 2\n"
    static const char *const lines[] = {"42 (virtmeter-expor)" REST, "42 (a) R 1 (b))" REST, "42 ()" REST,
                                        "42 (with spaces )" REST};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct vmt_process_stat stat = {0};
        assert_true(vmt_selfmetrics_parse(lines[i], &stat));
        assert_int_equal(stat.threads, 7);
        assert_int_equal(stat.start_ticks, 123456);
        assert_int_equal(stat.virtual_bytes, 98765432);
        assert_int_equal(stat.resident_pages, 4321);
    }
    static const char *const wrong[] = {"", "42", "42 (x) S 1 2", "no stat at all"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(vmt_selfmetrics_parse(wrong[i], &(struct vmt_process_stat){0}));
}

static void descriptors_are_counted(void **state)
{
    (void)state;
    uint64_t before = 0;
    for (int fd = 0; fd < 1024; fd++)
        before += fcntl(fd, F_GETFD) >= 0;
    assert_int_equal(read_now("open_fds"), before);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(read_now("open_fds"), before + 1);
    close(fd);
    assert_int_equal(read_now("open_fds"), before);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    assert_int_equal(read_now("max_fds"), limit.rlim_cur);
}

static void memory_time_and_threads_are_those_of_this_process(void **state)
{
    (void)state;
    uint64_t before = read_now("resident_memory"), cpu = read_now("cpu");
    size_t size = 32 * 1024 * 1024;
    char *memory = malloc(size);
    for (size_t i = 0; i < size; i += 1024)
        ((volatile char *)memory)[i] = 1; /* so that no compiler does without it */
    assert_in_range(read_now("resident_memory"), before + size / 2, before + 8 * size);
    assert_true(read_now("virtual_memory") >= read_now("resident_memory"));
    assert_true(read_now("cpu") > cpu);
    assert_true(read_now("cpu") < 60 * VMT_SECOND);
    assert_true(read_now("threads") >= 1 && read_now("threads") < 100);
    free(memory);
}

static void the_start_is_just_now(void **state)
{
    (void)state;
    assert_in_range(vmt_selfmetrics_started_ms(), vmt_wall_ns() / VMT_MS - 60000, vmt_wall_ns() / VMT_MS);
    assert_int_equal(read_now("start_time"), 5000);
    struct vmt_part *part = vmt_selfmetrics_part(&(struct vmt_selfmetrics){.started_ms = 0});
    int slot = vmt_entity_slot(VMT_ENTITY_PROCESS, "start_time");
    assert_int_equal(part->samples[VMT_ENTITY_PROCESS].first->value[slot].type, VMT_ABSENT);
    vmt_part_unref(part);
}

static void the_build_is_told_and_unknown_labels_are_left_out(void **state)
{
    (void)state;
    struct vmt_part *part = vmt_selfmetrics_part(
        &(struct vmt_selfmetrics){.version = "1.2.3", .revision = "abc", .libvirt_built = "9.0.0"});
    const struct vmt_sample *build = part->samples[VMT_ENTITY_BUILD].first;
    assert_int_equal(build->value[0].integer, 1);
    assert_string_equal(build->labels[0], "1.2.3");
    assert_string_equal(build->labels[1], "abc");
    assert_string_equal(build->labels[2], "9.0.0");
    assert_null(build->labels[3]);
    vmt_part_unref(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_is_read_whatever_the_process_is_called),       cmocka_unit_test(descriptors_are_counted),
        cmocka_unit_test(memory_time_and_threads_are_those_of_this_process), cmocka_unit_test(the_start_is_just_now),
        cmocka_unit_test(the_build_is_told_and_unknown_labels_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
