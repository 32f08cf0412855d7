/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the exporter knows of itself: how it was built, and what its process uses by /proc. Immutable once made, safe
 * from any thread.
 */
#ifndef VIRTMETER_SERVE_SELFMETRICS_H
#define VIRTMETER_SERVE_SELFMETRICS_H

#include "common/snapshot.h"

struct vmt_selfmetrics {
    const char *version, *revision, *libvirt_built, *libvirt_runtime; /* NULL: unknown */
    uint64_t started_ms;                                              /* since 1970; 0: unknown */
};

/* The fields of /proc/PID/stat that are exported; sizes and ticks as the kernel counts them. */
struct vmt_process_stat {
    uint64_t threads, start_ticks, virtual_bytes, resident_pages;
};

/* Reads the text of /proc/PID/stat, whatever the process is called. False when it is none. */
bool vmt_selfmetrics_parse(const char *text, struct vmt_process_stat *ret_stat);

/* When this process was started, in milliseconds since 1970 as the clock has it now; 0 when unknown. */
uint64_t vmt_selfmetrics_started_ms(void);

/* A new part with the build's and the process's metrics of this moment; NULL when there is no memory. */
struct vmt_part *vmt_selfmetrics_part(const struct vmt_selfmetrics *self);

#endif
