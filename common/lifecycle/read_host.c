/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/read.h"
#include "common/lifecycle/run.h"

#include <stdio.h>
#include <stdlib.h>

int vmt_run_host(struct vmt_act *act)
{
    virNodeInfo node;
    if (virNodeGetInfo(act->control->connection, &node) < 0)
        return vmt_act_fail(act, "virNodeGetInfo");
    char *hostname = virConnectGetHostname(act->control->connection);
    unsigned long long free_bytes = virNodeGetFreeMemory(act->control->connection);
    json_t *host = json_pack("{s:o, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:I}", "hostname", vmt_json_text(hostname),
                             "model", node.model, "cpus", (int)node.cpus, "cpu_mhz", (int)node.mhz, "nodes",
                             (int)node.nodes, "sockets", (int)node.sockets, "cores", (int)node.cores, "threads",
                             (int)node.threads, "memory_bytes", (json_int_t)node.memory * 1024);
    free(hostname);
    if (host)
        json_object_set_new(host, "free_memory_bytes", free_bytes ? json_integer((json_int_t)free_bytes) : json_null());
    return vmt_read_answer(act, host);
}

static json_t *version(unsigned long number)
{
    char text[32];
    if (!number)
        return json_null();
    snprintf(text, sizeof text, "%lu.%lu.%lu", number / 1000000, number / 1000 % 1000, number % 1000);
    return json_string(text);
}

int vmt_run_connection(struct vmt_act *act)
{
    virConnectPtr connection = act->control->connection;
    unsigned long library = 0, hypervisor = 0;
    char *uri = virConnectGetURI(connection);
    if (!uri)
        return vmt_act_fail(act, "virConnectGetURI");
    virConnectGetLibVersion(connection, &library);
    virConnectGetVersion(connection, &hypervisor);
    json_t *answer =
        json_pack("{s:o, s:o, s:o, s:o, s:b, s:b, s:b}", "uri", vmt_json_text(uri), "driver",
                  vmt_json_text(virConnectGetType(connection)), "libvirt_version", version(library),
                  "hypervisor_version", version(hypervisor), "encrypted", virConnectIsEncrypted(connection) == 1,
                  "secure", virConnectIsSecure(connection) == 1, "alive", virConnectIsAlive(connection) == 1);
    free(uri);
    return vmt_read_answer(act, answer);
}
