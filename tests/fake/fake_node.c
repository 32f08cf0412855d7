/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/fake_state.h"

#include <string.h>

static const char capabilities[] = "<capabilities>\n"
                                   "  <host>\n"
                                   "    <uuid>fa4e0000-ffff-4000-8000-000000000001</uuid>\n"
                                   "    <cpu>\n"
                                   "      <arch>x86_64</arch>\n"
                                   "      <model>Skylake-Client-IBRS</model>\n"
                                   "      <vendor>Intel</vendor>\n"
                                   "      <topology sockets='1' dies='1' cores='4' threads='2'/>\n"
                                   "    </cpu>\n"
                                   "    <migration_features>\n"
                                   "      <live/>\n"
                                   "      <uri_transports>\n"
                                   "        <uri_transport>tcp</uri_transport>\n"
                                   "        <uri_transport>rdma</uri_transport>\n"
                                   "      </uri_transports>\n"
                                   "    </migration_features>\n"
                                   "    <topology>\n"
                                   "      <cells num='2'>\n"
                                   "        <cell id='0'><memory unit='KiB'>16777216</memory></cell>\n"
                                   "        <cell id='1'><memory unit='KiB'>16777216</memory></cell>\n"
                                   "      </cells>\n"
                                   "    </topology>\n"
                                   "    <secmodel><model>apparmor</model><doi>0</doi></secmodel>\n"
                                   "    <secmodel><model>dac</model><doi>0</doi></secmodel>\n"
                                   "  </host>\n"
                                   "  <guest>\n"
                                   "    <os_type>hvm</os_type>\n"
                                   "    <arch name='x86_64'>\n"
                                   "      <wordsize>64</wordsize>\n"
                                   "      <domain type='qemu'/>\n"
                                   "      <domain type='kvm'/>\n"
                                   "    </arch>\n"
                                   "  </guest>\n"
                                   "</capabilities>\n";

char *virConnectGetCapabilities(virConnectPtr conn)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return NULL;
    fake_end(&call);
    return fake_copy(capabilities);
}

int virNodeGetInfo(virConnectPtr conn, virNodeInfoPtr info)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    *info = (virNodeInfo){.model = "x86_64",
                          .memory = 33554432,
                          .cpus = 16,
                          .mhz = 2400,
                          .nodes = 2,
                          .sockets = 1,
                          .cores = 4,
                          .threads = 2};
    fake_end(&call);
    return 0;
}

unsigned long long virNodeGetFreeMemory(virConnectPtr conn)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return 0;
    fake_end(&call);
    return 8589934592;
}

int virNodeGetCellsFreeMemory(virConnectPtr conn, unsigned long long *freeMems, int startCell, int maxCells)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    int count = 0;
    for (int cell = startCell; cell < 2 && count < maxCells; cell++)
        freeMems[count++] = 4294967296ull + (unsigned)cell;
    fake_end(&call);
    return count;
}

struct figure {
    const char *field;
    unsigned long long value;
};

static const struct figure cpu_figures[] = {
    {VIR_NODE_CPU_STATS_KERNEL, 1000000000001},
    {VIR_NODE_CPU_STATS_USER, 2000000000002},
    {VIR_NODE_CPU_STATS_IDLE, 3000000000003},
    {VIR_NODE_CPU_STATS_IOWAIT, 4000000000004},
};
static const struct figure memory_figures[] = {
    {VIR_NODE_MEMORY_STATS_TOTAL, 33554432},
    {VIR_NODE_MEMORY_STATS_FREE, 8388608},
    {VIR_NODE_MEMORY_STATS_BUFFERS, 1048576},
    {VIR_NODE_MEMORY_STATS_CACHED, 4194304},
};
enum { FIGURES = 4 };

/* Asked without room: only says how many there are, as both calls do. */
int virNodeGetCPUStats(virConnectPtr conn, int cpuNum, virNodeCPUStatsPtr params, int *nparams, unsigned flags)
{
    struct fake_call call;
    (void)cpuNum;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    for (int i = 0; i < *nparams && i < FIGURES; i++) {
        strncpy(params[i].field, cpu_figures[i].field, sizeof params[i].field - 1);
        params[i].field[sizeof params[i].field - 1] = '\0';
        params[i].value = cpu_figures[i].value;
    }
    *nparams = *nparams && *nparams < FIGURES ? *nparams : FIGURES;
    fake_end(&call);
    return 0;
}

int virNodeGetMemoryStats(virConnectPtr conn, int cellNum, virNodeMemoryStatsPtr params, int *nparams, unsigned flags)
{
    struct fake_call call;
    (void)cellNum;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    for (int i = 0; i < *nparams && i < FIGURES; i++) {
        strncpy(params[i].field, memory_figures[i].field, sizeof params[i].field - 1);
        params[i].field[sizeof params[i].field - 1] = '\0';
        params[i].value = memory_figures[i].value;
    }
    *nparams = *nparams && *nparams < FIGURES ? *nparams : FIGURES;
    fake_end(&call);
    return 0;
}
