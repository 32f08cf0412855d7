/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts what a program asks of malloc: bench_malloc.c stands before libc's own functions, for shared libraries too.
 */
#ifndef VIRTMETER_TESTS_BENCH_MALLOC_H
#define VIRTMETER_TESTS_BENCH_MALLOC_H

struct bench_malloc {
    unsigned long calls; /* that gave memory, or more of it */
    long live;           /* pieces that have not been given back */
};

/* Since the program began, of all threads. */
struct bench_malloc bench_malloc_now(void);

#endif
