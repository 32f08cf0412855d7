/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/options_private.h"
#include "serve/listener.h"

#include <errno.h>

/* A pattern that is set to nothing is none. */
static int set_pattern(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    (void)flag, (void)error;
    *(const char **)field = *value ? value : NULL;
    return 0;
}

static int set_address(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    struct vmt_error reason;
    int failed = vmt_listener_check(value, &reason);
    return failed ? vmt_error_set(error, failed, "flag '--%s': %s", flag->name, reason.text)
                  : vmt_flag_set_list(flag, field, value, error);
}

/* Characters that no URL has to escape, so that it is the same wherever it is written. */
static int set_path(const struct vmt_flag *flag, void *field, const char *value, struct vmt_error *error)
{
    static const char *const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-._~";
    if (*value != '/' || !value[1] || value[strspn(value, allowed)] || !strncmp(value, "/-/", 3))
        return vmt_error_set(error, -EINVAL,
                             "flag '--%s': '%s' is not a path such as /metrics, made of letters, digits and -._~/ "
                             "and not below /-/",
                             flag->name, value);
    *(const char **)field = value;
    return 0;
}

#define FIELD(name) offsetof(struct vmt_options, name)

/* One row, one line. clang-format would break them. */
/* clang-format off */
const struct vmt_flag vmt_options_rows[] = {
    {"libvirt.uri", "URI", vmt_flag_set_text, FIELD(libvirt_uri), "qemu:///system", "LIBVIRT_DEFAULT_URI", .help = "The libvirt daemon to measure; connected to read-only."},
    {"libvirt.auth-file", "FILE", vmt_flag_set_text, FIELD(libvirt_auth_file), NULL, "LIBVIRT_AUTH_FILE", .help = "Credentials in the format of libvirt's auth.conf."},
    {"libvirt.credentials-file", "FILE", vmt_flag_set_text, FIELD(credentials_file), .help = "Credentials as lines username=TEXT and password=TEXT, readable by its owner only."},
    {"libvirt.max-stuck-calls", "COUNT", vmt_flag_set_number, FIELD(max_stuck_calls), "3", .help = "Calls that may hang in libvirt at the same time; past that only what no hypervisor need answer is asked."},
    {"web.listen-address", "ADDRESS", set_address, FIELD(listen_addresses), ":9177", .help = "Where to listen: :PORT, HOST:PORT, [IPV6]:PORT or unix:PATH. Can be repeated."},
    {"web.telemetry-path", "PATH", set_path, FIELD(telemetry_path), "/metrics", .help = "Path of the metrics."},
    {"web.max-requests", "COUNT", vmt_flag_set_number, FIELD(max_requests), "40", .help = "Scrapes at the same time; more are answered with 503. 0: no limit."},
    {"collector.disable-defaults", NULL, vmt_flag_set_true, FIELD(has_no_default_collectors), .help = "Run only the collectors that are asked for by their flags."},
    {"domain.include", "REGEX", set_pattern, FIELD(patterns.domain_include), .help = "Measure only domains whose whole name matches."},
    {"domain.exclude", "REGEX", set_pattern, FIELD(patterns.domain_exclude), .help = "Leave out domains whose whole name matches, even if they are included."},
    {"device.include", "REGEX", set_pattern, FIELD(patterns.device_include), .help = "Measure only disks whose target, and interfaces whose name, matches as a whole."},
    {"device.exclude", "REGEX", set_pattern, FIELD(patterns.device_exclude), .help = "Leave out disks and interfaces that match as a whole, even if they are included."},
    {"domain.metadata-label", "NAME=XPATH", vmt_flag_set_list, FIELD(metadata_labels), .help = "A label of libvirt_domain_metadata_info, read from each domain's XML. Can be repeated; turns the collector metadata on."},
    {"scrape.timeout", "DURATION", vmt_flag_set_duration, FIELD(scrape_timeout_ns), "9s", .help = "When a scrape is answered with what has come back: the longest, and for scrapes that name no timeout."},
    {"scrape.timeout-offset", "DURATION", vmt_flag_set_duration, FIELD(scrape_timeout_offset_ns), "0.5s", .help = "How long before the timeout that a scrape names it is answered."},
    {"scrape.coalesce", "DURATION", vmt_flag_set_duration, FIELD(scrape_coalesce_ns), "1s", .help = "Scrapes that come within this time after a collection began share it."},
    {"log.level", "LEVEL", vmt_flag_set_word, FIELD(log_level), "info", .words = vmt_log_levels, .help = "Lines to write."},
    {"log.format", "FORMAT", vmt_flag_set_word, FIELD(log_format), "logfmt", .words = vmt_log_formats, .help = "How to write them."},
    {"list-metrics", NULL, vmt_flag_set_mode, FIELD(mode), .mode = VMT_MODE_LIST_METRICS, .help = "Print all metrics, as Markdown, and exit."},
    {"version", NULL, vmt_flag_set_mode, FIELD(mode), .mode = VMT_MODE_VERSION, .help = "Print the version and exit."},
    {"help", NULL, vmt_flag_set_mode, FIELD(mode), .mode = VMT_MODE_HELP, .letter = 'h', .help = "Print this and exit."},
};
/* clang-format on */

const size_t vmt_options_row_count = sizeof vmt_options_rows / sizeof *vmt_options_rows;
