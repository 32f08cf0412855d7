"""The system calls that the programs make are among those that their units leave them: a call that is not would end in
EPERM, on a real host only."""

import pathlib
import re
import subprocess
import sys
import time
import unittest

from admin import Admin
from admin import BINARY as ADMIND
from admin import ROOT
from exporter import BINARY as EXPORTER
from exporter import free_port
from lab import Lab

# What runs the program; and what libnuma, which comes with libvirt, only tries, to see whether the kernel knows it.
HARMLESS = {"execve", "set_mempolicy"}
SEEN = re.compile(r"^\d+ +([a-z][a-z0-9_]*)\(", re.MULTILINE)


def members(group):
    """The calls of a group, those of the groups in it included."""
    printed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", group], capture_output=True, text=True,
                             check=True, timeout=20).stdout
    names = set()
    for word in re.findall(r"^ +(@?[a-z][a-z0-9_-]*)$", printed, re.MULTILINE):
        names |= members(word) if word.startswith("@") else {word}
    return names


def allowed_by(unit):
    allowed = set()
    text = (ROOT / "packaging" / unit).read_text(encoding="utf-8")
    for off, groups in re.findall(r"^SystemCallFilter=(~?)(.*)$", text, re.MULTILINE):
        for group in groups.split():
            allowed = allowed - members(group) if off else allowed | members(group)
    return allowed


class UnitsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=1))

    def assert_only_allowed(self, trace, unit):
        seen = set(SEEN.findall(pathlib.Path(trace).read_text(encoding="utf-8", errors="replace")))
        self.assertIn("epoll_wait", seen)
        self.assertEqual(seen - allowed_by(unit) - HARMLESS, set())

    def tracing(self, trace):
        return ("strace", "-D", "-f", "-o", trace, "--seccomp-bpf")

    def test_the_exporter(self):
        trace, port = f"{self.lab.dir}/exporter.trace", free_port()
        command = [*self.tracing(trace), EXPORTER, f"--libvirt.uri={self.lab.uri('ro')}",
                   f"--web.listen-address=127.0.0.1:{port}"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={"ASAN_OPTIONS": "detect_leaks=0", "PATH": "/usr/bin:/bin"})
        try:
            for _ in range(3):
                time.sleep(1)
                subprocess.run(["curl", "-sf", "--retry", "9", "--retry-connrefused", "--compressed", "-o", "/dev/null",
                                f"http://127.0.0.1:{port}/metrics"], check=True, timeout=60)
            process.terminate()
            self.assertEqual(process.wait(30), 0)
        finally:
            process.kill()
            process.wait()
        self.assert_only_allowed(trace, "virtmeter-exporter.service")

    def test_the_admin_daemon(self):
        trace = f"{self.lab.dir}/admind.trace"
        with Admin(self.lab.uri("rw"), prefix=self.tracing(trace), env={"ASAN_OPTIONS": "detect_leaks=0"}) as admin:
            for arguments in (("suspend", "g0"), ("resume", "g0"), ("save", "g0", "g0.save"), ("restore", "g0.save"),
                              ("autostart", "g0", "off"), ("destroy", "g0"), ("start", "g0")):
                admin.do(*arguments)
            self.assertEqual(admin.ctl("events", "--wait=1").code, 6)
            for read in ("list", "networks", "pools", "host", "connection", "whoami", "version"):
                self.assertEqual(admin.ctl(read).code, 0)
            self.assertEqual(admin.get("/metrics").status, 200)
            self.assertEqual(admin.stop(), 0)
        self.assert_only_allowed(trace, "virtmeter-admind.service")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
