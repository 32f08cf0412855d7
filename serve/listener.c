/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128, HOST_TEXT = 256, PORT_TEXT = 6 };

static const char unix_prefix[] = "unix:";

struct address {
    const char *path; /* of a Unix socket, or NULL */
    char host[HOST_TEXT];
    char port[PORT_TEXT];
    bool is_ipv6; /* the host stood in brackets */
};

static const char *path_of(const char *text)
{
    size_t length = sizeof unix_prefix - 1;
    return strncmp(text, unix_prefix, length) ? NULL : text + length;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits && !text[digits] && digits < PORT_TEXT && strtoul(text, NULL, 10) <= UINT16_MAX;
}

static bool parse_host(const char *begin, size_t length, struct address *ret_address)
{
    struct in6_addr ignored;
    ret_address->is_ipv6 = length && *begin == '[';
    if (ret_address->is_ipv6) {
        if (length < 2 || begin[length - 1] != ']')
            return false;
        begin++;
        length -= 2;
    }
    if (length >= HOST_TEXT)
        return false;
    memcpy(ret_address->host, begin, length);
    ret_address->host[length] = '\0';
    return ret_address->is_ipv6 ? inet_pton(AF_INET6, ret_address->host, &ignored) == 1
                                : !strpbrk(ret_address->host, ":[]/ ");
}

static int parse(const char *text, struct address *ret_address, struct vmt_error *error)
{
    *ret_address = (struct address){.path = path_of(text)};
    if (ret_address->path) {
        size_t room = sizeof((struct sockaddr_un *)NULL)->sun_path;
        if (*ret_address->path && strlen(ret_address->path) < room)
            return 0;
        return vmt_error_set(error, -EINVAL, "listen address '%s': the path must have 1 to %zu bytes", text, room - 1);
    }
    const char *colon = strrchr(text, ':');
    if (!colon || !is_port(colon + 1) || !parse_host(text, (size_t)(colon - text), ret_address))
        return vmt_error_set(error, -EINVAL, "listen address '%s' is not :PORT, HOST:PORT, [IPV6]:PORT or unix:PATH",
                             text);
    snprintf(ret_address->port, sizeof ret_address->port, "%s", colon + 1);
    return 0;
}

int vmt_listener_check(const char *address, struct vmt_error *error)
{
    struct address ignored;
    return parse(address, &ignored, error);
}

static int refuse(const char *text, int code, struct vmt_error *error)
{
    return vmt_error_set(error, code, "cannot listen on '%s': %s", text, strerror(-code));
}

/* A listening socket, or a negative errno. */
static int listen_on(const struct sockaddr *address, socklen_t length, bool is_dual)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int yes = 1, only = !is_dual;
    if (address->sa_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    if (!bind(fd, address, length) && !listen(fd, BACKLOG))
        return fd;
    int code = -errno;
    close(fd);
    return code;
}

/* All addresses: one socket for IPv6 and IPv4, or for IPv4 where the kernel has no IPv6. */
static int listen_everywhere(const char *port)
{
    uint16_t number = htons((uint16_t)strtoul(port, NULL, 10));
    struct sockaddr_in6 any6 = {.sin6_family = AF_INET6, .sin6_port = number, .sin6_addr = IN6ADDR_ANY_INIT};
    int fd = listen_on((struct sockaddr *)&any6, sizeof any6, true);
    if (fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL)
        return fd;
    struct sockaddr_in any4 = {.sin_family = AF_INET, .sin_port = number};
    return listen_on((struct sockaddr *)&any4, sizeof any4, false);
}

/* A name can have several addresses: the first that can be bound, IPv4 before IPv6. */
static int listen_on_host(const char *text, const struct address *address, struct vmt_error *error)
{
    static const int families[] = {AF_INET, AF_INET6};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
    int failed = getaddrinfo(address->host, address->port, &hints, &found);
    if (failed)
        return vmt_error_set(error, -EADDRNOTAVAIL, "cannot listen on '%s': %s", text, gai_strerror(failed));
    int fd = -EADDRNOTAVAIL;
    for (size_t i = 0; i < sizeof families / sizeof *families && fd < 0; i++)
        for (const struct addrinfo *info = found; info && fd < 0; info = info->ai_next)
            if (info->ai_family == families[i])
                fd = listen_on(info->ai_addr, info->ai_addrlen, false);
    freeaddrinfo(found);
    return fd < 0 ? refuse(text, fd, error) : fd;
}

/* Removes a socket file that nobody listens on. 0, or a negative errno when the path is taken. */
static int make_way(const struct sockaddr_un *address, const char *text, struct vmt_error *error)
{
    struct stat status;
    if (lstat(address->sun_path, &status))
        return errno == ENOENT ? 0 : refuse(text, -errno, error);
    if (!S_ISSOCK(status.st_mode))
        return vmt_error_set(error, -EADDRINUSE, "cannot listen on '%s': what is there is no socket", text);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return refuse(text, -errno, error);
    bool is_stale = connect(fd, (const struct sockaddr *)address, sizeof *address) && errno == ECONNREFUSED;
    close(fd);
    if (!is_stale)
        return refuse(text, -EADDRINUSE, error);
    return unlink(address->sun_path) ? refuse(text, -errno, error) : 0;
}

static int listen_on_path(const char *text, const char *path, struct vmt_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1); /* parse() has measured it */
    int failed = make_way(&address, text, error);
    if (failed)
        return failed;
    int fd = listen_on((struct sockaddr *)&address, sizeof address, false);
    return fd < 0 ? refuse(text, fd, error) : fd;
}

static void name_socket(int fd, char *name)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    char host[INET6_ADDRSTRLEN] = "", port[PORT_TEXT] = "";
    if (!getsockname(fd, (struct sockaddr *)&address, &length))
        getnameinfo((struct sockaddr *)&address, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(name, VMT_LISTENER_NAME, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

int vmt_listener_open(const char *text, struct vmt_listener *ret_listener, struct vmt_error *error)
{
    struct address address;
    int fd = parse(text, &address, error);
    if (fd)
        return fd;
    if (address.path) {
        fd = listen_on_path(text, address.path, error);
    } else if (*address.host) {
        fd = listen_on_host(text, &address, error);
    } else {
        fd = listen_everywhere(address.port);
        if (fd < 0)
            refuse(text, fd, error);
    }
    if (fd < 0)
        return fd;
    ret_listener->fd = fd;
    if (address.path)
        snprintf(ret_listener->name, sizeof ret_listener->name, "%s", text);
    else
        name_socket(fd, ret_listener->name);
    return 0;
}

void vmt_listener_shut(struct vmt_listener *listener)
{
    if (listener->fd < 0)
        return;
    shutdown(listener->fd, SHUT_RDWR);
    const char *path = path_of(listener->name);
    if (path)
        unlink(path);
    listener->name[0] = '\0';
}

void vmt_listener_close(struct vmt_listener *listener)
{
    vmt_listener_shut(listener);
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
}
