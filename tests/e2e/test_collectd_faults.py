"""Whatever hangs or dies at libvirt's side, collectd goes on: the others' values come at each interval, its other
plugins miss none, and it ends when it is told to.

collectd is given a single thread to read with: a reader that blocks would be missed by everybody at once."""

import re
import sys
import time
import unittest

from collectd import Collectd, Identifier, run_once, virtmeter
from lab import Lab
from soak import await_daemon, stopped

LOAD = "LoadPlugin load\n"  # the other plugin
ONE_THREAD = "ReadThreads 1"
SELECTORS = "cpu_util disk domain_state memory pcpu vcpu disk_capacity"
STOP_SECONDS = 3
FROZEN_SECONDS = 6
RECOVERY_SECONDS = 8  # after libvirtd itself has answered; the longest time between two attempts is 5 s


def report(text):
    print(f"    {text}", file=sys.stderr, flush=True)


class FaultTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=4))
        cls.uri = cls.lab.uri("ro")

    def setUp(self):
        self.addCleanup(await_daemon, self.lab)

    def collectd(self, interval=1, **more):
        return Collectd(LOAD, virtmeter(self.uri, ExtraStats=SELECTORS, **more), interval=interval, settings=ONE_THREAD)

    def assert_every_interval(self, history, interval=1, since=0, **wanted):
        """No reading is missing, of whatever has these fields, from the first after `since` to the last of all."""
        found = {key: [reading.time for reading in readings if reading.time > since]
                 for key, readings in history.items()
                 if all(re.fullmatch(pattern, getattr(key, field)) for field, pattern in wanted.items())}
        self.assertNotEqual(found, {}, wanted)
        last = max(times[-1] for times in found.values() if times)
        for key, times in found.items():
            self.assertNotEqual(times, [], str(key))
            self.assertGreater(times[-1], last - 1.5 * interval, f"{key} has ended")
            self.assertGreaterEqual(len(times), round((times[-1] - times[0]) / interval) + 1, f"{key}: {times}")
            self.assertGreater(len(times), 3, str(key))

    def assert_calm(self, collectd, *expected):
        """The log has nothing above a notice but what is expected."""
        lines = [line for line in collectd.complaints() if not re.search("|".join(expected or ("$^",)), line)]
        self.assertEqual(lines, [])
        self.assertNotIn("Will suspend it", collectd.log())
        self.assertNotIn("above its read interval", collectd.log())

    def await_recovery(self, collectd):
        """Until values come again, counted from when libvirtd itself answers; the wall clock when they did."""
        await_daemon(self.lab)
        began = time.time()
        first = collectd.wait(lambda: [reading.time for key, readings in collectd.history().items()
                                       if key.type == "virt_cpu_total" for reading in readings if reading.time > began],
                              RECOVERY_SECONDS)
        report(f"values again {min(first) - began:.1f} s after libvirtd answers")
        return min(first)

    # ---- a guest

    def test_a_frozen_guest_costs_only_its_own_values(self):
        with self.collectd() as collectd:
            collectd.await_readings(3)
            began = time.time()
            with stopped(self.lab.pid("g1")):
                time.sleep(FROZEN_SECONDS)
            time.sleep(3.5)
            told, history = collectd.notifications(), collectd.history()
        self.assert_every_interval(history, plugin="load")
        self.assert_every_interval(history, plugin="virtmeter", host="g[^1]|tmp0")
        # what libvirt knows without asking the hypervisor; the CPU time once it is sure that it cannot ask
        self.assert_every_interval(history, plugin="virtmeter", host="g1", type="if_octets|domain_state")
        frozen = [reading for reading in history[Identifier("g1", "virtmeter", "", "virt_cpu_total", "")]
                  if began < reading.time < began + FROZEN_SECONDS]
        self.assertGreaterEqual(len(frozen), FROZEN_SECONDS - 2)
        self.assertEqual([each[:2] for each in told], [("WARNING", "g1"), ("OKAY", "g1")], told)
        self.assert_calm(collectd, r"\[warning\] virtmeter plugin: domain 'g1' is stuck",
                         r"\[warning\] virtmeter plugin: libvirt call fails .*1 domains have only the values")
        self.assertLessEqual(len(collectd.complaints()), 2)

    # ---- libvirtd

    def endure(self, break_it, mend_it, seconds):
        with self.collectd() as collectd:
            collectd.await_readings(3)
            before = time.time()
            break_it()
            try:
                time.sleep(seconds)
            finally:
                mend_it()
            mended = self.await_recovery(collectd)
            time.sleep(4.5)
            told, history = collectd.notifications(), collectd.history()
        self.assert_every_interval(history, plugin="load")
        self.assert_every_interval(history, plugin="virtmeter", since=mended - 0.5)
        self.assertEqual([each.severity for each in told if each.host == "host"], ["FAILURE", "OKAY"], told)
        self.assert_calm(collectd, r"\[warning\] virtmeter")
        # lines when it is lost: not one at each reading
        self.assertLessEqual(len(collectd.complaints()), 3, collectd.complaints())
        lost = [reading.time for key, readings in history.items() if key.type == "virt_cpu_total"
                for reading in readings if before + 2 < reading.time < before + seconds]
        self.assertEqual(lost, [], "values of a libvirtd that did not answer")

    def test_a_frozen_libvirtd_is_lost_and_found(self):
        pid = self.lab.pid()
        self.endure(self.lab.stop_daemon, self.lab.cont_daemon, 5)
        self.assertEqual(self.lab.pid(), pid)

    def test_a_killed_libvirtd_is_lost_and_found(self):
        self.endure(lambda: self.lab.kill_daemon("KILL"), self.lab.start_daemon, 5)

    def test_a_libvirtd_that_is_restarted_is_found(self):
        with self.collectd() as collectd:
            collectd.await_readings(3)
            self.lab.restart_daemon()
            mended = self.await_recovery(collectd)
            time.sleep(4.5)
            history = collectd.history()
        self.assert_every_interval(history, plugin="load")
        self.assert_every_interval(history, plugin="virtmeter", since=mended - 0.5)

    def test_collectd_may_start_first(self):
        self.lab.kill_daemon("KILL")
        try:
            code, log = run_once(virtmeter(self.uri))  # collectd -T
            self.assertEqual(code, 0, log)
            self.assertNotIn("[error] virtmeter", log)
            with self.collectd() as collectd:
                time.sleep(4)
                self.assertEqual(collectd.latest(), {})
                self.lab.start_daemon()
                mended = self.await_recovery(collectd)
                time.sleep(4.5)
                history = collectd.history()
        finally:
            self.revive()
        self.assert_every_interval(history, plugin="load")
        self.assert_every_interval(history, plugin="virtmeter", since=mended - 0.5)

    def revive(self):
        if self.lab.virsh("uri", check=False) == "":
            self.lab.start_daemon()

    # ---- the end

    def stop(self, collectd):
        began = time.monotonic()
        self.assertEqual(collectd.stop(), 0, collectd.log()[-3000:])
        took = time.monotonic() - began
        report(f"stopped in {took:.2f} s")
        self.assertLessEqual(took, STOP_SECONDS)

    def test_it_ends_when_nothing_is_wrong(self):
        with self.collectd(interval=0.5) as collectd:
            collectd.await_readings(2)
            self.stop(collectd)

    def test_it_ends_while_a_guest_is_frozen(self):
        with self.collectd(interval=0.5) as collectd:
            collectd.await_readings(2)
            with stopped(self.lab.pid("g1"), self.lab.pid("g2")):
                time.sleep(2)
                self.stop(collectd)

    def test_it_ends_just_after_a_guest_froze(self):
        with self.collectd(interval=10, Deadline=9) as collectd:
            collectd.await_readings(1)
            pid = self.lab.pid("g1")
        with stopped(pid), self.collectd(interval=10, Deadline=9) as collectd:
            time.sleep(1)
            self.stop(collectd)

    def test_it_ends_while_libvirtd_is_frozen(self):
        with self.collectd(interval=0.5) as collectd:
            collectd.await_readings(2)
            with stopped(self.lab.pid()):
                time.sleep(2)
                self.stop(collectd)

    def test_it_ends_while_a_read_has_begun_to_wait_for_a_frozen_libvirtd(self):
        """For the longest time that it does by default."""
        with self.collectd(interval=3) as collectd:
            collectd.await_readings(2)
            last = max(reading.time for readings in collectd.history().values() for reading in readings)
            with stopped(self.lab.pid()):
                time.sleep(max(0, last + 3.1 - time.time()))
                self.stop(collectd)

    def test_it_ends_while_libvirtd_does_not_let_it_connect(self):
        with stopped(self.lab.pid()), self.collectd(interval=0.5) as collectd:
            time.sleep(1.5)
            self.stop(collectd)

    def test_it_ends_while_libvirtd_is_gone(self):
        self.lab.kill_daemon("KILL")
        try:
            with self.collectd(interval=0.5) as collectd:
                time.sleep(1.5)
                self.stop(collectd)
        finally:
            self.lab.start_daemon()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
