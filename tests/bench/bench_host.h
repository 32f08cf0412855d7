/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pretended host that benchmarks of big hosts measure.
 */
#ifndef VIRTMETER_TESTS_BENCH_HOST_H
#define VIRTMETER_TESTS_BENCH_HOST_H

enum { BENCH_DOMAINS = 1000, BENCH_VCPUS = 4, BENCH_DISKS = 2, BENCH_INTERFACES = 1 };

/* Fills the fake libvirt's host with `domains` running domains. */
void bench_host_fill(unsigned domains);

/*
 * The fake keeps each handle after its end, to notice late use; over many collections that would be all the memory that
 * is measured. Frees them. From any thread.
 */
void bench_host_sweep(void);

/* Lets every figure of the host grow with the time that has passed, each domain's at a pace of its own. From any
 * thread. */
void bench_host_grow(void);

#endif
