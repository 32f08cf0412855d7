/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's events on one connection. Each is counted; those after which something that was read once must be read
 * again say so; a start is noted with its time. Events that happened while there was no connection are not known and
 * not made up. Callbacks run on libvirt's event thread, copy what they need and return.
 */
#ifndef VIRTMETER_COMMON_EVENTS_H
#define VIRTMETER_COMMON_EVENTS_H

#include "common/filter.h"
#include "common/session.h"
#include "common/tally.h"

/* One event, for who wants more than a count. Texts live as long as the call. */
struct vmt_happening {
    const char *kind; /* "domain", "storage_pool", "network", … */
    const char *uuid, *name;
    const char *event;  /* "started", "reboot", … */
    const char *detail; /* of a domain's lifecycle: "booted", …; or NULL */
    int lifecycle;      /* virDomainEventType; -1: another event */
};

/* Who hears of events. Called on libvirt's event thread. */
struct vmt_event_sink {
    void *arg;
    /* What is known of a domain may be out of date; NULL uuid: of all domains. */
    void (*changed)(void *arg, const char *uuid);
    /* A domain started just now; `id` is its new id. */
    void (*started)(void *arg, const char *uuid, unsigned id);
    /* A domain has a job: it is being migrated. May be NULL. */
    void (*has_job)(void *arg, const char *uuid);
    const struct vmt_filter *filter; /* events of domains that it refuses are not counted */
    struct vmt_tally *tally;
    /* Every event of a domain, pool or network; may be NULL. */
    void (*happened)(void *arg, const struct vmt_happening *happening);
};

struct vmt_events;

/* NULL when there is no memory. What `sink` points to must outlive the events. */
struct vmt_events *vmt_events_new(const struct vmt_event_sink *sink);
void vmt_events_free(struct vmt_events *events);

/*
 * Registers for every kind of domain, storage pool, network, node device and secret event that this driver has
 * (virConnectDomainEventRegisterAny and its siblings). Waits for libvirt.
 */
void vmt_events_register(struct vmt_events *events, struct vmt_session *session);

/* Waits for libvirt when the connection is alive. Must come before the connection is closed. */
void vmt_events_deregister(struct vmt_events *events, struct vmt_session *session);

#endif
