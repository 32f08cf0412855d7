/* SPDX-License-Identifier: Apache-2.0 */
#include "common/collect.h"

#include <stdio.h>
#include <stdlib.h>

/* The CPUs of `map` as a list of ranges, such as "0-3,8"; NULL when there is no memory. */
static char *list_cpus(struct vmt_arena *arena, const unsigned char *map, int cpus, unsigned *ret_count)
{
    char *list = vmt_arena_strdup(arena, "");
    *ret_count = 0;
    for (int first = 0, end; list && first < cpus; first = end) {
        end = first + 1;
        if (!VIR_CPU_USED(map, first))
            continue;
        while (end < cpus && VIR_CPU_USED(map, end))
            end++;
        *ret_count += (unsigned)(end - first);
        const char *comma = *list ? "," : "";
        list = end == first + 1 ? vmt_arena_printf(arena, "%s%s%d", list, comma, first)
                                : vmt_arena_printf(arena, "%s%s%d-%d", list, comma, first, end - 1);
    }
    return list;
}

static void add_vcpu(struct vmt_session *session, const char *domain, const virVcpuInfo *info, const unsigned char *map,
                     int cpus)
{
    char vcpu[16];
    unsigned count;
    snprintf(vcpu, sizeof vcpu, "%u", info->number);
    const char *list = list_cpus(&session->part->arena, map, cpus, &count);
    const char *const labels[] = {domain, vcpu, list};
    vmt_part_add_info(session->part, VMT_ENTITY_VCPU_AFFINITY_INFO, NULL, labels);
    struct vmt_sample *sample = vmt_part_add_unique(session->part, VMT_ENTITY_VCPU_AFFINITY, NULL, labels);
    vmt_sample_set(sample, VMT_ENTITY_VCPU_AFFINITY, "cpus", vmt_integer(count));
    if (info->cpu >= 0)
        vmt_sample_set(sample, VMT_ENTITY_VCPU_AFFINITY, "host_cpu", vmt_integer((uint64_t)info->cpu));
}

static void add_affinity(struct vmt_session *session, virDomainPtr handle, const char *name, void *arg)
{
    int cpus = *(const int *)arg, length = VIR_CPU_MAPLEN(cpus), count = -1;
    virDomainInfo domain;
    if (VMT_CALL(session, name, virDomainGetInfo, handle, &domain) < 0)
        return;
    virVcpuInfoPtr infos = calloc(domain.nrVirtCpu + 1u, sizeof *infos);
    unsigned char *maps = calloc(domain.nrVirtCpu + 1u, (size_t)length);
    if (infos && maps)
        count = VMT_CALL(session, name, virDomainGetVcpus, handle, infos, domain.nrVirtCpu, maps, length);
    for (int i = 0; i < count; i++)
        add_vcpu(session, name, &infos[i], VIR_GET_CPUMAP(maps, length, i), cpus);
    free(infos);
    free(maps);
}

void vmt_collect_affinity(struct vmt_session *session)
{
    virNodeInfo node;
    if (VMT_CALL(session, NULL, virNodeGetInfo, session->connection, &node) < 0)
        return;
    int cpus = (int)VIR_NODEINFO_MAXCPUS(node); /* so that the maps have a place for each */
    vmt_collect_each(session, VIR_CONNECT_LIST_DOMAINS_ACTIVE, add_affinity, &cpus);
}
