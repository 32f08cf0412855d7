/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scrapes: a request for metrics is read, put to the core with its deadline, rendered, and answered. No thread waits
 * for it meanwhile: its connection is suspended. The number of scrapes at the same time is bounded.
 */
#ifndef VIRTMETER_EXPORTER_SCRAPE_H
#define VIRTMETER_EXPORTER_SCRAPE_H

#include "common/host.h"
#include "serve/selfmetrics.h"

#include <microhttpd.h>

struct vmt_scraper_options {
    struct vmt_host *host;
    vmt_collectors collectors; /* that may be asked for */
    uint64_t timeout_ns;       /* the longest deadline, and that of a scrape which names none */
    uint64_t timeout_offset_ns;
    unsigned max_requests;              /* 0: no limit */
    const struct vmt_selfmetrics *self; /* must outlive the scraper */
};

struct vmt_scraper;
struct vmt_scrape;

/* Starts the thread that renders. 0 or a negative errno. */
int vmt_scraper_new(const struct vmt_scraper_options *options, struct vmt_scraper **ret_scraper);

/* No scrape may be left, and the host must not answer any more. */
void vmt_scraper_free(struct vmt_scraper *scraper);

/* Answers scrapes with 503: those that wait for the core, and those that come from now on. */
void vmt_scraper_stop(struct vmt_scraper *scraper);

/* Waits until all scrapes are over; false when they are not by `until_ns` of CLOCK_MONOTONIC. */
bool vmt_scraper_wait(struct vmt_scraper *scraper, uint64_t until_ns);

/*
 * For a handler: takes up the request on `connection`. Either it is refused at once, and *ret_scrape is NULL, or the
 * connection is suspended, and the handler is called again when vmt_scrape_answer has something to say.
 */
enum MHD_Result vmt_scrape_begin(struct vmt_scraper *scraper, struct MHD_Connection *connection,
                                 struct vmt_scrape **ret_scrape);
enum MHD_Result vmt_scrape_answer(struct vmt_scrape *scrape, struct MHD_Connection *connection);

/* The request is over, answered or not. */
void vmt_scrape_end(struct vmt_scrape *scrape);

#endif
