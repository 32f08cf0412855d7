/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a line of the audit file looks: written by audit.c, read by history.c. Pure, safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_AUDIT_LINE_H
#define VIRTMETER_ADMIN_AUDIT_LINE_H

#include "admin/audit.h"

#include <stdbool.h>

#define VMT_AUDIT_INTENT "intent"
#define VMT_AUDIT_RESULT "result"
#define VMT_AUDIT_DENIAL "denial"

/*
 * A line of kind `event`, ended by a newline, for the caller to free; `result` is NULL but for results. NULL when there
 * is no memory.
 */
char *vmt_audit_line(const char *event, uint64_t now_ns, const struct vmt_audit_act *act,
                     const struct vmt_audit_result *result, unsigned left_out);

/* Nanoseconds since 1970 as "2026-01-31T23:59:59.123Z", and back; false when the text is no such time. */
enum { VMT_AUDIT_TIME_SIZE = 32 };
void vmt_audit_print_time(uint64_t ns, char ret_text[VMT_AUDIT_TIME_SIZE]);
bool vmt_audit_read_time(const char *text, uint64_t *ret_ns);

#endif
