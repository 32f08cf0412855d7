/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files whose content decides: opened only when nobody but their owner could have written them. Safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_TRUSTED_FILE_H
#define VIRTMETER_ADMIN_TRUSTED_FILE_H

#include "common/error.h"

#include <sys/types.h>

/*
 * Checks an open file: a regular file of `owner` with no other name (hard link) and none of the permission bits
 * `forbidden`. 0, or -EPERM and what is wrong with `path`.
 */
int vmt_trusted_file_check(int fd, const char *path, uid_t owner, mode_t forbidden, struct vmt_error *error);

/* Checks the folder that `path` is in: it belongs to `owner` or to root, and nobody else may put files there. */
int vmt_trusted_file_check_folder(const char *path, uid_t owner, struct vmt_error *error);

/*
 * Checks that only its owner may put files into the folder `path`, and that it is no symbolic link. 0, also when it
 * cannot be seen from here: it may be on another host.
 */
int vmt_trusted_folder_check(const char *path, struct vmt_error *error);

/*
 * Reads the whole file `path` of at most `most` bytes, which must not be a symbolic link and must pass both checks; its
 * group and others may not write to it. The text is terminated and for the caller to free. 0, or a negative errno with
 * the path and the reason.
 */
int vmt_trusted_file_read(const char *path, uid_t owner, size_t most, char **ret_text, size_t *ret_length,
                          struct vmt_error *error);

#endif
