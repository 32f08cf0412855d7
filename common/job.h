/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What virDomainGetJobStats says, parameter by parameter: a sample each. Pure but for the part that it fills.
 */
#ifndef VIRTMETER_COMMON_JOB_H
#define VIRTMETER_COMMON_JOB_H

#include "common/part.h"

#include <libvirt/libvirt.h>

/* Adds the parameters as samples of `entity`, VMT_ENTITY_JOB_PARAMETER or VMT_ENTITY_LAST_JOB_PARAMETER. A text is in
 * the label `text`, and such a sample has no value. */
void vmt_job_add(struct vmt_part *part, enum vmt_entity entity, const char *domain, const virTypedParameter *params,
                 int count);

#endif
