/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the fake share: its state, behind one lock and one condition that is broadcast at every change, and
 * the gate that each call passes. Only for the fake itself.
 */
#ifndef VIRTMETER_TESTS_FAKE_STATE_H
#define VIRTMETER_TESTS_FAKE_STATE_H

#include "common/clock.h"
#include "tests/fake/fake_libvirt.h"

#include <stdint.h>

/* ---- handles: kept as tombstones after their last reference is gone, so that late use is noticed ---- */

enum fake_kind { FAKE_CONNECTION, FAKE_DOMAIN, FAKE_POOL, FAKE_NETWORK, FAKE_BINDING, FAKE_KINDS };

struct fake_object {
    uint32_t magic; /* kind and whether it lives */
    int references;
    virConnectPtr connection; /* that it keeps alive */
    struct fake_object *next;
};

struct _virConnect {
    struct fake_object object;
    char *uri;
    bool is_read_only, is_alive, has_event_loop;
    int close_reason;
    unsigned inside;
    virConnectCloseFunc on_close;
    void *on_close_arg;
    virFreeCallback on_close_free;
};

struct _virDomain {
    struct fake_object object;
    struct fake_domain *domain;
    char *name; /* as it was when the handle was made */
    int id;
};

struct _virStoragePool {
    struct fake_object object;
    const struct fake_named *pool;
};

struct _virNetwork {
    struct fake_object object;
    const struct fake_named *network;
};

/* ---- the host ---- */

struct fake_job {
    bool is_held;
    const char *holder;
    uint64_t since_ns, until_ns; /* until_ns: another client's job ends by itself */
};

struct fake_parameter_rule {
    enum { FAKE_ALTER, FAKE_ADD, FAKE_DROP } what;
    virTypedParameter parameter; /* owns its string; of a drop: field is the pattern */
    struct fake_parameter_rule *next;
};

struct fake_domain {
    struct fake_domain *next;
    unsigned number; /* from 1, in the order of adding */
    char *name, *xml;
    char uuid[VIR_UUID_STRING_BUFLEN];
    int id, state, reason;
    unsigned vcpus, disks, interfaces;
    bool is_transient, is_autostart, has_managed_save, is_updated, is_gone, is_frozen;
    unsigned monitor_ms, hold_asks;
    struct fake_job job;
    virDomainJobInfo background, last_job;
    int background_operation, last_operation;
    int disk_error; /* virDomainDiskErrorCode of the first disk */
    uint64_t background_since_ns;
    struct fake_parameter_rule *rules, **rules_end;
    struct fake_asked asked;
};

struct fake_named { /* a pool or a network */
    struct fake_named *next;
    char *name;
    char uuid[VIR_UUID_STRING_BUFLEN];
    bool is_active;
    unsigned leases;
};

struct fake_fault_entry {
    struct fake_fault fault;
    unsigned number, struck;
    bool is_removed;
    struct fake_fault_entry *next;
};

struct fake_count {
    char function[48];
    unsigned long calls;
    unsigned inside;
};

enum { FAKE_FUNCTIONS = 160 };

struct fake {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_set;

    enum fake_daemon daemon;
    char *driver, *uri, *user, *password;
    unsigned known_stats, job_timeout_ms, next_id, next_fault, domain_count;
    unsigned long long growth; /* of every figure, since the host was made */
    struct fake_domain *domains, **domains_end;
    struct fake_named *pools, *networks;
    struct fake_fault_entry *faults, **faults_end;

    struct fake_object *objects;
    struct fake_usage usage;
    struct fake_count counts[FAKE_FUNCTIONS];
    struct fake_bulk *bulk;
    size_t bulk_count, bulk_room;
};

extern struct fake fake;

/* Like assert, in release builds too: the script makes no sense, or there is no memory. */
#define fake_must(is_so) ((is_so) ? (void)0 : fake_give_up(#is_so, __FILE__, __LINE__))
__attribute__((noreturn)) void fake_give_up(const char *what, const char *file, int line);

