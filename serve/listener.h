/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets to listen on, made from addresses as users write them: `:PORT` (all addresses, IPv4 and IPv6), `HOST:PORT`,
 * `[IPV6]:PORT`, `unix:PATH`. Knows no HTTP.
 */
#ifndef VIRTMETER_SERVE_LISTENER_H
#define VIRTMETER_SERVE_LISTENER_H

#include "common/error.h"

enum { VMT_LISTENER_NAME = 128 };

struct vmt_listener {
    int fd;
    char name[VMT_LISTENER_NAME]; /* the address that it is really bound to, as a user would write it */
};

/* 0 when `address` is written as one, or -EINVAL with the reason. Looks at nothing but the text. */
int vmt_listener_check(const char *address, struct vmt_error *error);

/*
 * Binds and listens; the socket does not block and is closed on exec. A socket file that nobody listens on any more is
 * replaced, anything else at its path is left alone. 0, or a negative errno with the reason.
 */
int vmt_listener_open(const char *address, struct vmt_listener *ret_listener, struct vmt_error *error);

/* Makes clients be refused from now on, and removes a socket file. The descriptor stays open for whoever polls it. */
void vmt_listener_shut(struct vmt_listener *listener);

/* Shuts and closes. */
void vmt_listener_close(struct vmt_listener *listener);

#endif
