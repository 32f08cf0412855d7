/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of the audit: an audit file in a private folder, and an act to write about.
 */
#ifndef VIRTMETER_TESTS_UNIT_AUDIT_FIXTURE_H
#define VIRTMETER_TESTS_UNIT_AUDIT_FIXTURE_H

#include "admin/audit.h"
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define UUID "4dea22b3-1d52-d8f3-2516-782e98ab3fa0"

static char audit_folder[] = "/tmp/virtmeter-audit-XXXXXX";
static char audit_path[sizeof audit_folder + 20], audit_rotated[sizeof audit_path + 2];

static const uint64_t audit_now_ns = UINT64_C(1767225599123) * VMT_MS; /* 2025-12-31T23:59:59.123Z */

static const gid_t audit_groups[] = {27, 100};
static const struct vmt_peer audit_peer = {
    .uid = 1000, .gid = 1001, .pid = 4242, .groups = audit_groups, .group_count = 2};
static const struct vmt_audit_act audit_act = {
    .peer = &audit_peer,
    .operation = "op-1",
    .request = "17",
    .key = "a-key",
    .fingerprint = "abcd",
    .action = "destroy",
    .target = VMT_TARGET_DOMAIN,
    .uuid = UUID,
    .name = "web-1",
    .reason = "uid 1000 is power on domain 'web-1' by line 3 of the roles file",
};
static const struct vmt_audit_result audit_success = {
    .result = "succeeded", .changed = 1, .duration_ns = 1500 * VMT_MS};

static inline int audit_make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(audit_folder))
        return -1;
    snprintf(audit_path, sizeof audit_path, "%s/audit.log", audit_folder);
    snprintf(audit_rotated, sizeof audit_rotated, "%s.1", audit_path);
    return 0;
}

static inline int audit_remove_folder(void **state)
{
    (void)state;
    return rmdir(audit_folder);
}

static inline int audit_remove_files(void **state)
{
    (void)state;
    unlink(audit_path);
    unlink(audit_rotated);
    return 0;
}

static inline struct vmt_audit *audit_open(int copy_fd)
{
    struct vmt_audit *audit = NULL;
    struct vmt_error error = {0};
    if (vmt_audit_new(audit_path, copy_fd, &audit, &error) != 0)
        fail_msg("%s", error.text);
    return audit;
}

/* What is in a file, for the caller to free. */
static inline char *audit_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    if (!file)
        fail_msg("no '%s'", path);
    if (getdelim(&text, &size, '\0', file) < 0)
        *text = '\0';
    fclose(file);
    return text;
}

static inline void audit_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
}

#endif
