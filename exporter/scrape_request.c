/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter/scrape_request.h"
#include "common/clock.h"
#include "common/collect.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

enum { TIMEOUT_MAX_SECONDS = 3600 };

/* 0 for anything but a positive number of seconds. */
static uint64_t read_seconds(const char *text)
{
    if (!*text || strspn(text, "0123456789.eE+-") != strlen(text))
        return 0;
    char *end;
    double seconds = strtod(text, &end);
    if (*end || !(seconds > 0))
        return 0;
    return (uint64_t)((seconds < TIMEOUT_MAX_SECONDS ? seconds : TIMEOUT_MAX_SECONDS) * (double)VMT_SECOND);
}

void vmt_scrape_request_header(struct vmt_scrape_request *request, const char *name, const char *value)
{
    if (!strcasecmp(name, "Accept"))
        vmt_accept_add(&request->accept, value);
    else if (!strcasecmp(name, "Accept-Encoding"))
        vmt_accept_add_encoding(&request->accept, value);
    else if (!strcasecmp(name, "X-Prometheus-Scrape-Timeout-Seconds"))
        request->timeout_ns = read_seconds(value);
}

void vmt_scrape_request_parameter(struct vmt_scrape_request *request, const char *name, const char *value)
{
    bool is_collect = !strcmp(name, "collect[]");
    if (!is_collect && strcmp(name, "exclude[]") != 0)
        return;
    int collector = value ? vmt_collector_find(value) : -1;
    if (collector < 0) {
        vmt_error_set(&request->error, -EINVAL, "unknown collector '%.100s' in %s", value ? value : "", name);
    } else if (is_collect) {
        request->has_collect = true;
        request->collect |= VMT_COLLECTOR_BIT(collector);
    } else {
        request->has_exclude = true;
        request->exclude |= VMT_COLLECTOR_BIT(collector);
    }
}

static const char *first_name(vmt_collectors collectors)
{
    enum vmt_collector first = 0;
    while (!(collectors & VMT_COLLECTOR_BIT(first)))
        first++;
    return vmt_collector_row(first)->name;
}

int vmt_scrape_request_collectors(const struct vmt_scrape_request *request, vmt_collectors enabled,
                                  vmt_collectors *ret_collectors, struct vmt_error *error)
{
    if (request->error.code) {
        *error = request->error;
        return error->code;
    }
    if (request->has_collect && request->has_exclude)
        return vmt_error_set(error, -EINVAL, "collect[] and exclude[] cannot be combined");
    vmt_collectors disabled = request->collect & ~enabled;
    if (disabled)
        return vmt_error_set(error, -EINVAL, "collector '%s' is disabled", first_name(disabled));
    vmt_collectors wanted = request->has_collect ? request->collect : enabled & ~request->exclude;
    *ret_collectors = wanted | VMT_COLLECTOR_BIT(VMT_COLLECTOR_EXPORTER);
    return 0;
}

uint64_t vmt_scrape_request_patience(const struct vmt_scrape_request *request, uint64_t limit_ns, uint64_t offset_ns)
{
    static const uint64_t least_ns = 100 * VMT_MS;
    uint64_t patience = limit_ns;
    if (request->timeout_ns) {
        uint64_t left = request->timeout_ns > offset_ns ? request->timeout_ns - offset_ns : 0;
        patience = left < limit_ns ? left : limit_ns;
    }
    return patience > least_ns ? patience : least_ns;
}
