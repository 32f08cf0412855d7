/* SPDX-License-Identifier: Apache-2.0 */
#include "common/metric.h"

#include <assert.h>
#include <string.h>

#define VERSION(major, minor, micro) ((major)*1000000 + (minor)*1000 + (micro))
#define PART(name, value) .label = (name), .label_value = (value)
#define COLLECTD(...) .collectd = {{__VA_ARGS__}}

/* One row, one line. clang-format would break them. */
/* clang-format off */

const char *const vmt_domain_states[] = {
    "nostate", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended", NULL,
};

static const struct vmt_metric exporter_metrics[] = {
#define OF .collector = VMT_COLLECTOR_EXPORTER
    {"up", "libvirt_up", VMT_GAUGE, VMT_BOOLEAN, OF, .help = "Whether libvirt answered the last collection: 1 when a call came back, whatever single domains do."},
    {"last_collection", "libvirt_exporter_last_collection_timestamp_seconds", VMT_GAUGE, VMT_NANOSECONDS, OF, .help = "When the collection that is being served began, in seconds since 1970."},
    {"refresh_duration", "libvirt_exporter_refresh_duration_seconds", VMT_GAUGE, VMT_NANOSECONDS, OF, .help = "How long the collection that is being served took."},
    {"domains_skipped.filtered", "libvirt_exporter_domains_skipped", VMT_GAUGE, VMT_NUMBER, OF, PART("reason", "filtered"), .help = "Domains without all their series in this collection: excluded by a filter, answered in part because another client or job held the domain, not back in time, or gone meanwhile."},
    {"domains_skipped.partial", "libvirt_exporter_domains_skipped", VMT_GAUGE, VMT_NUMBER, OF, PART("reason", "partial")},
    {"domains_skipped.timed_out", "libvirt_exporter_domains_skipped", VMT_GAUGE, VMT_NUMBER, OF, PART("reason", "timed_out")},
    {"domains_skipped.gone", "libvirt_exporter_domains_skipped", VMT_GAUGE, VMT_NUMBER, OF, PART("reason", "gone")},
    {"stuck_calls", "libvirt_exporter_stuck_calls", VMT_GAUGE, VMT_NUMBER, OF, .help = "Calls to libvirt that outlived their deadline and have not returned yet; each occupies a worker of libvirtd."},
    {"reconnects.error", "libvirt_exporter_reconnects_total", VMT_COUNTER, VMT_NUMBER, OF, PART("reason", "error"), .help = "Times the connection to libvirt was lost and opened again, by the reason that virConnectRegisterCloseCallback gave."},
    {"reconnects.eof", "libvirt_exporter_reconnects_total", VMT_COUNTER, VMT_NUMBER, OF, PART("reason", "eof")},
    {"reconnects.keepalive", "libvirt_exporter_reconnects_total", VMT_COUNTER, VMT_NUMBER, OF, PART("reason", "keepalive")},
    {"reconnects.client", "libvirt_exporter_reconnects_total", VMT_COUNTER, VMT_NUMBER, OF, PART("reason", "client")},
    {"event_registrations", "libvirt_exporter_event_registrations_total", VMT_COUNTER, VMT_NUMBER, .collector = VMT_COLLECTOR_EVENTS, .help = "Times virtmeter registered for libvirt's events: once for each connection. Events between two connections are not counted."},
    {"duplicates", "libvirt_exporter_duplicate_samples_total", VMT_COUNTER, VMT_NUMBER, OF, .help = "Samples dropped because another one with the same labels was there already, such as a second disk with the same target."},
    {"unknown_parameters", "libvirt_exporter_unknown_parameters", VMT_GAUGE, VMT_NUMBER, OF, .help = "Distinct parameters sent by libvirt that this version of virtmeter does not know; the log names each once."},
#undef OF
};

static const struct vmt_metric build_metrics[] = {
    {"info", "libvirt_exporter_build_info", VMT_INFO, .collector = VMT_COLLECTOR_EXPORTER, .help = "Version of virtmeter, and of the libvirt it was built with and runs with (virGetVersion)."},
};

