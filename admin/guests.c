/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/guests.h"
#include "admin/socket.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Gone, but not noticed yet: the server only writes to somebody who follows events, now and then. */
static bool has_hung_up(const struct vmt_guest *guest)
{
    struct pollfd poll_fd = {.fd = guest->fd};
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLHUP);
}

/* What it has sent may not have been read yet. */
static bool is_silent(const struct vmt_guest *guest)
{
    int waiting = 0;
    if (has_hung_up(guest))
        return true;
    return !guest->is_busy && (ioctl(guest->fd, FIONREAD, &waiting) < 0 || !waiting);
}

/* Those of a user, or of all when `uid` is NULL, that count; the oldest one that says nothing is *ret_silent. */
static unsigned count(struct vmt_guests *guests, const uid_t *uid, struct vmt_guest **ret_silent)
{
    unsigned number = 0;
    *ret_silent = NULL;
    for (struct vmt_guest *guest = guests->first; guest; guest = guest->next) {
        if (guest->is_evicted || (uid && guest->peer.uid != *uid))
            continue;
        number++;
        if (!*ret_silent && is_silent(guest))
            *ret_silent = guest;
    }
    return number;
}

/* Makes room for one more. False when all are busy. */
static bool make_room(struct vmt_guests *guests, const uid_t *uid, unsigned most)
{
    struct vmt_guest *silent;
    if (count(guests, uid, &silent) < most)
        return true;
    if (!silent)
        return false;
    silent->is_evicted = true;
    shutdown(silent->fd, SHUT_RDWR); /* the server notices, and closes it */
    return true;
}

struct vmt_guest *vmt_guests_enter(struct vmt_guests *guests, int fd)
{
    struct vmt_guest *guest = calloc(1, sizeof *guest);
    if (!guest || vmt_socket_peer(fd, &guest->peer)) {
        free(guest);
        return NULL;
    }
    guest->fd = fd;
    bool has_room = make_room(guests, &guest->peer.uid, VMT_GUESTS_OF_USER);
    guest->is_surplus = !has_room || !make_room(guests, NULL, VMT_GUESTS_ALL);
    struct vmt_guest **end = &guests->first;
    while (*end)
        end = &(*end)->next;
    *end = guest;
    guests->count++;
    return guest;
}

void vmt_guests_leave(struct vmt_guests *guests, struct vmt_guest *guest)
{
    struct vmt_guest **place = &guests->first;
    while (*place && *place != guest)
        place = &(*place)->next;
    if (*place) {
        *place = guest->next;
        guests->count--;
    }
    free((void *)guest->peer.groups);
    free(guest);
}
