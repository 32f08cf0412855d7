/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/page.h"
#include "common/collect.h"
#include "serve/escape.h"

static const char head[] = "<!DOCTYPE html>\n"
                           "<html lang=\"en\">\n"
                           "<meta charset=\"utf-8\">\n"
                           "<title>virtmeter</title>\n"
                           "<style>body{font-family:sans-serif;margin:2em}td{padding:.1em 1em .1em 0}</style>\n"
                           "<h1>virtmeter</h1>\n"
                           "<p>What libvirt knows of this host and its domains.</p>\n";

void vmt_page_write(struct vmt_text *text, const char *telemetry_path, const char *version, vmt_collectors collectors)
{
    vmt_text_add_string(text, head);
    vmt_text_add_string(text, "<p><a href=\"");
    vmt_escape_html(text, telemetry_path);
    vmt_text_add_string(text, "\">Metrics</a></p>\n<p>Version ");
    vmt_escape_html(text, version);
    vmt_text_add_string(text, "</p>\n<h2>Collectors</h2>\n<table>\n");
    for (enum vmt_collector i = 0; i < VMT_COLLECTOR_COUNT; i++) {
        const struct vmt_collector_row *row = vmt_collector_row(i);
        if (row->is_for_collectd)
            continue;
        vmt_text_printf(text, "<tr><td>%s</td><td>%s</td><td>", row->name,
                        collectors & VMT_COLLECTOR_BIT(i) ? "on" : "off");
        vmt_escape_html(text, row->help);
        vmt_text_add_string(text, "</td></tr>\n");
    }
    vmt_text_add_string(text, "</table>\n");
}
