/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/audit.h"
#include "admin/audit_line.h"
#include "admin/flood.h"
#include "admin/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct vmt_audit {
    char *path;
    int copy_fd;
    pthread_mutex_t lock; /* of what follows */
    int fd;
    dev_t device;
    ino_t inode;
    bool is_torn; /* the file ends within a line */
    struct vmt_flood denials;
};

/* Whether the file ends within a line, as a process leaves it that dies while it writes. */
static bool ends_torn(int fd, off_t size)
{
    char last = '\n';
    return size > 0 && (pread(fd, &last, 1, size - 1) != 1 || last != '\n');
}

/* A new file must still be there after the machine has lost power. */
static int sync_folder(const char *path, struct vmt_error *error)
{
    char *copy = strdup(path);
    if (!copy)
        return vmt_error_set(error, -ENOMEM, "no memory");
    char *slash = strrchr(copy, '/');
    if (slash)
        slash[slash == copy] = '\0';
    int fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
    if (fd < 0 || fsync(fd) < 0)
        result = vmt_error_set(error, -errno, "cannot sync the folder of '%s': %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(copy);
    return result;
}

static int check(int fd, const char *path, struct stat *ret_info, struct vmt_error *error)
{
    int result = vmt_trusted_file_check(fd, path, geteuid(), S_IRWXG | S_IRWXO, error);
    if (!result)
        result = vmt_trusted_file_check_folder(path, geteuid(), error);
    if (!result && fstat(fd, ret_info) < 0)
        result = vmt_error_set(error, -errno, "'%s': %s", path, strerror(errno));
    if (!result && ret_info->st_size == 0)
        result = sync_folder(path, error);
    return result;
}

static int open_file(struct vmt_audit *audit, struct vmt_error *error)
{
    struct stat info = {.st_size = 0};
    int fd = open(audit->path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ELOOP)
        return vmt_error_set(error, -EPERM, "'%s' is a symbolic link", audit->path);
    if (fd < 0)
        return vmt_error_set(error, -errno, "'%s': %s", audit->path, strerror(errno));
    int result = check(fd, audit->path, &info, error);
    if (result < 0) {
        close(fd);
        return result;
    }
    if (audit->fd >= 0)
        close(audit->fd);
    audit->fd = fd;
    audit->device = info.st_dev;
    audit->inode = info.st_ino;
    audit->is_torn = ends_torn(fd, info.st_size);
    return 0;
}

int vmt_audit_new(const char *path, int copy_fd, struct vmt_audit **ret_audit, struct vmt_error *error)
{
    struct vmt_audit *audit = calloc(1, sizeof *audit);
    if (!audit)
        return vmt_error_set(error, -ENOMEM, "no memory");
    pthread_mutex_init(&audit->lock, NULL);
    audit->copy_fd = copy_fd;
    audit->fd = -1;
    audit->path = strdup(path);
    int result = audit->path ? open_file(audit, error) : vmt_error_set(error, -ENOMEM, "no memory");
    if (result < 0)
        vmt_audit_free(audit);
    else
        *ret_audit = audit;
    return result;
}

void vmt_audit_free(struct vmt_audit *audit)
{
    if (!audit)
        return;
    if (audit->fd >= 0)
        close(audit->fd);
    pthread_mutex_destroy(&audit->lock);
    free(audit->path);
    free(audit);
}

/* Begins a new file when the old one was moved away. */
static int follow_rotation(struct vmt_audit *audit, struct vmt_error *error)
{
    struct stat info;
    if (lstat(audit->path, &info) == 0 && info.st_dev == audit->device && info.st_ino == audit->inode)
        return 0;
    return open_file(audit, error);
}

/* Writes all of it, or says why not; then the file may end within a line. */
static int write_all(struct vmt_audit *audit, const char *bytes, size_t length, struct vmt_error *error)
{
    while (length > 0) {
        ssize_t written = write(audit->fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return vmt_error_set(error, written < 0 ? -errno : -EIO, "cannot write to '%s': %s", audit->path,
                                 strerror(written < 0 ? errno : EIO));
        audit->is_torn = true;
        bytes += written;
        length -= (size_t)written;
    }
    audit->is_torn = false;
    return 0;
}

static int append(struct vmt_audit *audit, const char *line, struct vmt_error *error)
{
    int result = follow_rotation(audit, error);
    if (!result && audit->is_torn) /* what stands there stays, as a line of its own */
        result = write_all(audit, "\n", 1, error);
    if (!result)
        result = write_all(audit, line, strlen(line), error);
    return result;
}

/* Another descriptor of the file, for whoever syncs it without the lock: it may be rotated away meanwhile. */
static int borrow(const struct vmt_audit *audit, int *ret_fd, struct vmt_error *error)
{
    *ret_fd = fcntl(audit->fd, F_DUPFD_CLOEXEC, 0);
    return *ret_fd < 0 ? vmt_error_set(error, -errno, "cannot sync '%s': %s", audit->path, strerror(errno)) : 0;
}

static int sync_borrowed(const struct vmt_audit *audit, int fd, struct vmt_error *error)
{
    int result = 0;
    if (fdatasync(fd) < 0)
        result = vmt_error_set(error, -errno, "cannot sync '%s': %s", audit->path, strerror(errno));
    close(fd);
    return result;
}

static void copy(int fd, const char *line)
{
    ssize_t written;
    do
        written = fd >= 0 ? write(fd, line, strlen(line)) : 0;
    while (written < 0 && errno == EINTR);
}

static int note(struct vmt_audit *audit, const char *event, uint64_t now_ns, const struct vmt_audit_act *act,
                const struct vmt_audit_result *result, unsigned left_out, struct vmt_error *error)
{
    bool is_synced = !strcmp(event, VMT_AUDIT_INTENT);
    int fd = -1;
    char *line = vmt_audit_line(event, now_ns, act, result, left_out);
    if (!line)
        return vmt_error_set(error, -ENOMEM, "no memory for a line of the audit");
    pthread_mutex_lock(&audit->lock);
    int code = append(audit, line, error);
    if (!code && is_synced)
        code = borrow(audit, &fd, error);
    copy(audit->copy_fd, line);
    pthread_mutex_unlock(&audit->lock);
    free(line);
    /* A slow disk holds up those who act, and nobody who only writes a line. */
    return fd >= 0 ? sync_borrowed(audit, fd, error) : code;
}

int vmt_audit_intent(struct vmt_audit *audit, uint64_t now_ns, const struct vmt_audit_act *act, struct vmt_error *error)
{
    return note(audit, VMT_AUDIT_INTENT, now_ns, act, NULL, 0, error);
}

int vmt_audit_result(struct vmt_audit *audit, uint64_t now_ns, const struct vmt_audit_act *act,
                     const struct vmt_audit_result *result, struct vmt_error *error)
{
    return note(audit, VMT_AUDIT_RESULT, now_ns, act, result, 0, error);
}

int vmt_audit_denial(struct vmt_audit *audit, uint64_t now_ns, const struct vmt_audit_act *act, struct vmt_error *error)
{
    unsigned left_out = 0;
    pthread_mutex_lock(&audit->lock);
    bool is_written = vmt_flood_pass(&audit->denials, now_ns, act->peer->uid, &left_out);
    pthread_mutex_unlock(&audit->lock);
    return is_written ? note(audit, VMT_AUDIT_DENIAL, now_ns, act, NULL, left_out, error) : 0;
}
