"""Every action of virtmeter-admind on a real libvirtd with real guests, asked for as its user would, with virtmeterctl.
What it did is what virsh says, and what the audit file says; in a wrong state, and for a wrong role, it does nothing.

The guests are boot sectors of a few bytes: they wait for the power button and then switch off, or go to sleep, and do
the same when a non-maskable interrupt comes."""

import json
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import unittest
import uuid
import xml.etree.ElementTree

from admin import DEFINER, EXITS, OPERATOR, POWER, STRANGER, VIEWER, Admin
from lab import Lab

IMAGES = "/var/lib/libvirt/images"
GAP_SECONDS = 20
S5, S3 = 0x2000, 0x2400  # what switches off, and what sends to sleep, in PM1_CNT of QEMU's machine "pc"


def boot_sector(power):
    """Waits for the power button, or an NMI, and writes `power` into PM1_CNT."""
    waits = bytes.fromhex(
        "fa 31c0 8ed8"  # cli; ax = ds = 0
        "c7060800 237c c7060a00 0000"  # the vector of the NMI: 0000:7c23, where `waits` ends
        "ba0206 b80001 ef"  # PM1_EN: the power button counts
        "ba0006 fb"  # PM1_STS; sti
        "f4 ed f6c401 74f9")  # hlt, until the next tick of the clock; has it been pressed?
    assert len(waits) == 0x23
    acts = bytes.fromhex("ba0406 b8") + power.to_bytes(2, "little") + bytes.fromhex("ef f4 ebfd")
    return (waits + acts).ljust(510, b"\0") + b"\x55\xaa"


def domain_xml(name, identity=None, disk=None, memory=16, vcpus="1", sleeps=False):
    disk_xml = f"""<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{IMAGES}/{disk}'/>
      <target dev='vda' bus='virtio'/></disk>""" if disk else ""
    return f"""<domain type='qemu'>
  <name>{name}</name>
  {f'<uuid>{identity}</uuid>' if identity else ''}
  <memory unit='MiB'>{memory}</memory>
  <vcpu>{vcpus}</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>
  <features><acpi/></features>
  {"<pm><suspend-to-mem enabled='yes'/></pm>" if sleeps else ""}
  <devices>
    {disk_xml}
    <controller type='usb' model='none'/>
    <memballoon model='virtio'/>
  </devices>
</domain>
"""


