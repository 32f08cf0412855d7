/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exporter with a pretended host of 100,000 series: exporter/main.c and the fake libvirt, filled before main runs.
 *
 *   VIRTMETER_BENCH=serve   the exporter, as it is
 *   VIRTMETER_BENCH=idle    what the exporter's memory is compared to: a process of the same libraries that opens one
 *                           connection, says so on standard output, and waits to be killed
 */
#include "tests/bench/bench_host.h"

#include <libvirt/libvirt.h>
#include <pthread.h>
#include <signal.h>
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
    for (;;) {
        bench_host_sweep();
        usleep(20 * 1000);
    }
    return arg;
}

/* No signal may end in this thread: the exporter's main thread waits for them. */
static void start_sweeping(void)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, sweep, NULL))
        exit(EXIT_FAILURE);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

__attribute__((constructor)) static void fill(void)
{
    const char *mode = getenv("VIRTMETER_BENCH");
    if (!mode)
        return;
    bench_host_fill(DOMAINS);
    if (!strcmp(mode, "idle"))
        idle();
    start_sweeping();
}
