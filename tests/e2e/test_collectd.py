"""The plugin for collectd beside collectd's own for libvirt, both in one daemon with the same settings: the same values
under the same names, but for what docs/migration.md lists; and the exporter's numbers.

Guests of the lab that only halt have counters that stand still, but for CPU time; a counter that moves is compared with
what ours said before and after."""

import collections
import decimal
import re
import sys
import time
import unittest

from collectd import ROOT, THEIRS, Collectd, Identifier, run_once, virt, virtmeter
from exporter import Exporter
from lab import Lab

# All selectors but fs_info, for which the virt plugin wants a connection that may write
SELECTORS = ("cpu_util disk disk_err domain_state memory pcpu perf vcpu vcpupin disk_physical disk_allocation "
             "disk_capacity job_stats_background")
MIGRATION = ROOT / "docs/migration.md"
HALTED = ("g1", "g3", "tmp0")
SLACK = 1.2  # seconds from a value's being read to its being written down, at the most

# What the virt plugin has wrong, or not at all: (type, type instance) -> what virsh must say about it instead, by data
# source, and what that is multiplied by. Each is told in docs/migration.md.
CORRECTED = {
    ("swap_io", "in"): {"value": ("balloon.swap_in", 1024)},
    ("swap_io", "out"): {"value": ("balloon.swap_out", 1024)},
    ("ps_pagefaults", ""): {"minflt": ("balloon.minor_fault", 1), "majflt": ("balloon.major_fault", 1)},
    ("memory", "hugetlb_pgalloc"): {"value": ("balloon.hugetlb_pgalloc", 1)},
    ("memory", "hugetlb_pgfail"): {"value": ("balloon.hugetlb_pgfail", 1)},
    ("memory", "last_update"): {"value": ("balloon.last-update", 1)},
    ("total_time_in_ms", "flush-{device}"): {"value": ("block.{device}.fl.times", decimal.Decimal("1e-6"))},
    ("disk_allocation", "{device}"): {"value": ("block.{device}.allocation", 1)},
    ("disk_physical", "{device}"): {"value": ("block.{device}.physical", 1)},
}
# Of these there may be more of ours than of theirs: they leave out pairs of zeros, and know no later memory statistics
MAY_BE_MORE = {("swap_io", "in"), ("swap_io", "out"), ("ps_pagefaults", ""), ("memory", "hugetlb_pgalloc"),
               ("memory", "hugetlb_pgfail"), ("memory", "last_update")}

# What the exporter calls them, and what its number is multiplied by
EXPORTED = {
    ("virt_cpu_total", "", "value"): ("domain_cpu_seconds_total", {}, 10**9),
    ("virt_vcpu", "{vcpu}", "value"): ("domain_vcpu_time_seconds_total", {}, 10**9),
    ("ps_cputime", "", "user"): ("domain_cpu_mode_seconds_total", {"mode": "user"}, 10**9),
    ("ps_cputime", "", "syst"): ("domain_cpu_mode_seconds_total", {"mode": "system"}, 10**9),
    ("memory", "total", "value"): ("domain_memory_current_bytes", {}, 1),
    ("memory", "available", "value"): ("domain_memory_guest_total_bytes", {}, 1),
    ("memory", "unused", "value"): ("domain_memory_guest_unused_bytes", {}, 1),
    ("memory", "usable", "value"): ("domain_memory_guest_usable_bytes", {}, 1),
    ("memory", "disk_caches", "value"): ("domain_memory_guest_disk_caches_bytes", {}, 1),
    ("memory", "rss", "value"): ("domain_memory_rss_bytes", {}, 1),
    ("memory", "hugetlb_pgfail", "value"): ("domain_memory_guest_hugetlb_allocations_total", {"result": "fail"}, 1),
    ("swap_io", "in", "value"): ("domain_memory_guest_swap_in_bytes_total", {}, 1),
    ("swap_io", "out", "value"): ("domain_memory_guest_swap_out_bytes_total", {}, 1),
    ("ps_pagefaults", "", "minflt"): ("domain_memory_guest_faults_total", {"type": "minor"}, 1),
    ("ps_pagefaults", "", "majflt"): ("domain_memory_guest_faults_total", {"type": "major"}, 1),
    ("disk_octets", "{device}", "read"): ("domain_block_read_bytes_total", {}, 1),
    ("disk_octets", "{device}", "write"): ("domain_block_write_bytes_total", {}, 1),
    ("disk_ops", "{device}", "read"): ("domain_block_read_requests_total", {}, 1),
    ("disk_ops", "{device}", "write"): ("domain_block_write_requests_total", {}, 1),
    ("disk_time", "{device}", "read"): ("domain_block_read_time_seconds_total", {}, 10**9),
    ("disk_time", "{device}", "write"): ("domain_block_write_time_seconds_total", {}, 10**9),
    ("total_requests", "flush-{device}", "value"): ("domain_block_flush_requests_total", {}, 1),
    ("total_time_in_ms", "flush-{device}", "value"): ("domain_block_flush_time_seconds_total", {}, 1000),
    ("disk_capacity", "{device}", "value"): ("domain_block_capacity_bytes", {}, 1),
    ("disk_allocation", "{device}", "value"): ("domain_block_allocation_bytes", {}, 1),
    ("disk_physical", "{device}", "value"): ("domain_block_physical_bytes", {}, 1),
    ("if_octets", "{interface}", "rx"): ("domain_interface_receive_bytes_total", {}, 1),
    ("if_octets", "{interface}", "tx"): ("domain_interface_transmit_bytes_total", {}, 1),
    ("if_packets", "{interface}", "rx"): ("domain_interface_receive_packets_total", {}, 1),
    ("if_packets", "{interface}", "tx"): ("domain_interface_transmit_packets_total", {}, 1),
    ("if_errors", "{interface}", "rx"): ("domain_interface_receive_errors_total", {}, 1),
    ("if_errors", "{interface}", "tx"): ("domain_interface_transmit_errors_total", {}, 1),
    ("if_dropped", "{interface}", "rx"): ("domain_interface_receive_drops_total", {}, 1),
    ("if_dropped", "{interface}", "tx"): ("domain_interface_transmit_drops_total", {}, 1),
}

