/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scrape asks for: its headers and its query. Pure: what was there is in, what it means is out.
 */
#ifndef VIRTMETER_EXPORTER_SCRAPE_REQUEST_H
#define VIRTMETER_EXPORTER_SCRAPE_REQUEST_H

#include "common/error.h"
#include "exporter/accept.h"

/* Zeroed memory is a request that says nothing. */
struct vmt_scrape_request {
    struct vmt_accept accept;
    uint64_t timeout_ns; /* that the scraper will wait; 0: it did not say */
    vmt_collectors collect, exclude;
    bool has_collect, has_exclude;
    struct vmt_error error; /* code 0: the query can be understood */
};

void vmt_scrape_request_header(struct vmt_scrape_request *request, const char *name, const char *value);

/* Parameters other than `collect[]` and `exclude[]` are ignored. `value` may be NULL. */
void vmt_scrape_request_parameter(struct vmt_scrape_request *request, const char *name, const char *value);

/* Which of the `enabled` collectors to show. 0, or -EINVAL with a sentence for the client. */
int vmt_scrape_request_collectors(const struct vmt_scrape_request *request, vmt_collectors enabled,
                                  vmt_collectors *ret_collectors, struct vmt_error *error);

/* How long to collect: the timeout less `offset_ns`, at most `limit_ns`, at least a tenth of a second. */
uint64_t vmt_scrape_request_patience(const struct vmt_scrape_request *request, uint64_t limit_ns, uint64_t offset_ns);

#endif
