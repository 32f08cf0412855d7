/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of virtmeter-admind, from one table of flags. Used before threads start.
 */
#ifndef VIRTMETER_ADMIN_OPTIONS_H
#define VIRTMETER_ADMIN_OPTIONS_H

#include "serve/flags.h"
#include "serve/log.h"

#include <stdint.h>

/* What the program shall do. */
enum vmt_admin_mode {
    VMT_ADMIN_RUN,
    VMT_ADMIN_HELP,
    VMT_ADMIN_VERSION,
    VMT_ADMIN_LIST_METRICS,
    VMT_ADMIN_OPENAPI,
    VMT_ADMIN_CHECK,
};

struct vmt_admin_flags {
    unsigned mode;                                                  /* enum vmt_admin_mode */
    const char *libvirt_uri, *libvirt_auth_file, *credentials_file; /* the files may be NULL */
    const char *socket, *roles_file, *audit_file, *save_directory;  /* all may be NULL, but for the socket */
    struct vmt_flag_list image_folders, migrate_uris;
    unsigned stop_limit, user_limit, domain_limit, max_operations;
    uint64_t read_timeout_ns, call_timeout_ns, transfer_timeout_ns;
    enum vmt_log_level log_level;
    enum vmt_log_format log_format;
};

/* Reads the arguments. 0, -EINVAL with a sentence for the user, or -ENOMEM. */
int vmt_admin_flags_parse(int argument_count, const char *const *arguments, struct vmt_admin_flags *ret_flags,
                          struct vmt_error *error);

/* Gives back the lists, after a successful parse. */
void vmt_admin_flags_done(struct vmt_admin_flags *flags);

/* Adds what `--help` prints. */
void vmt_admin_flags_help(struct vmt_text *text);

#endif