/* Like the C functions, but they never fail. Text NULL stays NULL. */
void *fake_alloc(size_t size);
char *fake_copy(const char *text);
char *fake_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Notes what real libvirt would punish later. The lock is held. */
void fake_violation(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A new handle with one reference, which keeps `connection` (NULL for a connection itself). The lock is held. */
void *fake_object_new(enum fake_kind kind, size_t size, virConnectPtr connection);
/* Drops a reference; how many remain. The lock is held. */
int fake_object_unref(struct fake_object *object);
bool fake_object_is_live(const void *handle, enum fake_kind kind);
void fake_objects_forget(void);

/* Forgets registrations, timers and queued events. The lock is held. */
void fake_events_forget(void);
/* Lets the event loop call the close callback of a connection that broke. The lock is held. */
void fake_events_add_close(virConnectPtr connection);
bool fake_events_has_loop(void);

/* ---- errors: per thread, as libvirt has them ---- */

void fake_error_clear(void);
void fake_error_set(int code, int domain, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- the gate ---- */

struct fake_call {
    const char *function;
    virConnectPtr connection; /* NULL while one is being opened */
    struct fake_domain *domain;
};

/*
 * For a call that asks the daemon: counts it, waits as the script says. True: the lock is held, until fake_end. False:
 * the call fails, the error is set, nothing is held. `handle` is of `kind`.
 */
bool fake_begin(struct fake_call *call, const char *function, enum fake_kind kind, void *handle);
bool fake_begin_open(struct fake_call *call, const char *function);
void fake_end(struct fake_call *call);
/* The first half of fake_end: the call has left its connection, the lock is still held, until fake_end_local. */
void fake_leave(struct fake_call *call);

/* For a call that asks nobody. True: the handle is good and the lock is held, until fake_end_local. */
bool fake_begin_local(const char *function, enum fake_kind kind, const void *handle);
void fake_end_local(void);

/* Waits for a change, at the latest until then; false, with the error set, when the connection broke. */
bool fake_wait(struct fake_call *call, uint64_t until_ns);

/* At a domain's turn in a bulk call: its own faults. False, with the error set: the call fails. */
bool fake_turn(struct fake_call *call, struct fake_domain *domain);

enum fake_answer { FAKE_ANSWERED, FAKE_SKIPPED, FAKE_TIMED_OUT, FAKE_BROKEN };

/* Asks the domain's monitor under its job, as QEMU's driver would. Of the answers only FAKE_BROKEN sets the error. */
enum fake_answer fake_ask_monitor(struct fake_call *call, struct fake_domain *domain, bool waits);
/* The same for a call about one domain, which fails unless it was answered. */
bool fake_need_monitor(struct fake_call *call);

/* ---- domains ---- */

static inline bool fake_domain_is_active(const struct fake_domain *domain)
{
    return domain->state != VIR_DOMAIN_SHUTOFF && domain->state != VIR_DOMAIN_NOSTATE;
}

/* Whether the VIR_CONNECT_LIST_DOMAINS_* flags want it. */
bool fake_domain_matches(const struct fake_domain *domain, unsigned flags);
virDomainPtr fake_domain_handle(virConnectPtr connection, struct fake_domain *domain);

/* ---- bulk records ---- */

struct fake_record {
    virTypedParameterPtr params;
    int count, room;
};

void fake_add(struct fake_record *record, int type, unsigned long long number, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void fake_add_text(struct fake_record *record, const char *text, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void fake_add_copy(struct fake_record *record, const virTypedParameter *parameter);
/* The groups' parameters, in the order and of the kinds that QEMU's driver sends; without what only a monitor knows
 * unless `is_answered`. Then the domain's rules. */
void fake_record_fill(struct fake_record *record, struct fake_domain *domain, unsigned groups, bool is_answered);

/* The made-up figures, so that single calls and bulk agree. */
static inline unsigned long long fake_figure(const struct fake_domain *domain, unsigned device, unsigned base)
{
    return (unsigned long long)base * 1000 + domain->number * 10 + device + fake.growth * (domain->number % 7 + 1);
}

/* Made-up texts that fit the domain; the caller frees them. */
char *fake_domain_xml(const struct fake_domain *domain);
char *fake_disk_target(unsigned index);
char *fake_interface_name(const struct fake_domain *domain, unsigned index);

#endif
