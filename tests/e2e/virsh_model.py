"""What /metrics should say, worked out from virsh: for each series its value, and the virsh command that said so.

Written from the catalogue of metrics and libvirt's documentation, not from the exporter's tables, so that one mistake
is not made twice. `python3 virsh_model.py URI` prints the model of a host."""

import collections
import decimal
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import exposition

Fact = collections.namedtuple("Fact", "value source")
Domain = collections.namedtuple("Domain", "name is_active stats")

KIB = decimal.Decimal(1024)
NANO = decimal.Decimal(10) ** -9
ONE = decimal.Decimal(1)
decimal.getcontext().prec = 60  # no rounding of a 64 bit count of nanoseconds

STATES = ("nostate", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "pmsuspended")
REASONS = {
    "nostate": ("unknown",),
    "running": ("unknown", "booted", "migrated", "restored", "from_snapshot", "unpaused", "migration_canceled",
                "save_canceled", "wakeup", "crashed", "postcopy", "postcopy_failed"),
    "blocked": ("unknown",),
    "paused": ("unknown", "user", "migration", "save", "dump", "ioerror", "watchdog", "from_snapshot", "shutting_down",
               "snapshot", "crashed", "starting_up", "postcopy", "postcopy_failed", "api_error"),
    "shutdown": ("unknown", "user"),
    "shutoff": ("unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from_snapshot",
                "daemon"),
    "crashed": ("unknown", "panicked"),
    "pmsuspended": ("unknown",),
}

# key of domstats: family without prefix, further labels, factor to the base unit
DOMAIN_STATS = {
    "cpu.time": ("cpu_seconds_total", {}, NANO),
    "cpu.user": ("cpu_mode_seconds_total", {"mode": "user"}, NANO),
    "cpu.system": ("cpu_mode_seconds_total", {"mode": "system"}, NANO),
    "cpu.haltpoll.success.time": ("cpu_haltpoll_seconds_total", {"result": "success"}, NANO),
    "cpu.haltpoll.fail.time": ("cpu_haltpoll_seconds_total", {"result": "fail"}, NANO),
    "vcpu.current": ("vcpus", {}, ONE),
    "vcpu.maximum": ("vcpus_maximum", {}, ONE),
    "balloon.maximum": ("memory_maximum_bytes", {}, KIB),
    "balloon.current": ("memory_current_bytes", {}, KIB),
    "balloon.rss": ("memory_rss_bytes", {}, KIB),
    "balloon.available": ("memory_guest_total_bytes", {}, KIB),
    "balloon.unused": ("memory_guest_unused_bytes", {}, KIB),
    "balloon.usable": ("memory_guest_usable_bytes", {}, KIB),
    "balloon.disk_caches": ("memory_guest_disk_caches_bytes", {}, KIB),
    "balloon.swap_in": ("memory_guest_swap_in_bytes_total", {}, KIB),
    "balloon.swap_out": ("memory_guest_swap_out_bytes_total", {}, KIB),
    "balloon.major_fault": ("memory_guest_faults_total", {"type": "major"}, ONE),
    "balloon.minor_fault": ("memory_guest_faults_total", {"type": "minor"}, ONE),
    "balloon.hugetlb_pgalloc": ("memory_guest_hugetlb_allocations_total", {"result": "success"}, ONE),
    "balloon.hugetlb_pgfail": ("memory_guest_hugetlb_allocations_total", {"result": "fail"}, ONE),
    "balloon.last-update": ("memory_guest_last_update_timestamp_seconds", {}, ONE),
    "iothread.count": ("iothreads", {}, ONE),
}
VCPU_STATS = {
    "state": ("vcpu_online", ONE),
    "halted": ("vcpu_halted", ONE),
    "time": ("vcpu_time_seconds_total", NANO),
    "wait": ("vcpu_wait_seconds_total", NANO),
    "delay": ("vcpu_delay_seconds_total", NANO),
}
BLOCK_STATS = {
    "rd.bytes": ("block_read_bytes_total", ONE),
    "wr.bytes": ("block_write_bytes_total", ONE),
    "rd.reqs": ("block_read_requests_total", ONE),
    "wr.reqs": ("block_write_requests_total", ONE),
    "fl.reqs": ("block_flush_requests_total", ONE),
    "rd.times": ("block_read_time_seconds_total", NANO),
    "wr.times": ("block_write_time_seconds_total", NANO),
    "fl.times": ("block_flush_time_seconds_total", NANO),
    "capacity": ("block_capacity_bytes", ONE),
    "allocation": ("block_allocation_bytes", ONE),
    "physical": ("block_physical_bytes", ONE),
    "threshold": ("block_threshold_bytes", ONE),
}
INTERFACE_STATS = {
    "rx.bytes": ("interface_receive_bytes_total", ONE),
    "rx.pkts": ("interface_receive_packets_total", ONE),
    "rx.errs": ("interface_receive_errors_total", ONE),
    "rx.drop": ("interface_receive_drops_total", ONE),
    "tx.bytes": ("interface_transmit_bytes_total", ONE),
    "tx.pkts": ("interface_transmit_packets_total", ONE),
    "tx.errs": ("interface_transmit_errors_total", ONE),
    "tx.drop": ("interface_transmit_drops_total", ONE),
}
# What libvirt says of a domain that is not running. It says more, but that is not the domain's: its cpu.* is the CPU
# time of libvirtd itself (there is no process to look up, and libvirt 9.0 looks up its own), and for block.* libvirt
# would open the images, which nobody should ask for.
INACTIVE_STATS = ("vcpu.current", "vcpu.maximum", "balloon.maximum", "balloon.current")
ZERO_IS_UNKNOWN = ("balloon.last-update", "threshold")

