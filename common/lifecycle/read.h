/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told of things, as JSON: shared by the reads of the action table and by what shows a domain before it is
 * destroyed. NULL when there is no memory or libvirt failed; then the act says which.
 */
#ifndef VIRTMETER_COMMON_LIFECYCLE_READ_H
#define VIRTMETER_COMMON_LIFECYCLE_READ_H

#include "common/lifecycle/act.h"

/* What a domain's object says in every answer; the flags are as libvirt says them: negative ones are unknown. */
json_t *vmt_read_pack_domain(const struct vmt_thing *thing, int autostart, int managed_save);

/* Who and how the act's domain is. */
json_t *vmt_read_domain(struct vmt_act *act);

/* The same, and what it has, uses, and could lose: disks, snapshots, NVRAM. */
json_t *vmt_read_domain_info(struct vmt_act *act);

/* Takes `answer` as the act's; -ENOMEM when it is NULL and nothing else has failed. */
int vmt_read_answer(struct vmt_act *act, json_t *answer);

/* Whether `name` matches the row's parameter `name`, a glob, if that was given. */
bool vmt_read_wants(const struct vmt_act *act, const char *name);

#endif
