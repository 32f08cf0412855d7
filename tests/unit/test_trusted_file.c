/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/roles.h"
#include "admin/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/virtmeter-trusted-XXXXXX";
static char path[sizeof folder + 20];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/roles.yaml", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_file(const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static int read_it(uid_t owner, size_t most, struct vmt_error *error)
{
    char *text = NULL;
    size_t length = 0;
    int result = vmt_trusted_file_read(path, owner, most, &text, &length, error);
    if (!result) {
        assert_string_equal(text, "text");
        assert_int_equal(length, 4);
    }
    free(text);
    return result;
}

static void assert_refused(uid_t owner, int code, const char *reason)
{
    struct vmt_error error = {0};
    char expected[200];
    snprintf(expected, sizeof expected, reason, path);
    assert_int_equal(read_it(owner, 100, &error), code);
    assert_string_equal(error.text, expected);
}

static void a_file_is_read_when_only_its_owner_can_write_it(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0640, 0644, 0400};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        write_file("text", modes[i]);
        assert_int_equal(read_it(getuid(), 4, NULL), 0);
        unlink(path);
    }
}

static void a_file_that_others_could_have_written_is_refused(void **state)
{
    (void)state;
    write_file("text", 0660);
    assert_refused(getuid(), -EPERM, "'%s' has mode 0660, which gives others too much");
    write_file("text", 0646);
    assert_refused(getuid(), -EPERM, "'%s' has mode 0646, which gives others too much");
    write_file("text", 0600);
    char reason[100];
    snprintf(reason, sizeof reason, "'%%s' belongs to uid %u, not to uid 4242", getuid());
    assert_refused(4242, -EPERM, reason);
    unlink(path);
}

static void what_is_no_plain_file_is_refused(void **state)
{
    (void)state;
    char other[sizeof path + 10];
    snprintf(other, sizeof other, "%s.real", path);
    write_file("text", 0600);
    assert_int_equal(link(path, other), 0);
    assert_refused(getuid(), -EPERM, "'%s' has 2 names, not one");
    unlink(path);
    assert_int_equal(symlink(other, path), 0);
    assert_refused(getuid(), -EPERM, "'%s' is a symbolic link");
    unlink(path);
    unlink(other);
    assert_int_equal(mkfifo(path, 0600), 0); /* does not wait for a writer */
    assert_refused(getuid(), -EPERM, "'%s' is not a regular file");
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(getuid(), -EPERM, "'%s' is not a regular file");
    rmdir(path);
    assert_refused(getuid(), -ENOENT, "'%s': No such file or directory");
}

static void a_folder_that_others_can_change_is_refused(void **state)
{
    (void)state;
    static const mode_t modes[] = {0720, 0702, 01777};
    write_file("text", 0600);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct vmt_error error = {0};
        assert_int_equal(chmod(folder, modes[i]), 0);
        assert_int_equal(read_it(getuid(), 100, &error), -EPERM);
        assert_non_null(strstr(error.text, ": others may put files there"));
    }
    assert_int_equal(chmod(folder, 0750), 0);
    assert_int_equal(read_it(getuid(), 100, NULL), 0);
    unlink(path);
}

static void long_files_are_refused(void **state)
{
    (void)state;
    struct vmt_error error = {0};
    write_file("text", 0600);
    assert_int_equal(read_it(getuid(), 3, &error), -EFBIG);
    assert_non_null(strstr(error.text, "is longer than 3 bytes"));
    unlink(path);
}

static void roles_are_read_from_such_files_only(void **state)
{
    (void)state;
    struct vmt_roles *roles = NULL;
    struct vmt_error error = {0};
    write_file("grants:\n- role: king\n", 0600);
    char expected[200];
    snprintf(expected, sizeof expected, "%s:2: 'king' is not a role: viewer, operator, power or definer", path);
    assert_int_equal(vmt_roles_read(path, getuid(), &vmt_roles_system, &roles, &error), -EINVAL);
    assert_string_equal(error.text, expected);
    write_file("grants: [{role: viewer, users: [root], domains: ['*']}]", 0600);
    assert_int_equal(vmt_roles_read(path, getuid(), &vmt_roles_system, &roles, &error), 0);
    vmt_roles_unref(roles);
    chmod(path, 0666);
    assert_int_equal(vmt_roles_read(path, getuid(), &vmt_roles_system, &roles, &error), -EPERM);
    unlink(path);
}

static void a_folder_that_others_may_write_to_is_refused(void **state)
{
    (void)state;
    struct vmt_error error;
    assert_int_equal(vmt_trusted_folder_check(folder, &error), 0);
    assert_int_equal(vmt_trusted_folder_check("/nowhere/at/all", &error), 0);
    assert_int_equal(vmt_trusted_folder_check("/tmp", &error), -EPERM);
    assert_int_equal(symlink(folder, path), 0);
    assert_int_equal(vmt_trusted_folder_check(path, &error), -ENOTDIR);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_when_only_its_owner_can_write_it),
        cmocka_unit_test(a_file_that_others_could_have_written_is_refused),
        cmocka_unit_test(what_is_no_plain_file_is_refused),
        cmocka_unit_test(a_folder_that_others_can_change_is_refused),
        cmocka_unit_test(long_files_are_refused),
        cmocka_unit_test(roles_are_read_from_such_files_only),
        cmocka_unit_test(a_folder_that_others_may_write_to_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
