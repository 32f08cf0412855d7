/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/service.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A manager's socket at `path`, or at an abstract name when it begins with `@`. */
static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path));
    if (*path == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    return fd;
}

static void check_arrives(const char *path)
{
    char message[32] = "";
    int fd = listen_at(path);
    setenv("NOTIFY_SOCKET", path, 1);
    assert_int_equal(vmt_service_notify("READY=1"), 0);
    assert_int_equal(recv(fd, message, sizeof message, MSG_DONTWAIT), 7);
    assert_memory_equal(message, "READY=1", 7);
    close(fd);
}

static void the_manager_hears_of_it(void **state)
{
    (void)state;
    char path[64], abstract[64];
    snprintf(path, sizeof path, "/tmp/virtmeter-notify-%d", (int)getpid());
    snprintf(abstract, sizeof abstract, "@virtmeter-notify-%d", (int)getpid());
    check_arrives(path);
    unlink(path);
    check_arrives(abstract);
}

static void nobody_need_listen(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(vmt_service_notify("READY=1"), 0);
    setenv("NOTIFY_SOCKET", "/tmp/no/such/socket", 1);
    assert_int_equal(vmt_service_notify("READY=1"), -ENOENT);
    char path[200];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    setenv("NOTIFY_SOCKET", path, 1);
    assert_int_equal(vmt_service_notify("READY=1"), -ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manager_hears_of_it),
        cmocka_unit_test(nobody_need_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
