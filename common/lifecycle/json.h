/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON texts of what need not be UTF-8. Pure.
 */
#ifndef VIRTMETER_COMMON_LIFECYCLE_JSON_H
#define VIRTMETER_COMMON_LIFECYCLE_JSON_H

#include <jansson.h>

/* `text` as JSON, where NULL is null; bytes of a text that is not UTF-8 become `?`. NULL when there is no memory. */
json_t *vmt_json_text(const char *text);

#endif
