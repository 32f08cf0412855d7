/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor of an action: what libvirt itself takes to suspend and resume a domain, on one connection that stays open.
 * For each line of standard input it does both once and prints a line: the time of each, in ns.
 *
 *   yes | head -n 20 | bench_act URI DOMAIN
 */
#include "common/clock.h"

#include <inttypes.h>
#include <libvirt/libvirt.h>
#include <stdio.h>

static int act_for_each_line(virDomainPtr domain)
{
    for (int next = getchar(); next != EOF; next = getchar()) {
        if (next != '\n')
            continue;
        uint64_t began_ns = vmt_now_ns();
        int failed = virDomainSuspend(domain);
        uint64_t between_ns = vmt_now_ns();
        if (failed || virDomainResume(domain))
            return 1;
        printf("%" PRIu64 " %" PRIu64 "\n", between_ns - began_ns, vmt_now_ns() - between_ns);
        fflush(stdout);
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: bench_act URI DOMAIN\n");
        return 2;
    }
    virConnectPtr connection = virConnectOpen(arguments[1]);
    virDomainPtr domain = connection ? virDomainLookupByName(connection, arguments[2]) : NULL;
    int code = domain ? act_for_each_line(domain) : 1;
    if (domain)
        virDomainFree(domain);
    if (connection)
        virConnectClose(connection);
    return code;
}
