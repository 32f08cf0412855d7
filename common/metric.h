/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE TABLES: one row is one metric, grouped by the entity it belongs to (node, domain, vcpu, block, interface, …).
 * The decoder, the printers, `--list-metrics` and docs/metrics.md all walk these rows; nobody keeps a second list.
 * Constant data, safe from any thread.
 */
#ifndef VIRTMETER_COMMON_METRIC_H
#define VIRTMETER_COMMON_METRIC_H

#include "common/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who yields a metric; the rows of the collectors are in collect.c. */
enum vmt_collector {
    VMT_COLLECTOR_EXPORTER, /* virtmeter about itself: always on */
    VMT_COLLECTOR_CONNECTION,
    VMT_COLLECTOR_NODE,
    VMT_COLLECTOR_CAPABILITIES,
    VMT_COLLECTOR_DOMAIN,
    VMT_COLLECTOR_CPU,
    VMT_COLLECTOR_VCPU,
    VMT_COLLECTOR_MEMORY,
    VMT_COLLECTOR_BLOCK,
    VMT_COLLECTOR_INTERFACE,
    VMT_COLLECTOR_IOTHREAD,
    VMT_COLLECTOR_POOL,
    VMT_COLLECTOR_NETWORK,
    VMT_COLLECTOR_OBJECTS,
    VMT_COLLECTOR_JOB,
    VMT_COLLECTOR_CONTROL,
    VMT_COLLECTOR_CALLS,
    VMT_COLLECTOR_EVENTS,
    VMT_COLLECTOR_INVENTORY,
    VMT_COLLECTOR_METADATA,
    VMT_COLLECTOR_PERF,
    VMT_COLLECTOR_AFFINITY,
    VMT_COLLECTOR_DISK_ERRORS,
    VMT_COLLECTOR_JOB_COMPLETED,
    VMT_COLLECTOR_COUNT,
};

/* A set of collectors: bit `1 << collector`. */
typedef uint32_t vmt_collectors;
#define VMT_COLLECTOR_BIT(collector) ((vmt_collectors)1 << (collector))
#define VMT_COLLECTORS_ALL (VMT_COLLECTOR_BIT(VMT_COLLECTOR_COUNT) - 1)

enum vmt_entity {
    VMT_ENTITY_EXPORTER,
    VMT_ENTITY_BUILD,
    VMT_ENTITY_PROCESS,
    VMT_ENTITY_COLLECTOR,
    VMT_ENTITY_CALL,
    VMT_ENTITY_CALL_ERROR,
    VMT_ENTITY_CALL_DURATION,
    VMT_ENTITY_CONNECTION,
    VMT_ENTITY_NODE,
    VMT_ENTITY_NODE_INFO,
    VMT_ENTITY_NODE_MIGRATION,
    VMT_ENTITY_CELL,
    VMT_ENTITY_GUEST_CAPABILITY,
    VMT_ENTITY_DOMAIN,
    VMT_ENTITY_DOMAIN_INFO,
    VMT_ENTITY_DOMAIN_OPENSTACK,
    VMT_ENTITY_DOMAIN_METADATA,
    VMT_ENTITY_DOMAIN_REASON,
    VMT_ENTITY_DOMAIN_LIFE,
    VMT_ENTITY_PERF,
    VMT_ENTITY_VCPU,
    VMT_ENTITY_VCPU_AFFINITY,
    VMT_ENTITY_VCPU_AFFINITY_INFO,
    VMT_ENTITY_BLOCK,
    VMT_ENTITY_BLOCK_INFO,
    VMT_ENTITY_BLOCK_ERROR,
    VMT_ENTITY_INTERFACE,
    VMT_ENTITY_INTERFACE_INFO,
    VMT_ENTITY_JOB,
    VMT_ENTITY_JOB_INFO,
    VMT_ENTITY_JOB_PARAMETER,
    VMT_ENTITY_LAST_JOB_PARAMETER,
    VMT_ENTITY_CONTROL,
    VMT_ENTITY_POOL,
    VMT_ENTITY_POOL_INFO,
    VMT_ENTITY_NETWORK,
    VMT_ENTITY_NETWORK_INFO,
    VMT_ENTITY_OBJECTS,
    VMT_ENTITY_LIFECYCLE_EVENT,
    VMT_ENTITY_DOMAIN_EVENT,
    VMT_ENTITY_IO_ERROR,
    VMT_ENTITY_JOB_COMPLETED,
    VMT_ENTITY_OBJECT_EVENT,
    VMT_ENTITY_COUNT,
};

