/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines on a file descriptor, as logfmt or as JSON. Values come from tenants and from libvirt: whatever is in them,
 * a line stays one line, of valid UTF-8, without anything that a terminal obeys. Safe from any thread; a line is one
 * write.
 */
#ifndef VIRTMETER_SERVE_LOG_H
#define VIRTMETER_SERVE_LOG_H

#include "common/notice.h"

enum vmt_log_level { VMT_LOG_DEBUG, VMT_LOG_INFO, VMT_LOG_WARN, VMT_LOG_ERROR, VMT_LOG_LEVEL_COUNT };
enum vmt_log_format { VMT_LOG_LOGFMT, VMT_LOG_JSON, VMT_LOG_FORMAT_COUNT };

/* Names by number, ended by NULL. */
extern const char *const vmt_log_levels[];
extern const char *const vmt_log_formats[];

struct vmt_log {
    int fd;
    enum vmt_log_level level; /* lines below it are left out */
    enum vmt_log_format format;
};

/*
 * Writes a line: `message`, then pairs of a key and a value, both texts, ended by NULL. A pair whose value is NULL is
 * left out. Lines that are too long lose the end of their values.
 */
void vmt_log_write(const struct vmt_log *log, enum vmt_log_level level, const char *message, ...)
    __attribute__((sentinel));

/* Writes what the core has to tell; a vmt_notify whose argument is the struct vmt_log. */
void vmt_log_notice(void *log, const struct vmt_notice *notice);

#endif