Moment = collections.namedtuple("Moment", "began ended answer")


def at_this_moment(ask):
    began = time.time()
    answer = ask()
    return Moment(began, time.time(), answer)


def find(table, identifier):
    """The row of the table that an identifier belongs to, with what the {word} in it stands for: (key, labels)."""
    for key in table:
        kind, instance = key[:2]
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(instance))
        match = re.fullmatch(pattern, identifier.type_instance)
        if kind == identifier.type and match:
            return key, match.groupdict()
    return None, {}


class Truth:
    """What ours said, as bounds of what others say at a moment."""

    def __init__(self, history):
        self.history = history

    def is_around(self, identifier, moment):
        """Whether ours was read both before that moment and after it."""
        readings = self.history[identifier]
        return readings[0].time < moment.began - SLACK and readings[-1].time > moment.ended + SLACK

    def bounds(self, identifier, source, moment):
        """Least and most that ours said from just before that moment until just after it."""
        assert self.is_around(identifier, moment), f"{identifier} was not read before and after"
        readings = self.history[identifier]
        before = [reading for reading in readings if reading.time < moment.began - SLACK][-1:]
        during = [reading for reading in readings if moment.began - SLACK <= reading.time <= moment.ended + SLACK]
        after = [reading for reading in readings if reading.time > moment.ended + SLACK][:1]
        numbers = [decimal.Decimal(reading.values[source]) for reading in before + during + after]
        return min(numbers), max(numbers)


def domstats(lab, domain):
    """libvirt's own names -> numbers; disks by their target instead of their index."""
    lines = lab.virsh("domstats", "--raw", domain).splitlines()
    stats = dict(line.strip().split("=", 1) for line in lines if "=" in line)
    names = {key.split(".")[1]: text for key, text in stats.items() if re.fullmatch(r"block\.\d+\.name", key)}
    return {re.sub(r"^block\.(\d+)\.", lambda match: f"block.{names[match.group(1)]}.", key): text
            for key, text in stats.items()}


# virt reads a process's user and system time from /proc in ticks of 10 ms, each rounded down; libvirt's statistics that
# we read have the cgroup's clock, in nanoseconds.
TICKS = 2 * 10_000_000


