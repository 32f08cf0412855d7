/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon answers by itself, without libvirt. Never waits.
 */
#ifndef VIRTMETER_ADMIN_SERVICES_H
#define VIRTMETER_ADMIN_SERVICES_H

#include "admin/admin.h"
#include "admin/feed.h"

struct vmt_services_options {
    struct vmt_admin *admin;
    struct vmt_feed *feed;
    const char *version, *revision;
};

/*
 * Answers a call for a service, which it is not for VMT_SERVICE_EVENTS. True when the answer is there; false when the
 * call waits for an operation and is answered later.
 */
bool vmt_services_answer(const struct vmt_services_options *options, struct vmt_call *call, enum vmt_service service,
                         unsigned connections);

#endif
