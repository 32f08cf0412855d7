/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

enum { FIRST_HANDED_OVER = 3, BACKLOG = 64 };

/* Whether somebody else could put another socket in the place of ours. `is_parent`: the folder that it is in. */
static int check_folder(const char *folder, bool is_parent, struct vmt_error *error)
{
    struct stat info;
    if (lstat(folder, &info) < 0)
        return vmt_error_set(error, -errno, "'%s': %s", folder, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return vmt_error_set(error, -ENOTDIR, "'%s' is no folder, or a symbolic link", folder);
    if (info.st_uid != 0 && info.st_uid != geteuid())
        return vmt_error_set(error, -EPERM, "the folder '%s' belongs to uid %u", folder, info.st_uid);
    bool is_shared = info.st_mode & (S_IWGRP | S_IWOTH);
    if (is_shared && (is_parent || !(info.st_mode & S_ISVTX)))
        return vmt_error_set(error, -EPERM, "the folder '%s' has mode %04o: others may change what is in it", folder,
                             info.st_mode & 07777);
    return 0;
}

static int check_folders(const char *path, struct vmt_error *error)
{
    char folder[sizeof((struct sockaddr_un *)0)->sun_path];
    int failed = 0;
    bool is_parent = true;
    snprintf(folder, sizeof folder, "%.*s", (int)sizeof folder - 1, path); /* the kernel's may have no end */
    for (char *slash; !failed && (slash = strrchr(folder, '/')); is_parent = false) {
        *slash = '\0';
        failed = check_folder(*folder ? folder : "/", is_parent, error);
    }
    return failed;
}

/* The socket that the service manager hands over by sd_listen_fds(3); -1: none. */
static int take_handed_over(struct vmt_error *error)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    struct sockaddr_un address = {.sun_family = AF_UNSPEC};
    socklen_t length = sizeof address, option_length = sizeof(int);
    int is_listening = 0, fd = FIRST_HANDED_OVER;
    if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid())
        return -1;
    if (strcmp(count, "1") != 0)
        return vmt_error_set(error, -EINVAL, "the service manager hands over %s sockets; one is wanted", count);
    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0 || address.sun_family != AF_UNIX ||
        length <= sizeof address.sun_family || !*address.sun_path ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &option_length) < 0 || !is_listening)
        return vmt_error_set(error, -EINVAL, "what the service manager hands over is no listening Unix socket");
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        return vmt_error_set(error, -errno, "the socket of the service manager: %s", strerror(errno));
    return check_folders(address.sun_path, error) ? -1 : fd;
}

static int take_lock(const char *path, int *ret_fd, struct vmt_error *error)
{
    char lock[160];
    snprintf(lock, sizeof lock, "%s.lock", path);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return vmt_error_set(error, -errno, "'%s': %s", lock, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int failed = -errno;
        close(fd);
        return vmt_error_set(error, failed, "'%s': %s", lock,
                             failed == -EWOULDBLOCK ? "another process serves there" : strerror(-failed));
    }
    *ret_fd = fd;
    return 0;
}

/* With the lock: whoever left it is gone. */
static int remove_old(const char *path, struct vmt_error *error)
{
    struct stat info;
    if (lstat(path, &info) < 0)
        return errno == ENOENT ? 0 : vmt_error_set(error, -errno, "'%s': %s", path, strerror(errno));
    if (!S_ISSOCK(info.st_mode) || info.st_uid != geteuid())
        return vmt_error_set(error, -EEXIST, "'%s' is there already and no socket of ours", path);
    return unlink(path) < 0 ? vmt_error_set(error, -errno, "'%s': %s", path, strerror(errno)) : 0;
}

/* The mode comes from the umask: there is no moment in which the socket has another one. */
static int bind_and_listen(const char *path, struct vmt_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return vmt_error_set(error, -errno, "cannot make a socket: %s", strerror(errno));
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    mode_t before = umask(0117);
    int failed = bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
    umask(before);
    if (!failed && listen(fd, BACKLOG) < 0)
        failed = -errno;
    if (!failed)
        return fd;
    close(fd);
    return vmt_error_set(error, failed, "cannot listen on '%s': %s", path, strerror(-failed));
}

int vmt_socket_open(const char *path, struct vmt_socket *ret_socket, struct vmt_error *error)
{
    struct vmt_socket opened = {.lock_fd = -1};
    struct vmt_error reason = {0};
    opened.fd = take_handed_over(&reason);
    if (reason.code)
        return vmt_error_set(error, reason.code, "%s", reason.text);
    if (opened.fd >= 0) {
        *ret_socket = opened;
        return 0;
    }
    if (*path != '/' || strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return vmt_error_set(error, -EINVAL, "the socket's path '%s' must be absolute and have at most %zu bytes", path,
                             sizeof((struct sockaddr_un *)0)->sun_path - 1);
    int failed = check_folders(path, error);
    if (!failed)
        failed = take_lock(path, &opened.lock_fd, error);
    if (!failed)
        failed = remove_old(path, error);
    if (!failed) {
        opened.fd = bind_and_listen(path, error);
        failed = opened.fd < 0 ? opened.fd : 0;
    }
    if (failed) {
        if (opened.lock_fd >= 0)
            close(opened.lock_fd);
        return failed;
    }
    snprintf(opened.path, sizeof opened.path, "%s", path);
    *ret_socket = opened;
    return 0;
}

void vmt_socket_close(struct vmt_socket *socket)
{
    if (socket->fd < 0)
        return;
    if (socket->lock_fd >= 0) {
        unlink(socket->path);
        close(socket->lock_fd);
    }
    close(socket->fd);
    socket->fd = -1;
}

/* The supplementary groups, for the caller to free. */
static int read_groups(int fd, gid_t **ret_groups, size_t *ret_count)
{
    for (socklen_t length = 64 * sizeof(gid_t);;) {
        gid_t *groups = malloc(length);
        if (!groups)
            return -ENOMEM;
        if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length)) {
            *ret_groups = groups;
            *ret_count = length / sizeof *groups;
            return 0;
        }
        free(groups);
        if (errno != ERANGE || length > VMT_PEER_GROUPS_MAX * sizeof *groups)
            return -errno;
    }
}

int vmt_socket_peer(int fd, struct vmt_peer *ret_peer)
{
    struct ucred credentials;
    socklen_t length = sizeof credentials;
    gid_t *groups = NULL;
    size_t count = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
        return -errno;
    int failed = read_groups(fd, &groups, &count);
    if (failed)
        return failed;
    *ret_peer = (struct vmt_peer){.ceiling = VMT_ROLE_DEFINER,
                                  .uid = credentials.uid,
                                  .gid = credentials.gid,
                                  .groups = groups,
                                  .group_count = count,
                                  .pid = credentials.pid};
    return 0;
}
