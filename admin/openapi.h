/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interface described by OpenAPI 3.0.3, generated from the tables: paths, parameters and bodies are rows. Pure.
 */
#ifndef VIRTMETER_ADMIN_OPENAPI_H
#define VIRTMETER_ADMIN_OPENAPI_H

#include <jansson.h>

/* The document; NULL when there is no memory. */
json_t *vmt_openapi(const char *version);

/* The schemas that answers refer to, as a JSON text. */
extern const char vmt_openapi_schemas[];

#endif
