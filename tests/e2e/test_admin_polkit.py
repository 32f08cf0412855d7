"""The sample rule for polkit, with a real polkitd: under it libvirt lets the daemon's user do what the daemon offers, and
nothing else that could be asked of libvirt."""

import pathlib
import shutil
import subprocess
import sys
import time
import unittest

from admin import EXITS, ROOT, Admin
from lab import KEPT, Lab
from test_admin_life import domain_xml

UID = 61500
USER = "virtmeter-admin"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
    <allow receive_type="signal"/>
  </policy>
</busconfig>
"""


def libvirts_policies():
    """The actions that libvirt's package declares, kept from one run to the next."""
    kept = KEPT / "polkit"
    if not (kept / "usr").exists():
        kept.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-q", "download", "libvirt-daemon-system"], cwd=kept, capture_output=True, check=True)
        for package in kept.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, kept], check=True)
    return kept / "usr/share/polkit-1/actions"


class PolkitTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=1, extras=0))
        folder = pathlib.Path(cls.lab.dir)
        (folder / "lib/images").mkdir(parents=True)
        with open(folder / "passwd", "a", encoding="ascii") as passwd:
            passwd.write(f"{USER}:x:{UID}:{UID}::/:/usr/sbin/nologin\n")
        with open(folder / "group", "a", encoding="ascii") as group:
            group.write(f"{USER}:x:{UID}:\n")
        shutil.copytree("/usr/share/polkit-1/actions", folder / "actions")
        shutil.copytree(libvirts_policies(), folder / "actions", dirs_exist_ok=True)
        (folder / "rules").mkdir()
        cls.rules = folder / "rules/50-virtmeter-admind.rules"
        shutil.copy(ROOT / "packaging/virtmeter-admind.rules", cls.rules)
        (folder / "bus.conf").write_text(BUS, encoding="ascii")
        cls.lab.ns("sh", "-c", f"mount -t tmpfs tmpfs /run/dbus && mount --bind {folder}/actions /usr/share/polkit-1/actions"
                               f" && mount --bind {folder}/rules /etc/polkit-1/rules.d")
        cls.start("dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--nopidfile")
        cls.await_in_lab("test", "-S", "/run/dbus/system_bus_socket")
        cls.start("/usr/lib/polkit-1/polkitd", "--no-debug")
        cls.await_in_lab("pkcheck", "--action-id", "org.freedesktop.policykit.exec", "--process", "1")
        conf = folder / "etc/libvirtd.conf"
        conf.write_text('access_drivers = [ "polkit" ]\nunix_sock_rw_perms = "0777"\n' + "".join(
            line for line in conf.read_text(encoding="ascii").splitlines(True) if "rw_perms" not in line), encoding="ascii")
        cls.lab.restart_daemon()

    @classmethod
    def start(cls, *command):
        process = cls.lab.popen("ns", *command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.kill)

    @classmethod
    def await_in_lab(cls, *command):
        end = time.monotonic() + 20
        while True:
            try:
                return cls.lab.ns(*command)
            except Exception:
                if time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def virsh_as_daemon(self, *arguments):
        return subprocess.run(["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "virsh", "-q", "-c",
                               self.lab.uri("rw"), *arguments], capture_output=True, text=True, timeout=60, check=False)

    def may_write(self, may):
        """Changes that line of the rules, and waits until polkitd has read them anew."""
        text = self.rules.read_text(encoding="ascii")
        self.rules.write_text(text.replace(f"MayWrite = {str(not may).lower()}", f"MayWrite = {str(may).lower()}"),
                              encoding="ascii")
        end = time.monotonic() + 20
        while (self.virsh_as_daemon("autostart", "g0").returncode == 0) != may and time.monotonic() < end:
            time.sleep(0.2)

    def daemon(self):
        as_daemon = ("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups")
        return self.enterContext(Admin(self.lab.uri("rw"), prefix=as_daemon, owner=UID))

    def check_reads(self, admin):
        for read in (("list",), ("info", "g0"), ("xml", "g0"), ("job", "g0"), ("snapshots", "g0"), ("networks",),
                     ("pools",), ("volumes", "labpool"), ("host",), ("connection",)):
            with self.subTest(read):
                self.assertEqual(admin.ctl(*read).code, 0, admin.ctl(*read).err)

    def test_1_what_changes_no_definition_is_let_through(self):
        admin = self.daemon()
        for arguments in (("suspend", "g0"), ("resume", "g0"), ("reset", "g0"), ("managed-save", "g0"),
                          ("managed-save-remove", "g0"), ("start", "g0"), ("save", "g0", "g0.save"), ("start", "g0"),
                          ("network-autostart", "labnet", "on"), ("pool-refresh", "labpool"),
                          ("pool-autostart", "labpool", "on"), ("pool-stop", "labpool"), ("pool-start", "labpool"),
                          ("destroy", "g0"), ("network-stop", "labnet"), ("network-start", "labnet"), ("start", "g0")):
            with self.subTest(arguments):
                admin.do(*arguments)
        self.check_reads(admin)
        done = admin.ctl("autostart", "g0", "off", "--wait")
        self.assertEqual(done.code, EXITS["not_permitted"], done.err)
        self.assertIn("access denied", done.err)

    def test_2_nothing_else_is(self):
        self.assertEqual(self.virsh_as_daemon("list").returncode, 0)
        for arguments in (("dumpxml", "--security-info", "g0"), ("snapshot-create", "g0"), ("screenshot", "g0", "/dev/null"),
                          ("send-key", "g0", "KEY_A"), ("qemu-monitor-command", "g0", "--hmp", "info status"),
                          ("dump", "g0", "/tmp/never"), ("autostart", "g0"), ("setmem", "g0", "8M"),
                          ("vol-create-as", "labpool", "x", "1M"), ("pool-undefine", "labpool"),
                          ("net-undefine", "labnet"), ("nwfilter-list",), ("secret-list",), ("domfsfreeze", "g0")):
            with self.subTest(arguments):
                done = self.virsh_as_daemon(*arguments)
                self.assertNotEqual(done.returncode, 0, done.stdout)
                self.assertIn("access denied", done.stderr)

    def test_3_with_one_word_changed_all_that_the_daemon_offers_is(self):
        self.may_write(True)
        self.addCleanup(self.may_write, False)
        admin = self.daemon()
        for arguments in (("autostart", "g0", "off"), ("set-memory", "g0", "8MiB", "--affect=config"),
                          ("set-vcpus", "g0", "1", "--affect=config"), ("save", "g0", "g0.save"),
                          ("restore", "g0.save")):
            with self.subTest(arguments):
                admin.do(*arguments)
        admin.do("define", "-", stdin=domain_xml("p1"))
        admin.do("undefine", "p1")
        admin.do("create", "-", stdin=domain_xml("p2"))
        admin.do("persist", "p2")
        admin.do("destroy", "p2")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
