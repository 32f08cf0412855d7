/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's handles of domains, kept from one query to the next: to list them all takes a call, and libvirt's client
 * formats the UUID each time that one is looked at. A handle names a domain by its UUID, whatever became of it since;
 * which domains are active the roster knows. Belongs to the session's thread.
 */
#ifndef VIRTMETER_COMMON_HANDLES_H
#define VIRTMETER_COMMON_HANDLES_H

#include "common/session.h"

/* The session's handle of the domain, which stays the session's until the next refresh; NULL when it has none. */
virDomainPtr vmt_handles_find(const struct vmt_session *session, const unsigned char uuid[VIR_UUID_BUFLEN]);

/* Replaces the handles by those of all active domains (virConnectListAllDomains). 0, or negative when that failed. */
int vmt_handles_refresh(struct vmt_session *session);

/* Gives all handles back; before the session's connection is closed. */
void vmt_handles_forget(struct vmt_session *session);

#endif
