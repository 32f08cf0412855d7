/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon counts of itself, and its metric tables. Safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_STATS_H
#define VIRTMETER_ADMIN_STATS_H

#include "admin/problem.h"
#include "common/lifecycle/action.h"
#include "serve/text.h"

struct vmt_stats;

/* NULL when there is no memory. */
struct vmt_stats *vmt_stats_new(void);
void vmt_stats_free(struct vmt_stats *stats);

/* A request was answered; `action` is NULL when it never came to one. */
void vmt_stats_request(struct vmt_stats *stats, const struct vmt_action *action, enum vmt_problem_kind problem,
                       uint64_t duration_ns);

/* An action on libvirt has ended, also when nobody waited for it any more. */
void vmt_stats_operation(struct vmt_stats *stats, const struct vmt_action *action, const char *state,
                         uint64_t duration_ns);

/* Something was refused; `kind` is a constant text. */
void vmt_stats_denial(struct vmt_stats *stats, const char *kind);

void vmt_stats_audit_failure(struct vmt_stats *stats);

/* What is counted elsewhere, at the moment of the writing. */
struct vmt_stats_gauges {
    unsigned running, connections, streams;
    bool is_connected;
};

/* Adds all of it, in the text format of Prometheus. 0 or -ENOMEM. */
int vmt_stats_write(struct vmt_stats *stats, const struct vmt_stats_gauges *gauges, struct vmt_text *text);

/* Adds the tables for people, as Markdown. */
void vmt_stats_catalog(struct vmt_text *text);

#endif
