/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/roles.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

enum { ENTRY_MAX = 1024 * 1024 }; /* groups have many members */

/* getpwnam_r and getgrnam_r say "no such name" in several ways. */
static int code_of(int error, bool is_found)
{
    if (is_found)
        return 0;
    return error == 0 || error == ESRCH || error == EBADF || error == EPERM ? -ENOENT : -error;
}

static int find_user(const char *name, uid_t *ret_uid)
{
    struct passwd entry, *found = NULL;
    char *buffer = malloc(ENTRY_MAX);
    if (!buffer)
        return -ENOMEM;
    int error = getpwnam_r(name, &entry, buffer, ENTRY_MAX, &found);
    if (found)
        *ret_uid = entry.pw_uid;
    free(buffer);
    return code_of(error, found);
}

static int find_group(const char *name, gid_t *ret_gid)
{
    struct group entry, *found = NULL;
    char *buffer = malloc(ENTRY_MAX);
    if (!buffer)
        return -ENOMEM;
    int error = getgrnam_r(name, &entry, buffer, ENTRY_MAX, &found);
    if (found)
        *ret_gid = entry.gr_gid;
    free(buffer);
    return code_of(error, found);
}

const struct vmt_roles_lookup vmt_roles_system = {find_user, find_group};
