/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char top[64], folder[80], path[96];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    snprintf(place->top, sizeof place->top, "/tmp/virtmeter-socket.XXXXXX");
    if (!mkdtemp(place->top))
        return -1;
    snprintf(place->folder, sizeof place->folder, "%s/run", place->top);
    snprintf(place->path, sizeof place->path, "%s/admin.sock", place->folder);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    *state = place;
    return mkdir(place->folder, 0750);
}

static int remove_place(void **state)
{
    struct place *place = *state;
    char lock[112];
    snprintf(lock, sizeof lock, "%s.lock", place->path);
    chmod(place->top, 0700);
    unlink(lock);
    unlink(place->path);
    unlink(place->folder);
    rmdir(place->folder);
    rmdir(place->top);
    free(place);
    return 0;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static void it_listens_with_its_mode_and_goes_away(void **state)
{
    struct place *place = *state;
    struct vmt_socket opened;
    struct vmt_error error;
    struct stat info;
    mode_t before = umask(0);
    int failed = vmt_socket_open(place->path, &opened, &error);
    assert_int_equal(umask(before), 0);
    if (failed)
        fail_msg("%s", error.text);
    assert_int_equal(lstat(place->path, &info), 0);
    assert_true(S_ISSOCK(info.st_mode));
    assert_int_equal(info.st_mode & 07777, 0660);
    assert_int_equal(fcntl(opened.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    int client = connect_to(place->path);
    assert_true(client >= 0);
    close(client);
    vmt_socket_close(&opened);
    assert_int_equal(lstat(place->path, &info), -1);
}

static void a_place_that_others_can_change_is_refused(void **state)
{
    struct place *place = *state;
    static const mode_t modes[] = {0770, 0757, 0777, 01777};
    struct vmt_socket opened;
    struct vmt_error error;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        chmod(place->folder, modes[i]);
        assert_int_equal(vmt_socket_open(place->path, &opened, &error), -EPERM);
        assert_non_null(strstr(error.text, place->folder));
    }
    chmod(place->folder, 0750);
    chmod(place->top, 0777);
    assert_int_equal(vmt_socket_open(place->path, &opened, &error), -EPERM);
    /* Where everybody can only touch his own. */
    chmod(place->top, 01777);
    assert_int_equal(vmt_socket_open(place->path, &opened, &error), 0);
    vmt_socket_close(&opened);
}

static void a_folder_that_is_a_link_is_refused(void **state)
{
    struct place *place = *state;
    struct vmt_socket opened;
    struct vmt_error error;
    rmdir(place->folder);
    assert_int_equal(symlink("/tmp", place->folder), 0);
    assert_int_equal(vmt_socket_open(place->path, &opened, &error), -ENOTDIR);
}

static void a_path_must_be_a_file_of_some_length(void **state)
{
    (void)state;
    struct vmt_socket opened;
    struct vmt_error error;
    char path[200];
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_int_equal(vmt_socket_open(path, &opened, &error), -EINVAL);
    assert_int_equal(vmt_socket_open("admin.sock", &opened, &error), -EINVAL);
    assert_int_equal(vmt_socket_open("@admin", &opened, &error), -EINVAL);
    assert_int_equal(vmt_socket_open("/nowhere/at/all/admin.sock", &opened, &error), -ENOENT);
}

static void a_second_process_is_refused_and_a_dead_one_replaced(void **state)
{
    struct place *place = *state;
    struct vmt_socket first, second;
    struct vmt_error error;
    assert_int_equal(vmt_socket_open(place->path, &first, &error), 0);
    assert_int_equal(vmt_socket_open(place->path, &second, &error), -EWOULDBLOCK);
    assert_non_null(strstr(error.text, "another process"));
    int client = connect_to(place->path);
    assert_true(client >= 0);
    close(client);
    /* As if it had been killed: the file stays, the lock does not. */
    close(first.lock_fd);
    close(first.fd);
    assert_int_equal(vmt_socket_open(place->path, &second, &error), 0);
    vmt_socket_close(&second);
}

static void what_is_no_socket_stays(void **state)
{
    struct place *place = *state;
    struct vmt_socket opened;
    struct vmt_error error;
    FILE *file = fopen(place->path, "w");
    fputs("mine", file);
    fclose(file);
    assert_int_equal(vmt_socket_open(place->path, &opened, &error), -EEXIST);
    assert_int_equal(access(place->path, F_OK), 0);
}

/* Moves a descriptor to where the service manager puts the first. */
static void hand_over(int fd, const char *count)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", count, 1);
    if (fd != 3) {
        dup2(fd, 3);
        close(fd);
    }
}

static void a_socket_that_is_handed_over_is_used(void **state)
{
    struct place *place = *state;
    struct vmt_socket bound, taken;
    struct vmt_error error;
    int spare = dup(3);
    assert_int_equal(vmt_socket_open(place->path, &bound, &error), 0);
    hand_over(dup(bound.fd), "1");
    assert_int_equal(vmt_socket_open("/nowhere/admin.sock", &taken, &error), 0);
    assert_int_equal(taken.fd, 3);
    assert_string_equal(taken.path, "");
    vmt_socket_close(&taken);
    assert_int_equal(access(place->path, F_OK), 0);

    hand_over(dup(bound.fd), "1");
    assert_int_equal(chmod(place->folder, 0777), 0);
    assert_int_equal(vmt_socket_open("/nowhere/admin.sock", &taken, &error), -EPERM);
    assert_int_equal(chmod(place->folder, 0700), 0);
    hand_over(dup(bound.fd), "2");
    assert_int_equal(vmt_socket_open(place->path, &taken, &error), -EINVAL);
    hand_over(socket(AF_INET, SOCK_STREAM, 0), "1");
    assert_int_equal(vmt_socket_open(place->path, &taken, &error), -EINVAL);
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    hand_over(pair[0], "1");
    assert_int_equal(vmt_socket_open(place->path, &taken, &error), -EINVAL);
    close(pair[1]);
    close(3);
    if (spare >= 0) {
        dup2(spare, 3);
        close(spare);
    }
    unsetenv("LISTEN_PID");
    vmt_socket_close(&bound);
}

static void the_kernel_says_who_connected(void **state)
{
    (void)state;
    int pair[2];
    struct vmt_peer peer;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(vmt_socket_peer(pair[0], &peer), 0);
    assert_int_equal(peer.uid, geteuid());
    assert_int_equal(peer.gid, getegid());
    assert_int_equal(peer.pid, getpid());
    assert_int_equal(peer.ceiling, VMT_ROLE_DEFINER);
    int count = getgroups(0, NULL);
    gid_t *groups = calloc((size_t)count + 1, sizeof *groups);
    assert_int_equal(getgroups(count, groups), count);
    assert_int_equal(peer.group_count, count);
    if (count)
        assert_memory_equal(peer.groups, groups, (size_t)count * sizeof *groups);
    free(groups);
    free((void *)peer.groups);
    close(pair[0]);
    close(pair[1]);
    assert_true(vmt_socket_peer(pair[0], &peer) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)
        TEST(it_listens_with_its_mode_and_goes_away),
        TEST(a_place_that_others_can_change_is_refused),
        TEST(a_folder_that_is_a_link_is_refused),
        TEST(a_path_must_be_a_file_of_some_length),
        TEST(a_second_process_is_refused_and_a_dead_one_replaced),
        TEST(what_is_no_socket_stays),
        TEST(a_socket_that_is_handed_over_is_used),
        TEST(the_kernel_says_who_connected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
