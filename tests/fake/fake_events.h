/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the event loop and what it delivers. Only for the fake itself; the lock is held throughout, except around
 * callbacks.
 */
#ifndef VIRTMETER_TESTS_FAKE_EVENTS_H
#define VIRTMETER_TESTS_FAKE_EVENTS_H

#include "tests/fake/fake_state.h"

/* Keeps its connection, as libvirt's do, until it is deregistered. */
struct fake_registration {
    enum fake_source source;
    int id, event_id;
    virConnectPtr connection;
    struct fake_domain *only; /* NULL: of all domains */
    void (*callback)(void);
    void *arg;
    virFreeCallback release;
    bool is_removed;
    struct fake_registration *next;
};

struct fake_queued;

struct fake_events {
    struct fake_registration *registrations;
    struct fake_queued *first;
    unsigned delivering;   /* events */
    virConnectPtr closing; /* whose close callback runs */
    pthread_t thread;      /* that runs it */
};

extern struct fake_events fake_events;

/* Forgets registrations that were removed. */
void fake_registrations_purge(void);
void fake_registrations_forget(void);

/* Whether an event can be delivered now. */
bool fake_events_are_waiting(void);

/* Delivers the first one that can be. */
void fake_events_deliver(void);

void fake_loop_forget(void);

#endif
