/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/virtmeter-listener-XXXXXX";

static bool is_alone; /* in a network of its own: nobody else can see what listens, and no name server is asked */

static bool leave_network(void)
{
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    if (unshare(CLONE_NEWNET))
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM, 0), failed = ioctl(fd, SIOCSIFFLAGS, &loopback);
    close(fd);
    return !failed;
}

static int set_up(void **state)
{
    (void)state;
    is_alone = leave_network();
    return !mkdtemp(folder);
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int connect_to(int family, const struct sockaddr *address, socklen_t length)
{
    int fd = socket(family, SOCK_STREAM, 0), result = connect(fd, address, length) ? -errno : 0;
    close(fd);
    return result;
}

static int connect_ipv4(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect_to(AF_INET, (struct sockaddr *)&address, sizeof address);
}

static int connect_ipv6(unsigned port)
{
    struct sockaddr_in6 address = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    return connect_to(AF_INET6, (struct sockaddr *)&address, sizeof address);
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    return connect_to(AF_UNIX, (struct sockaddr *)&address, sizeof address);
}

static unsigned port_of(const struct vmt_listener *listener)
{
    return (unsigned)atoi(strrchr(listener->name, ':') + 1);
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool is_there = fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof address);
    close(fd);
    return is_there;
}

static void addresses_are_checked_by_their_text(void **state)
{
    (void)state;
    static const char *const good[] = {":9177",      "127.0.0.1:9177",        "localhost:0", "[::1]:9177",
                                       "[::]:65535", "a-host.example.org:80", "unix:/x",     "unix:relative/sock"};
    static const char *const bad[] = {"",          "9177",     ":",         ":x",     ":-1",    ":65536",
                                      ":123456",   "::1:9177", "[::1]",     "[::1]:", "[x]:1",  "[127.0.0.1]:1",
                                      "[::1:9177", "[]:1",     "host:port", "a b:1",  "unix:",  "http://host:1",
                                      "host:1/x",  ": 1",      "[::1]x:1",  "a]:1",   "host:+1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (vmt_listener_check(good[i], NULL))
            fail_msg("'%s' is refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct vmt_error error = {0};
        if (vmt_listener_check(bad[i], &error) != -EINVAL || !strstr(error.text, bad[i]))
            fail_msg("'%s' is accepted or not named: %s", bad[i], error.text);
    }
}

static void long_paths_are_refused_before_they_are_cut(void **state)
{
    (void)state;
    char address[128] = "unix:";
    memset(address + 5, 'x', 107);
    assert_int_equal(vmt_listener_check(address, NULL), 0);
    address[5 + 107] = 'x';
    assert_int_equal(vmt_listener_check(address, NULL), -EINVAL);
}

static void a_port_alone_listens_on_both_protocols(void **state)
{
    (void)state;
    if (!is_alone)
        skip();
    struct vmt_listener listener;
    assert_int_equal(vmt_listener_open(":0", &listener, NULL), 0);
    assert_int_equal(connect_ipv4(port_of(&listener)), 0);
    if (has_ipv6())
        assert_int_equal(connect_ipv6(port_of(&listener)), 0);
    assert_int_equal(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(listener.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    vmt_listener_close(&listener);
    assert_int_equal(listener.fd, -1);
}

static void an_address_listens_on_itself_only(void **state)
{
    (void)state;
    struct vmt_listener listener;
    assert_int_equal(vmt_listener_open("127.0.0.1:0", &listener, NULL), 0);
    assert_memory_equal(listener.name, "127.0.0.1:", 10);
    assert_int_equal(connect_ipv4(port_of(&listener)), 0);
    assert_int_not_equal(connect_ipv6(port_of(&listener)), 0);
    vmt_listener_close(&listener);
    if (!has_ipv6())
        skip();
    assert_int_equal(vmt_listener_open("[::1]:0", &listener, NULL), 0);
    assert_memory_equal(listener.name, "[::1]:", 6);
    assert_int_equal(connect_ipv6(port_of(&listener)), 0);
    assert_int_equal(connect_ipv4(port_of(&listener)), -ECONNREFUSED);
    vmt_listener_close(&listener);
}

static void names_are_looked_up(void **state)
{
    (void)state;
    struct vmt_listener listener;
    struct vmt_error error;
    assert_int_equal(vmt_listener_open("localhost:0", &listener, NULL), 0);
    assert_memory_equal(listener.name, "127.0.0.1:", 10);
    vmt_listener_close(&listener);
    if (!is_alone)
        skip();
    assert_int_equal(vmt_listener_open("no.such.host.invalid:0", &listener, &error), -EADDRNOTAVAIL);
    assert_memory_equal(error.text, "cannot listen on 'no.such.host.invalid:0': ", 43);
}

/* Has a client, and ends its connection first: the kernel remembers that for a minute, on the listener's port. */
static void leave_time_wait(const struct vmt_listener *listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port_of(listener))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    char byte;
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    close(accept(listener->fd, NULL, NULL));
    assert_int_equal(read(client, &byte, 1), 0);
    close(client);
}

static void a_port_that_is_taken_is_named(void **state)
{
    (void)state;
    struct vmt_listener first, second;
    struct vmt_error error;
    char message[256];
    assert_int_equal(vmt_listener_open("127.0.0.1:0", &first, NULL), 0);
    assert_int_equal(vmt_listener_open(first.name, &second, &error), -EADDRINUSE);
    snprintf(message, sizeof message, "cannot listen on '%s': Address already in use", first.name);
    assert_string_equal(error.text, message);
    char address[VMT_LISTENER_NAME];
    strcpy(address, first.name);
    leave_time_wait(&first);
    vmt_listener_close(&first);
    assert_int_equal(vmt_listener_open(address, &second, NULL), 0);
    vmt_listener_close(&second);
}

static void a_shut_listener_refuses_and_keeps_its_descriptor(void **state)
{
    (void)state;
    struct vmt_listener listener;
    assert_int_equal(vmt_listener_open("127.0.0.1:0", &listener, NULL), 0);
    unsigned port = port_of(&listener);
    vmt_listener_shut(&listener);
    assert_int_equal(connect_ipv4(port), -ECONNREFUSED);
    assert_int_not_equal(fcntl(listener.fd, F_GETFD), -1);
    vmt_listener_close(&listener);
}

static void socket_files_come_and_go(void **state)
{
    (void)state;
    char address[VMT_LISTENER_NAME];
    snprintf(address, sizeof address, "unix:%s/sock", folder);
    const char *path = address + 5;
    struct vmt_listener listener, other;
    struct vmt_error error;
    assert_int_equal(vmt_listener_open(address, &listener, NULL), 0);
    assert_string_equal(listener.name, address);
    assert_int_equal(connect_unix(path), 0);
    assert_int_equal(vmt_listener_open(address, &other, &error), -EADDRINUSE); /* somebody listens */
    assert_int_equal(connect_unix(path), 0);
    close(listener.fd); /* as a crash would */
    assert_int_equal(vmt_listener_open(address, &listener, NULL), 0);
    assert_int_equal(connect_unix(path), 0);
    vmt_listener_close(&listener);
    assert_int_equal(access(path, F_OK), -1);
}

static void files_that_are_no_sockets_are_left_alone(void **state)
{
    (void)state;
    char address[VMT_LISTENER_NAME];
    snprintf(address, sizeof address, "unix:%s/file", folder);
    const char *path = address + 5;
    close(open(path, O_CREAT | O_WRONLY, 0600));
    struct vmt_listener listener;
    struct vmt_error error;
    assert_int_equal(vmt_listener_open(address, &listener, &error), -EADDRINUSE);
    assert_non_null(strstr(error.text, "is no socket"));
    assert_int_equal(unlink(path), 0);
    snprintf(address, sizeof address, "unix:%s/none/sock", folder);
    assert_int_equal(vmt_listener_open(address, &listener, &error), -ENOENT);
    assert_non_null(strstr(error.text, address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_checked_by_their_text),
        cmocka_unit_test(long_paths_are_refused_before_they_are_cut),
        cmocka_unit_test(a_port_alone_listens_on_both_protocols),
        cmocka_unit_test(an_address_listens_on_itself_only),
        cmocka_unit_test(names_are_looked_up),
        cmocka_unit_test(a_port_that_is_taken_is_named),
        cmocka_unit_test(a_shut_listener_refuses_and_keeps_its_descriptor),
        cmocka_unit_test(socket_files_come_and_go),
        cmocka_unit_test(files_that_are_no_sockets_are_left_alone),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