class LifeTest(unittest.TestCase):
    """One lab and one daemon for all; each test has guests of its own."""

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=1, extras=0, linux=1))
        images = pathlib.Path(cls.lab.dir, "lib/images")
        images.mkdir(parents=True)
        (images / "off.raw").write_bytes(boot_sector(S5).ljust(1 << 20, b"\0"))
        (images / "sleep.raw").write_bytes(boot_sector(S3).ljust(1 << 20, b"\0"))
        cls.admin = cls.enterClassContext(Admin(cls.lab.uri("rw"), "--admin.transfer-timeout=60s"))
        cls.count = 0

    def setUp(self):
        self.lines = len(self.admin.audit())
        self.made = []
        self.addCleanup(self.remove_made)

    def remove_made(self):
        for name in self.made:
            self.lab.virsh("destroy", name, check=False)
            self.lab.virsh("undefine", name, "--managed-save", check=False)

    # -- guests

    def name(self):
        type(self).count += 1
        name = f"t{self.count}"
        self.made.append(name)
        return name

    def guest(self, is_running=True, **options):
        """A persistent one that virsh has made."""
        name = self.name()
        path = pathlib.Path(self.lab.dir, f"{name}.xml")
        path.write_text(domain_xml(name, **{"disk": "off.raw"} | options), encoding="ascii")
        self.lab.virsh("define", str(path))
        if is_running:
            self.lab.virsh("start", name)
        return name

    def state(self, name):
        """What virsh says, or None when there is none of that name."""
        return self.lab.virsh("domstate", name, check=False).strip() or None

    def inactive(self, name):
        return xml.etree.ElementTree.fromstring(self.lab.virsh("dumpxml", "--inactive", name))

    def is_persistent(self, name):
        return "Persistent:     yes" in self.lab.virsh("dominfo", name)

    # -- actions

    def new_audit(self):
        lines = self.admin.audit()[self.lines:]
        self.lines += len(lines)
        return lines

    def done(self, *arguments, user=None, changed=True, stdin=""):
        """The action succeeds, and both its lines are in the audit file."""
        self.new_audit()
        operation = self.admin.do(*arguments, user=user, stdin=stdin)
        self.assertEqual(operation["state"], "succeeded")
        self.assertEqual(operation["changed"], changed)
        if changed:
            intent, result = self.new_audit()
            self.assertEqual((intent["event"], result["event"]), ("intent", "result"))
            for line in (intent, result):
                self.assertEqual(line["operation"], operation["id"])
                self.assertEqual(line["action"], arguments[0])
                self.assertEqual(line["uid"], user or 0)
                self.assertEqual(line["target"]["name"], operation["target"]["name"])
            self.assertEqual(result["target"]["uuid"], operation["target"]["uuid"])
            self.assertRegex(operation["target"]["uuid"], "^[0-9a-f]{8}-")
            self.assertEqual(result["result"], "succeeded")
            self.assertGreaterEqual(result["duration_ms"], 0)
        return operation

    def refused(self, code, *arguments, user=None, denied=False, stdin=""):
        """The action fails with this exit code; a denial is in the audit file, and what libvirt refused is there too."""
        self.new_audit()
        done = self.admin.ctl(*arguments, "--wait", "--yes", user=user, stdin=stdin)
        self.assertEqual(done.code, EXITS[code], done.err)
        self.assertRegex(done.err, "^virtmeterctl: ")
        lines = self.new_audit()
        if not denied:
            self.assertIn([line.get("result", line["event"]) for line in lines], ([], ["intent", "failed"]))
        else:
            self.assertEqual([line["event"] for line in lines], ["denial"])
            self.assertEqual((lines[0]["action"], lines[0]["uid"], lines[0]["decision"]),
                             (arguments[0], user or 0, "denied"))
        return done.err

    # -- the whole life

    def test_a_persistent_domain_lives_and_goes(self):
        name = self.name()
        self.assertIsNone(self.state(name))
        made = self.done("define", "-", stdin=domain_xml(name, disk="off.raw"), user=DEFINER)
        self.assertEqual(self.state(name), "shut off")
        self.assertEqual(made["result"]["uuid"], self.lab.virsh("domuuid", name).strip())
        self.done("start", name, user=OPERATOR)
        self.assertEqual(self.state(name), "running")
        self.done("suspend", name, user=OPERATOR)
        self.assertEqual(self.state(name), "paused")
        self.done("resume", name, user=OPERATOR)
        self.assertEqual(self.state(name), "running")
        self.done("save", name, f"{name}.save", user=OPERATOR)
        self.assertEqual(self.state(name), "shut off")
        self.assertTrue((self.admin.folder / "save" / f"{name}.save").exists())
        self.done("restore", f"{name}.save", user=OPERATOR)
        self.assertEqual(self.state(name), "running")
        time.sleep(1)  # it has been waiting for its button since long before
        self.done("shutdown", name, user=OPERATOR)
        self.assertEqual(self.state(name), "shut off")
        self.done("undefine", name, user=DEFINER)
        self.assertIsNone(self.state(name))
        self.assertEqual(self.admin.ctl("show", name).code, EXITS["not_found"])
        self.assertTrue(pathlib.Path(self.lab.dir, "lib/images/off.raw").exists(), "its storage stays")

    def test_a_transient_domain_lives_and_is_gone(self):
        name = self.name()
        self.done("create", "-", stdin=domain_xml(name, disk="off.raw"), user=DEFINER)
        self.assertEqual(self.state(name), "running")
        self.assertFalse(self.is_persistent(name))
        self.assertFalse(self.admin.domain(name)["persistent"])
        self.assertIn("PERSISTENT", self.admin.ctl("list").out)
        time.sleep(1)
        self.done("shutdown", name, user=OPERATOR)
        self.assertIsNone(self.state(name))
        self.assertNotIn(name, self.admin.ctl("list", "-q").out.split())

    # -- who is meant

    def test_name_uuid_and_id_mean_the_same(self):
        name = self.guest()
        identity, number = self.lab.virsh("domuuid", name).strip(), self.lab.virsh("domid", name).strip()
        shown = [json.loads(self.admin.ctl("show", word, "--json").out) for word in (name, identity, identity.upper(), number)]
        self.assertEqual(shown[0]["name"], name)
        self.assertEqual(shown[0]["id"], int(number))
        self.assertEqual(shown, [shown[0]] * 4)
        self.done("suspend", identity)
        self.done("resume", number)
        self.assertEqual(self.state(name), "running")
        self.refused("not_found", "suspend", "99999")
        self.refused("not_found", "suspend", "1ab00000-0000-4000-8000-999999999999")

    def test_a_name_that_changed_hands_is_noticed(self):
        name = self.guest()
        identity = self.lab.virsh("domuuid", name).strip()
        self.lab.virsh("destroy", name)
        self.lab.virsh("undefine", name)
        path = pathlib.Path(self.lab.dir, f"{name}.xml")
        self.lab.virsh("define", str(path))  # under another UUID
        self.refused("wrong_state", "start", name, "--if-uuid", identity)
        self.assertEqual(self.state(name), "shut off")

    # -- each action

    def test_start_paused(self):
        name = self.guest(is_running=False)
        self.refused("not_permitted", "start", name, user=VIEWER, denied=True)
        self.refused("not_permitted", "start", name, user=STRANGER, denied=True)
        self.assertEqual(self.state(name), "shut off")
        self.done("start", name, "--paused", user=OPERATOR)
        self.assertEqual(self.state(name), "paused")
        self.done("resume", name)
        self.done("start", name, changed=False)
        self.refused("wrong_state", "start", name, "--strict")
        self.refused("wrong_state", "start", name, "--if-state=shutoff")

    def test_shutdown_forces_only_when_it_is_told_and_by_whom_may(self):
        name = self.guest(disk=None)  # nothing to boot: deaf
        self.lab.virsh("suspend", name)
        self.refused("wrong_state", "shutdown", name)
        self.lab.virsh("resume", name)
        done = self.admin.ctl("shutdown", name, "--timeout=2", "--resend=1", "--wait", user=OPERATOR)
        self.assertEqual(done.code, EXITS["timed_out"], done.err)
        self.assertEqual(self.state(name), "running")
        self.refused("not_permitted", "shutdown", name, "--timeout=2", "--on-timeout=force", user=OPERATOR, denied=True)
        operation = self.done("shutdown", name, "--timeout=2", "--on-timeout=force", user=POWER)
        self.assertEqual(operation["step"], "forced")
        self.assertEqual(self.state(name), "shut off")

    def test_shutdown_through_the_agent(self):
        self.lab.await_linux()
        pid = self.lab.pid("g0")
        self.done("shutdown", "g0", "--mode=agent", user=OPERATOR)
        self.assertEqual(self.state("g0"), "shut off")
        self.assertFalse(pathlib.Path(f"/proc/{pid}/exe").exists())
        self.refused("wrong_state", "reboot", "g0")

    def test_reboot(self):
        name = self.guest()
        time.sleep(1)
        self.refused("not_permitted", "reboot", name, user=VIEWER, denied=True)
        self.done("reboot", name, user=OPERATOR)
        self.assertEqual(self.state(name), "running")

    def test_reset_and_destroy(self):
        name = self.guest()
        for action in ("reset", "destroy"):
            self.refused("not_permitted", action, name, user=OPERATOR, denied=True)
            self.refused("wrong_state", action, name, "--if-state=paused")
        number = self.lab.virsh("domid", name)
        self.done("reset", name, user=POWER)
        self.assertEqual((self.state(name), self.lab.virsh("domid", name)), ("running", number))
        self.done("destroy", name, user=POWER)
        self.assertEqual(self.state(name), "shut off")
        self.refused("wrong_state", "reset", name)
        self.done("destroy", name, changed=False)
        self.done("start", name)
        self.done("destroy", name, "--graceful")
        self.assertEqual(self.state(name), "shut off")

    def test_suspend_and_resume(self):
        name = self.guest()
        self.refused("not_permitted", "suspend", name, user=VIEWER, denied=True)
        self.done("resume", name, changed=False)
        self.done("suspend", name)
        self.done("suspend", name, changed=False)
        self.refused("wrong_state", "reboot", name)
        self.lab.virsh("destroy", name)
        self.refused("wrong_state", "suspend", name)
        self.refused("wrong_state", "resume", name)

    def test_save_and_restore(self):
        name = self.guest()
        self.refused("not_permitted", "save", name, "x.save", user=VIEWER, denied=True)
        self.done("save", name, f"{name}.save", "--paused")
        self.refused("wrong_state", "save", name, f"{name}.save")
        self.refused("failed", "restore", "nowhere.save")
        self.refused("not_permitted", "restore", f"{name}.save", user=VIEWER, denied=True)
        self.done("restore", f"{name}.save")
        self.assertEqual(self.state(name), "paused")
        self.lab.virsh("destroy", name)

    def test_managed_save(self):
        name = self.guest()
        self.refused("not_permitted", "managed-save", name, user=VIEWER, denied=True)
        self.done("managed-save", name, user=OPERATOR)
        self.assertEqual(self.state(name), "shut off")
        self.assertIn("Managed save:   yes", self.lab.virsh("dominfo", name))
        self.assertTrue(self.admin.domain(name)["managed_save"])
        self.refused("wrong_state", "managed-save", name)
        self.refused("not_permitted", "managed-save-remove", name, user=OPERATOR, denied=True)
        self.done("managed-save-remove", name, user=POWER)
        self.assertIn("Managed save:   no", self.lab.virsh("dominfo", name))
        self.done("managed-save-remove", name, changed=False)

    def test_pm_wakeup(self):
        name = self.guest(disk="sleep.raw", sleeps=True)
        self.done("pm-wakeup", name, changed=False)
        time.sleep(1)
        self.lab.virsh("shutdown", name)  # presses the button
        self.await_state(name, "pmsuspended")
        self.refused("not_permitted", "pm-wakeup", name, user=VIEWER, denied=True)
        self.done("pm-wakeup", name, user=OPERATOR)
        self.assertEqual(self.state(name), "running")

    def await_state(self, name, state):
        end = time.monotonic() + GAP_SECONDS
        while self.state(name) != state and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(self.state(name), state)

    def test_inject_nmi(self):
        name = self.guest()
        time.sleep(1)
        self.refused("not_permitted", "inject-nmi", name, user=OPERATOR, denied=True)
        self.done("inject-nmi", name, user=POWER)
        self.await_state(name, "shut off")  # that is what this guest does then
        self.refused("wrong_state", "inject-nmi", name)

    def test_autostart(self):
        name = self.guest(is_running=False)
        self.refused("not_permitted", "autostart", name, "on", user=VIEWER, denied=True)
        self.done("autostart", name, "on", user=OPERATOR)
        self.assertIn("Autostart:      enable", self.lab.virsh("dominfo", name))
        self.done("autostart", name, "on", changed=False)
        self.done("autostart", name, "off")
        self.assertIn("Autostart:      disable", self.lab.virsh("dominfo", name))

    def test_define_replaces_only_what_is_named(self):
        name = self.guest(is_running=False)
        identity = self.lab.virsh("domuuid", name).strip()
        larger = domain_xml(name, identity, disk="off.raw", memory=32)
        self.refused("not_permitted", "define", "-", stdin=larger, user=POWER, denied=True)
        self.refused("wrong_state", "define", "-", stdin=larger)
        self.refused("wrong_state", "define", "-", "--replaces", "0" * 64, stdin=larger)
        self.assertEqual(self.inactive(name).findtext("memory"), str(16 * 1024))
        digest = json.loads(self.admin.ctl("xml", name, "--inactive", "--json").out)["sha256"]
        self.done("define", "-", "--replaces", digest, stdin=larger)
        self.assertEqual(self.inactive(name).findtext("memory"), str(32 * 1024))

    def test_what_define_does_not_let_through(self):
        name = self.name()
        plain = domain_xml(name, disk="off.raw")
        cases = [plain.replace(f"{IMAGES}/off.raw", "/etc/shadow"),
                 plain.replace("<devices>", "<devices><hostdev mode='subsystem' type='pci'><source><address domain='0' "
                                            "bus='0' slot='2' function='0'/></source></hostdev>"),
                 plain.replace("<devices>", "<devices><filesystem><source dir='/'/><target dir='r'/></filesystem>"),
                 plain.replace("<domain type='qemu'>", "<domain type='qemu' xmlns:q='http://libvirt.org/schemas/domain/"
                                                       "qemu/1.0'><q:commandline><q:arg value='-S'/></q:commandline>"),
                 plain.replace("<devices>", "<devices><emulator>/bin/sh</emulator>")]
        for action in ("define", "create"):
            for case in cases:
                self.assertNotEqual(case, plain)
                error = self.refused("failed", action, "-", stdin=case, denied=True)
                self.assertIsNone(self.state(name), error)

    def test_undefine_and_its_flags(self):
        name = self.guest()
        self.lab.virsh("managedsave", name)
        self.refused("not_permitted", "undefine", name, user=POWER, denied=True)
        done = self.admin.ctl("undefine", name, "--yes", "--wait")
        self.assertNotEqual(done.code, 0)
        self.assertEqual(self.state(name), "shut off")
        self.done("undefine", name, "--managed-save", user=DEFINER)
        self.assertIsNone(self.state(name))

    def test_persist(self):
        name = self.name()
        self.done("create", "-", "--paused", stdin=domain_xml(name, disk="off.raw"))
        self.assertEqual(self.state(name), "paused")
        self.refused("not_permitted", "persist", name, user=POWER, denied=True)
        self.refused("wrong_state", "undefine", name)
        self.done("persist", name, user=DEFINER)
        self.assertTrue(self.is_persistent(name))
        self.refused("wrong_state", "persist", name, "--strict")

    def test_set_vcpus_and_memory(self):
        name = self.guest(vcpus="4", memory=64)
        self.refused("not_permitted", "set-vcpus", name, "2", user=OPERATOR, denied=True)
        self.refused("not_permitted", "set-memory", name, "32MiB", user=OPERATOR, denied=True)
        self.done("set-vcpus", name, "2", "--affect=config", user=POWER)
        self.assertEqual(self.lab.virsh("vcpucount", name, "--config", "--current").strip(), "2")
        self.assertEqual(self.lab.virsh("vcpucount", name, "--live", "--current").strip(), "4")
        self.done("set-memory", name, "32MiB", "--affect=config", user=POWER)
        self.assertEqual(self.inactive(name).findtext("currentMemory"), str(32 * 1024))
        self.lab.virsh("destroy", name)
        self.refused("wrong_state", "set-vcpus", name, "3", "--affect=live")
        self.lab.virsh("start", name)
        self.assertEqual(self.lab.virsh("vcpucount", name, "--live", "--current").strip(), "2")
        self.done("set-vcpus", name, "3", "--affect=live")
        self.assertEqual(self.lab.virsh("vcpucount", name, "--live", "--current").strip(), "3")
        done = self.admin.ctl("set-vcpus", name, "99", "--wait")
        self.assertNotEqual(done.code, 0)

    def test_networks(self):
        self.refused("not_permitted", "network-autostart", "labnet", "on", user=VIEWER, denied=True)
        self.done("network-autostart", "labnet", "on", user=OPERATOR)
        self.assertRegex(self.lab.virsh("net-info", "labnet"), r"Autostart: +yes")
        self.refused("not_permitted", "network-stop", "labnet", user=OPERATOR, denied=True)
        self.done("network-stop", "labnet", user=POWER)
        self.assertRegex(self.lab.virsh("net-info", "labnet"), r"Active: +no")
        self.done("network-stop", "labnet", changed=False)
        self.refused("not_permitted", "network-start", "labnet", user=VIEWER, denied=True)
        self.done("network-start", "labnet", user=OPERATOR)
        self.assertRegex(self.lab.virsh("net-info", "labnet"), r"Active: +yes")
        self.assertIn("labnet", self.admin.ctl("networks", user=VIEWER).out)
        shown = json.loads(self.admin.ctl("network", "labnet", "--json").out)
        self.assertEqual((shown["state"], shown["autostart"]), ("active", True))

    def test_pools(self):
        self.done("pool-autostart", "labpool", "on", user=OPERATOR)
        self.assertRegex(self.lab.virsh("pool-info", "labpool"), r"Autostart: +yes")
        pathlib.Path(self.lab.dir, "pool/new.raw").write_bytes(b"\0" * 4096)
        self.assertNotIn("new.raw", self.admin.ctl("volumes", "labpool").out)
        self.refused("not_permitted", "pool-refresh", "labpool", user=VIEWER, denied=True)
        self.done("pool-refresh", "labpool", user=OPERATOR)
        self.assertIn("new.raw", self.admin.ctl("volumes", "labpool", user=VIEWER).out)
        self.refused("not_permitted", "pool-stop", "labpool", user=OPERATOR, denied=True)
        self.done("pool-stop", "labpool", user=POWER)
        self.assertRegex(self.lab.virsh("pool-info", "labpool"), r"State: +inactive")
        self.assertIsNone(json.loads(self.admin.ctl("pool", "labpool", "--json").out)["capacity_bytes"])
        self.refused("wrong_state", "pool-refresh", "labpool")
        self.refused("not_permitted", "pool-start", "labpool", user=VIEWER, denied=True)
        self.done("pool-start", "labpool", user=OPERATOR)
        self.assertRegex(self.lab.virsh("pool-info", "labpool"), r"State: +running")
        shown = json.loads(self.admin.ctl("pool", "labpool", "--json").out)
        self.assertEqual(shown["state"], "active")
        self.assertGreater(shown["capacity_bytes"], 0)

    # -- reads

    def test_reads_say_what_virsh_says(self):
        name = self.guest(memory=48, vcpus="2")
        info = json.loads(self.admin.ctl("info", name, "--json", user=VIEWER).out)
        self.assertEqual((info["vcpus"], info["max_memory_bytes"]), (2, 48 << 20))
        self.assertEqual([disk["target"] for disk in info["disks"]], ["vda"])
        shown = xml.etree.ElementTree.fromstring(self.admin.ctl("xml", name, user=VIEWER).out)
        self.assertEqual(shown.findtext("uuid"), self.lab.virsh("domuuid", name).strip())
        host = json.loads(self.admin.ctl("host", "--json").out)
        cpus = re.search(r"CPU\(s\): +(\d+)", self.lab.virsh("nodeinfo")).group(1)
        self.assertEqual(host["cpus"], int(cpus))
        connection = json.loads(self.admin.ctl("connection", "--json").out)
        self.assertEqual((connection["driver"], connection["alive"]), ("QEMU", True))
        self.assertEqual(json.loads(self.admin.ctl("job", name, "--json").out)["type"], "none")
        self.assertEqual(json.loads(self.admin.ctl("snapshots", name, "--json").out)["snapshots"], [])

    def test_lists_can_be_limited(self):
        on, off = self.guest(), self.guest(is_running=False)
        names = {flag: self.admin.ctl("list", "-q", f"--state={flag}").out.split()
                 for flag in ("running", "shutoff", "active", "inactive")}
        self.assertIn(on, names["running"])
        self.assertIn(off, names["shutoff"])
        self.assertEqual(sorted(names["active"]), sorted(self.lab.virsh("list", "--name").split()))
        self.assertEqual(sorted(names["inactive"]), sorted(self.lab.virsh("list", "--inactive", "--name").split()))
        self.assertEqual(self.admin.ctl("list", "-q", "--name", on).out.split(), [on])
        self.assertEqual(self.admin.ctl("list", "-q", "--name", "nothing*").out, "")

    # -- events

    def test_events_are_followed(self):
        name = self.guest(is_running=False)
        follower = subprocess.Popen([*self.admin.ctl_command(VIEWER), "events", "--follow", "--json"],
                                    stdout=subprocess.PIPE, text=True)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.kill)
        self.addCleanup(follower.stdout.close)
        end = threading.Timer(20, follower.kill)
        end.start()
        self.addCleanup(end.cancel)
        time.sleep(0.5)
        self.done("start", name)
        events, awaited = [], {("operation", "succeeded"), ("lifecycle", "started")}  # in any order
        while awaited and (line := follower.stdout.readline()):
            event = json.loads(line)
            events.append(event)
            if (event.get("target") or {}).get("name") == name:
                awaited.discard((event["type"], event.get("state") or event.get("event")))
        self.assertEqual(awaited, set(), events)


