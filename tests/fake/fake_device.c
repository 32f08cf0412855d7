/* SPDX-License-Identifier: Apache-2.0 */
/* The calls about one domain's vCPUs, memory, disks, interfaces and jobs, most of which ask its monitor. */
#include "tests/fake/fake_state.h"

#include <stdlib.h>
#include <string.h>

int virDomainGetVcpus(virDomainPtr domain, virVcpuInfoPtr info, int maxinfo, unsigned char *cpumaps, int maplen)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, domain))
        return -1;
    int count = 0;
    for (; count < maxinfo && (unsigned)count < call.domain->vcpus; count++) {
        info[count] = (virVcpuInfo){.number = (unsigned)count,
                                    .state = VIR_VCPU_RUNNING,
                                    .cpuTime = fake_figure(call.domain, (unsigned)count, 15000000),
                                    .cpu = count};
        /* Each may run on its own CPU and the one after the next. */
        for (int cpu = count; cpumaps && cpu <= count + 2 && cpu < maplen * 8; cpu += 2)
            VIR_USE_CPU(VIR_GET_CPUMAP(cpumaps, maplen, count), cpu);
    }
    fake_end(&call);
    return count;
}

int virDomainMemoryStats(virDomainPtr dom, virDomainMemoryStatPtr stats, unsigned nr_stats, unsigned flags)
{
    struct fake_call call;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, dom))
        return -1;
    int count = -1;
    if (fake_need_monitor(&call))
        for (count = 0; count < VIR_DOMAIN_MEMORY_STAT_NR && (unsigned)count < nr_stats; count++)
            stats[count] =
                (virDomainMemoryStatStruct){.tag = count, .val = fake_figure(call.domain, 0, 100 + (unsigned)count)};
    fake_end(&call);
    return count;
}

/* The number of the disk, or -1 with the error set. */
static int disk_number(const struct fake_domain *domain, const char *disk)
{
    for (unsigned i = 0; i < domain->disks; i++) {
        char *target = fake_disk_target(i);
        bool is_it = !strcmp(target, disk);
        free(target);
        if (is_it)
            return (int)i;
    }
    fake_error_set(VIR_ERR_INVALID_ARG, VIR_FROM_QEMU, "invalid argument: invalid path: %s", disk);
    return -1;
}

int virDomainBlockStats(virDomainPtr dom, const char *disk, virDomainBlockStatsPtr stats, size_t size)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, dom))
        return -1;
    int i = fake_need_monitor(&call) ? disk_number(call.domain, disk) : -1;
    if (i >= 0) {
        const virDomainBlockStatsStruct answer = {.rd_req = (long long)fake_figure(call.domain, (unsigned)i, 600),
                                                  .rd_bytes = (long long)fake_figure(call.domain, (unsigned)i, 601),
                                                  .wr_req = (long long)fake_figure(call.domain, (unsigned)i, 603),
                                                  .wr_bytes = (long long)fake_figure(call.domain, (unsigned)i, 604),
                                                  .errs = -1};
        memcpy(stats, &answer, size < sizeof answer ? size : sizeof answer);
    }
    fake_end(&call);
    return i < 0 ? -1 : 0;
}

static const char *const block_fields[] = {
    VIR_DOMAIN_BLOCK_STATS_READ_REQ,         VIR_DOMAIN_BLOCK_STATS_READ_BYTES,
    VIR_DOMAIN_BLOCK_STATS_READ_TOTAL_TIMES, VIR_DOMAIN_BLOCK_STATS_WRITE_REQ,
    VIR_DOMAIN_BLOCK_STATS_WRITE_BYTES,      VIR_DOMAIN_BLOCK_STATS_WRITE_TOTAL_TIMES,
    VIR_DOMAIN_BLOCK_STATS_FLUSH_REQ,        VIR_DOMAIN_BLOCK_STATS_FLUSH_TOTAL_TIMES,
};
enum { BLOCK_FIELDS = sizeof block_fields / sizeof *block_fields };

/* Asked with *nparams 0: only says how many there would be. */
int virDomainBlockStatsFlags(virDomainPtr dom, const char *disk, virTypedParameterPtr params, int *nparams,
                             unsigned flags)
{
    struct fake_call call;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, dom))
        return -1;
    int i = fake_need_monitor(&call) ? disk_number(call.domain, disk) : -1;
    int count = *nparams && *nparams < BLOCK_FIELDS ? *nparams : BLOCK_FIELDS;
    for (int k = 0; i >= 0 && *nparams && k < count; k++) {
        params[k] = (virTypedParameter){.type = VIR_TYPED_PARAM_LLONG};
        strncpy(params[k].field, block_fields[k], sizeof params[k].field - 1);
        params[k].value.l = (long long)fake_figure(call.domain, (unsigned)i, 600 + (unsigned)k);
    }
    if (i >= 0)
        *nparams = count;
    fake_end(&call);
    return i < 0 ? -1 : 0;
}