_OTHER_FAMILIES = """
    libvirt_connection_info libvirt_node_info libvirt_node_cpus libvirt_node_cpu_frequency_hertz libvirt_node_topology
    libvirt_node_memory_bytes libvirt_node_memory_free_bytes libvirt_node_memory_available_bytes
    libvirt_node_memory_buffers_bytes libvirt_node_memory_cached_bytes libvirt_node_cpu_seconds_total
    libvirt_node_cell_memory_bytes libvirt_node_cell_memory_free_bytes libvirt_node_guest_capability_info
    libvirt_node_migration_info libvirt_node_domain_vcpus_maximum libvirt_node_domains libvirt_node_domains_autostart
    libvirt_node_vcpus_allocated libvirt_node_memory_allocated_bytes
    libvirt_domain_info libvirt_domain_openstack_info libvirt_domain_id libvirt_domain_state
    libvirt_domain_state_reason_info libvirt_domain_persistent libvirt_domain_autostart libvirt_domain_managed_save
    libvirt_domain_block_info libvirt_domain_interface_info libvirt_domain_interface_link_up
""".split()
_TABLES = (DOMAIN_STATS, VCPU_STATS, BLOCK_STATS, INTERFACE_STATS)

# The families that the model knows completely: of these, every series that it does not have is invented.
FAMILIES = frozenset(_OTHER_FAMILIES) | {"libvirt_domain_" + row[0] for table in _TABLES for row in table.values()}


class Virsh:
    """virsh on one host. It has the exporter's rights: some answers depend on them."""

    def __init__(self, uri):
        self.uri = uri

    def __call__(self, *arguments):
        done = subprocess.run(["virsh", "-q", "-c", self.uri, *arguments], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=True, env={"LC_ALL": "C.UTF-8"})
        return done.stdout

    def names(self, *flags):
        return self("list", "--all", "--name", *flags).split()

    def table(self, *arguments):
        """The `name: value` lines of a command."""
        pairs = (line.split(":", 1) for line in self(*arguments).splitlines() if ":" in line)
        return {name.strip(): value.strip() for name, value in pairs}

    def domains(self):
        active, domains = self("list", "--name").split(), []
        for line in self("domstats", "--raw").splitlines():
            if line.startswith("Domain: "):
                name = line[len("Domain: '"):-1]
                domains.append(Domain(name, name in active, {}))
            elif "=" in line:
                key, _, value = line.strip().partition("=")
                domains[-1].stats[key] = value
        return domains

    def xml(self, *arguments):
        return ElementTree.fromstring(self(*arguments))


