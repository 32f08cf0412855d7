/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All metrics as a document for people, from the tables. Pure.
 */
#ifndef VIRTMETER_EXPORTER_CATALOG_H
#define VIRTMETER_EXPORTER_CATALOG_H

#include "serve/text.h"

/* Adds the document, as Markdown: a section with a table for each collector. */
void vmt_catalog_write(struct vmt_text *text);

#endif
