/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The admin socket: one that we bind, in a folder that nobody else can change, or one that the service manager hands
 * over; and who is at its other end. Always a file: no abstract names, no TCP. Used before threads start, but for the
 * peer.
 */
#ifndef VIRTMETER_ADMIN_SOCKET_H
#define VIRTMETER_ADMIN_SOCKET_H

#include "admin/peer.h"
#include "common/error.h"

struct vmt_socket {
    int fd;      /* listening, does not block, closed on exec */
    int lock_fd; /* -1 when the socket was handed over */
    char path[128];
};

/*
 * Binds and listens at `path`, with mode 0660; or takes what $LISTEN_FDS hands over, which must be one listening Unix
 * socket. The folder must belong to root or to this process's user and be writable for nobody else, and be no symbolic
 * link; those above it too, but for those where everybody can only touch his own. A socket of a process that is gone is
 * replaced, under the lock beside it; of one that lives it is not. 0, or a negative errno with the reason.
 */
int vmt_socket_open(const char *path, struct vmt_socket *ret_socket, struct vmt_error *error);

/* Closes it, and removes it if it was bound here. */
void vmt_socket_close(struct vmt_socket *socket);

enum { VMT_PEER_GROUPS_MAX = 65536 }; /* the kernel's own limit */

/*
 * Who connected (SO_PEERCRED, SO_PEERGROUPS): as it was then. ret_peer->groups is for the caller to free. 0 or a
 * negative errno.
 */
int vmt_socket_peer(int fd, struct vmt_peer *ret_peer);

#endif
