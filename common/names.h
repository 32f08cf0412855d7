/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded set of names that only grows: what newer versions of libvirt send and this virtmeter does not know.
 * Safe from any thread.
 */
#ifndef VIRTMETER_COMMON_NAMES_H
#define VIRTMETER_COMMON_NAMES_H

#include <pthread.h>
#include <stdbool.h>

enum { VMT_NAMES_MAX = 256, VMT_NAME_TEXT = 81 };

struct vmt_names {
    pthread_mutex_t lock;
    unsigned count;
    char name[VMT_NAMES_MAX][VMT_NAME_TEXT];
};

void vmt_names_init(struct vmt_names *names);
void vmt_names_done(struct vmt_names *names);

/* Whether `name` is new; false when it is there already, or the set is full. */
bool vmt_names_add(struct vmt_names *names, const char *name);

unsigned vmt_names_count(struct vmt_names *names);

#endif
