/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page for people who open the exporter in a browser.
 */
#ifndef VIRTMETER_EXPORTER_PAGE_H
#define VIRTMETER_EXPORTER_PAGE_H

#include "common/metric.h"
#include "serve/text.h"

/* Adds the page: a link to the metrics, the version, and the collectors, of which `collectors` are enabled. */
void vmt_page_write(struct vmt_text *text, const char *telemetry_path, const char *version, vmt_collectors collectors);

#endif
