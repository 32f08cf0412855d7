/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's own handles of domains: libvirt's handles belong to the connection that made them, so each worker lists
 * the domains itself, in one call, and finds those it was told to ask. For worker threads.
 */
#ifndef VIRTMETER_COMMON_HANDLES_H
#define VIRTMETER_COMMON_HANDLES_H

#include "common/session.h"

/*
 * The session's own handles of the active domains, as virConnectListAllDomains gives them; ordered by uuid.
 * -1 when the call failed. To be freed with vmt_handles_free.
 */
int vmt_handles_list(struct vmt_session *session, virDomainPtr **ret_handles);
virDomainPtr vmt_handles_find(virDomainPtr *handles, int count, const unsigned char uuid[VIR_UUID_BUFLEN]);
void vmt_handles_free(virDomainPtr *handles, int count);

#endif