class Model(dict):
    """(name, frozenset of labels) -> Fact"""

    def add(self, name, labels, value, source):
        known = frozenset((label, text) for label, text in labels.items() if text is not None)
        assert (name, known) not in self, f"twice: {name} {labels}"
        self[name, known] = Fact(decimal.Decimal(value), "virsh " + source)


def number(text):
    return decimal.Decimal({"yes": 1, "no": 0}.get(text, text))


def first_number(text):
    return decimal.Decimal(re.match(r"\d+", text).group())


# ---- the host

def add_connection(model, virsh):
    versions = virsh.table("version", "--daemon")
    driver, hypervisor_version = versions["Running hypervisor"].split()
    labels = {"uri": virsh("uri").strip(), "driver": driver, "hostname": virsh("hostname").strip(),
              "hypervisor_version": hypervisor_version, "libvirt_version": versions["Running against daemon"]}
    # virsh has no word for these two: nobody else can listen on a Unix socket, and nothing is encrypted on it
    local = "+unix:" in labels["uri"]
    labels |= {"secure": "true" if local else "false", "encrypted": "false"}
    model.add("libvirt_connection_info", labels, 1, "uri, hostname, version --daemon")


def add_node(model, virsh):
    info = virsh.table("nodeinfo")
    node = "libvirt_node_"
    model.add(node + "cpus", {}, info["CPU(s)"], "nodeinfo: CPU(s)")
    if "CPU frequency" in info and first_number(info["CPU frequency"]):
        frequency = first_number(info["CPU frequency"]) * 1000000
        model.add(node + "cpu_frequency_hertz", {}, frequency, "nodeinfo: CPU frequency")
    for kind, line in (("cells", "NUMA cell(s)"), ("sockets_per_cell", "CPU socket(s)"),
                       ("cores_per_socket", "Core(s) per socket"), ("threads_per_core", "Thread(s) per core")):
        model.add(node + "topology", {"kind": kind}, info[line], f"nodeinfo: {line}")
    model.add(node + "memory_bytes", {}, first_number(info["Memory size"]) * KIB, "nodeinfo: Memory size")
    free = first_number(virsh.table("freecell")["Total"])
    model.add(node + "memory_free_bytes", {}, free * KIB, "freecell: Total")
    memory = virsh.table("nodememstats")
    for kind in ("available", "buffers", "cached"):
        if kind in memory:
            model.add(f"{node}memory_{kind}_bytes", {}, first_number(memory[kind]) * KIB, f"nodememstats: {kind}")
    for line, nanoseconds in virsh.table("nodecpustats").items():
        mode = {"system": "kernel"}.get(line, line)
        model.add(node + "cpu_seconds_total", {"mode": mode}, number(nanoseconds) * NANO, f"nodecpustats: {line}")
    model.add(node + "domain_vcpus_maximum", {}, virsh("maxvcpus").strip(), "maxvcpus")


def add_capabilities(model, virsh):
    host = virsh.xml("capabilities")
    labels = {"model": virsh.table("nodeinfo")["CPU model"],
              "security_models": ",".join(each.text for each in host.findall("host/secmodel/model")) or None}
    for label, path in (("arch", "cpu/arch"), ("vendor", "cpu/vendor"), ("cpu_model", "cpu/model"),
                        ("host_uuid", "uuid")):
        labels[label] = host.findtext("host/" + path)
    model.add("libvirt_node_info", labels, 1, "capabilities, nodeinfo: CPU model")
    add_migration(model, host)
    add_cells(model, virsh, host)
    kinds = {(guest.findtext("os_type"), arch.get("name"), domain.get("type"))
             for guest in host.findall("guest") for arch in guest.findall("arch") for domain in arch.iter("domain")}
    for kind in kinds:
        labels = dict(zip(("os_type", "arch", "domain_type"), kind))
        model.add("libvirt_node_guest_capability_info", labels, 1, "capabilities: guest")