class ValuesTest(unittest.TestCase):
    """Everything that both plugins say about guests that run, halt, are paused or are off."""

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=4, linux=1, cgroups=1))
        cls.lab.await_linux()
        cls.lab.virsh("suspend", "g2")
        cls.lab.virsh("dommemstat", "g0", "--period", "1", "--live")
        time.sleep(3)  # for the balloon driver to have reported, and then no more: its numbers stand still from now on
        cls.lab.virsh("dommemstat", "g0", "--period", "0", "--live")
        uri = cls.lab.uri("ro")
        options = {"ExtraStats": SELECTORS, "RefreshInterval": 60}
        exporter = cls.enterClassContext(Exporter(uri, "--scrape.coalesce=0s"))
        exporter.await_ready()
        with Collectd(virt(uri, **options), virtmeter(uri, **options)) as collectd:
            for plugin in (THEIRS, "virtmeter"):
                collectd.await_readings(4, plugin)
            cls.page = at_this_moment(exporter.series)
            cls.virsh = at_this_moment(lambda: {domain: domstats(cls.lab, domain) for domain in ("g0", "g2", *HALTED)})
            time.sleep(3 * SLACK)
            cls.history = collectd.history()
            cls.complaints = [line for line in collectd.complaints() if THEIRS + " plugin" not in line]
        cls.truth = Truth(cls.history)
        cls.ours = {key for key in cls.history if key.plugin == "virtmeter"}
        cls.theirs = {key for key in cls.history if key.plugin == THEIRS}

    def ours_of(self, identifier):
        return identifier._replace(plugin="virtmeter")

    def test_what_they_call_something_we_call_the_same(self):
        self.assertEqual(sorted(map(str, {self.ours_of(key) for key in self.theirs} - self.ours)), [])

    def test_what_we_have_more_is_what_the_migration_page_lists(self):
        more = self.ours - {self.ours_of(key) for key in self.theirs}
        self.assertEqual([str(key) for key in more if find(MAY_BE_MORE, key)[0] is None and key.host != "g2"], [])

    def test_what_differs_is_in_the_migration_page(self):
        page = MIGRATION.read_text(encoding="utf-8")
        for kind, instance in CORRECTED:
            name = "-".join(filter(None, (kind, instance.replace("{device}", "DEVICE"))))
            self.assertIn(f"`{name}`", page)

    def test_their_numbers_lie_between_ours_before_and_after(self):
        wrong, compared, still = [], collections.Counter(), 0
        for identifier in self.theirs:
            if find(CORRECTED, identifier)[0] or identifier.type == "percent":
                continue
            ours = self.ours_of(identifier)
            for reading in self.history[identifier]:
                moment = Moment(reading.time, reading.time, None)
                for source, text in reading.values.items() if self.truth.is_around(ours, moment) else ():
                    low, high = self.truth.bounds(ours, source, moment)
                    compared[identifier] += 1
                    still += low == high
                    behind = TICKS if identifier.type == "virt_cpu_total" else 0
                    if not low - behind <= decimal.Decimal(text) <= high:
                        wrong.append(f"{identifier} {source}: {text} is not in {low} .. {high}")
            self.assertGreater(compared[identifier], 0, f"{ours} was never read before and after")
        self.assertEqual(wrong, [])
        self.assertGreater(still, 0.7 * compared.total(), "what moves proves less")
        self.assertLessEqual({"virt_cpu_total", "memory", "disk_ops", "if_octets", "virt_vcpu", "cpu_affinity",
                              "domain_state"}, {identifier.type for identifier in compared})

    def test_a_paused_domain_keeps_its_values_and_an_inactive_one_has_its_state(self):
        """The virt plugin has nothing of a paused domain but its state."""
        of = {domain: {key: readings for key, readings in self.history.items()
                       if (key.plugin, key.host) == ("virtmeter", domain)} for domain in ("g1", "g2", "off0")}
        for domain, state in {"g2": 3, "off0": 5}.items():
            states = of[domain].pop(Identifier(domain, "virtmeter", "", "domain_state", ""))
            self.assertEqual({float(reading.values["state"]) for reading in states}, {state})
        self.assertEqual(of["off0"], {})
        self.assertLessEqual({key._replace(host="g2") for key in of["g1"]
                              if key.type in ("memory", "virt_cpu_total", "ps_cputime")}, of["g2"].keys())
        moved = {str(key) for key, readings in of["g2"].items() if key.type in ("disk_ops", "virt_vcpu", "if_octets")
                 and len({tuple(reading.values.values()) for reading in readings}) > 1}
        self.assertEqual(moved, set())

    def test_corrected_numbers_are_what_virsh_says(self):
        wrong, seen, moved = [], set(), set()
        for identifier in self.ours:
            key, labels = find(CORRECTED, identifier)
            if key is None:
                continue
            seen.add(key)
            for source, (parameter, factor) in CORRECTED[key].items():
                text = self.virsh.answer[identifier.host][parameter.format(**labels)]
                low, high = self.truth.bounds(identifier, source, self.virsh)
                number = decimal.Decimal(text) * factor
                if number:
                    moved.add(key)
                if not low <= (number if identifier.type == "memory" else int(number)) <= high:
                    wrong.append(f"{identifier} {source}: {low} .. {high}, but virsh: {text}")
        self.assertEqual(wrong, [])
        self.assertEqual(seen, CORRECTED.keys())
        self.assertLessEqual({("ps_pagefaults", ""), ("disk_physical", "{device}"),
                              ("total_time_in_ms", "flush-{device}")}, moved, "zeros prove nothing")

    def test_the_exporter_has_the_same_numbers(self):
        wrong, seen = [], set()
        for identifier in self.ours:
            for source in self.history[identifier][-1].values:
                key = next((key for key in EXPORTED if find({key[:2]: None}, identifier)[0] and key[2] == source), None)
                if key is None or identifier.host == "off0":
                    continue
                seen.add(key)
                name, labels, factor = EXPORTED[key]
                labels = labels | find({key[:2]: None}, identifier)[1] | {"domain": identifier.host}
                text = self.page.answer.get(("libvirt_" + name, frozenset(labels.items())))
                low, high = self.truth.bounds(identifier, source, self.page)
                if text is None or not low <= int(decimal.Decimal(text) * factor) <= high:
                    wrong.append(f"{identifier} {source}: {low} .. {high}, but the exporter: {text}")
        self.assertEqual(wrong, [])
        self.assertEqual(EXPORTED.keys() - seen, set())

    def test_the_share_of_the_cpus_is_what_the_counter_says(self):
        """Of all CPUs of the host, in percent, over the time between two readings."""
        cpus = decimal.Decimal(self.page.answer[("libvirt_node_cpus", frozenset())])
        for domain in ("g0", *HALTED):
            shares = self.history[Identifier(domain, "virtmeter", "", "percent", "virt_cpu_total")]
            times = {reading.time: int(reading.values["value"]) for reading in
                     self.history[Identifier(domain, "virtmeter", "", "virt_cpu_total", "")]}
            first, last = shares[0].time, shares[-1].time
            mean = sum(float(reading.values["value"]) for reading in shares[1:]) / len(shares[1:])
            counted = (self.at(times, last) - self.at(times, first)) / (last - first) / 1e9 / float(cpus) * 100
            self.assertAlmostEqual(mean, counted, delta=max(0.3, counted * 0.15), msg=domain)
            theirs = self.history[Identifier(domain, THEIRS, "", "percent", "virt_cpu_total")]
            their_mean = sum(float(reading.values["value"]) for reading in theirs[1:]) / len(theirs[1:])
            self.assertAlmostEqual(mean, their_mean, delta=max(1, counted * 0.4), msg=domain)

    @staticmethod
    def at(times, when):
        return times[min(times, key=lambda time: abs(time - when))]

    def test_the_log_has_no_complaint(self):
        self.assertEqual(self.complaints, [])


