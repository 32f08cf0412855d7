/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libvirt that does what a test tells it: it defines libvirt's own functions, and a test program links it instead of
 * libvirt. One pretended host with its domains; calls can be slow, hang or fail; guests freeze, the daemon dies and
 * comes back. It behaves as libvirt 9 with QEMU was measured to, and notes what real libvirt would punish later: leaks,
 * dead handles, two threads inside one connection. Safe from any thread. It aborts when a script makes no sense.
 */
#ifndef VIRTMETER_TESTS_FAKE_LIBVIRT_H
#define VIRTMETER_TESTS_FAKE_LIBVIRT_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <stdbool.h>
#include <stddef.h>

/* ---- the host ---- */

/*
 * A new, empty host with a QEMU driver and a healthy daemon; what an earlier test left behind is forgotten. Must come
 * before any call to libvirt, and when no thread is inside one.
 */
void fake_host_reset(void);

/* Gives all memory back, for the end of the program. */
void fake_host_free(void);

/* What virConnectGetType says: "QEMU", or anything else for a driver whose bulk calls know the state only. */
void fake_host_set_driver(const char *type);

/* What virConnectGetURI says when the connection was opened without one; qemu:///system at first. */
void fake_host_set_uri(const char *uri);

/* Opening asks the caller's virConnectAuth for this user and password from now on. NULL: no longer. */
void fake_host_require_login(const char *user, const char *password);

/* Groups of bulk statistics (VIR_DOMAIN_STATS_*) that this daemon has heard of; all at first. */
void fake_host_set_known_stats(unsigned groups);

/* How long a call without NOWAIT waits for a domain's job; 30000 at first, as QEMU's driver. */
void fake_host_set_job_timeout_ms(unsigned timeout_ms);

/* Whether somebody wanted libvirt to use an event loop of his own since the reset. */
bool fake_loop_was_offered(void);

enum fake_daemon {
    FAKE_DAEMON_UP,
    FAKE_DAEMON_REFUSES,    /* opening fails; connections that stand are served */
    FAKE_DAEMON_HANGS_OPEN, /* opening hangs; connections that stand are served */
    FAKE_DAEMON_FROZEN,     /* everything that asks the daemon hangs, and no event comes */
};

/* Calls that hang because of the former state go on. */
void fake_daemon_set(enum fake_daemon state);

/*
 * Breaks all connections: calls inside them fail, close callbacks hear `reason` (virConnectCloseReason) from the event
 * loop. The jobs of those calls end with them, as when the daemon was killed.
 */
void fake_daemon_drop(int reason);

/* ---- domains ---- */

struct fake_domain;

struct fake_domain_options {
    const char *name;
    const char *uuid;  /* NULL: made from the number of the domain */
    int state, reason; /* virDomainState; state 0: running */
    unsigned vcpus, disks, interfaces;
    bool is_transient, is_autostart, has_managed_save, is_updated;
    const char *xml; /* NULL: made to fit */
};

/* Adds a domain; the handle is good until the next reset. All domains: in the order of adding. */
struct fake_domain *fake_host_add_domain_with(const struct fake_domain_options *options);

/* Adds a running domain with 2 vCPUs, the disk `vda` and the interface `vnetN`. */
struct fake_domain *fake_host_add_domain(const char *name);

const char *fake_domain_name(const struct fake_domain *domain);
const char *fake_domain_uuid(const struct fake_domain *domain);

/* Starting gives it a new id. The XML that was made follows; a given one stays. */
void fake_domain_set_state(struct fake_domain *domain, int state, int reason);
void fake_domain_set_xml(struct fake_domain *domain, const char *xml);
void fake_domain_rename(struct fake_domain *domain, const char *name);

/* It is gone: not listed any more, and whoever has a handle is told VIR_ERR_NO_DOMAIN. */
void fake_domain_remove(struct fake_domain *domain);

/* Bulk statistics: changes a parameter wherever the record has it, kind and all. */
void fake_domain_alter(struct fake_domain *domain, const virTypedParameter *parameter);
/* Adds one to every record, whatever groups are asked. */
void fake_domain_add_parameter(struct fake_domain *domain, const virTypedParameter *parameter);
/* Leaves out what matches the pattern (fnmatch). */
void fake_domain_drop_parameters(struct fake_domain *domain, const char *pattern);

/*
 * A background job such as a migration, as virDomainGetJobInfo and virDomainGetJobStats report it (operation: a
 * virDomainJobOperation); zeroed: none. virDomainGetControlInfo speaks of it only while somebody asks the monitor too.
 */
void fake_domain_set_job(struct fake_domain *domain, const virDomainJobInfo *job, int operation);

/* The last job that ended, which virDomainGetJobStats tells of when it is asked for a completed one. */
void fake_domain_set_last_job(struct fake_domain *domain, const virDomainJobInfo *job, int operation);

/* The domain's first disk is in this error: a virDomainDiskErrorCode. */
void fake_domain_set_disk_error(struct fake_domain *domain, int error);

