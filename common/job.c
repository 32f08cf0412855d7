/* SPDX-License-Identifier: Apache-2.0 */
#include "common/job.h"
#include "common/decode.h"

void vmt_job_add(struct vmt_part *part, enum vmt_entity entity, const char *domain, const virTypedParameter *params,
                 int count)
{
    for (int i = 0; i < count; i++) {
        bool is_text = params[i].type == VIR_TYPED_PARAM_STRING;
        const char *const labels[] = {domain, params[i].field, is_text ? params[i].value.s : NULL};
        struct vmt_sample *sample = vmt_part_add_unique(part, entity, NULL, labels);
        if (!is_text)
            vmt_sample_set(sample, entity, "value", vmt_decode_value(&params[i]));
    }
}
