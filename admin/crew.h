/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that talk to libvirt, each with a connection of its own that may write. A call can hang for ever: then its
 * thread is lost until it returns, and the others go on. Threads are made when they are first needed and stay.
 * All functions are safe from any thread.
 */
#ifndef VIRTMETER_ADMIN_CREW_H
#define VIRTMETER_ADMIN_CREW_H

#include "common/lifecycle/lifecycle.h"

/* Work to be done. It belongs to whoever submits it, and must stay until it was run. */
struct vmt_job {
    struct vmt_job *next; /* the crew's */
    void (*run)(struct vmt_job *job, struct vmt_control *control);
};

struct vmt_crew;

/* At most `threads` of them, and `queue` jobs that wait for one. NULL when there is no memory. */
struct vmt_crew *vmt_crew_new(const char *name, unsigned threads, unsigned queue);

/* Runs what waits, then ends the threads. False, and nothing is freed, when one hangs past `until_ns`. */
bool vmt_crew_free(struct vmt_crew *crew, uint64_t until_ns);

/* 0; or -EBUSY when too much waits already, or another negative errno when no thread can be made. */
int vmt_crew_submit(struct vmt_crew *crew, struct vmt_job *job);

#endif
