/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drivers whose bulk statistics are poor (libvirt's test driver sends only the state) do know more, domain by domain.
 * This asks them and says what they answered as the bulk call would have said it, so that one decoder serves all.
 */
#ifndef VIRTMETER_COMMON_FALLBACK_H
#define VIRTMETER_COMMON_FALLBACK_H

#include "common/session.h"

/* Typed parameters as virTypedParamsAdd* make them. */
struct vmt_params {
    virTypedParameterPtr list;
    int count, room;
};

/*
 * Fills `added` (empty; to be freed with virTypedParamsFree) with what `sent`, the bulk call's answer, lacks of the
 * groups `stats` (VIR_DOMAIN_STATS_*), asked by virDomainGetInfo, MemoryStats, GetVcpus, BlockStats, GetBlockInfo and
 * InterfaceStats. Disks and interfaces are those of `identity` (may be NULL: none are known). Functions that the driver
 * lacks are asked once per session.
 */
void vmt_fallback_complete(struct vmt_session *session, virDomainPtr domain, unsigned stats,
                           const struct vmt_part *identity, const struct vmt_params *sent, struct vmt_params *added);

#endif
