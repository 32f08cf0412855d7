/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/flags.h"
#include "common/lifecycle/action.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET "/run/virtmeter-admind/admin.sock"
enum { TIMEOUT_SECONDS = 30, SECONDS_MAX = 86400, KEY_BYTES_MAX = 64 };

const char *const vmt_output_names[] = {"table", "json", "quiet", NULL};

static int set_true(const struct vmt_flag *flag, struct vmt_settings *settings, const char *value,
                    struct vmt_error *error)
{
    (void)value, (void)error;
    *(bool *)((char *)settings + flag->field) = true;
    return 0;
}

static int set_text(const struct vmt_flag *flag, struct vmt_settings *settings, const char *value,
                    struct vmt_error *error)
{
    if (!*value)
        return vmt_error_set(error, -EINVAL, "flag '--%s' needs a %s", flag->name, flag->argument);
    *(const char **)((char *)settings + flag->field) = value;
    return 0;
}

static int set_key(const struct vmt_flag *flag, struct vmt_settings *settings, const char *value,
                   struct vmt_error *error)
{
    static const char *const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(value);
    if (!length || length > KEY_BYTES_MAX || value[strspn(value, allowed)])
        return vmt_error_set(error, -EINVAL, "flag '--%s' needs 1 to %d letters, digits, '.', '_' and '-'", flag->name,
                             KEY_BYTES_MAX);
    settings->key = value;
    return 0;
}

static int read_seconds(const struct vmt_flag *flag, const char *value, unsigned *ret_seconds, struct vmt_error *error)
{
    size_t digits = strspn(value, "0123456789");
    unsigned long seconds = digits && digits <= 5 && !value[digits] ? strtoul(value, NULL, 10) : SECONDS_MAX + 1;
    if (seconds > SECONDS_MAX)
        return vmt_error_set(error, -EINVAL, "flag '--%s': '%s' is not a number of seconds from 0 to %d", flag->name,
                             value, SECONDS_MAX);
    *ret_seconds = (unsigned)seconds;
    return 0;
}

static int set_seconds(const struct vmt_flag *flag, struct vmt_settings *settings, const char *value,
                       struct vmt_error *error)
{
    unsigned *field = (unsigned *)((char *)settings + flag->field);
    int failed = read_seconds(flag, value, field, error);
    return !failed && !*field ? vmt_error_set(error, -EINVAL, "flag '--%s' must not be 0", flag->name) : failed;
}

static int set_wait(const struct vmt_flag *flag, struct vmt_settings *settings, const char *value,
                    struct vmt_error *error)
{
    settings->wait_s = 0;
    settings->is_waiting = true;
    if (!value)
        return 0;
    int failed = read_seconds(flag, value, &settings->wait_s, error);
    settings->is_waiting = settings->wait_s != 0;
    return failed;
}

static int set_output(const struct vmt_flag *flag, struct vmt_settings *settings, const char *value,
                      struct vmt_error *error)
{
    for (unsigned i = 0; i < VMT_OUTPUT_COUNT; i++) {
        if (strcmp(value, vmt_output_names[i]) != 0)
            continue;
        settings->output = i;
        return 0;
    }
    return vmt_error_set(error, -EINVAL, "flag '--%s': '%s' is none of table, json, quiet", flag->name, value);
}

static int set_json(const struct vmt_flag *flag, struct vmt_settings *settings, const char *value,
                    struct vmt_error *error)
{
    (void)flag, (void)value, (void)error;
    settings->output = VMT_OUTPUT_JSON;
    return 0;
}

static int set_quiet(const struct vmt_flag *flag, struct vmt_settings *settings, const char *value,
                     struct vmt_error *error)
{
    (void)flag, (void)value, (void)error;
    settings->output = VMT_OUTPUT_QUIET;
    return 0;
}

#define FIELD(name) offsetof(struct vmt_settings, name)
#define NONE VMT_FLAG_TAKES_NOTHING
#define VALUE VMT_FLAG_TAKES_VALUE
#define OPTIONAL VMT_FLAG_MAY_TAKE_VALUE

/* One row, one line. */
/* clang-format off */
const struct vmt_flag vmt_flags[] = {
    {"socket", 0, VALUE, "PATH", NULL, set_text, FIELD(socket), "The daemon's socket. Default: " SOCKET ". Environment: VIRTMETER_ADMIN_SOCKET."},
    {"output", 'o', VALUE, "FORMAT", vmt_output_names, set_output, 0, "How to print: table, json, or quiet, which is names only. Default: table."},
    {"json", 0, NONE, NULL, NULL, set_json, 0, "The same as --output=json."},
    {"quiet", 'q', NONE, NULL, NULL, set_quiet, 0, "The same as --output=quiet."},
    {"wait", 0, OPTIONAL, "SECONDS", NULL, set_wait, 0, "Wait until the operation has ended, or for so long. Without it, only what ends at once is waited for."},
    {"timeout", 0, VALUE, "SECONDS", NULL, set_seconds, FIELD(timeout_s), "How long the daemon may take to answer. Before the command, where an action has a timeout of its own. Default: 30."},
    {"yes", 'y', NONE, NULL, NULL, set_true, FIELD(is_agreed), "Do not ask before something is lost."},
    {"dry-run", 'n', NONE, NULL, NULL, set_true, FIELD(is_dry_run), "Say what would be done, and do not do it."},
    {"strict", 0, NONE, NULL, NULL, set_true, FIELD(is_strict), "Fail when there is nothing to do."},
    {"if-state", 0, VALUE, "STATE", vmt_state_names, set_text, FIELD(if_state), "Do it only when the domain is in this state."},
    {"if-uuid", 0, VALUE, "UUID", NULL, set_text, FIELD(if_uuid), "Do it only when the domain has this UUID."},
    {"key", 0, VALUE, "TEXT", NULL, set_key, 0, "An idempotency key: with the same one it is done once, however often it is asked for."},
    {"follow", 'f', NONE, NULL, NULL, set_true, FIELD(is_following), "Of events: go on until stopped. Without it, the next one is shown."},
    {"version", 0, NONE, NULL, NULL, set_true, FIELD(wants_version), "Print this program's version and exit."},
    {"help", 'h', NONE, NULL, NULL, set_true, FIELD(wants_help), "Print this and exit; after a command, what there is to say about that."},
};
/* clang-format on */

const unsigned vmt_flag_count = sizeof vmt_flags / sizeof *vmt_flags;

const struct vmt_flag *vmt_flag_find(const char *name)
{
    for (unsigned i = 0; i < vmt_flag_count; i++)
        if (!strcmp(vmt_flags[i].name, name))
            return &vmt_flags[i];
    return NULL;
}

const struct vmt_flag *vmt_flag_find_letter(char letter)
{
    for (unsigned i = 0; i < vmt_flag_count; i++)
        if (letter && vmt_flags[i].letter == letter)
            return &vmt_flags[i];
    return NULL;
}

void vmt_settings_init(struct vmt_settings *settings)
{
    const char *socket = getenv("VIRTMETER_ADMIN_SOCKET");
    *settings = (struct vmt_settings){.socket = socket && *socket ? socket : SOCKET, .timeout_s = TIMEOUT_SECONDS};
}
