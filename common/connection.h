/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervised connection: a thread of its own opens it, hears when it is lost, and opens it again with back-off.
 * It carries libvirt's events and tells the workers whether there is a daemon to talk to; measuring calls go through
 * the workers' own sessions. Everything is read-only and nothing ever prompts.
 * All functions are safe from any thread; none waits for libvirt except where it says so.
 */
#ifndef VIRTMETER_COMMON_CONNECTION_H
#define VIRTMETER_COMMON_CONNECTION_H

#include "common/credentials.h"
#include "common/events.h"
#include "common/notice.h"
#include "common/session.h"

#include <stdbool.h>

struct vmt_connection_options {
    const char *uri; /* NULL: libvirt's default */
    struct vmt_credentials *credentials;
    struct vmt_calls *calls;
    vmt_notify *notify;
    void *notify_arg;
    struct vmt_event_sink sink;
};

struct vmt_connection;

/* Starts supervising; what `options` points to must outlive the connection. 0 or a negative errno with the reason. */
int vmt_connection_new(const struct vmt_connection_options *options, struct vmt_connection **ret_connection,
                       struct vmt_error *error);

/* Closes it and ends the thread. False when libvirt hangs past `until_ns`; it may be tried again. */
bool vmt_connection_stop(struct vmt_connection *connection, uint64_t until_ns);

/* Frees a stopped one. The event loop must have ended: a callback may still have been running after the stop. */
void vmt_connection_free(struct vmt_connection *connection);

/* Which connection this is, counted from 1; 0 while there is none. */
unsigned vmt_connection_generation(struct vmt_connection *connection);

/* The same, but while the very first attempt to connect is still under way, waits for it, at the latest until
 * `until_ns`: so that who asks right after the start gets an answer. */
unsigned vmt_connection_await(struct vmt_connection *connection, uint64_t until_ns);

/* Whether there has been a connection at all. */
bool vmt_connection_was_open(struct vmt_connection *connection);

/* Adds the connection's figures (reconnects by reason, registrations for events) to a sample of VMT_ENTITY_EXPORTER. */
void vmt_connection_sample(struct vmt_connection *connection, struct vmt_sample *sample);

/*
 * Makes `session` belong to the present connection: opens it, or opens it anew when the one it had is of an earlier
 * generation or dead. Waits for libvirt; for worker threads. 0, or -ENOTCONN when there is no connection, or -EIO when
 * it could not be opened (noted in the session's part).
 */
int vmt_connection_open_session(struct vmt_connection *connection, struct vmt_session *session);

/* Closes the session's connection, if it has one. Waits for libvirt; for worker threads. */
void vmt_session_close(struct vmt_session *session);

#endif
