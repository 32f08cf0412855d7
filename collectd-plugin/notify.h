/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changes, as collectd's notifications and log lines: domains' states, a domain that is stuck or whole again,
 * libvirt lost or back. The core's threads and the reading one only put it into a queue; a thread of its own gives it
 * to collectd, whose other plugins may take their time with it.
 */
#ifndef VIRTMETER_COLLECTD_NOTIFY_H
#define VIRTMETER_COLLECTD_NOTIFY_H

#include "collectd-plugin/roll.h"
#include "common/host.h"

struct vmt_notifier;

/* Starts the thread. `config` must outlive it. 0 or a negative errno with the reason. */
int vmt_notifier_new(const struct vmt_config *config, struct vmt_notifier **ret_notifier, struct vmt_error *error);

/*
 * Gives collectd what is in the queue, then ends the thread; nothing is given to collectd after this. False when the
 * thread has not ended by `until_ns`, because another plugin does not take what it is given: the notifier must not be
 * freed then.
 */
bool vmt_notifier_stop(struct vmt_notifier *notifier, uint64_t until_ns);

/* When it has stopped and the core is gone. */
void vmt_notifier_free(struct vmt_notifier *notifier);

/* For the core: `arg` is the notifier. From any thread. */
void vmt_notifier_hear(void *arg, const struct vmt_notice *notice);
void vmt_notifier_happened(void *arg, const struct vmt_happening *happening);

/* After each read: names are from this roll from now on; it is the notifier's. Tells when libvirt has answered neither
 * this read nor the one before, and when it answers again. */
void vmt_notifier_know(struct vmt_notifier *notifier, struct vmt_roll *roll);

/* Tells what libvirt says of a domain's job in words; for vmt_texts_tell: `arg` is the notifier. */
void vmt_notifier_tell_text(void *arg, const struct vmt_subject *subject, const char *parameter, const char *text);

/* Tells the state of each persistent domain, changed or not. */
void vmt_notifier_tell_states(struct vmt_notifier *notifier, const struct vmt_roll *roll);

#endif
