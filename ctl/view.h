/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon answers, as a table, as JSON, or as names alone. Shows what is there: a member that is new in the API
 * needs nothing here. Pure, one thread.
 */
#ifndef VIRTMETER_CTL_VIEW_H
#define VIRTMETER_CTL_VIEW_H

#include "ctl/flags.h"
#include "serve/text.h"

#include <jansson.h>

struct vmt_style {
    enum vmt_output output;
    bool has_colours;
    bool is_terminal; /* where it goes: a document is not changed for a file */
};

/* Adds an answer to something that was read: a list, a document, or one thing. */
void vmt_view_add(struct vmt_text *text, const json_t *answer, const struct vmt_style *style);

/* Adds what became of an operation, in one line. */
void vmt_view_add_operation(struct vmt_text *text, const json_t *operation, const struct vmt_style *style);

/* Adds an event in one line. */
void vmt_view_add_event(struct vmt_text *text, const char *name, const json_t *event, const struct vmt_style *style);

#endif
