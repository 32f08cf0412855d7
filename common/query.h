/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task that asks some domains for something: their XML, the statistics for which their monitors must be asked, the
 * few figures that libvirt has without a monitor, or their jobs. It may hang on one of them; who gives it up asks the
 * others anew.
 */
#ifndef VIRTMETER_COMMON_QUERY_H
#define VIRTMETER_COMMON_QUERY_H

#include "common/handles.h"
#include "common/registry.h"
#include "common/usual.h"
#include "common/xml.h"

enum vmt_query_kind { VMT_QUERY_XML, VMT_QUERY_STATS, VMT_QUERY_BASICS, VMT_QUERY_JOBS, VMT_QUERY_KINDS };

enum vmt_answer {
    VMT_ANSWER_NONE,    /* none yet, or none in time: it may not be this domain's fault */
    VMT_ANSWER_REFUSED, /* asked alone, and the call failed: its fault if others were answered */
    VMT_ANSWER_LATE,    /* asked alone, and no answer in time */
    VMT_ANSWER_WHOLE,   /* everything */
    VMT_ANSWER_PARTIAL, /* without what the monitor knows: somebody else held the domain */
    VMT_ANSWER_BUSY,    /* the same, and there was no time to find out whether for long */
    VMT_ANSWER_GONE,    /* libvirt does not know the domain any more */
    VMT_ANSWER_COUNT,
};

struct vmt_query_item {
    const struct vmt_roster_entry *entry;
    unsigned version;    /* of the XML, from vmt_registry_claim */
    virDomainPtr handle; /* the session's, while the query runs; NULL: libvirt has no such domain active */
    enum vmt_answer answer;
    struct vmt_part *partial;   /* the samples of a partial answer */
    unsigned long long held_ms; /* how long virDomainGetControlInfo says its monitor has been held; 0: unknown */
};

/* What the queries of one host have in common; must outlive them. */
struct vmt_query_context {
    struct vmt_registry *registry;
    const struct vmt_xml_labels *labels;
    struct vmt_usual usual[VMT_QUERY_KINDS]; /* for one domain */
};

struct vmt_query {
    struct vmt_task task;
    enum vmt_query_kind kind;
    unsigned stats; /* VIR_DOMAIN_STATS_* groups, of a VMT_QUERY_STATS or _BASICS */
    struct vmt_query_context *context;
    struct vmt_part *roster_part; /* where the entries live: keeps them */
    uint64_t not_before_ns;       /* when to ask */
    unsigned attempt;             /* how often the same domains were asked before */
    bool is_repeat;               /* a query that hung held these domains: one of them may be stuck */
    struct vmt_query *next;
    unsigned count;
    struct vmt_query_item items[];
};

/* A query for up to `room` domains, to be filled by vmt_query_add; NULL when there is no memory. */
struct vmt_query *vmt_query_new(enum vmt_query_kind kind, unsigned stats, struct vmt_query_context *context,
                                struct vmt_part *roster_part, unsigned room);
struct vmt_query_item *vmt_query_add(struct vmt_query *query, const struct vmt_roster_entry *entry);

/*
 * How long the query may take before something must be wrong: a multiple of what it usually takes, and at least a
 * while. Of `time_left_ns` until the collection must end, that while leaves half to a query of several domains, for
 * asking the others again when one hangs (basics, which wait for no guest, are not asked again).
 */
uint64_t vmt_query_patience(const struct vmt_query *query, uint64_t time_left_ns);

/* Finds the handle of each item. False when libvirt did not list its domains. On the worker's thread. */
bool vmt_query_find_handles(struct vmt_query *query, struct vmt_session *session);

/* The kinds of vmt_task.run. */
void vmt_query_read_xml(struct vmt_task *task, struct vmt_session *session);
void vmt_query_ask_stats(struct vmt_task *task, struct vmt_session *session);
void vmt_query_ask_basics(struct vmt_task *task, struct vmt_session *session);
void vmt_query_ask_jobs(struct vmt_task *task, struct vmt_session *session);

#endif
