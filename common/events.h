/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's events on one connection: they say when something that was read once must be read again.
 * Callbacks run on libvirt's event thread, copy what they need and return.
 */
#ifndef VIRTMETER_COMMON_EVENTS_H
#define VIRTMETER_COMMON_EVENTS_H

#include "common/session.h"

/* Told, on libvirt's event thread, that what is known of a domain may be out of date; NULL uuid: of all domains. */
typedef void vmt_domain_changed(void *arg, const char *uuid);

enum { VMT_EVENT_KINDS = 6 };

struct vmt_events {
    vmt_domain_changed *changed;
    void *changed_arg;
    int callbacks[VMT_EVENT_KINDS]; /* libvirt's callback ids, -1: not registered */
};

/*
 * Registers for every kind of event that changes a domain's XML (virConnectDomainEventRegisterAny). Kinds that this
 * driver lacks are left out. Waits for libvirt. `events` must stay where it is until vmt_events_deregister.
 */
void vmt_events_register(struct vmt_events *events, struct vmt_session *session);

/* Waits for libvirt when the connection is alive. */
void vmt_events_deregister(struct vmt_events *events, struct vmt_session *session);

#endif
