/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libvirt says of jobs in words, which no value of collectd can hold: a notification for each, when it is new.
 * One thread.
 */
#ifndef VIRTMETER_COLLECTD_TEXTS_H
#define VIRTMETER_COLLECTD_TEXTS_H

#include "collectd-plugin/roll.h"

struct vmt_texts {
    char **told; /* domain, parameter and text of what there was the last time that all was there, and since, in one */
    unsigned count;
};

void vmt_texts_done(struct vmt_texts *texts);

/* Calls `tell` for each text that was not there the last time. */
typedef void vmt_texts_tell_one(void *arg, const struct vmt_subject *subject, const char *parameter, const char *text);
void vmt_texts_tell(struct vmt_texts *texts, const struct vmt_roll *roll, vmt_texts_tell_one *tell, void *arg);

#endif