# One after the other, each in a daemon of its own. Several options at once where they do not touch each other.
FORMATS = (
    {"HostnameFormat": ("hostname", "name", "uuid"), "PluginInstanceFormat": ("name", "uuid"),
     "BlockDeviceFormat": "source", "InterfaceFormat": "address"},
    {"HostnameFormat": "uuid", "PluginInstanceFormat": "metadata", "Domain": ["g0", "tmp0"],
     "BlockDeviceFormat": "source", "BlockDeviceFormatBasename": True, "InterfaceFormat": "number"},
    {"HostnameFormat": "metadata", "PluginInstanceFormat": "uuid", "Domain": ["g0", "tmp0"]},
    {"HostnameFormat": ("name", "metadata"), "HostnameMetadataNS": "http://openstack.org/xmlns/libvirt/nova/1.1",
     "HostnameMetadataXPath": "/instance/owner/project/text()", "PluginInstanceFormat": ("none", "name"),
     "Domain": ["g1", "off0"]},
    {"HostnameFormat": "hostname", "PluginInstanceFormat": "name", "BlockDeviceFormatBasename": True},
    {"Domain": ["/^g[01]$/", "off0"], "BlockDevice": ["g1:vda", "/^g0:/"], "InterfaceDevice": "g1:lab-g1"},
    {"Domain": ["g0", "nobody"], "BlockDevice": "/:vd[ab]$/", "InterfaceDevice": "/^g1:lab-g1b$/",
     "IgnoreSelected": True},
    {"BlockDevice": "/:g1-data/", "BlockDeviceFormat": "source", "BlockDeviceFormatBasename": True,
     "InterfaceDevice": ["g1:2", "g0:interface-1"], "InterfaceFormat": "number"},
    {"BlockDevice": "/pool.*g1/", "BlockDeviceFormat": "source", "InterfaceDevice": "g1:52:54:00:1a:00:01",
     "InterfaceFormat": "address"},
    {"ReportBlockDevices": False, "Instances": 2},
    {"ReportNetworkInterfaces": False, "ExtraStats": ["memory", "vcpu disk"]},
)
REFUSED = {
    ("Nonsense", "1"): "Nonsense",
    ("ReportBlockDevice", True): "ReportBlockDevices",
    ("HostnameFormat", "uid"): "uuid",
    ("PluginInstanceFormat", "hostname"): "hostname",
    ("BlockDeviceFormat", "sources"): "source",
    ("InterfaceFormat", "mac"): "mac",
    ("ExtraStats", "memory vcpuu"): "vcpu",
    ("Domain", "/(/"): "/(/",
    ("ExtraStats", "job_stats_background job_stats_completed"): "job_stats",
}


class OptionsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=2))
        cls.uri = cls.lab.uri("ro")

    def identifiers(self, options):
        """Of theirs and of ours, without the plugin's name."""
        with Collectd(virtmeter(self.uri, **options), virt(self.uri, **options), interval=0.5) as collectd:
            for plugin in (THEIRS, "virtmeter"):
                collectd.await_readings(2, plugin)
            found = collectd.history()
        return [{str(key._replace(plugin="X")) for key in found if key.plugin == plugin}
                for plugin in (THEIRS, "virtmeter")]

    def test_options_mean_the_same(self):
        for options in FORMATS:
            with self.subTest(options):
                theirs, ours = self.identifiers({"ExtraStats": "domain_state disk vcpu"} | options)
                self.assertGreater(len(theirs), 2)
                self.assertEqual((sorted(ours - theirs)[:5], sorted(theirs - ours)[:5]), ([], []))

    def test_the_old_name_can_be_kept(self):
        """As the migration page says."""
        chain = re.search(r"^```\n(LoadPlugin match_regex\n.*?)```", MIGRATION.read_text(encoding="utf-8"), re.M | re.S)
        with Collectd(virtmeter(self.uri), interval=0.5, settings=chain.group(1)) as collectd:
            collectd.await_readings(2, THEIRS)
            self.assertEqual({key.plugin for key in collectd.history()}, {THEIRS})

    def test_what_is_wrong_in_the_configuration_is_named(self):
        for (option, value), named in REFUSED.items():
            with self.subTest(option):
                code, log = run_once(virtmeter(self.uri, **{option: value}))
                self.assertNotEqual(code, 0)
                lines = [line for line in log.splitlines() if "virtmeter" in line and "[error]" in line]
                self.assertRegex("\n".join(lines), re.escape(named))


class NotificationsTest(unittest.TestCase):
    """A change of state is told once, as the virt plugin tells it; and nothing is told when nothing changes."""

    CHANGES = (  # what is done, and the words of ours that tell the last of it
        ("g1", "suspend", "Domain state: paused. Reason: "),
        ("g1", "resume", "Domain state: running. Reason: unpaused"),
        ("g1", "destroy", "Domain state: shutoff. Reason: destroyed"),
        ("g1", "start", "Domain state: running. Reason: booted"),
        ("tmp0", "destroy", "Domain state: shutoff. Reason: destroyed"),
    )

    def told(self, collectd, plugin):
        return [each for each in collectd.notifications(plugin) if each.type == "domain_state"]

    def test_changes_are_told_once(self):
        with Lab(guests=2) as lab, Collectd(virt(lab.uri("ro")), virtmeter(lab.uri("ro"))) as collectd:
            for plugin in (THEIRS, "virtmeter"):
                collectd.await_readings(3, plugin)
            self.assertEqual(collectd.notifications(), [])
            expected = []
            for domain, command, words in self.CHANGES:
                before = len(self.told(collectd, THEIRS))
                lab.virsh(command, domain)
                collectd.wait(lambda: words in "".join(each.text for each in self.told(collectd, "virtmeter")[-1:]))
                time.sleep(1)
                theirs = self.told(collectd, THEIRS)[before:]
                # they tell a start twice: that the domain runs again, and that it was started
                expected += [each[:3] for each in theirs[-1 if command == "start" else 0:]]
            self.assertEqual([each[:3] for each in self.told(collectd, "virtmeter")], expected)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
