/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: what libvirt itself costs a client that asks for the same values in the simplest way. One read-only
 * connection that stays open, and for each line of standard input one virConnectGetAllDomainStats for the groups of
 * COLLECTORS, names with commas between them, or of the exporter's default ones; nothing of it is used. Prints a line
 * for each: wall time, the client's CPU time and the daemon's, in ns; records and parameters that came.
 *
 *   yes | head -n 20 | bench_bulk URI [PID OF LIBVIRTD [COLLECTORS]]
 */
#include "common/clock.h"
#include "common/collect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The collectors of that name; all default ones for NULL; 0 when there is one that nobody knows. */
static vmt_collectors to_collectors(char *names)
{
    vmt_collectors collectors = names ? 0 : vmt_collectors_default();
    char *rest = NULL;
    for (char *name = names ? strtok_r(names, ",", &rest) : NULL; name; name = strtok_r(NULL, ",", &rest)) {
        int collector = vmt_collector_find(name);
        if (collector < 0)
            return 0;
        collectors |= VMT_COLLECTOR_BIT(collector);
    }
    return collectors;
}

static unsigned to_groups(vmt_collectors collectors)
{
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

static int ask_for_each_line(virConnectPtr connection, clockid_t daemon, unsigned groups)
{
    unsigned params;
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
    unsigned groups = to_groups(to_collectors(count == 4 ? arguments[3] : NULL));
    if (count < 2 || count > 4 || (count > 2 && clock_getcpuclockid(atoi(arguments[2]), &daemon)) || !groups) {
        fprintf(stderr, "usage: bench_bulk URI [PID OF LIBVIRTD [COLLECTORS]]\n");
        return 2;
    }
    virConnectPtr connection = virConnectOpenReadOnly(arguments[1]);
    if (!connection)
        return EXIT_FAILURE;
    int code = ask_for_each_line(connection, daemon, groups);
    virConnectClose(connection);
    return code;
}
