/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user lists under Domain, BlockDevice or InterfaceDevice: texts that must be the same, and /regular
 * expressions/ that must be found somewhere. Reading it is safe from any thread.
 */
#ifndef VIRTMETER_COLLECTD_SELECTION_H
#define VIRTMETER_COLLECTD_SELECTION_H

#include "common/error.h"

#include <stdbool.h>

struct vmt_selection {
    struct vmt_selected *entries;
    unsigned count;
};

/* Adds an entry. 0, or -EINVAL when it is empty or no regular expression, or -ENOMEM. */
int vmt_selection_add(struct vmt_selection *selection, const char *text, struct vmt_error *error);
void vmt_selection_done(struct vmt_selection *selection);

/* Whether `text` is to be measured: when it is listed, or with `ignores_listed` when it is not. An empty list selects
 * everything. */
bool vmt_selection_wants(const struct vmt_selection *selection, bool ignores_listed, const char *text);

#endif
