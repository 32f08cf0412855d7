/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exporter with a pretended host: exporter/main.c and the fake libvirt, filled before main runs. With
 * VIRTMETER_BENCH_DOMAINS domains, else with those that make 100,000 series.
 *
 *   VIRTMETER_BENCH=serve   the exporter, as it is
 *   VIRTMETER_BENCH=grow    the same, and the figures grow all the time
 *   VIRTMETER_BENCH=idle    what the exporter's memory is compared to: a process of the same libraries that opens one
 *                           connection, says so on standard output, and waits to be killed
 */
#include "tests/bench/bench_host.h"

#include <libvirt/libvirt.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DOMAINS = 1100 };

static _Noreturn void idle(void)
{
    virConnectPtr connection = virConnectOpenReadOnly(NULL);
    if (!connection)
        exit(EXIT_FAILURE);
    puts("open");
    fflush(stdout);
    for (;;)
        pause();
}

static void *sweep(void *arg)
{
    bool *is_growing = arg;
    for (;;) {
        bench_host_sweep();
        if (*is_growing)
            bench_host_grow();
        usleep(20 * 1000);
    }
    return NULL;
}

/* No signal may end in this thread: the exporter's main thread waits for them. */
static void start_sweeping(bool wants_growth)
{
    static bool is_growing;
    is_growing = wants_growth;
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, sweep, &is_growing))
        exit(EXIT_FAILURE);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

__attribute__((constructor)) static void fill(void)
{
    const char *mode = getenv("VIRTMETER_BENCH");
    if (!mode)
        return;
    const char *domains = getenv("VIRTMETER_BENCH_DOMAINS");
    bench_host_fill(domains ? (unsigned)strtoul(domains, NULL, 10) : DOMAINS);
    if (!strcmp(mode, "idle"))
        idle();
    start_sweeping(!strcmp(mode, "grow"));
}
