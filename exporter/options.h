/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of the exporter, from one table of options. Checks what can be checked without
 * looking at the machine; texts stay where they are, in the arguments and in the environment. Used before threads
 * start.
 */
#ifndef VIRTMETER_EXPORTER_OPTIONS_H
#define VIRTMETER_EXPORTER_OPTIONS_H

#include "common/error.h"
#include "common/filter.h"
#include "common/metric.h"
#include "serve/flags.h"
#include "serve/log.h"
#include "serve/text.h"

#include <stdbool.h>

/* What the program shall do. */
enum vmt_mode { VMT_MODE_RUN, VMT_MODE_HELP, VMT_MODE_VERSION, VMT_MODE_LIST_METRICS };

struct vmt_options {
    unsigned mode;                                                  /* enum vmt_mode */
    const char *libvirt_uri, *libvirt_auth_file, *credentials_file; /* the files may be NULL */
    unsigned max_stuck_calls;
    struct vmt_flag_list listen_addresses;
    const char *telemetry_path;
    unsigned max_requests; /* 0: no limit */
    bool has_no_default_collectors;
    vmt_collectors collectors; /* the outcome of all flags about them */
    struct vmt_filter_patterns patterns;
    struct vmt_flag_list metadata_labels; /* NAME=XPATH */
    uint64_t scrape_timeout_ns, scrape_timeout_offset_ns, scrape_coalesce_ns;
    enum vmt_log_level log_level;
    enum vmt_log_format log_format;
};

/*
 * Reads the arguments (the first is the program's name) and, for options that are not given, the environment and the
 * defaults. 0, -EINVAL with a sentence for the user, or -ENOMEM.
 */
int vmt_options_parse(int argument_count, const char *const *arguments, struct vmt_options *ret_options,
                      struct vmt_error *error);

/* Gives back the lists, after a successful parse. */
void vmt_options_done(struct vmt_options *options);

/* Adds what `--help` prints. */
void vmt_options_help(struct vmt_text *text);

#endif
