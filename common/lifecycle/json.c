/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lifecycle/json.h"

#include <stdlib.h>
#include <string.h>

json_t *vmt_json_text(const char *text)
{
    if (!text)
        return json_null();
    json_t *json = json_string(text);
    char *copy = json ? NULL : strdup(text);
    for (char *at = copy; at && *at; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    if (copy)
        json = json_string(copy);
    free(copy);
    return json;
}
