"""virtmeter-admind when what is around it fails: clients that vanish, a libvirtd that freezes, dies and comes back, guests
that freeze, and its own death at any moment. It never says that something was done when it does not know, and does
nothing twice."""

import contextlib
import http.client
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from admin import EXITS, OPERATOR, Admin
from lab import Lab
from soak import stopped

CALL_SECONDS = 3
FLAGS = (f"--admin.call-timeout={CALL_SECONDS}s", "--admin.read-timeout=2s")
PATIENCE = 30


class FaultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # libvirtd's log tells what it was asked for
        conf = 'log_filters = "1:libvirt.domain 4:*"\nlog_outputs = "1:file:/var/log/libvirt/libvirtd.log"\n'
        cls.lab = cls.enterClassContext(Lab(guests=4, extras=0, daemon_conf=conf))

    def setUp(self):
        for name in ("g0", "g1", "g2", "g3"):
            state = self.state(name)
            if state != "running":
                self.lab.virsh("resume" if state == "paused" else "start", name)

    def daemon(self, *flags, **options):
        return self.enterContext(Admin(self.lab.uri("rw"), *FLAGS, *flags, **options))

    def state(self, name):
        return self.lab.virsh("domstate", name).strip()

    def await_true(self, what, message):
        end = time.monotonic() + PATIENCE
        while not what():
            self.assertLess(time.monotonic(), end, message)
            time.sleep(0.05)

    # -- clients

    def send_and_die(self, admin, pause, key):
        with contextlib.closing(admin.raw()) as connection:
            connection.sendall(f"POST /v1/domains/g0/suspend?wait=30 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                               f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\n\r\n{{}}".encode())
            time.sleep(pause)

    def test_a_client_that_dies_after_sending_finds_it_done_once(self):
        """Whether it was heard before it died or not: who comes again with the same key gets the one operation."""
        admin = self.daemon()
        for i, pause in enumerate((0, 0, 0.01, 0.3)):
            key = f"gone-{i}"
            self.send_and_die(admin, pause, key)
            again = admin.post("/v1/domains/g0/suspend?wait=10", headers={"Idempotency-Key": key})
            self.assertEqual((again.status, again.json["changed"]), (200, True), pause)
            self.assertEqual(self.state("g0"), "paused")
            intents = [line for line in admin.audit() if line["event"] == "intent" and line.get("key") == key]
            self.assertEqual(len(intents), 1)
            admin.do("resume", "g0")

    def test_a_client_that_dies_while_it_waits_leaves_nothing(self):
        admin = self.daemon()
        for _ in range(40):
            with contextlib.closing(admin.raw()) as connection:
                connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        before = len(list(pathlib.Path(f"/proc/{admin.process.pid}/fd").iterdir()))
        self.await_true(lambda: len(list(pathlib.Path(f"/proc/{admin.process.pid}/fd").iterdir())) <= before,
                        "connections are left")
        self.assertEqual(admin.ctl("list").code, 0)

    # -- libvirtd

    def test_a_frozen_libvirtd_is_told_and_what_becomes_of_it_later(self):
        admin = self.daemon()
        with stopped(self.lab.pid()):
            read = admin.get("/v1/domains/g0")
            self.assertEqual((read.status, read.json["type"]), (504, "urn:virtmeter:problem:libvirt-timeout"))
            acts = admin.post("/v1/domains/g0/suspend?wait=60")
            self.assertIn(acts.status, (503, 504), acts.text)
            self.assertNotEqual(acts.json.get("state"), "succeeded")
            self.assertLess(admin.get("/v1/version").seconds, 1)
        self.await_true(lambda: admin.get("/v1/domains/g0").status == 200, "it does not come back")
        self.assertEqual(admin.do("resume", "g0")["state"], "succeeded")

    def test_a_libvirtd_that_dies_and_comes_back(self):
        admin = self.daemon()
        self.lab.kill_daemon("KILL")
        try:
            done = admin.ctl("list")
            self.assertEqual(done.code, EXITS["failed"], done.err)
            answer = admin.post("/v1/domains/g0/suspend?wait=10")
            self.assertEqual(answer.status, 503, answer.text)
            self.assertTrue(answer.headers["Retry-After"])
            self.assertEqual(admin.get("/v1/healthz").status, 503)
        finally:
            self.lab.start_daemon()
        self.await_true(lambda: admin.get("/v1/healthz").status == 200, "it does not come back")
        self.await_true(lambda: admin.ctl("suspend", "g0", "--wait").code == 0, "nothing can be done")
        self.assertEqual(self.state("g0"), "paused")
        # its events are heard again: what virsh does is waited for
        waiter = threading.Thread(target=lambda: (time.sleep(0.5), self.lab.virsh("resume", "g0")))
        waiter.start()
        self.assertIn("g0", admin.ctl("events", "--wait=20").out)
        waiter.join()

    # -- guests

    def test_a_frozen_guest_costs_nobody_else(self):
        admin = self.daemon()
        self.lab.freeze("g1")
        try:
            answer = admin.post("/v1/domains/g1/shutdown?wait=60", {"timeout": 2})
            self.assertEqual(answer.status, 504, answer.text)
            self.assertIn(answer.json["operation"]["state"], ("unknown", "timed_out"))
            began = time.monotonic()
            self.assertEqual(admin.do("suspend", "g2")["state"], "succeeded")
            self.assertEqual(admin.do("resume", "g2")["state"], "succeeded")
            self.assertEqual(admin.ctl("show", "g1").code, 0)
            self.assertLess(time.monotonic() - began, 2 * CALL_SECONDS)
            busy = admin.post("/v1/domains/g1/suspend?wait=60")
            self.assertNotEqual(busy.status, 200)
        finally:
            self.lab.thaw("g1")
        end = f"/v1/operations/{answer.json['operation']['id']}"
        self.await_true(lambda: admin.get(end).json["state"] != "running", "the operation never ends")
        self.assertNotEqual(admin.get(end).json["state"], "running")
        self.await_true(lambda: admin.ctl("suspend", "g1", "--wait").code == 0, "the guest cannot be used again")

    # -- its own death

    def test_it_ends_when_it_is_told_even_if_a_call_hangs(self):
        admin = self.daemon()
        self.lab.freeze("g1")
        try:
            admin.post("/v1/domains/g1/shutdown", {"timeout": 600})
            began = time.monotonic()
            self.assertEqual(admin.stop(), 0)
            self.assertLess(time.monotonic() - began, 15)
        finally:
            self.lab.thaw("g1")
        admin.start()
        (operation,) = admin.get("/v1/operations").json["operations"]
        self.assertEqual(operation["state"], "unknown")

    def resets(self):
        """How often libvirtd has been asked to reset g3."""
        log = pathlib.Path(self.lab.dir, "log/libvirtd.log").read_text(encoding="utf-8", errors="replace")
        return len(re.findall(r"virDomainReset:\d+ : dom=[^\n]*\bg3\b", log))

    def reset(self, admin, key):
        return admin.request("POST", "/v1/domains/g3/reset?wait=10", body={}, headers={"Idempotency-Key": key})

    def kill_at(self, admin, call, count, key, *filters):
        """Asks for a reset of a daemon that dies when it makes that call for the count-th time from then on. Whether it
        died, and what it answered."""
        admin.env = {"ASAN_OPTIONS": "detect_leaks=0"}  # which would not go with being traced
        admin.start()
        tracer = subprocess.Popen(["strace", "-f", "-o", "/dev/null", "-p", str(admin.process.pid), "-e",
                                   f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={count}", *filters],
                                  stderr=subprocess.PIPE, text=True)
        self.assertIn("attached", tracer.stderr.readline())
        answer = None
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer = self.reset(admin, key)
        with contextlib.suppress(subprocess.TimeoutExpired):
            admin.process.wait(0.3)
        died = admin.process.poll() is not None
        admin.kill()
        tracer.stderr.close()
        tracer.wait(PATIENCE)
        admin.env = {}
        return died, answer

    def check_after(self, admin, key, answer, before):
        """The daemon has been killed and is there again: what it knows of the key, and that it is done once."""
        lines = [line for line in admin.audit() if line.get("key") == key]
        known = [line["result"] for line in lines if line["event"] == "result"]
        again = self.reset(admin, key)
        operation = again.json if again.status == 200 else again.json["operation"]
        self.assertLessEqual(self.resets() - before, 1, "it was done twice")
        intents = [line for line in admin.audit() if line.get("key") == key and line["event"] == "intent"]
        self.assertEqual(len(intents), 1)
        if lines:
            self.assertEqual(operation["state"], known[-1])
            self.assertEqual(operation["id"], lines[0]["operation"])
        else:
            self.assertEqual((operation["state"], self.resets() - before), ("succeeded", 1))
        if answer is not None and answer.status == 200:
            self.assertEqual(operation["state"], "succeeded", "what was told must stay true")
        return operation["state"] if lines else "nothing known"

    def test_killed_at_any_step_nothing_is_done_twice_and_what_is_known_is_told(self):
        """Before the line of the intent, before that is on the disk, before the line of the result, and before the
        answer."""
        admin = self.daemon(roles=Admin.ROLES.replace("users: [0]", "users: [0]\n    skip-confirmation: true"))
        admin.stop()
        outcomes = []
        only_audit = ("-P", str(admin.audit_file))
        for call, filters in (("write", only_audit), ("fdatasync", only_audit), ("sendmsg,sendto,writev", ())):
            for count in range(1, 10):
                key = f"{call[:5]}-{count}"
                before = self.resets()
                with self.subTest(call, count=count):
                    died, answer = self.kill_at(admin, call, count, key, *filters)
                    admin.start()
                    try:
                        outcomes.append((call, count, died, self.check_after(admin, key, answer, before)))
                    finally:
                        admin.stop()
                if not died:
                    break
        ends = {outcome for _, _, died, outcome in outcomes if died}
        self.assertEqual({"nothing known", "unknown", "succeeded"}, ends, outcomes)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