/*
 * The hypervisor process stops. Whoever asks its monitor hangs until the thaw, NOWAIT or not, and holds the domain's
 * job; later calls with NOWAIT come back at once without what only the monitor knows, others wait for the job.
 */
void fake_domain_freeze(struct fake_domain *domain);
void fake_domain_thaw(struct fake_domain *domain);

/* Each answer of the monitor takes this long from now on. */
void fake_domain_set_monitor_ms(struct fake_domain *domain, unsigned monitor_ms);

/* Another client asks the monitor: the job is held from now on for `hold_ms`. */
void fake_domain_hold_ms(struct fake_domain *domain, unsigned hold_ms);
/* Another client's job is found in the way by the next `asks` calls with NOWAIT, however quickly they come. */
void fake_domain_hold_asks(struct fake_domain *domain, unsigned asks);

/* ---- calls that are slow, hang or fail ---- */

struct fake_fault {
    const char *function;       /* NULL: any that asks the daemon */
    struct fake_domain *domain; /* NULL: any; in a bulk call a domain's fault strikes at its turn */
    unsigned delay_ms;
    bool hangs;          /* until the fault is removed, or the connection breaks */
    int code;            /* virErrorNumber; 0: does not fail */
    const char *message; /* must live until the next reset */
    unsigned times;      /* how often it strikes; 0: for ever */
};

/* All that match strike, in the order of adding. Returns a number for fake_host_remove_fault. */
unsigned fake_host_add_fault(const struct fake_fault *fault);
void fake_host_remove_fault(unsigned number);

/* ---- storage pools and networks ---- */

void fake_host_add_pool(const char *name, bool is_active);
void fake_host_add_network(const char *name, bool is_active, unsigned leases);

/* ---- events, delivered by the thread that runs virEventRunDefaultImpl ---- */

/* What a domain's callback gets besides connection and domain; which of it, depends on the kind. */
struct fake_event {
    int id;             /* VIR_DOMAIN_EVENT_ID_* */
    int number, detail; /* event, action, state, reason, type, … in the order of the callback's arguments */
    long long size;     /* offset, size or threshold */
    const char *text;   /* alias, disk, device or namespace */
    const char *reason; /* of an I/O error */
    const virTypedParameter *params; /* of a completed job */
    int param_count;
};

void fake_emit(struct fake_domain *domain, const struct fake_event *event);
void fake_emit_lifecycle(struct fake_domain *domain, int event, int detail);

enum fake_source { FAKE_OF_DOMAINS, FAKE_OF_POOLS, FAKE_OF_NETWORKS, FAKE_OF_NODE_DEVICES, FAKE_OF_SECRETS };

/* An event of some other object: the callback gets no object. `id` and `number` as its kind of event has them. */
void fake_emit_object(enum fake_source source, int id, int number);

/* ---- waiting for what other threads do; false when it has not come in time ---- */

/* Until `count` calls of `function` (NULL: any) are inside libvirt, exactly. */
bool fake_wait_inside(const char *function, unsigned count, unsigned within_ms);
/* Until `function` was called `count` times or more since the reset. */
bool fake_wait_calls(const char *function, unsigned long count, unsigned within_ms);
/* Until each event that was emitted has been delivered. */
bool fake_wait_events(unsigned within_ms);

/* ---- what happened since the reset ---- */

/* Calls of `function` that asked the daemon; NULL: of all. */
unsigned long fake_host_calls(const char *function);

struct fake_usage {
    unsigned inside, inside_max;   /* calls that ask the daemon */
    unsigned monitor, monitor_max; /* of them, hold a domain's job and wait for its monitor */
    unsigned connections, connections_max, read_write_connections;     /* the last: ever opened */
    unsigned domains, record_lists, pools, networks, bindings, leases; /* handles and lists not given back */
    unsigned callbacks, timeouts;                                      /* registered, close callbacks too */
    unsigned images_opened; /* disks of inactive domains whose size was asked: can hang on a real host */
    unsigned violations;
};
struct fake_usage fake_host_usage(void);

struct fake_asked {
    unsigned long asks;            /* times its monitor was asked */
    unsigned long skipped;         /* times NOWAIT skipped it */
    unsigned waiting, waiting_max; /* calls that wait for its monitor or its job */
};
struct fake_asked fake_domain_asked(const struct fake_domain *domain);

/* One bulk call. */
struct fake_bulk {
    unsigned stats, flags;
    unsigned domains;                /* of virDomainListGetStats; 0: virConnectGetAllDomainStats */
    const struct fake_domain *first; /* of them */
};

/* The bulk call number `index`, from 0; false when there were not so many. */
bool fake_host_bulk_call(unsigned long index, struct fake_bulk *ret_bulk);

/* Prints to stderr and counts what must not be at the end of a test: violations, and whatever was not given back. */
unsigned fake_host_problems(void);

#endif
