/* SPDX-License-Identifier: Apache-2.0 */
#include "common/fallback.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VCPUS_MAX = 1024, MEMORY_STATS_MAX = 32 };

/* Adds an unsigned number under a formatted name; libvirt's per-domain structures say -1 for what they do not know. */
__attribute__((format(printf, 3, 4))) static void add(struct vmt_params *params, unsigned long long number,
                                                      const char *format, ...)
{
    char field[VIR_TYPED_PARAM_FIELD_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(field, sizeof field, format, arguments);
    va_end(arguments);
    if ((long long)number >= 0)
        virTypedParamsAddULLong(&params->list, &params->count, &params->room, field, number);
}

static bool has_prefix(const struct vmt_params *params, const char *prefix)
{
    size_t length = strlen(prefix);
    for (int i = 0; i < params->count; i++)
        if (!strncmp(params->list[i].field, prefix, length))
            return true;
    return false;
}

static void add_info(struct vmt_session *session, virDomainPtr domain, unsigned stats, struct vmt_params *params)
{
    virDomainInfo info;
    if (VMT_CALL(session, virDomainGetName(domain), virDomainGetInfo, domain, &info) < 0)
        return;
    if (stats & VIR_DOMAIN_STATS_CPU_TOTAL)
        add(params, info.cpuTime, "cpu.time");
    if (stats & VIR_DOMAIN_STATS_BALLOON) {
        add(params, info.memory, "balloon.current");
        add(params, info.maxMem, "balloon.maximum");
    }
    if (stats & VIR_DOMAIN_STATS_VCPU)
        add(params, info.nrVirtCpu, "vcpu.current");
}

static void add_memory(struct vmt_session *session, virDomainPtr domain, struct vmt_params *params)
{
    static const char *const names[] = {
        [VIR_DOMAIN_MEMORY_STAT_SWAP_IN] = "swap_in",
        [VIR_DOMAIN_MEMORY_STAT_SWAP_OUT] = "swap_out",
        [VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT] = "major_fault",
        [VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT] = "minor_fault",
        [VIR_DOMAIN_MEMORY_STAT_UNUSED] = "unused",
        [VIR_DOMAIN_MEMORY_STAT_AVAILABLE] = "available",
        [VIR_DOMAIN_MEMORY_STAT_RSS] = "rss",
        [VIR_DOMAIN_MEMORY_STAT_USABLE] = "usable",
        [VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE] = "last-update",
        [VIR_DOMAIN_MEMORY_STAT_DISK_CACHES] = "disk_caches",
        [VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC] = "hugetlb_pgalloc",
        [VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL] = "hugetlb_pgfail",
    };
    virDomainMemoryStatStruct stats[MEMORY_STATS_MAX];
    int count = VMT_CALL(session, virDomainGetName(domain), virDomainMemoryStats, domain, stats, MEMORY_STATS_MAX, 0);
    for (int i = 0; i < count; i++) {
        int tag = stats[i].tag;
        if (tag >= 0 && tag < (int)(sizeof names / sizeof *names) && names[tag])
            add(params, stats[i].val, "balloon.%s", names[tag]);
    }
}

static void add_vcpus(struct vmt_session *session, virDomainPtr domain, struct vmt_params *params)
{
    virVcpuInfo *vcpus = calloc(VCPUS_MAX, sizeof *vcpus);
    int count =
        vcpus ? VMT_CALL(session, virDomainGetName(domain), virDomainGetVcpus, domain, vcpus, VCPUS_MAX, NULL, 0)
                      : -1;
                      for (int i = 0; i < count; i++) {
                          add(params, (unsigned long long)vcpus[i].state, "vcpu.%u.state", vcpus[i].number);
                          add(params, vcpus[i].cpuTime, "vcpu.%u.time", vcpus[i].number);
                      }
                      free(vcpus);
}

static void add_disk(struct vmt_session *session, virDomainPtr domain, unsigned index, const char *target,
                     struct vmt_params *params)
{
    const char *name = virDomainGetName(domain);
    char field[VIR_TYPED_PARAM_FIELD_LENGTH];
    snprintf(field, sizeof field, "block.%u.name", index);
    virTypedParamsAddString(&params->list, &params->count, &params->room, field, target);
    virDomainBlockStatsStruct stats;
    if (VMT_CALL(session, name, virDomainBlockStats, domain, target, &stats, sizeof stats) == 0) {
        add(params, (unsigned long long)stats.rd_bytes, "block.%u.rd.bytes", index);
        add(params, (unsigned long long)stats.rd_req, "block.%u.rd.reqs", index);
        add(params, (unsigned long long)stats.wr_bytes, "block.%u.wr.bytes", index);
        add(params, (unsigned long long)stats.wr_req, "block.%u.wr.reqs", index);
    }
    virDomainBlockInfo info;
    if (VMT_CALL(session, name, virDomainGetBlockInfo, domain, target, &info, 0) == 0) {
        add(params, info.capacity, "block.%u.capacity", index);
        add(params, info.allocation, "block.%u.allocation", index);
        add(params, info.physical, "block.%u.physical", index);
    }
}

static void add_disks(struct vmt_session *session, virDomainPtr domain, const struct vmt_part *identity,
                      struct vmt_params *params)
{
    enum { DEVICE = 1, SOURCE = 8 }; /* labels of a block info sample */
    unsigned index = 0;
    for (const struct vmt_sample *disk = identity->samples[VMT_ENTITY_BLOCK_INFO].first; disk; disk = disk->next)
        if (disk->labels[SOURCE]) /* a drive without a medium has no figures */
            add_disk(session, domain, index++, disk->labels[DEVICE], params);
}

static void add_interfaces(struct vmt_session *session, virDomainPtr domain, const struct vmt_part *identity,
                           struct vmt_params *params)
{
    enum { INTERFACE = 1 };
    unsigned index = 0;
    for (const struct vmt_sample *nic = identity->samples[VMT_ENTITY_INTERFACE_INFO].first; nic; nic = nic->next) {
        virDomainInterfaceStatsStruct stats;
        const char *target = nic->labels[INTERFACE];
        if (VMT_CALL(session, virDomainGetName(domain), virDomainInterfaceStats, domain, target, &stats, sizeof stats) <
            0)
            continue;
        char field[VIR_TYPED_PARAM_FIELD_LENGTH];
        snprintf(field, sizeof field, "net.%u.name", index);
        virTypedParamsAddString(&params->list, &params->count, &params->room, field, target);
        add(params, (unsigned long long)stats.rx_bytes, "net.%u.rx.bytes", index);
        add(params, (unsigned long long)stats.rx_packets, "net.%u.rx.pkts", index);
        add(params, (unsigned long long)stats.rx_errs, "net.%u.rx.errs", index);
        add(params, (unsigned long long)stats.rx_drop, "net.%u.rx.drop", index);
        add(params, (unsigned long long)stats.tx_bytes, "net.%u.tx.bytes", index);
        add(params, (unsigned long long)stats.tx_packets, "net.%u.tx.pkts", index);
        add(params, (unsigned long long)stats.tx_errs, "net.%u.tx.errs", index);
        add(params, (unsigned long long)stats.tx_drop, "net.%u.tx.drop", index);
        index++;
    }
}

void vmt_fallback_complete(struct vmt_session *session, virDomainPtr domain, unsigned stats,
                           const struct vmt_part *identity, const struct vmt_params *sent, struct vmt_params *added)
{
    unsigned from_info = 0;
    if (!has_prefix(sent, "cpu."))
        from_info |= stats & VIR_DOMAIN_STATS_CPU_TOTAL;
    if (!has_prefix(sent, "balloon."))
        from_info |= stats & VIR_DOMAIN_STATS_BALLOON;
    if (!has_prefix(sent, "vcpu."))
        from_info |= stats & VIR_DOMAIN_STATS_VCPU;
    if (from_info)
        add_info(session, domain, from_info, added);
    if (from_info & VIR_DOMAIN_STATS_BALLOON)
        add_memory(session, domain, added);
    if (from_info & VIR_DOMAIN_STATS_VCPU)
        add_vcpus(session, domain, added);
    if (identity && stats & VIR_DOMAIN_STATS_BLOCK && !has_prefix(sent, "block."))
        add_disks(session, domain, identity, added);
    if (identity && stats & VIR_DOMAIN_STATS_INTERFACE && !has_prefix(sent, "net."))
        add_interfaces(session, domain, identity, added);
}
