"""Everything on /metrics is what virsh says at that moment: no series missing, none invented, every value exact.

The lab is held still for it: all guests but one are paused or off. virsh is asked before and after each scrape; a value
that virsh gave both times must be the very same on the page, one that moved must lie between."""

import collections
import decimal
import sys
import time
import unittest

from exporter import Exporter, series, show
from lab import Lab
from virsh_model import FAMILIES, Virsh, model_of

# May go up and down between two looks, by processes that are none of ours: only the order of magnitude can be told.
RESTLESS = {
    "libvirt_node_memory_free_bytes", "libvirt_node_memory_available_bytes", "libvirt_node_memory_buffers_bytes",
    "libvirt_node_memory_cached_bytes", "libvirt_node_cell_memory_free_bytes", "libvirt_domain_memory_rss_bytes",
    "libvirt_domain_memory_guest_unused_bytes", "libvirt_domain_memory_guest_usable_bytes",
    "libvirt_domain_memory_guest_disk_caches_bytes",
    "libvirt_node_cell_memory_bytes",  # some machines are given memory and taken it away; capabilities are read once a minute
}
# Of a paused guest only these may move: QEMU's own work (it answers the monitor), and what the network throws at it.
MOVES_WHEN_PAUSED = {
    "libvirt_domain_cpu_seconds_total", "libvirt_domain_cpu_mode_seconds_total", "libvirt_domain_memory_rss_bytes",
    "libvirt_domain_vcpu_delay_seconds_total", "libvirt_domain_interface_receive_bytes_total",
    "libvirt_domain_interface_receive_packets_total", "libvirt_domain_interface_receive_drops_total",
}
PAUSED = ("g1", "g2", "g3", "tmp0")
SETTLE_SECONDS = 2  # longer than the exporter may serve one collection again, and than events take


def is_allowed(name, value, before, after):
    low, high = min(before, after), max(before, after)
    if name in RESTLESS:
        low, high = low / 2, high * 2
    return low <= value <= high


def differences(page, before, after):
    """Sentences on what is missing, invented or wrong; empty when the page tells the truth."""
    wrong = []
    for key in sorted((before.keys() & after.keys()) - page.keys(), key=show):
        wrong.append(f"missing   {show(key)} {before[key].value:f}, says {before[key].source}")
    for key, text in sorted(page.items(), key=lambda item: show(item[0])):
        facts = [model[key] for model in (before, after) if key in model]
        if not facts:
            if key[0] in FAMILIES:
                wrong.append(f"invented  {show(key)} {text}")
        elif not is_allowed(key[0], decimal.Decimal(text), facts[0].value, facts[-1].value):
            says = " .. ".join(f"{value:f}" for value in dict.fromkeys(fact.value for fact in facts))
            wrong.append(f"wrong     {show(key)} {text} instead of {says}, says {facts[0].source}")
    return wrong


class TruthTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=5, linux=1, cgroups=True))
        # the exporter sees all that follows happen
        cls.exporter = cls.enterClassContext(Exporter(cls.lab.uri("ro")))
        cls.exporter.await_ready()
        cls.exporter.scrape()
        cls.lab.await_linux()
        for domain in PAUSED:
            cls.lab.virsh("suspend", domain)
        cls.lab.virsh("managedsave", "g4")
        cls.await_balloon("g0")

    @classmethod
    def await_balloon(cls, domain):
        """Until the guest's balloon driver has reported: afterwards no series of it appears any more."""
        for _ in range(100):
            if "balloon.unused=" in cls.lab.virsh("domstats", "--raw", "--balloon", domain):
                return
            time.sleep(0.2)
        raise AssertionError(f"{domain} has no balloon statistics")

    def assert_truth(self, exporter):
        """What its page says, and the two models around it."""
        before = model_of(self.lab.uri("ro"))
        page = exporter.series()
        after = model_of(self.lab.uri("ro"))
        wrong = differences(page, before, after)
        if wrong:
            self.fail(f"{len(wrong)} of {len(before)} series:\n" + "\n".join(wrong))
        return page, before, after

    def test_1_a_still_lab(self):
        time.sleep(SETTLE_SECONDS)
        page, before, after = self.assert_truth(self.exporter)
        with self.subTest("the paused guests were still, so most of it was compared exactly"):
            of_paused = [key for key in before if dict(key[1]).get("domain") in PAUSED]
            moved = {key[0] for key in of_paused if key not in after or before[key].value != after[key].value}
            self.assertLessEqual(moved, MOVES_WHEN_PAUSED)
            self.assertGreater(len(of_paused), 200)
        with self.subTest("the lab shows what it was made for"):
            self.assert_variety(page)

    def assert_lines(self, page, lines):
        """A model and a page that lack the same thing agree, too: so here, by hand, is what must be there."""
        text = {f"{show(key)} {value}" for key, value in page.items()}
        for line in lines:
            self.assertIn(line, text)

    def assert_variety(self, page):
        self.assert_lines(page, (
            'libvirt_domain_state{domain="g0",state="running"} 1',
            'libvirt_domain_state{domain="g0",state="paused"} 0',
            'libvirt_domain_state_reason_info{domain="g1",reason="user",state="paused"} 1',
            'libvirt_domain_state_reason_info{domain="g4",reason="saved",state="shutoff"} 1',
            'libvirt_domain_managed_save{domain="g4"} 1',
            'libvirt_domain_persistent{domain="tmp0"} 0',
            'libvirt_domain_autostart{domain="g0"} 1',
            'libvirt_domain_vcpus_maximum{domain="g1"} 3',
            'libvirt_domain_vcpus{domain="g1"} 2',
            'libvirt_domain_iothreads{domain="g1"} 1',
            'libvirt_domain_block_read_bytes_total{device="hdc",domain="g1"} 0',
            'libvirt_domain_block_capacity_bytes{device="vdb",domain="g1"} 2097152',
            'libvirt_domain_interface_link_up{domain="g1",interface="lab-g1b"} 0',
            'libvirt_node_domains{state="paused"} 4',
            'libvirt_node_vcpus_allocated 6'))
        self.assertIn('Mail & "calendar" \\ Büro <2>', {dict(key[1]).get("title") for key in page})
        found = collections.Counter(key[0] for key in page)
        self.assertEqual(found["libvirt_domain_memory_guest_unused_bytes"], 1)
        self.assertEqual(found["libvirt_domain_openstack_info"], 6)
        self.assertEqual(found["libvirt_domain_block_capacity_bytes"], 6)
        self.assertNotIn("libvirt_domain_block_threshold_bytes", found)

    def change(self, changes, lines):
        for change in changes:
            self.lab.virsh(*change)
        time.sleep(SETTLE_SECONDS)
        page, _, _ = self.assert_truth(self.exporter)
        self.assert_lines(page, lines)

    def test_2_what_changes_is_seen(self):
        """Not here is what libvirt sends no event for: domif-setlink, and --config changes of a domain that is off."""
        with self.subTest("lifecycle"):
            self.change((("resume", "g2"), ("destroy", "tmp0"), ("destroy", "g3"), ("start", "off0", "--paused"),
                         ("autostart", "off0"), ("autostart", "g0", "--disable"), ("managedsave-remove", "g4")), (
                'libvirt_domain_state_reason_info{domain="g2",reason="unpaused",state="running"} 1',
                'libvirt_domain_state_reason_info{domain="g3",reason="destroyed",state="shutoff"} 1',
                'libvirt_domain_state{domain="off0",state="paused"} 1',
                'libvirt_domain_managed_save{domain="g4"} 0',
                'libvirt_node_domains_autostart 1'))
        with self.subTest("names"):
            title = 'now with a "quote" and a \\'
            self.change((("desc", "g2", "--live", "--title", title), ("domrename", "g4", "other")), (
                'libvirt_domain_state{domain="other",state="shutoff"} 1',))
        with self.subTest("devices"):
            boot_disk = f"{self.lab.dir}/boot.raw"
            self.change((("setvcpus", "g1", "3", "--live"), ("domblkthreshold", "g2", "vda", "4096"),
                         ("change-media", "g1", "hdc", boot_disk, "--insert", "--live"),
                         ("attach-interface", "g2", "bridge", "labbr0", "--target", "lab-new", "--live")), (
                'libvirt_domain_vcpu_online{domain="g1",vcpu="2"} 1',
                'libvirt_domain_interface_link_up{domain="g2",interface="lab-new"} 1',
                'libvirt_domain_block_capacity_bytes{device="hdc",domain="g1"} 1048576',
                'libvirt_domain_block_threshold_bytes{device="vda",domain="g2"} 4096'))
        with self.subTest("and back"):
            self.change((("start", "g3"), ("suspend", "g2"), ("destroy", "off0"), ("domrename", "other", "g4"),
                         ("change-media", "g1", "hdc", "--eject", "--live")), (
                'libvirt_domain_state{domain="g4",state="shutoff"} 1',
                'libvirt_domain_state_reason_info{domain="g3",reason="booted",state="running"} 1'))

    def test_3_the_first_scrape_is_whole(self):
        """Whoever scrapes right after the start waits for the connection, and is not told that libvirt is down."""
        whole = {key[0] for key in self.exporter.series()} & FAMILIES
        for _ in range(15):  # a race: once it may go well by chance
            with Exporter(self.lab.uri("ro")) as exporter:
                status, _, text, _ = exporter.scrape()
            self.assertEqual((status, series(text)["libvirt_up", frozenset()]), (200, "1"))
            self.assertEqual({key[0] for key in series(text)} & FAMILIES, whole)

    def test_4_virsh_agrees_with_itself(self):
        """The model rests on domstats and list; dominfo tells the same facts in other words."""
        virsh = Virsh(self.lab.uri("ro"))
        model = model_of(virsh.uri)
        for domain in virsh.domains():
            info = virsh.table("dominfo", domain.name)
            for line, name, factor in (("CPU(s)", "vcpus", 1), ("Max memory", "memory_maximum_bytes", 1024),
                                       ("Used memory", "memory_current_bytes", 1024)):
                key = "libvirt_domain_" + name, frozenset({("domain", domain.name)})
                if domain.is_active or key in model:
                    self.assertEqual(model[key].value, int(info[line].split()[0]) * factor, f"{domain.name} {line}")
            for line, name in (("Persistent", "persistent"), ("Managed save", "managed_save")):
                fact = model["libvirt_domain_" + name, frozenset({("domain", domain.name)})]
                self.assertEqual(fact.value, info[line] == "yes", f"{domain.name} {line}")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