int virDomainGetBlockInfo(virDomainPtr dom, const char *disk, virDomainBlockInfoPtr info, unsigned flags)
{
    struct fake_call call;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, dom))
        return -1;
    bool is_answered = true;
    if (fake_domain_is_active(call.domain))
        is_answered = fake_need_monitor(&call);
    else
        fake.usage.images_opened++;
    int i = is_answered ? disk_number(call.domain, disk) : -1;
    if (i >= 0)
        *info = (virDomainBlockInfo){
            .capacity = 10737418240, .allocation = fake_figure(call.domain, (unsigned)i, 700), .physical = 4294967296};
    fake_end(&call);
    return i < 0 ? -1 : 0;
}

static int interface_number(const struct fake_domain *domain, const char *device)
{
    for (unsigned i = 0; i < domain->interfaces; i++) {
        char *name = fake_interface_name(domain, i);
        bool is_it = !strcmp(name, device);
        free(name);
        if (is_it)
            return (int)i;
    }
    fake_error_set(VIR_ERR_INVALID_ARG, VIR_FROM_QEMU, "invalid argument: '%s' is not a known interface", device);
    return -1;
}

int virDomainInterfaceStats(virDomainPtr dom, const char *device, virDomainInterfaceStatsPtr stats, size_t size)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, dom))
        return -1;
    int i = interface_number(call.domain, device);
    if (i >= 0) {
        long long value[8];
        for (unsigned k = 0; k < 8; k++)
            value[k] = (long long)fake_figure(call.domain, (unsigned)i, 400 + k);
        const virDomainInterfaceStatsStruct answer = {.rx_bytes = value[0],
                                                      .rx_packets = value[1],
                                                      .rx_errs = value[2],
                                                      .rx_drop = value[3],
                                                      .tx_bytes = value[4],
                                                      .tx_packets = value[5],
                                                      .tx_errs = value[6],
                                                      .tx_drop = value[7]};
        memcpy(stats, &answer, size < sizeof answer ? size : sizeof answer);
    }
    fake_end(&call);
    return i < 0 ? -1 : 0;
}

int virDomainGetDiskErrors(virDomainPtr dom, virDomainDiskErrorPtr errors, unsigned maxerrors, unsigned flags)
{
    struct fake_call call;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, dom))
        return -1;
    int count = fake_need_monitor(&call) ? 0 : -1;
    if (count == 0 && maxerrors && call.domain->disk_error)
        errors[count++] = (virDomainDiskError){.disk = fake_disk_target(0), .error = call.domain->disk_error};
    fake_end(&call);
    return count;
}

/* ---- background jobs: asking for them hangs on a frozen guest ---- */

int virDomainGetJobInfo(virDomainPtr dom, virDomainJobInfoPtr info)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, dom))
        return -1;
    bool is_answered = fake_need_monitor(&call);
    if (is_answered)
        *info = call.domain->background;
    fake_end(&call);
    return is_answered ? 0 : -1;
}

static void fill_job(struct fake_record *record, const virDomainJobInfo *job, int operation)
{
    if (!job->type)
        return;
    fake_add(record, VIR_TYPED_PARAM_INT, (unsigned)operation, VIR_DOMAIN_JOB_OPERATION);
    fake_add(record, VIR_TYPED_PARAM_ULLONG, job->timeElapsed, VIR_DOMAIN_JOB_TIME_ELAPSED);
    fake_add(record, VIR_TYPED_PARAM_ULLONG, job->timeRemaining, VIR_DOMAIN_JOB_TIME_REMAINING);
    fake_add(record, VIR_TYPED_PARAM_ULLONG, job->dataTotal, VIR_DOMAIN_JOB_DATA_TOTAL);
    fake_add(record, VIR_TYPED_PARAM_ULLONG, job->dataProcessed, VIR_DOMAIN_JOB_DATA_PROCESSED);
    fake_add(record, VIR_TYPED_PARAM_ULLONG, job->dataRemaining, VIR_DOMAIN_JOB_DATA_REMAINING);
    fake_add(record, VIR_TYPED_PARAM_ULLONG, job->memTotal, VIR_DOMAIN_JOB_MEMORY_TOTAL);
    fake_add(record, VIR_TYPED_PARAM_ULLONG, job->memProcessed, VIR_DOMAIN_JOB_MEMORY_PROCESSED);
    fake_add(record, VIR_TYPED_PARAM_ULLONG, job->memRemaining, VIR_DOMAIN_JOB_MEMORY_REMAINING);
}

int virDomainGetJobStats(virDomainPtr domain, int *type, virTypedParameterPtr *params, int *nparams, unsigned flags)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_DOMAIN, domain))
        return -1;
    bool is_completed = flags & VIR_DOMAIN_JOB_STATS_COMPLETED;
    bool is_answered = is_completed || fake_need_monitor(&call);
    if (is_answered) {
        struct fake_record record = {0};
        const virDomainJobInfo *job = is_completed ? &call.domain->last_job : &call.domain->background;
        fill_job(&record, job, is_completed ? call.domain->last_operation : call.domain->background_operation);
        if (is_completed && job->type == VIR_DOMAIN_JOB_FAILED)
            fake_add_text(&record, "no space left", VIR_DOMAIN_JOB_ERRMSG);
        *type = job->type;
        *params = record.params;
        *nparams = record.count;
    }
    fake_end(&call);
    return is_answered ? 0 : -1;
}