def add_migration(model, host):
    features = host.find("host/migration_features")
    if features is None:
        return
    live = "true" if features.find("live") is not None else "false"
    transports = ",".join(each.text for each in features.findall("uri_transports/uri_transport")) or None
    model.add("libvirt_node_migration_info", {"live": live, "uri_transports": transports}, 1,
              "capabilities: migration_features")


def add_cells(model, virsh, host):
    for cell in host.findall("host/topology/cells/cell"):
        memory = cell.find("memory")
        assert memory.get("unit") == "KiB"
        model.add("libvirt_node_cell_memory_bytes", {"cell": cell.get("id")}, number(memory.text) * KIB,
                  "capabilities: topology")
    for cell, free in virsh.table("freecell", "--all").items():
        if cell.isdigit():
            model.add("libvirt_node_cell_memory_free_bytes", {"cell": cell}, first_number(free) * KIB, "freecell --all")


def add_counts(model, domains, autostart):
    states = collections.Counter(state_of(domain) for domain in domains)
    for state in STATES:
        model.add("libvirt_node_domains", {"state": state}, states[state], "domstats --raw: state.state, counted")
    model.add("libvirt_node_domains_autostart", {}, len(autostart), "list --all --autostart, counted")
    for name, key, factor in (("vcpus_allocated", "vcpu.current", ONE),
                              ("memory_allocated_bytes", "balloon.current", KIB)):
        total = sum(number(domain.stats[key]) for domain in domains if domain.is_active) * factor
        model.add("libvirt_node_" + name, {}, total, f"domstats --raw: {key} of active domains, summed")


# ---- domains

def state_of(domain):
    return STATES[int(domain.stats["state.state"])]


def add_state(model, domain):
    state, source = state_of(domain), "domstats --raw: state.state"
    for each in STATES:
        model.add("libvirt_domain_state", {"domain": domain.name, "state": each}, each == state, source)
    reason = REASONS[state][int(domain.stats["state.reason"])]
    labels = {"domain": domain.name, "state": state, "reason": reason}
    model.add("libvirt_domain_state_reason_info", labels, 1, "domstats --raw: state.reason")


def add_xml(model, name, xml):
    domain = {"domain": name}
    os_type = xml.find("os/type")
    labels = domain | {"uuid": xml.findtext("uuid"), "title": xml.findtext("title"), "virt_type": xml.get("type"),
                       "os_type": os_type.text, "os_type_arch": os_type.get("arch"),
                       "os_type_machine": os_type.get("machine"), "firmware": xml.find("os").get("firmware")}
    model.add("libvirt_domain_info", labels, 1, f"dumpxml {name}")
    add_openstack(model, name, xml)
    for disk in xml.findall("devices/disk"):
        model.add("libvirt_domain_block_info", domain | disk_labels(disk), 1, f"dumpxml {name}: disk")
    for interface in xml.findall("devices/interface"):
        labels = domain | interface_labels(interface)
        if labels["interface"] is None:  # libvirt gives it a name when the domain starts
            continue
        model.add("libvirt_domain_interface_info", labels, 1, f"dumpxml {name}: interface")
        link = interface.find("link")
        is_up = link is None or link.get("state") != "down"
        model.add("libvirt_domain_interface_link_up", domain | {"interface": labels["interface"]}, is_up,
                  f"dumpxml {name}: interface link")


def add_openstack(model, name, xml):
    for version in ("1.1", "1.0"):
        nova = f"{{http://openstack.org/xmlns/libvirt/nova/{version}}}"
        instance = xml.find(f"metadata/{nova}instance")
        if instance is None:
            continue
        labels = {"domain": name, "instance_name": instance.findtext(nova + "name"),
                  "instance_id": xml.findtext("uuid"), "flavor_name": attribute(instance, nova + "flavor", "name")}
        for who in ("user", "project"):
            path = f"{nova}owner/{nova}{who}"
            labels |= {who + "_name": instance.findtext(path), who + "_id": attribute(instance, path, "uuid")}
        model.add("libvirt_domain_openstack_info", labels, 1, f"dumpxml {name}: nova:instance {version}")


