/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP on the admin socket: one thread of libmicrohttpd that never waits. It reads requests within strict limits, hands
 * them to the daemon as calls, and sends the answers.
 */
#ifndef VIRTMETER_ADMIN_HTTP_H
#define VIRTMETER_ADMIN_HTTP_H

#include "admin/feed.h"
#include "admin/services.h"

struct vmt_server_options {
    int fd; /* listening; stays the caller's */
    struct vmt_services_options services;
    uint64_t
        request_limit_ns;    /* from the beginning of a connection, or the end of the last answer, to a whole request */
    uint64_t reply_limit_ns; /* to take an answer */
};

struct vmt_server;

/* Starts. 0, or a negative errno with the reason. */
int vmt_server_new(const struct vmt_server_options *options, struct vmt_server **ret_server, struct vmt_error *error);

/* No connection is taken up any more. */
void vmt_server_quiesce(struct vmt_server *server);

/* All calls must have been answered, and the feed closed: waits a little for the last answers, then cuts them off. */
void vmt_server_free(struct vmt_server *server);

#endif
