/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int vmt_trusted_file_check(int fd, const char *path, uid_t owner, mode_t forbidden, struct vmt_error *error)
{
    struct stat file;
    if (fstat(fd, &file) < 0)
        return vmt_error_set(error, -errno, "'%s': %s", path, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return vmt_error_set(error, -EPERM, "'%s' is not a regular file", path);
    if (file.st_uid != owner)
        return vmt_error_set(error, -EPERM, "'%s' belongs to uid %u, not to uid %u", path, file.st_uid, owner);
    if (file.st_mode & forbidden)
        return vmt_error_set(error, -EPERM, "'%s' has mode %04o, which gives others too much", path,
                             file.st_mode & 07777);
    if (file.st_nlink != 1)
        return vmt_error_set(error, -EPERM, "'%s' has %lu names, not one", path, (unsigned long)file.st_nlink);
    return 0;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

int vmt_trusted_file_check_folder(const char *path, uid_t owner, struct vmt_error *error)
{
    struct stat info;
    char *folder = folder_of(path);
    int result = 0;
    if (!folder)
        return vmt_error_set(error, -ENOMEM, "no memory");
    if (stat(folder, &info) < 0)
        result = vmt_error_set(error, -errno, "'%s': %s", folder, strerror(errno));
    else if (info.st_uid != owner && info.st_uid != 0)
        result = vmt_error_set(error, -EPERM, "the folder '%s' belongs to uid %u, not to uid %u", folder, info.st_uid,
                               owner);
    else if (info.st_mode & (S_IWGRP | S_IWOTH))
        result = vmt_error_set(error, -EPERM, "the folder '%s' has mode %04o: others may put files there", folder,
                               info.st_mode & 07777);
    free(folder);
    return result;
}

int vmt_trusted_folder_check(const char *path, struct vmt_error *error)
{
    struct stat info;
    if (lstat(path, &info) < 0)
        return 0;
    if (!S_ISDIR(info.st_mode))
        return vmt_error_set(error, -ENOTDIR, "'%s' is no folder, or a symbolic link", path);
    if (info.st_mode & (S_IWGRP | S_IWOTH))
        return vmt_error_set(error, -EPERM, "the folder '%s' has mode %04o: others may put files there", path,
                             info.st_mode & 07777);
    return 0;
}

static int read_all(int fd, const char *path, size_t most, char **ret_text, size_t *ret_length, struct vmt_error *error)
{
    char *text = malloc(most + 2);
    size_t length = 0;
    if (!text)
        return vmt_error_set(error, -ENOMEM, "no memory");
    for (ssize_t got = 1; got != 0 && length <= most;) {
        got = read(fd, text + length, most + 1 - length);
        if (got < 0 && errno != EINTR) {
            free(text);
            return vmt_error_set(error, -errno, "'%s': %s", path, strerror(errno));
        }
        length += got > 0 ? (size_t)got : 0;
    }
    if (length > most) {
        free(text);
        return vmt_error_set(error, -EFBIG, "'%s' is longer than %zu bytes", path, most);
    }
    text[length] = '\0';
    *ret_text = text;
    *ret_length = length;
    return 0;
}

int vmt_trusted_file_read(const char *path, uid_t owner, size_t most, char **ret_text, size_t *ret_length,
                          struct vmt_error *error)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); /* a FIFO would wait for a writer */
    if (fd < 0 && errno == ELOOP)
        return vmt_error_set(error, -EPERM, "'%s' is a symbolic link", path);
    if (fd < 0)
        return vmt_error_set(error, -errno, "'%s': %s", path, strerror(errno));
    int result = vmt_trusted_file_check(fd, path, owner, S_IWGRP | S_IWOTH, error);
    if (!result)
        result = vmt_trusted_file_check_folder(path, owner, error);
    if (!result)
        result = read_all(fd, path, most, ret_text, ret_length, error);
    close(fd);
    return result;
}
