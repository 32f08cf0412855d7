/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of collectors: one row each, in the order of enum vmt_collector. Flags, help, documentation and the
 * `collector` label all read it. Constant, safe from any thread.
 */
#ifndef VIRTMETER_COMMON_COLLECT_H
#define VIRTMETER_COMMON_COLLECT_H

#include "common/session.h"

#include <stdbool.h>

struct vmt_collector_row {
    const char *name; /* as in --collector.NAME */
    const char *help;
    bool is_default;
    /* Either groups of the domains' statistics that yield its values (VIR_DOMAIN_STATS_*) … */
    unsigned stats;
    /* … or a function that asks libvirt and fills session->part, on a worker of its own. Failures are noted there. */
    void (*collect)(struct vmt_session *session);
    unsigned lasting_seconds; /* how long what it learned is good for; 0: asked in each collection */
    bool is_for_collectd;     /* all its values are such that collectd alone gets them */
};

const struct vmt_collector_row *vmt_collector_row(enum vmt_collector collector);

/* The collectors that run without any flag. */
vmt_collectors vmt_collectors_default(void);

/* Whether the exporter offers the collector: not its own, which is always on, nor what collectd alone gets. */
bool vmt_collector_is_offered(enum vmt_collector collector);

/* For collectors that ask domain by domain: calls `ask` for each domain that virConnectListAllDomains lists under
 * `flags`, and that is measured and not to be left out. */
void vmt_collect_each(struct vmt_session *session, unsigned flags,
                      void (*ask)(struct vmt_session *session, virDomainPtr handle, const char *name, void *arg),
                      void *arg);

/* One file each: collect_<name>.c. */
void vmt_collect_connection(struct vmt_session *session);
void vmt_collect_node(struct vmt_session *session);
void vmt_collect_capabilities(struct vmt_session *session);
void vmt_collect_inventory(struct vmt_session *session);
void vmt_collect_control(struct vmt_session *session);
void vmt_collect_pool(struct vmt_session *session);
void vmt_collect_network(struct vmt_session *session);
void vmt_collect_objects(struct vmt_session *session);
void vmt_collect_affinity(struct vmt_session *session);
void vmt_collect_disk_errors(struct vmt_session *session);
void vmt_collect_job_completed(struct vmt_session *session);

/* The collector called `name` that the exporter offers, or -1. */
int vmt_collector_find(const char *name);

#endif