class MigrationTest(unittest.TestCase):
    """Two labs, joined by a cable."""

    PORT = 16509
    THERE = "10.99.0.2"

    @classmethod
    def setUpClass(cls):
        labs = []
        for _ in range(2):
            conf = f'listen_addr = "0.0.0.0"\nhost_uuid = "{uuid.uuid4()}"\n'
            labs.append(cls.enterClassContext(Lab(guests=0, extras=0, listen_tcp=cls.PORT, daemon_conf=conf)))
        cls.here, cls.there = labs
        holder = pathlib.Path(cls.there.dir, "pids/holder").read_text(encoding="ascii").strip()
        cls.here.ns("ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", holder)
        for lab, address in ((cls.here, "10.99.0.1"), (cls.there, cls.THERE)):
            lab.ns("ip", "addr", "add", f"{address}/24", "dev", "cable")
            lab.ns("ip", "link", "set", "cable", "up")
            # libvirtd tells the other one its host's name, to send the guest to
            hosts = pathlib.Path(lab.dir, "hosts")
            hosts.write_text(f"127.0.0.1 localhost\n{cls.THERE} {socket.gethostname()}\n", encoding="ascii")
            lab.ns("mount", "--bind", str(hosts), "/etc/hosts")
        cls.uri = f"qemu+tcp://{cls.THERE}:{cls.PORT}/system"
        cls.admin = cls.enterClassContext(Admin(cls.here.uri("rw"), f"--admin.migrate-uri={cls.uri}"))

    def create(self, name, **options):
        path = pathlib.Path(self.here.dir, f"{name}.xml")
        path.write_text(domain_xml(name, **options), encoding="ascii")
        self.here.virsh("create", str(path))
        self.addCleanup(self.here.virsh, "destroy", name, check=False)

    def names(self, lab):
        return lab.virsh("list", "--name").split()

    def test_migrate(self):
        self.create("m1")
        for user, uri, code in ((OPERATOR, self.uri, "not_permitted"), (POWER, "qemu+tcp://evil/system", "failed")):
            done = self.admin.ctl("migrate", "m1", uri, "--wait", user=user)
            self.assertEqual(done.code, EXITS[code], done.err)
        self.assertEqual(self.names(self.here), ["m1"])
        self.admin.do("migrate", "m1", self.uri, user=POWER)
        self.assertEqual((self.names(self.here), self.names(self.there)), ([], ["m1"]))

    def test_abort_job(self):
        self.create("m2", memory=4096)  # as much as takes ten seconds at a mebibyte per second, though it is all zeros
        self.here.virsh("migrate-setspeed", "m2", "1")
        operation = self.admin.ctl("migrate", "m2", self.uri, "-q", user=POWER).out.strip()
        job = json.loads(self.admin.ctl("job", "m2", "--json").out)
        self.assertEqual((job["type"], job["operation"]), ("unbounded", "migration_out"))
        self.assertEqual(self.admin.ctl("abort-job", "m2", user=OPERATOR).code, EXITS["not_permitted"])
        self.admin.do("abort-job", "m2", user=POWER)
        done = self.admin.ctl("operation", "wait", operation)
        self.assertEqual(done.code, EXITS["failed"], done.err)
        self.assertIn("canceled", done.err)
        self.assertEqual(self.admin.state("m2"), "running")
        self.assertNotIn("m2", self.names(self.there))
        self.assertEqual(json.loads(self.admin.ctl("job", "m2", "--json").out)["type"], "none")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
