/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which domains, disks and interfaces the user wants measured: extended regular expressions that must match the whole
 * name. Immutable once made, safe from any thread.
 */
#ifndef VIRTMETER_COMMON_FILTER_H
#define VIRTMETER_COMMON_FILTER_H

#include "common/error.h"

#include <stdbool.h>

/* Each may be NULL or empty: include everything, exclude nothing. Exclusion wins. */
struct vmt_filter_patterns {
    const char *domain_include, *domain_exclude;
    const char *device_include, *device_exclude; /* disk targets and interface names */
    /* For who selects domains in another way: asked besides the patterns, from any thread. `arg` must outlive the
     * filter. */
    bool (*wants_domain)(const void *arg, const char *name);
    const void *arg;
};

struct vmt_filter;

/* 0, or -EINVAL when a pattern is no regular expression (the error begins with its name, as in `domain.include`), or
 * -ENOMEM. */
int vmt_filter_new(const struct vmt_filter_patterns *patterns, struct vmt_filter **ret_filter, struct vmt_error *error);
void vmt_filter_free(struct vmt_filter *filter);

/* A NULL filter wants everything. */
bool vmt_filter_wants_domain(const struct vmt_filter *filter, const char *name);
bool vmt_filter_wants_device(const struct vmt_filter *filter, const char *name);

#endif
