/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/options.h"
#include "admin/domain_filter.h"

#include <errno.h>
#include <stdlib.h>

#define FIELD(name) offsetof(struct vmt_admin_flags, name)

/* One row, one line. clang-format would break them. */
/* clang-format off */
static const struct vmt_flag rows[] = {
    {"libvirt.uri", "URI", vmt_flag_set_text, FIELD(libvirt_uri), "qemu:///system", "LIBVIRT_DEFAULT_URI", .help = "The libvirt daemon to control."},
    {"libvirt.auth-file", "FILE", vmt_flag_set_text, FIELD(libvirt_auth_file), NULL, "LIBVIRT_AUTH_FILE", .help = "Credentials in the format of libvirt's auth.conf."},
    {"libvirt.credentials-file", "FILE", vmt_flag_set_text, FIELD(credentials_file), .help = "Credentials as lines username=TEXT and password=TEXT, readable by its owner only."},
    {"admin.socket", "PATH", vmt_flag_set_text, FIELD(socket), "/run/virtmeter-admind/admin.sock", .help = "Where to listen, unless the service manager hands a socket over."},
    {"admin.roles-file", "FILE", vmt_flag_set_text, FIELD(roles_file), .help = "Who may do what. Must belong to root. Without it nothing is served."},
    {"admin.audit-file", "FILE", vmt_flag_set_text, FIELD(audit_file), .help = "Where each change is written down, before and after. Without it nothing is served."},
    {"admin.save-directory", "PATH", vmt_flag_set_text, FIELD(save_directory), .help = "Where saved domains go, on libvirt's host; what is in it is believed, so nobody else may write there. Without it none can be saved to a file."},
    {"admin.image-folder", "PATH", vmt_flag_set_list, FIELD(image_folders), .help = "A folder below which disks of domains that are defined may be; what is in it belongs to whoever may define domains. Can be repeated. Without it /var/lib/libvirt/images."},
    {"admin.migrate-uri", "URI", vmt_flag_set_list, FIELD(migrate_uris), .help = "A libvirt daemon that domains may be migrated to. Can be repeated."},
    {"admin.stop-limit", "COUNT", vmt_flag_set_number, FIELD(stop_limit), "5", .help = "Domains, networks and pools that may be stopped in any minute, by all users together."},
    {"admin.user-limit", "COUNT", vmt_flag_set_number, FIELD(user_limit), "60", .help = "Changes by one user in any minute."},
    {"admin.domain-limit", "COUNT", vmt_flag_set_number, FIELD(domain_limit), "20", .help = "Changes of one domain in any minute."},
    {"admin.max-operations", "COUNT", vmt_flag_set_number, FIELD(max_operations), "16", .help = "Operations that may be under way at the same time."},
    {"admin.read-timeout", "DURATION", vmt_flag_set_duration, FIELD(read_timeout_ns), "10s", .help = "When a read, or the check before an action, is given up."},
    {"admin.call-timeout", "DURATION", vmt_flag_set_duration, FIELD(call_timeout_ns), "30s", .help = "When an action of which libvirt has told nothing is called unknown; what waits for a guest has its own timeout on top."},
    {"admin.transfer-timeout", "DURATION", vmt_flag_set_duration, FIELD(transfer_timeout_ns), "1h", .help = "The same for actions that move a guest's memory or disks."},
    {"log.level", "LEVEL", vmt_flag_set_word, FIELD(log_level), "info", .words = vmt_log_levels, .help = "Lines to write."},
    {"log.format", "FORMAT", vmt_flag_set_word, FIELD(log_format), "logfmt", .words = vmt_log_formats, .help = "How to write them."},
    {"check", NULL, vmt_flag_set_mode, FIELD(mode), .mode = VMT_ADMIN_CHECK, .help = "Read the roles file, say what is wrong with it, and exit."},
    {"list-metrics", NULL, vmt_flag_set_mode, FIELD(mode), .mode = VMT_ADMIN_LIST_METRICS, .help = "Print all metrics, as Markdown, and exit."},
    {"openapi", NULL, vmt_flag_set_mode, FIELD(mode), .mode = VMT_ADMIN_OPENAPI, .help = "Print the description of the interface, and exit."},
    {"version", NULL, vmt_flag_set_mode, FIELD(mode), .mode = VMT_ADMIN_VERSION, .help = "Print the version and exit."},
    {"help", NULL, vmt_flag_set_mode, FIELD(mode), .mode = VMT_ADMIN_HELP, .letter = 'h', .help = "Print this and exit."},
};
/* clang-format on */

static const struct vmt_flags flags = {.rows = rows, .count = sizeof rows / sizeof *rows};

static int check(const struct vmt_admin_flags *parsed, struct vmt_error *error)
{
    bool needs_roles = parsed->mode == VMT_ADMIN_RUN || parsed->mode == VMT_ADMIN_CHECK;
    if (needs_roles && !parsed->roles_file)
        return vmt_error_set(error, -EINVAL, "flag '--admin.roles-file' is missing: nobody may do anything without it");
    if (parsed->mode != VMT_ADMIN_RUN)
        return 0;
    if (!parsed->audit_file)
        return vmt_error_set(error, -EINVAL, "flag '--admin.audit-file' is missing: nothing is done without it");
    if (parsed->save_directory && *parsed->save_directory != '/')
        return vmt_error_set(error, -EINVAL, "flag '--admin.save-directory': '%s' is no absolute path",
                             parsed->save_directory);
    for (unsigned i = 0; i < parsed->image_folders.count; i++)
        if (!vmt_domain_is_folder(parsed->image_folders.values[i]))
            return vmt_error_set(error, -EINVAL, "flag '--admin.image-folder': '%s' is no absolute path to a folder",
                                 parsed->image_folders.values[i]);
    if (!parsed->max_operations || parsed->max_operations > 256)
        return vmt_error_set(error, -EINVAL, "flag '--admin.max-operations' must be from 1 to 256");
    return 0;
}

int vmt_admin_flags_parse(int argument_count, const char *const *arguments, struct vmt_admin_flags *ret_flags,
                          struct vmt_error *error)
{
    struct vmt_admin_flags parsed = {0};
    int failed = vmt_flags_parse(&flags, argument_count, arguments, &parsed, error);
    if (!failed)
        failed = check(&parsed, error);
    if (failed)
        vmt_admin_flags_done(&parsed);
    else
        *ret_flags = parsed;
    return failed;
}

void vmt_admin_flags_done(struct vmt_admin_flags *done)
{
    free(done->image_folders.values);
    free(done->migrate_uris.values);
    *done = (struct vmt_admin_flags){0};
}

void vmt_admin_flags_help(struct vmt_text *text)
{
    vmt_text_add_string(text, "Usage: virtmeter-admind --admin.roles-file=FILE --admin.audit-file=FILE [FLAG]...\n\n"
                              "Lets those whom the roles file names control libvirt's domains, over a Unix socket.\n\n"
                              "Flags:\n");
    vmt_flags_help(&flags, text);
}
