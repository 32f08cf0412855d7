/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct vmt_collector_row rows[VMT_COLLECTOR_COUNT] = {
    [VMT_COLLECTOR_EXPORTER] = {"exporter", "virtmeter itself: what was collected and what it cost", true},
    [VMT_COLLECTOR_CONNECTION] = {"connection", "the connection to libvirt and the hypervisor's version", true, .collect = vmt_collect_connection, .lasting_seconds = 60},
    [VMT_COLLECTOR_NODE] = {"node", "the host: CPUs, memory, NUMA cells, CPU time", true, .collect = vmt_collect_node},
    [VMT_COLLECTOR_CAPABILITIES] = {"capabilities", "the host's CPU model, NUMA cells, migration, kinds of guest", true, .collect = vmt_collect_capabilities, .lasting_seconds = 60},
    [VMT_COLLECTOR_DOMAIN] = {"domain", "each domain's identity, state and reason, and counts by state", true, .stats = VIR_DOMAIN_STATS_STATE},
    [VMT_COLLECTOR_CPU] = {"cpu", "each domain's CPU time", true, .stats = VIR_DOMAIN_STATS_CPU_TOTAL},
    [VMT_COLLECTOR_VCPU] = {"vcpu", "each vCPU's time, wait and delay", true, .stats = VIR_DOMAIN_STATS_VCPU},
    [VMT_COLLECTOR_MEMORY] = {"memory", "each domain's memory, by the hypervisor and by the guest's balloon driver", true, .stats = VIR_DOMAIN_STATS_BALLOON},
    [VMT_COLLECTOR_BLOCK] = {"block", "each disk's requests, bytes, times and sizes", true, .stats = VIR_DOMAIN_STATS_BLOCK},
    [VMT_COLLECTOR_INTERFACE] = {"interface", "each network interface's bytes, packets, errors and drops", true, .stats = VIR_DOMAIN_STATS_INTERFACE},
    [VMT_COLLECTOR_IOTHREAD] = {"iothread", "each domain's number of IOThreads", true, .stats = VIR_DOMAIN_STATS_IOTHREAD},
    [VMT_COLLECTOR_POOL] = {"pool", "each storage pool's state and space; pools are never refreshed", true, .collect = vmt_collect_pool},
    [VMT_COLLECTOR_NETWORK] = {"network", "each virtual network's state and DHCP leases", true, .collect = vmt_collect_network},
    [VMT_COLLECTOR_OBJECTS] = {"objects", "numbers of interfaces, secrets, network filters and node devices", true, .collect = vmt_collect_objects, .lasting_seconds = 60},
    [VMT_COLLECTOR_JOB] = {"job", "migrations, saves, dumps and backups in progress", true},
    [VMT_COLLECTOR_CONTROL] = {"control", "whether each domain's control interface is free: one call a domain", false, .collect = vmt_collect_control},
    [VMT_COLLECTOR_CALLS] = {"calls", "histograms of how long calls to libvirt take", false},
    [VMT_COLLECTOR_EVENTS] = {"events", "counters of libvirt's events, and when each domain started", true},
    [VMT_COLLECTOR_INVENTORY] = {"inventory", "whether a configuration change waits for a restart: one call a domain", false, .collect = vmt_collect_inventory},
    [VMT_COLLECTOR_PERF] = {"perf", "events of the host's performance counters, where a domain's configuration enables them", false, .stats = VIR_DOMAIN_STATS_PERF},
    [VMT_COLLECTOR_AFFINITY] = {"affinity", "which CPUs of the host each vCPU may run on: two calls a domain", false, .collect = vmt_collect_affinity},
    [VMT_COLLECTOR_DISK_ERRORS] = {"disk_errors", "disks that are in an error: two calls a domain", false, .collect = vmt_collect_disk_errors},
    [VMT_COLLECTOR_JOB_COMPLETED] = {"job_completed", "each domain's last job that ended: one call a domain", false, .collect = vmt_collect_job_completed, .is_for_collectd = true},
    [VMT_COLLECTOR_METADATA] = {"metadata", "labels of your own from the domains' XML (--domain.metadata-label)", false},
};
/* clang-format on */

const struct vmt_collector_row *vmt_collector_row(enum vmt_collector collector)
{
    assert(collector < VMT_COLLECTOR_COUNT);
    return &rows[collector];
}

vmt_collectors vmt_collectors_default(void)
{
    vmt_collectors collectors = 0;
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        if (rows[i].is_default)
            collectors |= VMT_COLLECTOR_BIT(i);
    return collectors;
}

bool vmt_collector_is_offered(enum vmt_collector collector)
{
    return collector != VMT_COLLECTOR_EXPORTER && !rows[collector].is_for_collectd;
}

int vmt_collector_find(const char *name)
{
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        if (vmt_collector_is_offered(i) && !strcmp(rows[i].name, name))
            return (int)i;
    return -1;
}

void vmt_collect_each(struct vmt_session *session, unsigned flags,
                      void (*ask)(struct vmt_session *session, virDomainPtr handle, const char *name, void *arg),
                      void *arg)
{
    virDomainPtr *domains = NULL;
    int count = VMT_CALL(session, NULL, virConnectListAllDomains, session->connection, &domains, flags);
    for (int i = 0; i < count; i++) {
        const char *name = virDomainGetName(domains[i]);
        if (name && vmt_filter_wants_domain(session->filter, name) && !vmt_session_skips(session, name))
            ask(session, domains[i], name, arg);
        virDomainFree(domains[i]);
    }
    if (count >= 0)
        free(domains);
}
