/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server: listens, routes, bounds what clients may cost, and hands scrapes to the scraper. One thread of
 * libmicrohttpd for each address; none of them ever waits.
 */
#ifndef VIRTMETER_EXPORTER_HTTP_H
#define VIRTMETER_EXPORTER_HTTP_H

#include "exporter/scrape.h"

struct vmt_http_options {
    const char *const *addresses; /* at least one, ended by NULL; used while starting only */
    const char *telemetry_path;   /* must outlive the server, as what follows */
    const char *version;
    struct vmt_scraper_options scraper;
    unsigned idle_seconds;   /* a connection is closed when nothing comes or goes for so long */
    uint64_t head_limit_ns;  /* from its beginning, or the end of the last answer, to the end of a request's head */
    uint64_t reply_limit_ns; /* to take an answer */
};

struct vmt_http;

/* Listens and starts. 0, or a negative errno with the reason. */
int vmt_http_new(const struct vmt_http_options *options, struct vmt_http **ret_http, struct vmt_error *error);

/* The address that the server really listens on as the `number`th, as a user would write it; NULL after the last. */
const char *vmt_http_address(const struct vmt_http *http, unsigned number);

/* Refuses new connections, and waits until all scrapes are over, at the latest until `until_ns` of CLOCK_MONOTONIC. */
void vmt_http_drain(struct vmt_http *http, uint64_t until_ns);

/* Cuts off whatever is left. The host may still answer afterwards, until the server is freed. */
void vmt_http_stop(struct vmt_http *http);

/* Stops, and frees. The host must not answer any more. */
void vmt_http_free(struct vmt_http *http);

#endif
