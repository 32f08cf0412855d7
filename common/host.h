/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One libvirt host, measured: the whole core behind one handle. It keeps the connection alive, runs collections on
 * worker threads, and answers each request with a snapshot before the request's deadline, whatever hangs. Requests that
 * come together share one collection. All functions are safe from any thread and none waits for libvirt.
 */
#ifndef VIRTMETER_COMMON_HOST_H
#define VIRTMETER_COMMON_HOST_H

#include "common/error.h"
#include "common/events.h"
#include "common/filter.h"
#include "common/notice.h"
#include "common/snapshot.h"
#include "common/xml.h"

struct vmt_host_options {
    const char *uri;                     /* as virConnectOpen takes it; NULL: libvirt's default */
    const char *credentials_file;        /* `username=` and `password=` lines; NULL: only libvirt's own auth file */
    vmt_collectors collectors;           /* that may run */
    const struct vmt_filter *filter;     /* may be NULL; must outlive the host */
    const struct vmt_xml_labels *labels; /* may be NULL; must outlive the host */
    unsigned max_stuck_calls;            /* calls left behind before only cheap groups are asked */
    bool is_alone;                       /* nothing else in this process uses libvirt */
    uint64_t coalesce_ns;                /* a snapshot that began no longer ago than this answers a request at once */
    uint64_t xml_age_ns;                 /* domains' XML is read again without an event at this age; 0: two minutes;
                                            VMT_NEVER: at no age */
    vmt_notify *notify;                  /* may be NULL */
    void *notify_arg;
    /* Every event of a domain, pool or network, on libvirt's event thread: must not block and not call the core. May be
     * NULL. */
    void (*happened)(void *arg, const struct vmt_happening *happening);
    void *happened_arg;
};

struct vmt_host;

/* Starts the threads; libvirt need not be there. 0, or a negative errno with the reason. */
int vmt_host_new(const struct vmt_host_options *options, struct vmt_host **ret_host, struct vmt_error *error);

/*
 * Stops: answers the requests that wait with what there is, then joins the threads. False when a libvirt call still
 * hangs after `patience_ns`: the thread and what it uses are left as they are, and the process should end by _exit, or
 * this be called again later.
 */
bool vmt_host_free(struct vmt_host *host, uint64_t patience_ns);

/* Whether libvirt has answered at least once. */
bool vmt_host_was_connected(struct vmt_host *host);

/*
 * Called once for each request, on a thread of the core, at the latest when its deadline comes: it must be short. The
 * snapshot is the callee's (unref it); NULL only when there was no memory.
 */
typedef void vmt_snapshot_ready(void *arg, struct vmt_snapshot *snapshot);

/*
 * Asks for a snapshot of at least `collectors`, until `deadline_ns` of CLOCK_MONOTONIC. When the collection is not
 * finished by then, what has come back is cut and marked as not complete. 0 or -ENOMEM (`ready` is not called then).
 */
int vmt_host_request(struct vmt_host *host, vmt_collectors collectors, uint64_t deadline_ns, vmt_snapshot_ready *ready,
                     void *arg);

#endif
