/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's bulk statistics to samples: `block.0.rd.bytes` becomes slot `rd.bytes` of the block sample of disk 0. Which
 * parameters there are is in the tables of metric.c alone. Parameters may come in any order and any of them may be
 * missing; what no table knows is noted once by name and skipped. Makes no libvirt call.
 * A decoder belongs to one thread.
 */
#ifndef VIRTMETER_COMMON_DECODE_H
#define VIRTMETER_COMMON_DECODE_H

#include "common/filter.h"
#include "common/snapshot.h"

#include <libvirt/libvirt.h>

/* Told of each parameter that no table knows, once per decoder: its name, with `N` for each index. */
typedef void vmt_decode_unknown(void *arg, const char *name);

/* A decoder, or NULL when there is no memory. `filter` (may be NULL: all devices) must outlive it. */
struct vmt_decoder *vmt_decoder_new(const struct vmt_filter *filter, vmt_decode_unknown *unknown, void *arg);
void vmt_decoder_free(struct vmt_decoder *decoder);

/*
 * Adds the samples of one record of virConnectGetAllDomainStats (typed parameters, units as libvirt documents them) to
 * `part`, under `domain`, which lives in `part`. Absent and negative values stay absent. Returns the domain's
 * virDomainState, or -1 when the record does not say.
 */
int vmt_decode(struct vmt_decoder *decoder, const virTypedParameter *params, int count, const struct vmt_domain *domain,
               struct vmt_part *part);

/*
 * Whether the record has figures of a kind that a hypervisor's monitor adds to (memory, vCPUs, disks) but none that
 * only the monitor knows: libvirt did not ask it.
 */
bool vmt_decode_is_partial(struct vmt_decoder *decoder, const virTypedParameter *params, int count);

/* The number in a parameter, by the kind that the daemon sent; absent when it is a text, or negative, which is
 * libvirt's way to say unknown. */
struct vmt_value vmt_decode_value(const virTypedParameter *param);

#endif