def attribute(parent, path, name):
    element = parent.find(path)
    return None if element is None else element.get(name)


def disk_labels(disk):
    source = disk.find("source")
    return {"device": attribute(disk, "target", "dev"), "bus": attribute(disk, "target", "bus"),
            "disk_type": disk.get("type"), "device_type": disk.get("device"),
            "driver_type": attribute(disk, "driver", "type"), "cache": attribute(disk, "driver", "cache"),
            "discard": attribute(disk, "driver", "discard"), "serial": disk.findtext("serial"),
            "source": None if source is None else source.get("file") or source.get("dev") or source.get("name")}


def interface_labels(interface):
    source = interface.find("source")
    return {"interface": attribute(interface, "target", "dev"), "alias": attribute(interface, "alias", "name"),
            "type": interface.get("type"), "mac": attribute(interface, "mac", "address"),
            "model": attribute(interface, "model", "type"), "mtu": attribute(interface, "mtu", "size"),
            "virtual_port": attribute(interface, "virtualport", "type"),
            "source": None if source is None else source.get(interface.get("type")) or source.get("dev")}


def add_stat(model, row, labels, stats, key, factor):
    """row: family without its prefix; adds nothing when libvirt said nothing."""
    if key not in stats:
        return
    value = number(stats[key])
    if key.endswith(ZERO_IS_UNKNOWN) and not value:
        return
    model.add("libvirt_domain_" + row, labels, value * factor, f"domstats --raw: {key}")


def add_stats(model, domain):
    name, stats = {"domain": domain.name}, domain.stats
    for key, (row, labels, factor) in DOMAIN_STATS.items():
        if domain.is_active or key in INACTIVE_STATS:
            add_stat(model, row, name | labels, stats, key, factor)
    if not domain.is_active:
        return
    add_vcpus(model, name, stats)
    for group, label, table in (("block", "device", BLOCK_STATS), ("net", "interface", INTERFACE_STATS)):
        for i in range(int(stats.get(group + ".count", 0))):
            labels = name | {label: stats.get(f"{group}.{i}.name")}
            for key, (row, factor) in table.items():
                add_stat(model, row, labels, stats, f"{group}.{i}.{key}", factor)


def add_vcpus(model, name, stats):
    for vcpu in sorted({key.split(".")[1] for key in stats if re.match(r"vcpu\.\d+\.state", key)}):
        labels, prefix = name | {"vcpu": vcpu}, f"vcpu.{vcpu}."
        for key, (row, factor) in VCPU_STATS.items():
            if key != "state":
                add_stat(model, row, labels, stats, prefix + key, factor)
        is_online = int(stats[prefix + "state"]) in (1, 2)
        model.add("libvirt_domain_vcpu_online", labels, is_online, f"domstats --raw: {prefix}state")


def model_of(uri):
    """The Model of this moment."""
    virsh, model = Virsh(uri), Model()
    domains = virsh.domains()
    flags = {"persistent": "--persistent", "autostart": "--autostart", "managed_save": "--with-managed-save"}
    lists = {row: virsh.names(flag) for row, flag in flags.items()}
    add_connection(model, virsh)
    add_node(model, virsh)
    add_capabilities(model, virsh)
    add_counts(model, domains, lists["autostart"])
    for domain in domains:
        add_state(model, domain)
        add_stats(model, domain)
        add_xml(model, domain.name, virsh.xml("dumpxml", domain.name))
        for row, flag in flags.items():
            is_in = domain.name in lists[row]
            model.add("libvirt_domain_" + row, {"domain": domain.name}, is_in, f"list --all {flag}")
        if domain.is_active:
            domain_id = virsh("domid", domain.name).strip()
            model.add("libvirt_domain_id", {"domain": domain.name}, domain_id, f"domid {domain.name}")
    return model


def main():
    for key, fact in sorted(model_of(sys.argv[1]).items(), key=lambda item: exposition.show(item[0])):
        print(f"{exposition.show(key)} {fact.value.normalize():f}    # {fact.source}")


if __name__ == "__main__":
    main()
