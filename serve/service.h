/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a service manager should know, by the protocol of sd_notify(3). Does nothing when nobody listens.
 */
#ifndef VIRTMETER_SERVE_SERVICE_H
#define VIRTMETER_SERVE_SERVICE_H

/* Sends a state such as "READY=1" to $NOTIFY_SOCKET. 0 also when there is none, or a negative errno. */
int vmt_service_notify(const char *state);

#endif
