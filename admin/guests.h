/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is connected. The number of connections is bounded for each user and in all; a new one takes the place of the
 * oldest that says nothing, so that silent clients keep nobody out. Whoever has a place too many is told so. For the
 * server's one thread.
 */
#ifndef VIRTMETER_ADMIN_GUESTS_H
#define VIRTMETER_ADMIN_GUESTS_H

#include "admin/peer.h"
#include "serve/watch.h"

enum { VMT_GUESTS_OF_USER = 8, VMT_GUESTS_ALL = 32 };

/* One connection. */
struct vmt_guest {
    struct vmt_guest *next; /* younger */
    struct vmt_peer peer;   /* with groups of its own */
    int fd;
    struct vmt_watched *watched; /* the deadline of its request */
    bool is_busy;                /* a request is complete, and not yet answered in full */
    bool is_surplus;             /* one too many */
    bool is_evicted;
};

/* Zeroed memory is nobody. */
struct vmt_guests {
    struct vmt_guest *first;
    unsigned count;
};

/* Lets somebody in, with his credentials. NULL when they cannot be read or there is no memory. */
struct vmt_guest *vmt_guests_enter(struct vmt_guests *guests, int fd);

/* He has gone. */
void vmt_guests_leave(struct vmt_guests *guests, struct vmt_guest *guest);

#endif
