/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of options: one row each. Private to options*.c.
 */
#ifndef VIRTMETER_EXPORTER_OPTIONS_PRIVATE_H
#define VIRTMETER_EXPORTER_OPTIONS_PRIVATE_H

#include "exporter/options.h"

extern const struct vmt_flag vmt_options_rows[];
extern const size_t vmt_options_row_count;

#endif
