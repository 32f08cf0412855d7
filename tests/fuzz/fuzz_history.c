/* SPDX-License-Identifier: Apache-2.0 */
/* An audit file in any state: what is read from it is whole. */
#include "admin/history.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vmt_history *history = vmt_history_new();
    FILE *file = size ? fmemopen((void *)data, size, "r") : NULL;
    unsigned before = 0, after = 0;
    assert(history);
    if (file) {
        assert(vmt_history_add(history, file) == 0);
        fclose(file);
    }
    vmt_history_operations(history, &before);
    vmt_history_forget_before(history, UINT64_MAX);
    const struct vmt_history_operation *operations = vmt_history_operations(history, &after);
    assert(after <= before);
    for (unsigned i = 0; i < after; i++) {
        assert(operations[i].operation && operations[i].action && operations[i].target < VMT_TARGET_COUNT);
        assert(!operations[i].ended_ns && !operations[i].result); /* what has ended is forgotten */
    }
    vmt_history_free(history);
    return 0;
}
