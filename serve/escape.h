/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of others made harmless for the formats that carry them. What is not UTF-8 becomes U+FFFD everywhere.
 * Pure, safe from any thread.
 */
#ifndef VIRTMETER_SERVE_ESCAPE_H
#define VIRTMETER_SERVE_ESCAPE_H

#include "serve/text.h"

/* As label values have it: `\\`, `\"` and `\n`. OpenMetrics wants the same in HELP. */
void vmt_escape_label(struct vmt_text *text, const char *string);

/* As HELP of the text format has it: `\\` and `\n`. */
void vmt_escape_help(struct vmt_text *text, const char *string);

/* As HTML has it, in element content and in quoted attributes. */
void vmt_escape_html(struct vmt_text *text, const char *string);

#endif