static const struct vmt_metric process_metrics[] = {
#define OF .collector = VMT_COLLECTOR_EXPORTER
    {"cpu", "process_cpu_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, .help = "User and system CPU time spent by this process."},
    {"open_fds", "process_open_fds", VMT_GAUGE, VMT_NUMBER, OF, .help = "Open file descriptors of this process."},
    {"max_fds", "process_max_fds", VMT_GAUGE, VMT_NUMBER, OF, .help = "Limit on the open file descriptors of this process."},
    {"virtual_memory", "process_virtual_memory_bytes", VMT_GAUGE, VMT_BYTES, OF, .help = "Virtual memory of this process."},
    {"resident_memory", "process_resident_memory_bytes", VMT_GAUGE, VMT_BYTES, OF, .help = "Resident memory of this process."},
    {"threads", "process_threads", VMT_GAUGE, VMT_NUMBER, OF, .help = "Threads of this process."},
    {"start_time", "process_start_time_seconds", VMT_GAUGE, VMT_MILLISECONDS, OF, .help = "When this process started, in seconds since 1970."},
#undef OF
};

static const struct vmt_metric collector_metrics[] = {
    {"duration", "libvirt_exporter_collector_duration_seconds", VMT_GAUGE, VMT_NANOSECONDS, .collector = VMT_COLLECTOR_EXPORTER, .help = "How long the collector took in this collection."},
    {"success", "libvirt_exporter_collector_success", VMT_GAUGE, VMT_BOOLEAN, .collector = VMT_COLLECTOR_EXPORTER, .help = "Whether everything that the collector asked for came back in time."},
};

static const struct vmt_metric call_metrics[] = {
    {"calls", "libvirt_exporter_libvirt_calls_total", VMT_COUNTER, VMT_NUMBER, .collector = VMT_COLLECTOR_EXPORTER, .help = "Calls to libvirt, by function."},
};

static const struct vmt_metric call_error_metrics[] = {
    {"errors", "libvirt_exporter_libvirt_call_errors_total", VMT_COUNTER, VMT_NUMBER, .collector = VMT_COLLECTOR_EXPORTER, .help = "Calls to libvirt that failed, by function and virErrorNumber."},
};

static const struct vmt_metric call_duration_metrics[] = {
#define OF .collector = VMT_COLLECTOR_CALLS
#define DURATION "libvirt_exporter_libvirt_call_duration_seconds"
#define BUCKET(le) {"le." le, DURATION, VMT_HISTOGRAM, VMT_NUMBER, OF, PART("le", le), .suffix = "_bucket"}
    {"le.0.001", DURATION, VMT_HISTOGRAM, VMT_NUMBER, OF, PART("le", "0.001"), .suffix = "_bucket", .help = "How long calls to libvirt took, by function; calls that have not returned are not in it."},
    BUCKET("0.005"),
    BUCKET("0.01"),
    BUCKET("0.05"),
    BUCKET("0.1"),
    BUCKET("0.5"),
    BUCKET("1.0"),
    BUCKET("5.0"),
    BUCKET("30.0"),
    BUCKET("+Inf"),
    {"sum", DURATION, VMT_HISTOGRAM, VMT_NANOSECONDS, OF, .suffix = "_sum"},
    {"count", DURATION, VMT_HISTOGRAM, VMT_NUMBER, OF, .suffix = "_count"},
#undef OF
};

static const struct vmt_metric connection_metrics[] = {
    {"info", "libvirt_connection_info", VMT_INFO, .collector = VMT_COLLECTOR_CONNECTION, .help = "The connection to libvirt (virConnectGetURI, GetType, GetHostname, GetVersion, GetLibVersion, IsSecure, IsEncrypted)."},
};

static const struct vmt_metric node_metrics[] = {
#define OF .collector = VMT_COLLECTOR_NODE
#define SHAPE "libvirt_node_topology"
#define MODE "libvirt_node_cpu_seconds_total"
#define DOMAINS "libvirt_node_domains"
    {"cpus", "libvirt_node_cpus", VMT_GAUGE, VMT_NUMBER, OF, .help = "Active CPUs of the host (virNodeGetInfo cpus)."},
    {"mhz", "libvirt_node_cpu_frequency_hertz", VMT_GAUGE, VMT_MEGAHERTZ, OF, .flags = VMT_ZERO_IS_UNKNOWN, .help = "CPU frequency that the host expects (virNodeGetInfo mhz); absent when unknown."},
    {"cells", SHAPE, VMT_GAUGE, VMT_NUMBER, OF, PART("kind", "cells"), .help = "Shape of the host (virNodeGetInfo nodes, sockets, cores, threads)."},
    {"sockets", SHAPE, VMT_GAUGE, VMT_NUMBER, OF, PART("kind", "sockets_per_cell")},
    {"cores", SHAPE, VMT_GAUGE, VMT_NUMBER, OF, PART("kind", "cores_per_socket")},
    {"threads", SHAPE, VMT_GAUGE, VMT_NUMBER, OF, PART("kind", "threads_per_core")},
    {"memory", "libvirt_node_memory_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .help = "Memory of the host (virNodeGetInfo memory)."},
    {"memory.free", "libvirt_node_memory_free_bytes", VMT_GAUGE, VMT_BYTES, OF, .help = "Free memory of the host (virNodeGetFreeMemory)."},
    {"memory.available", "libvirt_node_memory_available_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .since = VERSION(12, 3, 0), .help = "Memory of the host that new work can use without swapping (virNodeGetMemoryStats available)."},
    {"memory.buffers", "libvirt_node_memory_buffers_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .help = "Memory of the host in buffers (virNodeGetMemoryStats buffers)."},
    {"memory.cached", "libvirt_node_memory_cached_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .help = "Memory of the host in the page cache (virNodeGetMemoryStats cached)."},
    {"cpu.user", MODE, VMT_COUNTER, VMT_NANOSECONDS, OF, PART("mode", "user"), .help = "CPU time of the host by mode (virNodeGetCPUStats)."},
    {"cpu.kernel", MODE, VMT_COUNTER, VMT_NANOSECONDS, OF, PART("mode", "kernel")},
    {"cpu.idle", MODE, VMT_COUNTER, VMT_NANOSECONDS, OF, PART("mode", "idle")},
    {"cpu.iowait", MODE, VMT_COUNTER, VMT_NANOSECONDS, OF, PART("mode", "iowait")},
    {"cpu.intr", MODE, VMT_COUNTER, VMT_NANOSECONDS, OF, PART("mode", "intr")},
    {"cpu.guest", MODE, VMT_COUNTER, VMT_NANOSECONDS, OF, PART("mode", "guest")},
    {"max_vcpus", "libvirt_node_domain_vcpus_maximum", VMT_GAUGE, VMT_NUMBER, .collector = VMT_COLLECTOR_CAPABILITIES, .help = "Most vCPUs that one domain may have here (virConnectGetMaxVcpus)."},
#undef OF
#define OF .collector = VMT_COLLECTOR_DOMAIN
    {"domains.nostate", DOMAINS, VMT_GAUGE, VMT_NUMBER, OF, PART("state", "nostate"), .help = "Domains by state (state.state of the bulk statistics)."},
    {"domains.running", DOMAINS, VMT_GAUGE, VMT_NUMBER, OF, PART("state", "running")},
    {"domains.blocked", DOMAINS, VMT_GAUGE, VMT_NUMBER, OF, PART("state", "blocked")},
    {"domains.paused", DOMAINS, VMT_GAUGE, VMT_NUMBER, OF, PART("state", "paused")},
    {"domains.shutdown", DOMAINS, VMT_GAUGE, VMT_NUMBER, OF, PART("state", "shutdown")},
    {"domains.shutoff", DOMAINS, VMT_GAUGE, VMT_NUMBER, OF, PART("state", "shutoff")},
    {"domains.crashed", DOMAINS, VMT_GAUGE, VMT_NUMBER, OF, PART("state", "crashed")},
    {"domains.pmsuspended", DOMAINS, VMT_GAUGE, VMT_NUMBER, OF, PART("state", "pmsuspended")},
    {"domains_autostart", "libvirt_node_domains_autostart", VMT_GAUGE, VMT_NUMBER, OF, .help = "Domains that start with the host (virConnectListAllDomains, autostart)."},
#undef OF
    {"vcpus_allocated", "libvirt_node_vcpus_allocated", VMT_GAUGE, VMT_NUMBER, .collector = VMT_COLLECTOR_VCPU, .help = "vCPUs of all active domains together (sum of vcpu.current); absent while one of them is unknown."},
    {"memory_allocated", "libvirt_node_memory_allocated_bytes", VMT_GAUGE, VMT_KIBIBYTES, .collector = VMT_COLLECTOR_MEMORY, .help = "Memory of all active domains together (sum of balloon.current); absent while one of them is unknown."},
#undef SHAPE
#undef MODE
#undef DOMAINS
};

static const struct vmt_metric node_info_metrics[] = {
    {"info", "libvirt_node_info", VMT_INFO, .collector = VMT_COLLECTOR_CAPABILITIES, .help = "The host and its CPU (virConnectGetCapabilities, virNodeGetInfo model)."},
};

static const struct vmt_metric node_migration_metrics[] = {
    {"info", "libvirt_node_migration_info", VMT_INFO, .collector = VMT_COLLECTOR_CAPABILITIES, .help = "Migration as the host's capabilities offer it: live or not, and the URI transports (virConnectGetCapabilities)."},
};

static const struct vmt_metric cell_metrics[] = {
    {"memory", "libvirt_node_cell_memory_bytes", VMT_GAUGE, VMT_KIBIBYTES, .collector = VMT_COLLECTOR_CAPABILITIES, .help = "Memory of the NUMA cell (virConnectGetCapabilities)."},
    {"memory.free", "libvirt_node_cell_memory_free_bytes", VMT_GAUGE, VMT_BYTES, .collector = VMT_COLLECTOR_NODE, .flags = VMT_ZERO_IS_UNKNOWN, .help = "Free memory of the NUMA cell (virNodeGetCellsFreeMemory)."},
};

static const struct vmt_metric guest_capability_metrics[] = {
    {"info", "libvirt_node_guest_capability_info", VMT_INFO, .collector = VMT_COLLECTOR_CAPABILITIES, .help = "Kinds of guest that the host can run (virConnectGetCapabilities)."},
};

static const struct vmt_metric domain_metrics[] = {
#define OF .collector = VMT_COLLECTOR_DOMAIN
    {"state.state", "libvirt_domain_state", VMT_STATESET, .label = "state", .states = vmt_domain_states, OF, COLLECTD("domain_state", NULL, "state", "domain_state"), .help = "State of the domain: 1 for the state it is in, 0 for the others (state.state)."},
    {"state.reason", "", VMT_GAUGE, VMT_NUMBER, OF, COLLECTD("domain_state", NULL, "reason", "domain_state"), .help = "Why the domain is in its state, as libvirt numbers it (state.reason)."},
    {"id", "libvirt_domain_id", VMT_GAUGE, VMT_NUMBER, OF, .help = "Id of the domain, new at each start (virDomainGetID); absent when it is not active."},
    {"persistent", "libvirt_domain_persistent", VMT_GAUGE, VMT_BOOLEAN, OF, .help = "Whether the domain stays defined when it is not running (virConnectListAllDomains, persistent)."},
    {"autostart", "libvirt_domain_autostart", VMT_GAUGE, VMT_BOOLEAN, OF, .help = "Whether the domain starts with the host (virConnectListAllDomains, autostart)."},
    {"managed_save", "libvirt_domain_managed_save", VMT_GAUGE, VMT_BOOLEAN, OF, .help = "Whether the domain has a managed save image (virConnectListAllDomains, managed save)."},
#undef OF
    {"config_pending", "libvirt_domain_config_pending", VMT_GAUGE, VMT_BOOLEAN, .collector = VMT_COLLECTOR_INVENTORY, .help = "Whether the running configuration differs from the stored one (virDomainIsUpdated)."},
#define OF .collector = VMT_COLLECTOR_CPU
    {"cpu.time", "libvirt_domain_cpu_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, .collectd = {{"virt_cpu_total"}, {"percent", "virt_cpu_total", .selector = "cpu_util", .form = VMT_COLLECTD_SHARE}}, .help = "CPU time of the domain, the hypervisor's own included (cpu.time)."},
    {"cpu.user", "libvirt_domain_cpu_mode_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, PART("mode", "user"), COLLECTD("ps_cputime", NULL, "user", "pcpu"), .help = "CPU time that the domain's hypervisor process spent in user and system mode (cpu.user, cpu.system)."},
    {"cpu.system", "libvirt_domain_cpu_mode_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, PART("mode", "system"), COLLECTD("ps_cputime", NULL, "syst", "pcpu")},
    {"cpu.haltpoll.success.time", "libvirt_domain_cpu_haltpoll_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, PART("result", "success"), .since = VERSION(7, 6, 0), .help = "Time spent polling for work in halted vCPUs, by whether work came (cpu.haltpoll.success.time, cpu.haltpoll.fail.time)."},
    {"cpu.haltpoll.fail.time", "libvirt_domain_cpu_haltpoll_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, PART("result", "fail"), .since = VERSION(7, 6, 0)},
#undef OF
#define OF .collector = VMT_COLLECTOR_VCPU
    {"vcpu.current", "libvirt_domain_vcpus", VMT_GAUGE, VMT_NUMBER, OF, .help = "vCPUs that the domain has, or will start with (vcpu.current)."},
    {"vcpu.maximum", "libvirt_domain_vcpus_maximum", VMT_GAUGE, VMT_NUMBER, OF, .help = "vCPUs that the domain can have without a restart (vcpu.maximum)."},
#undef OF
#define OF .collector = VMT_COLLECTOR_MEMORY
#define GUEST "libvirt_domain_memory_guest_"
#define MEMORY(instance, unit) COLLECTD("memory", (instance), NULL, "memory", (unit))
    {"balloon.maximum", "libvirt_domain_memory_maximum_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .help = "Memory that the domain can have without a restart (balloon.maximum)."},
    {"balloon.current", "libvirt_domain_memory_current_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .collectd = {{"memory", "total", .unit = VMT_BYTES}, {"memory", "actual_balloon", .selector = "memory", .unit = VMT_BYTES}}, .help = "Memory that the domain has, or will start with: the size of its balloon, not its use (balloon.current)."},
    {"balloon.rss", "libvirt_domain_memory_rss_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .flags = VMT_MONITOR, MEMORY("rss", VMT_BYTES), .help = "Resident memory of the domain's hypervisor process (balloon.rss)."},
    {"balloon.available", GUEST "total_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .flags = VMT_MONITOR, MEMORY("available", VMT_BYTES), .help = "Memory that the guest sees, by its balloon driver (balloon.available)."},
    {"balloon.unused", GUEST "unused_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .flags = VMT_MONITOR, MEMORY("unused", VMT_BYTES), .help = "Memory that the guest leaves entirely unused, by its balloon driver (balloon.unused)."},
    {"balloon.usable", GUEST "usable_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .flags = VMT_MONITOR, MEMORY("usable", VMT_BYTES), .help = "Memory that the guest could give back without swapping, by its balloon driver (balloon.usable)."},
    {"balloon.disk_caches", GUEST "disk_caches_bytes", VMT_GAUGE, VMT_KIBIBYTES, OF, .flags = VMT_MONITOR, .since = VERSION(4, 6, 0), MEMORY("disk_caches", VMT_BYTES), .help = "Memory of the guest in disk caches, by its balloon driver (balloon.disk_caches)."},
    {"balloon.swap_in", GUEST "swap_in_bytes_total", VMT_COUNTER, VMT_KIBIBYTES, OF, .flags = VMT_MONITOR, COLLECTD("swap_io", "in", NULL, "memory", VMT_BYTES), .help = "Memory that the guest swapped in, by its balloon driver (balloon.swap_in)."},
    {"balloon.swap_out", GUEST "swap_out_bytes_total", VMT_COUNTER, VMT_KIBIBYTES, OF, .flags = VMT_MONITOR, COLLECTD("swap_io", "out", NULL, "memory", VMT_BYTES), .help = "Memory that the guest swapped out, by its balloon driver (balloon.swap_out)."},
    {"balloon.major_fault", GUEST "faults_total", VMT_COUNTER, VMT_NUMBER, OF, PART("type", "major"), .flags = VMT_MONITOR, COLLECTD("ps_pagefaults", NULL, "majflt", "memory"), .help = "Page faults of the guest, by its balloon driver (balloon.major_fault, balloon.minor_fault)."},
    {"balloon.minor_fault", GUEST "faults_total", VMT_COUNTER, VMT_NUMBER, OF, PART("type", "minor"), .flags = VMT_MONITOR, COLLECTD("ps_pagefaults", NULL, "minflt", "memory")},
    {"balloon.hugetlb_pgalloc", GUEST "hugetlb_allocations_total", VMT_COUNTER, VMT_NUMBER, OF, PART("result", "success"), .flags = VMT_MONITOR, .since = VERSION(5, 4, 0), MEMORY("hugetlb_pgalloc", VMT_NUMBER), .help = "Huge pages that the guest asked for, by result, by its balloon driver (balloon.hugetlb_pgalloc, balloon.hugetlb_pgfail)."},
    {"balloon.hugetlb_pgfail", GUEST "hugetlb_allocations_total", VMT_COUNTER, VMT_NUMBER, OF, PART("result", "fail"), .flags = VMT_MONITOR, .since = VERSION(5, 4, 0), MEMORY("hugetlb_pgfail", VMT_NUMBER)},
    {"balloon.last-update", GUEST "last_update_timestamp_seconds", VMT_GAUGE, VMT_SECONDS, OF, .flags = VMT_MONITOR | VMT_ZERO_IS_UNKNOWN, MEMORY("last_update", VMT_SECONDS), .help = "When the guest's balloon driver reported last, in seconds since 1970 (balloon.last-update)."},
#undef OF
    {"iothread.count", "libvirt_domain_iothreads", VMT_GAUGE, VMT_NUMBER, .collector = VMT_COLLECTOR_IOTHREAD, .flags = VMT_MONITOR, .since = VERSION(4, 10, 0), .help = "IOThreads of the domain (iothread.count)."},
};

static const struct vmt_metric domain_info_metrics[] = {
    {"info", "libvirt_domain_info", VMT_INFO, .collector = VMT_COLLECTOR_DOMAIN, .help = "The domain as its XML describes it (virDomainGetXMLDesc)."},
};

static const struct vmt_metric domain_openstack_metrics[] = {
    {"info", "libvirt_domain_openstack_info", VMT_INFO, .collector = VMT_COLLECTOR_DOMAIN, .help = "What OpenStack Nova wrote into the domain's metadata; absent for domains of others."},
};

static const struct vmt_metric domain_metadata_metrics[] = {
    {"info", "libvirt_domain_metadata_info", VMT_INFO, .collector = VMT_COLLECTOR_METADATA, .help = "Labels that --domain.metadata-label reads from the domain's XML."},
};

static const struct vmt_metric domain_reason_metrics[] = {
    {"info", "libvirt_domain_state_reason_info", VMT_INFO, .collector = VMT_COLLECTOR_DOMAIN, .help = "Why the domain is in its state (state.reason)."},
};

static const struct vmt_metric domain_life_metrics[] = {
    {"collected", "libvirt_domain_collected", VMT_GAUGE, VMT_BOOLEAN, .collector = VMT_COLLECTOR_EXPORTER, .help = "Whether all statistics of the active domain came back in this collection; 0: only those that need no answer from its hypervisor."},
    {"agent_connected", "libvirt_domain_guest_agent_connected", VMT_GAUGE, VMT_BOOLEAN, .collector = VMT_COLLECTOR_DOMAIN, .help = "Whether the guest agent has opened its channel, by the domain's XML; absent when there is no such channel or libvirt does not say."},
    {"started", "libvirt_domain_start_timestamp_seconds", VMT_GAUGE, VMT_NANOSECONDS, .collector = VMT_COLLECTOR_EVENTS, .help = "When the domain started, in seconds since 1970, by its lifecycle event; absent when it started before virtmeter did or while libvirt was not connected."},
    {"last_collected", "libvirt_domain_last_collected_timestamp_seconds", VMT_GAUGE, VMT_NANOSECONDS, .collector = VMT_COLLECTOR_EXPORTER, .help = "When all statistics of the active domain came back last, in seconds since 1970; absent when they never did."},
};

static const struct vmt_metric perf_metrics[] = {
#define OF .collector = VMT_COLLECTOR_PERF
#define PERF "libvirt_domain_perf_"
#define EVENT(event) {event, PERF "events_total", VMT_COUNTER, VMT_NUMBER, OF, PART("event", event), COLLECTD("perf", "perf_{event}", NULL, "perf")}
    {"cpu_cycles", PERF "events_total", VMT_COUNTER, VMT_NUMBER, OF, PART("event", "cpu_cycles"), COLLECTD("perf", "perf_{event}", NULL, "perf"), .help = "Events of the host's performance counters, of those that the domain's configuration enables (perf.cpu_cycles, perf.instructions, perf.page_faults and so on)."},
    EVENT("instructions"),
    EVENT("cache_references"),
    EVENT("cache_misses"),
    EVENT("branch_instructions"),
    EVENT("branch_misses"),
    EVENT("bus_cycles"),
    EVENT("stalled_cycles_frontend"),
    EVENT("stalled_cycles_backend"),
    EVENT("ref_cpu_cycles"),
    EVENT("page_faults"),
    EVENT("page_faults_min"),
    EVENT("page_faults_maj"),
    EVENT("context_switches"),
    EVENT("cpu_migrations"),
    EVENT("alignment_faults"),
    EVENT("emulation_faults"),
    {"cpu_clock", PERF "cpu_clock_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, COLLECTD("perf", "perf_cpu_clock", NULL, "perf"), .help = "CPU clock time of the domain (perf.cpu_clock)."},
    {"task_clock", PERF "task_clock_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, COLLECTD("perf", "perf_task_clock", NULL, "perf"), .help = "Task clock time of the domain (perf.task_clock)."},
    {"cmt", PERF "cache_usage_bytes", VMT_GAUGE, VMT_BYTES, OF, COLLECTD("perf", "perf_cmt", NULL, "perf"), .help = "Last level cache that the domain uses (perf.cmt)."},
    {"mbmt", PERF "memory_bandwidth_bytes_total", VMT_COUNTER, VMT_BYTES, OF, COLLECTD("perf", "perf_mbmt", NULL, "perf"), .help = "Memory traffic of the domain, from one level of cache to another (perf.mbmt)."},
    {"mbml", PERF "memory_bandwidth_local_bytes_total", VMT_COUNTER, VMT_BYTES, OF, COLLECTD("perf", "perf_mbml", NULL, "perf"), .help = "Memory traffic of the domain within its memory controllers' sockets (perf.mbml)."},
#undef OF
};

static const struct vmt_metric vcpu_metrics[] = {
#define OF .collector = VMT_COLLECTOR_VCPU
    {"state", "libvirt_domain_vcpu_online", VMT_GAUGE, VMT_BOOLEAN, OF, .help = "Whether the vCPU is online (vcpu.N.state is running or blocked)."},
    {"halted", "libvirt_domain_vcpu_halted", VMT_GAUGE, VMT_BOOLEAN, OF, .flags = VMT_MONITOR, .help = "Whether the guest halted the vCPU (vcpu.N.halted)."},
    {"time", "libvirt_domain_vcpu_time_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, COLLECTD("virt_vcpu", "{vcpu}", NULL, "vcpu"), .help = "CPU time of the vCPU (vcpu.N.time)."},
    {"wait", "libvirt_domain_vcpu_wait_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, .help = "Time that the vCPU wanted to run but waited for input or output (vcpu.N.wait)."},
    {"delay", "libvirt_domain_vcpu_delay_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, .since = VERSION(7, 2, 0), .help = "Time that the vCPU was ready but the host ran something else: the steal that the guest sees (vcpu.N.delay)."},
#undef OF
};

static const struct vmt_metric vcpu_affinity_metrics[] = {
    {"host_cpu", "libvirt_domain_vcpu_host_cpu", VMT_GAUGE, VMT_NUMBER, .collector = VMT_COLLECTOR_AFFINITY, .help = "CPU of the host that the vCPU ran on last (virDomainGetVcpus cpu); absent when it is offline."},
    {"cpus", "libvirt_domain_vcpu_affinity_cpus", VMT_GAUGE, VMT_NUMBER, .collector = VMT_COLLECTOR_AFFINITY, .help = "CPUs of the host that the vCPU may run on (virDomainGetVcpus cpumaps)."},
};

static const struct vmt_metric vcpu_affinity_info_metrics[] = {
    {"info", "libvirt_domain_vcpu_affinity_info", VMT_INFO, .collector = VMT_COLLECTOR_AFFINITY, .collectd = {{"cpu_affinity", "vcpu_{vcpu}-cpu_{cpus}", .selector = "vcpupin", .form = VMT_COLLECTD_SPREAD}}, .help = "Which CPUs of the host the vCPU may run on (virDomainGetVcpus cpumaps)."},
};

static const struct vmt_metric block_metrics[] = {
#define OF .collector = VMT_COLLECTOR_BLOCK
#define BLOCK "libvirt_domain_block_"
    {"rd.bytes", BLOCK "read_bytes_total", VMT_COUNTER, VMT_BYTES, OF, .flags = VMT_MONITOR, COLLECTD("disk_octets", "{device}", "read"), .help = "Bytes read by the guest (block.N.rd.bytes)."},
    {"wr.bytes", BLOCK "write_bytes_total", VMT_COUNTER, VMT_BYTES, OF, .flags = VMT_MONITOR, COLLECTD("disk_octets", "{device}", "write"), .help = "Bytes written by the guest (block.N.wr.bytes)."},
    {"rd.reqs", BLOCK "read_requests_total", VMT_COUNTER, VMT_NUMBER, OF, .flags = VMT_MONITOR, COLLECTD("disk_ops", "{device}", "read"), .help = "Read requests of the guest (block.N.rd.reqs)."},
    {"wr.reqs", BLOCK "write_requests_total", VMT_COUNTER, VMT_NUMBER, OF, .flags = VMT_MONITOR, COLLECTD("disk_ops", "{device}", "write"), .help = "Write requests of the guest (block.N.wr.reqs)."},
    {"fl.reqs", BLOCK "flush_requests_total", VMT_COUNTER, VMT_NUMBER, OF, .flags = VMT_MONITOR, COLLECTD("total_requests", "flush-{device}", NULL, "disk"), .help = "Flush requests of the guest (block.N.fl.reqs)."},
    {"rd.times", BLOCK "read_time_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, .flags = VMT_MONITOR, COLLECTD("disk_time", "{device}", "read", "disk"), .help = "Time spent on reads, summed over requests (block.N.rd.times)."},
    {"wr.times", BLOCK "write_time_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, .flags = VMT_MONITOR, COLLECTD("disk_time", "{device}", "write", "disk"), .help = "Time spent on writes, summed over requests (block.N.wr.times)."},
    {"fl.times", BLOCK "flush_time_seconds_total", VMT_COUNTER, VMT_NANOSECONDS, OF, .flags = VMT_MONITOR, COLLECTD("total_time_in_ms", "flush-{device}", NULL, "disk", VMT_MILLISECONDS), .help = "Time spent on flushes, summed over requests (block.N.fl.times)."},
    {"capacity", BLOCK "capacity_bytes", VMT_GAUGE, VMT_BYTES, OF, COLLECTD("disk_capacity", "{device}", NULL, "disk_capacity"), .help = "Size of the disk as the guest sees it (block.N.capacity)."},
    {"allocation", BLOCK "allocation_bytes", VMT_GAUGE, VMT_BYTES, OF, COLLECTD("disk_allocation", "{device}", NULL, "disk_allocation"), .help = "Highest offset written in the image (block.N.allocation)."},
    {"physical", BLOCK "physical_bytes", VMT_GAUGE, VMT_BYTES, OF, COLLECTD("disk_physical", "{device}", NULL, "disk_physical"), .help = "Space that the image takes on the host, as libvirt sees it (block.N.physical)."},
    {"threshold", BLOCK "threshold_bytes", VMT_GAUGE, VMT_BYTES, OF, .flags = VMT_ZERO_IS_UNKNOWN, .since = VERSION(3, 2, 0), .help = "Offset whose writing raises a block threshold event (block.N.threshold); absent when none is set."},
#undef OF
};

static const struct vmt_metric block_info_metrics[] = {
    {"info", "libvirt_domain_block_info", VMT_INFO, .collector = VMT_COLLECTOR_BLOCK, .help = "The disk as the domain's XML describes it (virDomainGetXMLDesc)."},
};

static const char *const block_errors[] = {"none", "unspec", "no_space", NULL};

static const struct vmt_metric block_error_metrics[] = {
    {"error", "libvirt_domain_block_error", VMT_STATESET, .label = "error", .states = block_errors, .collector = VMT_COLLECTOR_DISK_ERRORS, COLLECTD("disk_error", "{device}", NULL, "disk_err"), .help = "Error that the disk is in, of disks that are in one: 1 for that error, 0 for the others (virDomainGetDiskErrors)."},
};

static const struct vmt_metric interface_metrics[] = {
#define OF .collector = VMT_COLLECTOR_INTERFACE
#define NET "libvirt_domain_interface_"
    {"rx.bytes", NET "receive_bytes_total", VMT_COUNTER, VMT_BYTES, OF, COLLECTD("if_octets", "{interface}", "rx"), .help = "Bytes received by the guest (net.N.rx.bytes)."},
    {"rx.pkts", NET "receive_packets_total", VMT_COUNTER, VMT_NUMBER, OF, COLLECTD("if_packets", "{interface}", "rx"), .help = "Packets received by the guest (net.N.rx.pkts)."},
    {"rx.errs", NET "receive_errors_total", VMT_COUNTER, VMT_NUMBER, OF, COLLECTD("if_errors", "{interface}", "rx"), .help = "Errors on receive (net.N.rx.errs)."},
    {"rx.drop", NET "receive_drops_total", VMT_COUNTER, VMT_NUMBER, OF, COLLECTD("if_dropped", "{interface}", "rx"), .help = "Packets for the guest that were dropped (net.N.rx.drop)."},
    {"tx.bytes", NET "transmit_bytes_total", VMT_COUNTER, VMT_BYTES, OF, COLLECTD("if_octets", "{interface}", "tx"), .help = "Bytes sent by the guest (net.N.tx.bytes)."},
    {"tx.pkts", NET "transmit_packets_total", VMT_COUNTER, VMT_NUMBER, OF, COLLECTD("if_packets", "{interface}", "tx"), .help = "Packets sent by the guest (net.N.tx.pkts)."},
    {"tx.errs", NET "transmit_errors_total", VMT_COUNTER, VMT_NUMBER, OF, COLLECTD("if_errors", "{interface}", "tx"), .help = "Errors on transmit (net.N.tx.errs)."},
    {"tx.drop", NET "transmit_drops_total", VMT_COUNTER, VMT_NUMBER, OF, COLLECTD("if_dropped", "{interface}", "tx"), .help = "Packets of the guest that were dropped (net.N.tx.drop)."},
    {"link_up", NET "link_up", VMT_GAUGE, VMT_BOOLEAN, OF, .help = "Whether the link is up, by the domain's XML (virDomainGetXMLDesc); libvirt has no event for its change, so it can be two minutes old."},
#undef OF
};

static const struct vmt_metric interface_info_metrics[] = {
    {"info", "libvirt_domain_interface_info", VMT_INFO, .collector = VMT_COLLECTOR_INTERFACE, .help = "The interface as the domain's XML describes it (virDomainGetXMLDesc)."},
};

static const struct vmt_metric job_metrics[] = {
#define OF .collector = VMT_COLLECTOR_JOB
#define JOB "libvirt_domain_job_"
    {"time_elapsed", JOB "elapsed_seconds", VMT_GAUGE, VMT_MILLISECONDS, OF, .help = "How long the domain's job has been running (virDomainGetJobStats time_elapsed)."},
    {"memory_remaining", JOB "remaining_bytes", VMT_GAUGE, VMT_BYTES, OF, PART("resource", "memory"), .help = "What the domain's job has still to transfer (virDomainGetJobStats memory_remaining, disk_remaining)."},
    {"disk_remaining", JOB "remaining_bytes", VMT_GAUGE, VMT_BYTES, OF, PART("resource", "disk")},
    {"memory_processed", JOB "processed_bytes", VMT_GAUGE, VMT_BYTES, OF, PART("resource", "memory"), .help = "What the domain's job has transferred (virDomainGetJobStats memory_processed, disk_processed)."},
    {"disk_processed", JOB "processed_bytes", VMT_GAUGE, VMT_BYTES, OF, PART("resource", "disk")},
    {"memory_total", JOB "total_bytes", VMT_GAUGE, VMT_BYTES, OF, PART("resource", "memory"), .help = "What the domain's job has to transfer in all (virDomainGetJobStats memory_total, disk_total)."},
    {"disk_total", JOB "total_bytes", VMT_GAUGE, VMT_BYTES, OF, PART("resource", "disk")},
    {"memory_bps", JOB "transfer_bytes_per_second", VMT_GAUGE, VMT_BYTES_PER_SECOND, OF, PART("resource", "memory"), .help = "How fast the domain's job transfers (virDomainGetJobStats memory_bps, disk_bps)."},
    {"disk_bps", JOB "transfer_bytes_per_second", VMT_GAUGE, VMT_BYTES_PER_SECOND, OF, PART("resource", "disk")},
    {"downtime", JOB "downtime_seconds", VMT_GAUGE, VMT_MILLISECONDS, OF, .help = "How long the domain will be or was stopped by the job (virDomainGetJobStats downtime)."},
#undef OF
};

static const struct vmt_metric job_info_metrics[] = {
    {"info", "libvirt_domain_job_info", VMT_INFO, .collector = VMT_COLLECTOR_JOB, .help = "The domain's job: a migration, save, dump, backup or snapshot (virDomainGetJobStats)."},
};

static const struct vmt_metric job_parameter_metrics[] = {
    {"value", "", VMT_GAUGE, VMT_NUMBER, .collector = VMT_COLLECTOR_JOB, COLLECTD("job_stats", "{parameter}", NULL, "job_stats_background"), .help = "Each parameter of the domain's job, as libvirt counts it (virDomainGetJobStats)."},
};

static const struct vmt_metric last_job_parameter_metrics[] = {
    {"value", "", VMT_GAUGE, VMT_NUMBER, .collector = VMT_COLLECTOR_JOB_COMPLETED, COLLECTD("job_stats", "{parameter}", NULL, "job_stats_completed"), .help = "Each parameter of the domain's last job that ended, as libvirt counts it (virDomainGetJobStats, completed)."},
};

static const char *const control_states[] = {"ok", "job", "occupied", "error", NULL};

static const struct vmt_metric control_metrics[] = {
    {"state", "libvirt_domain_control_state", VMT_STATESET, .label = "state", .states = control_states, .collector = VMT_COLLECTOR_CONTROL, .help = "Whether libvirt can control the domain: 1 for the state its control interface is in, 0 for the others (virDomainGetControlInfo)."},
    {"time", "libvirt_domain_control_state_seconds", VMT_GAUGE, VMT_MILLISECONDS, .collector = VMT_COLLECTOR_CONTROL, .help = "How long the domain's control interface has been in a state other than ok (virDomainGetControlInfo stateTime)."},
};

static const char *const pool_states[] = {"inactive", "building", "running", "degraded", "inaccessible", NULL};

static const struct vmt_metric pool_metrics[] = {
#define OF .collector = VMT_COLLECTOR_POOL
#define POOL "libvirt_storage_pool_"
    {"state", POOL "status", VMT_STATESET, .label = "state", .states = pool_states, OF, .help = "State of the storage pool: 1 for the state it is in, 0 for the others (virStoragePoolGetInfo)."},
    {"capacity", POOL "capacity_bytes", VMT_GAUGE, VMT_BYTES, OF, .help = "Size of the storage pool, as libvirt saw it last (virStoragePoolGetInfo)."},
    {"allocation", POOL "allocation_bytes", VMT_GAUGE, VMT_BYTES, OF, .help = "Space taken in the storage pool, as libvirt saw it last (virStoragePoolGetInfo)."},
    {"available", POOL "available_bytes", VMT_GAUGE, VMT_BYTES, OF, .help = "Space left in the storage pool, as libvirt saw it last (virStoragePoolGetInfo)."},
    {"volumes", POOL "volumes", VMT_GAUGE, VMT_NUMBER, OF, .help = "Volumes in the storage pool, as libvirt saw it last (virStoragePoolNumOfVolumes)."},
#undef OF
};

static const struct vmt_metric pool_info_metrics[] = {
    {"info", "libvirt_storage_pool_info", VMT_INFO, .collector = VMT_COLLECTOR_POOL, .help = "The storage pool as its XML describes it (virStoragePoolGetXMLDesc)."},
};

static const struct vmt_metric network_metrics[] = {
    {"active", "libvirt_network_active", VMT_GAUGE, VMT_BOOLEAN, .collector = VMT_COLLECTOR_NETWORK, .help = "Whether the network is active (virNetworkIsActive)."},
    {"dhcp_leases", "libvirt_network_dhcp_leases", VMT_GAUGE, VMT_NUMBER, .collector = VMT_COLLECTOR_NETWORK, .help = "DHCP leases that libvirt's own server on the network has given (virNetworkGetDHCPLeases)."},
};

static const struct vmt_metric network_info_metrics[] = {
    {"info", "libvirt_network_info", VMT_INFO, .collector = VMT_COLLECTOR_NETWORK, .help = "The network as its XML describes it (virNetworkGetXMLDesc)."},
};

static const struct vmt_metric objects_metrics[] = {
#define OF .collector = VMT_COLLECTOR_OBJECTS
    {"interface", "libvirt_objects", VMT_GAUGE, VMT_NUMBER, OF, PART("kind", "interface"), .help = "Other things that libvirt manages on this host, by kind."},
    {"secret", "libvirt_objects", VMT_GAUGE, VMT_NUMBER, OF, PART("kind", "secret")},
    {"nwfilter", "libvirt_objects", VMT_GAUGE, VMT_NUMBER, OF, PART("kind", "nwfilter")},
    {"nwfilter_binding", "libvirt_objects", VMT_GAUGE, VMT_NUMBER, OF, PART("kind", "nwfilter_binding")},
    {"node_device", "libvirt_objects", VMT_GAUGE, VMT_NUMBER, OF, PART("kind", "node_device")},
#undef OF
};

static const struct vmt_metric lifecycle_event_metrics[] = {
    {"events", "libvirt_domain_lifecycle_events_total", VMT_COUNTER, VMT_NUMBER, .collector = VMT_COLLECTOR_EVENTS, .help = "Lifecycle events of the domain since virtmeter started (VIR_DOMAIN_EVENT_ID_LIFECYCLE)."},
};

static const struct vmt_metric domain_event_metrics[] = {
    {"events", "libvirt_domain_events_total", VMT_COUNTER, VMT_NUMBER, .collector = VMT_COLLECTOR_EVENTS, .help = "Other events of the domain since virtmeter started (virConnectDomainEventRegisterAny)."},
};

static const struct vmt_metric io_error_metrics[] = {
    {"errors", "libvirt_domain_io_errors_total", VMT_COUNTER, VMT_NUMBER, .collector = VMT_COLLECTOR_EVENTS, .help = "I/O errors of the domain since virtmeter started, by libvirt's alias of the device, what was done and why (VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON)."},
};

static const struct vmt_metric job_completed_metrics[] = {
    {"jobs", "libvirt_domain_jobs_completed_total", VMT_COUNTER, VMT_NUMBER, .collector = VMT_COLLECTOR_EVENTS, .help = "Jobs of the domain that ended since virtmeter started (VIR_DOMAIN_EVENT_ID_JOB_COMPLETED)."},
};

static const struct vmt_metric object_event_metrics[] = {
    {"events", "libvirt_object_events_total", VMT_COUNTER, VMT_NUMBER, .collector = VMT_COLLECTOR_EVENTS, .help = "Events of storage pools, networks, node devices and secrets since virtmeter started."},
};

#define LABELS(...)                                                                                                    \
    .label_names = (const char *const[]){__VA_ARGS__, NULL},                                                           \
    .label_count = sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)
#define METRICS(rows) .metrics = (rows), .metric_count = sizeof(rows) / sizeof *(rows)

static const struct vmt_entity_table tables[VMT_ENTITY_COUNT] = {
    [VMT_ENTITY_EXPORTER] = {"exporter", .label_names = (const char *const[]){NULL}, METRICS(exporter_metrics)},
    [VMT_ENTITY_BUILD] = {"build", LABELS("version", "revision", "libvirt_built", "libvirt_runtime"), METRICS(build_metrics)},
    [VMT_ENTITY_PROCESS] = {"process", .label_names = (const char *const[]){NULL}, METRICS(process_metrics)},
    [VMT_ENTITY_COLLECTOR] = {"collector", LABELS("collector"), .key_count = 1, METRICS(collector_metrics)},
    [VMT_ENTITY_CALL] = {"call", LABELS("call"), .key_count = 1, METRICS(call_metrics)},
    [VMT_ENTITY_CALL_ERROR] = {"call error", LABELS("call", "code"), .key_count = 2, METRICS(call_error_metrics)},
    [VMT_ENTITY_CALL_DURATION] = {"call duration", LABELS("call"), .key_count = 1, METRICS(call_duration_metrics)},
    [VMT_ENTITY_CONNECTION] = {"connection", LABELS("uri", "driver", "hostname", "hypervisor_version", "libvirt_version", "secure", "encrypted"), METRICS(connection_metrics)},
    [VMT_ENTITY_NODE] = {"node", .label_names = (const char *const[]){NULL}, METRICS(node_metrics)},
    [VMT_ENTITY_NODE_INFO] = {"node info", LABELS("arch", "model", "vendor", "cpu_model", "host_uuid", "security_models"), METRICS(node_info_metrics)},
    [VMT_ENTITY_NODE_MIGRATION] = {"node migration", LABELS("live", "uri_transports"), METRICS(node_migration_metrics)},
    [VMT_ENTITY_CELL] = {"cell", LABELS("cell"), .key_count = 1, METRICS(cell_metrics)},
    [VMT_ENTITY_GUEST_CAPABILITY] = {"guest capability", LABELS("os_type", "arch", "domain_type"), .key_count = 3, METRICS(guest_capability_metrics)},
    [VMT_ENTITY_DOMAIN] = {"domain", "", LABELS("domain"), .key_count = 1, METRICS(domain_metrics)},
    [VMT_ENTITY_DOMAIN_INFO] = {"domain info", NULL, LABELS("domain", "uuid", "title", "virt_type", "os_type", "os_type_arch", "os_type_machine", "firmware"), .key_count = 1, METRICS(domain_info_metrics)},
    [VMT_ENTITY_DOMAIN_OPENSTACK] = {"domain openstack", NULL, LABELS("domain", "instance_name", "instance_id", "flavor_name", "user_name", "user_id", "project_name", "project_id"), .key_count = 1, METRICS(domain_openstack_metrics)},
    [VMT_ENTITY_DOMAIN_METADATA] = {"domain metadata", NULL, LABELS("domain"), .key_count = 1, METRICS(domain_metadata_metrics)},
    [VMT_ENTITY_DOMAIN_REASON] = {"domain reason", NULL, LABELS("domain", "state", "reason"), .key_count = 1, METRICS(domain_reason_metrics)},
    [VMT_ENTITY_DOMAIN_LIFE] = {"domain life", NULL, LABELS("domain"), .key_count = 1, METRICS(domain_life_metrics)},
    [VMT_ENTITY_PERF] = {"perf", "perf.", LABELS("domain"), .key_count = 1, METRICS(perf_metrics), .is_single = true},
    [VMT_ENTITY_VCPU] = {"vcpu", "vcpu.", LABELS("domain", "vcpu"), .key_count = 2, METRICS(vcpu_metrics)},
    [VMT_ENTITY_VCPU_AFFINITY] = {"vcpu affinity", LABELS("domain", "vcpu"), .key_count = 2, METRICS(vcpu_affinity_metrics)},
    [VMT_ENTITY_VCPU_AFFINITY_INFO] = {"vcpu affinity info", LABELS("domain", "vcpu", "cpus"), .key_count = 2, METRICS(vcpu_affinity_info_metrics)},
    [VMT_ENTITY_BLOCK] = {"block", "block.", LABELS("domain", "device"), .key_count = 2, METRICS(block_metrics)},
    [VMT_ENTITY_BLOCK_INFO] = {"block info", NULL, LABELS("domain", "device", "disk_type", "device_type", "bus", "driver_type", "cache", "discard", "source", "serial"), .key_count = 2, METRICS(block_info_metrics)},
    [VMT_ENTITY_BLOCK_ERROR] = {"block error", LABELS("domain", "device"), .key_count = 2, METRICS(block_error_metrics)},
    [VMT_ENTITY_INTERFACE] = {"interface", "net.", LABELS("domain", "interface"), .key_count = 2, METRICS(interface_metrics)},
    [VMT_ENTITY_INTERFACE_INFO] = {"interface info", NULL, LABELS("domain", "interface", "alias", "type", "source", "mac", "model", "mtu", "virtual_port"), .key_count = 2, METRICS(interface_info_metrics)},
    [VMT_ENTITY_JOB] = {"job", NULL, LABELS("domain"), .key_count = 1, METRICS(job_metrics)},
    [VMT_ENTITY_JOB_INFO] = {"job info", NULL, LABELS("domain", "type", "operation"), .key_count = 1, METRICS(job_info_metrics)},
    [VMT_ENTITY_JOB_PARAMETER] = {"job parameter", LABELS("domain", "parameter", "text"), .key_count = 2, METRICS(job_parameter_metrics)},
    [VMT_ENTITY_LAST_JOB_PARAMETER] = {"last job's parameter", LABELS("domain", "parameter", "text"), .key_count = 2, METRICS(last_job_parameter_metrics)},
    [VMT_ENTITY_CONTROL] = {"control", NULL, LABELS("domain"), .key_count = 1, METRICS(control_metrics)},
    [VMT_ENTITY_POOL] = {"storage pool", NULL, LABELS("storage_pool"), .key_count = 1, METRICS(pool_metrics)},
    [VMT_ENTITY_POOL_INFO] = {"storage pool info", NULL, LABELS("storage_pool", "uuid", "type", "target"), .key_count = 1, METRICS(pool_info_metrics)},
    [VMT_ENTITY_NETWORK] = {"network", NULL, LABELS("network"), .key_count = 1, METRICS(network_metrics)},
    [VMT_ENTITY_NETWORK_INFO] = {"network info", NULL, LABELS("network", "uuid", "bridge", "forward"), .key_count = 1, METRICS(network_info_metrics)},
    [VMT_ENTITY_OBJECTS] = {"objects", .label_names = (const char *const[]){NULL}, METRICS(objects_metrics)},
    [VMT_ENTITY_LIFECYCLE_EVENT] = {"lifecycle event", NULL, LABELS("domain", "event", "detail"), .key_count = 3, METRICS(lifecycle_event_metrics)},
    [VMT_ENTITY_DOMAIN_EVENT] = {"domain event", NULL, LABELS("domain", "event"), .key_count = 2, METRICS(domain_event_metrics)},
    [VMT_ENTITY_IO_ERROR] = {"I/O error", NULL, LABELS("domain", "alias", "action", "reason"), .key_count = 4, METRICS(io_error_metrics)},
    [VMT_ENTITY_JOB_COMPLETED] = {"completed job", NULL, LABELS("domain", "operation", "result"), .key_count = 3, METRICS(job_completed_metrics)},
    [VMT_ENTITY_OBJECT_EVENT] = {"object event", NULL, LABELS("object", "event"), .key_count = 2, METRICS(object_event_metrics)},
};

/* clang-format on */

const struct vmt_entity_table *vmt_entity_table(enum vmt_entity entity)
{
    assert(entity < VMT_ENTITY_COUNT);
    return &tables[entity];
}

int vmt_entity_slot(enum vmt_entity entity, const char *key)
{
    const struct vmt_entity_table *table = vmt_entity_table(entity);
    for (unsigned slot = 0; slot < table->metric_count; slot++)
        if (!strcmp(table->metrics[slot].key, key))
            return (int)slot;
    return -1;
}
