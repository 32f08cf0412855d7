"""The test lab does what the other tests rely on, and leaves nothing behind."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

from lab import SCRIPT, Lab, LabError


def state_of_process(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1][0]


def traces_of(directory):
    """Processes, mounts and cgroups that still have to do with the lab in that directory."""
    found = [directory] if os.path.exists(directory) else []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "mountinfo").read_text() + (process / "cmdline").read_text()
        except OSError:
            continue
        if directory in text:
            found.append(f"pid {process.name}")
    name = "virtmeter-lab" + re.sub("[^A-Za-z0-9]", "-", directory)
    return found + [str(group) for group in pathlib.Path("/sys/fs/cgroup").rglob(name + ".partition")]


class LabTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=2, paused=True, listen_tcp=16509))

    def test_a_frozen_guest_hangs_and_comes_back(self):
        self.lab.freeze("g0")
        try:
            self.assertEqual(state_of_process(self.lab.pid("g0")), "T")
            with self.assertRaises(subprocess.TimeoutExpired):
                self.lab.virsh("domstats", "--block", "g0", timeout=2)
            self.assertIn("g0", self.lab.virsh("list"))
        finally:
            self.lab.thaw("g0")
        self.assertIn("block.0.rd.bytes", self.lab.virsh("domstats", "--raw", "--block", "g0"))

    def test_guests_outlive_their_daemon(self):
        before = self.lab.pid(), self.lab.pid("g1")
        self.lab.kill_daemon("KILL")
        with self.assertRaises(LabError):
            self.lab.virsh("list")
        self.lab.start_daemon()
        self.assertIn("g1", self.lab.virsh("list"))
        self.lab.restart_daemon()
        self.assertNotEqual(self.lab.pid(), before[0])
        self.assertEqual(self.lab.pid("g1"), before[1])

    def test_a_stopped_daemon_is_silent(self):
        self.lab.stop_daemon()
        try:
            with self.assertRaises(subprocess.TimeoutExpired):
                self.lab.virsh("list", timeout=1)
        finally:
            self.lab.cont_daemon()
        self.assertIn("g1", self.lab.virsh("list"))

    def test_its_tcp_port_is_open_inside_only(self):
        self.assertIn("g0", self.lab.ns("virsh", "-c", self.lab.uri("tcp"), "list"))
        self.lab.connect(16509, timeout=5).close()
        inside = os.readlink(f"/proc/{self.lab.pid()}/ns/net")
        self.assertNotEqual(inside, os.readlink("/proc/self/ns/net"))

    def test_the_guests_are_as_described(self):
        self.assertEqual(self.lab.virsh("list", "--all", "--autostart", "--name").split(), ["g0"])
        self.assertEqual(self.lab.virsh("list", "--all", "--transient", "--name").split(), ["tmp0"])
        self.assertEqual(self.lab.virsh("list", "--inactive", "--name").split(), ["off0"])
        xml = self.lab.virsh("dumpxml", "g1")
        self.assertIn("device='cdrom'", xml)
        self.assertIn("LAB-DATA-1", xml)


class EndTest(unittest.TestCase):
    def test_down_leaves_nothing_and_may_be_repeated(self):
        with Lab(guests=2, paused=True, cgroups=True) as lab:
            self.assertIn("cgroup", str(traces_of(lab.dir)))
            lab.freeze("g0")
            lab.kill_daemon("KILL")
            lab.down()
            self.assertEqual(traces_of(lab.dir), [])
        self.assertEqual(traces_of(lab.dir), [])

    def test_it_goes_down_when_its_owner_dies(self):
        code = ("import time; from lab import Lab\n"
                "with Lab(guests=1, paused=True) as lab: print(lab.dir, flush=True); time.sleep(60)")
        with subprocess.Popen([sys.executable, "-c", code], cwd=pathlib.Path(__file__).parent,
                              stdout=subprocess.PIPE, text=True) as owner:
            directory = owner.stdout.readline().strip()
            self.assertNotEqual(traces_of(directory), [])
            owner.send_signal(signal.SIGKILL)
        end = time.monotonic() + 20
        while traces_of(directory) and time.monotonic() < end:
            time.sleep(0.2)
        self.assertEqual(traces_of(directory), [])

    def test_a_lab_that_cannot_start_cleans_up(self):
        lab = Lab(guests=1, daemon_conf="max_clients = 1")  # less than max_anonymous_clients: libvirtd refuses
        with self.assertRaisesRegex(LabError, "libvirtd does not answer"), lab:
            pass
        self.assertEqual(traces_of(lab.dir), [])

    def test_without_a_directory_it_refuses(self):
        done = subprocess.run([SCRIPT, "up", "1"], env={"PATH": os.environ["PATH"]},
                              capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("LAB_DIR", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
