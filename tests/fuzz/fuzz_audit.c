/* SPDX-License-Identifier: Apache-2.0 */
/* Names in the audit: whatever they are, a line is one line of printable ASCII, of bounded length, and JSON. */
#include "admin/audit_line.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    const struct vmt_peer peer = {.uid = 1};
    const struct vmt_audit_act act = {
        .peer = &peer, .operation = text, .key = text, .action = "start", .target = VMT_TARGET_DOMAIN, .name = text};
    const struct vmt_audit_result result = {.result = "failed", .detail = text, .changed = -1};
    char *line = vmt_audit_line(VMT_AUDIT_RESULT, 0, &act, &result, 0);
    size_t length = strlen(line);
    assert(length <= VMT_AUDIT_LINE_MAX && line[length - 1] == '\n');
    for (size_t i = 0; i + 1 < length; i++)
        assert(line[i] >= ' ' && line[i] <= 0x7F);
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert(json && json_is_string(json_object_get(json, "key")));
    json_decref(json);
    free(line);
    free(text);
    return 0;
}