enum vmt_kind {
    VMT_COUNTER,
    VMT_GAUGE,
    VMT_INFO,      /* always 1; what it says is in its labels */
    VMT_HISTOGRAM, /* rows that count observations up to `label_value` (suffix _bucket), their _sum and their _count */
    VMT_STATESET,  /* the value is an index into `states`; exported as one series per state, 0 or 1 */
};

enum {
    VMT_MONITOR = 1 << 0,         /* its presence proves that the hypervisor's monitor was asked (QEMU) */
    VMT_ZERO_IS_UNKNOWN = 1 << 1, /* libvirt says 0 when it does not know: the value is absent then */
};

/* What collectd gets of a value. */
enum vmt_collectd_form {
    VMT_COLLECTD_VALUE,  /* the value itself */
    VMT_COLLECTD_SHARE,  /* of CPU time: percent of what all CPUs of the host had since the last read */
    VMT_COLLECTD_SPREAD, /* of a list of CPUs, the label `cpus`: 1 for each CPU in it, 0 for each other one of the host
                          */
};

/* How collectd's virt plugin names a value. */
struct vmt_collectd {
    const char *type;     /* of collectd's types.db; NULL: the plugin has no such value */
    const char *instance; /* type instance; {label} stands for the sample's label; NULL: none */
    const char *source;   /* data source of the type; NULL: it has one only */
    const char *selector; /* ExtraStats selector that asks for it; NULL: always there */
    enum vmt_unit unit;   /* that collectd gets it in; VMT_NUMBER: as libvirt counts */
    enum vmt_collectd_form form;
};

enum { VMT_COLLECTD_NAMES = 2 };

struct vmt_metric {
    const char *key;  /* libvirt's own parameter, without the entity's prefix and index: `rd.bytes` */
    const char *name; /* the exported family; rows that share one stand together and differ in `label_value`.
                         "": collectd alone gets it */
    enum vmt_kind kind;
    enum vmt_unit unit;        /* what libvirt's number counts; the printers convert it exactly to the base unit */
    const char *label;         /* a label that tells the rows of one family apart (or a state set's states), or NULL */
    const char *label_value;   /* its value in this row */
    const char *suffix;        /* of a histogram's row: what its series has behind the name; otherwise NULL */
    const char *const *states; /* of a state set: names by value, ended by NULL */
    unsigned flags;
    enum vmt_collector collector;
    unsigned since; /* libvirt version that brought the parameter, major * 1000000 + minor * 1000 + micro; 0 = always */
    const char *help;
    struct vmt_collectd collectd[VMT_COLLECTD_NAMES]; /* those without a type come last */
};

struct vmt_entity_table {
    const char *name;               /* for people */
    const char *prefix;             /* of its bulk parameters: `block.` in `block.0.rd.bytes`; NULL: not in the bulk */
    const char *const *label_names; /* ended by NULL; the first `key_count` identify a sample, the others describe it */
    unsigned label_count, key_count;
    const struct vmt_metric *metrics;
    unsigned metric_count;
    bool is_single; /* no index follows the prefix */
};

/* The table of `entity`. Never NULL. */
const struct vmt_entity_table *vmt_entity_table(enum vmt_entity entity);

/* The slot (row number) of `key` in the table of `entity`, or -1. */
int vmt_entity_slot(enum vmt_entity entity, const char *key);

/* Names by virDomainState, ended by NULL. */
extern const char *const vmt_domain_states[];

#endif
