/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: what libvirt itself costs a client that asks for the same values in the simplest way. One read-only
 * connection that stays open, and for each line of standard input one virConnectGetAllDomainStats for the groups of
 * the exporter's default collectors, of which nothing is used. Prints a line for each: wall time, the client's CPU time
 * and the daemon's, in ns; records and parameters that came.
 *
 *   yes | head -n 20 | bench_bulk URI [PID OF LIBVIRTD]
 */
#include "common/clock.h"
#include "common/collect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static unsigned default_groups(void)
{
    vmt_collectors collectors = vmt_collectors_default();
    unsigned groups = 0;
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++)
        if (collectors & VMT_COLLECTOR_BIT(i))
            groups |= vmt_collector_row(i)->stats;
    return groups;
}

/* 0 when there is no such clock. */
static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;
    return clock_gettime(clock, &now) ? 0 : (uint64_t)now.tv_sec * VMT_SECOND + (uint64_t)now.tv_nsec;
}

/* With NOWAIT and for active domains only: cheaper than without, and what the exporter gets. */
static int ask(virConnectPtr connection, unsigned groups, unsigned *ret_params)
{
    virDomainStatsRecordPtr *records = NULL;
    int count = virConnectGetAllDomainStats(connection, groups, &records,
                                            VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE |
                                                VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
    *ret_params = 0;
    for (int i = 0; i < count; i++)
        *ret_params += (unsigned)records[i]->nparams;
    if (count >= 0)
        virDomainStatsRecordListFree(records);
    return count;
}

static int ask_for_each_line(virConnectPtr connection, clockid_t daemon)
{
    unsigned groups = default_groups(), params;
    for (int next = getchar(); next != EOF; next = getchar()) {
        if (next != '\n')
            continue;
        uint64_t daemon_began = read_clock(daemon), cpu_began = read_clock(CLOCK_PROCESS_CPUTIME_ID);
        uint64_t began = vmt_now_ns();
        int count = ask(connection, groups, &params);
        uint64_t took = vmt_now_ns() - began;
        uint64_t cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu_began, daemon_cpu = read_clock(daemon) - daemon_began;
        if (count < 0)
            return EXIT_FAILURE;
        printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %d %u\n", took, cpu, daemon_cpu, count, params);
        fflush(stdout);
    }
    return EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
    clockid_t daemon = -1; /* no such clock */
    if (count < 2 || count > 3 || (count == 3 && clock_getcpuclockid(atoi(arguments[2]), &daemon))) {
        fprintf(stderr, "usage: bench_bulk URI [PID OF LIBVIRTD]\n");
        return 2;
    }
    virConnectPtr connection = virConnectOpenReadOnly(arguments[1]);
    if (!connection)
        return EXIT_FAILURE;
    int code = ask_for_each_line(connection, daemon);
    virConnectClose(connection);
    return code;
}
