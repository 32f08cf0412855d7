"""Two hosts whose guests have every trouble that the dashboards and alerts show.

kvm-1 has three guests with Linux (g0, g1, g2), two that only halt (g3, g4), and its disks in a pool that is soon full.
kvm-2 is a host that g1 migrates to. `demo` is the fleet of ./demo.sh, nothing listens where kvm-3 should be, and on
kvm-4 there is in the end an exporter, but no libvirtd."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from admin import STRANGER, Admin
from collectd import Collectd, virtmeter
from exporter import FLEET, Exporter, free_port
from lab import Lab, LabError
from web import serving

# What both programs are asked for beyond their defaults.
EXTRA_STATS = "cpu_util disk disk_allocation disk_capacity disk_physical domain_state memory pcpu vcpu"
COLLECTORS = ("--collector.control", "--collector.calls", "--collector.inventory")
LINUX = ("g0", "g1", "g2")
# Reads its disk again and again: some work for a vCPU, and requests that the host sees.
READING = "while :; do dd if=/dev/vda of=/dev/null bs=64k; echo 3 >/proc/sys/vm/drop_caches; sleep 0.2; done"
ROOMY_MIB, FULL_MARGIN_KIB, MORE_KIB = 96, 256, 4096
# Guests migrate only between hosts whose UUIDs differ; these two labs are one machine.
OTHER_UUID = 'host_uuid = "6f0c1a52-2f7c-4c55-9a0e-5d6b3c1e00ff"'


def with_private_mounts():
    """What this process mounts from here on is nobody else's, and goes when it ends: starts the program again."""
    if os.environ.get("VIRTMETER_PRIVATE_MOUNTS") != "1":
        os.environ["VIRTMETER_PRIVATE_MOUNTS"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


class Theatre:
    def __init__(self):
        self._stack = contextlib.ExitStack()
        self.disks = None
        self.first = self.second = None
        self.exporters = {}
        self.lonely = Exporter("qemu+unix:///system?socket=/nowhere/libvirt-sock-ro")
        self.collectd = self.admin = None
        self._admin_port = None
        self._migration = None
        self._fills = 0

    def __enter__(self):
        try:
            self._set_up()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _set_up(self):
        enter = self._stack.enter_context
        self.disks = pathlib.Path(enter(tempfile.TemporaryDirectory(prefix="vmd-", dir="/tmp")))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOMY_MIB}M", "none", self.disks], check=True)
        self._stack.callback(subprocess.run, ["umount", "--lazy", self.disks], check=True)
        self.first = enter(Lab(guests=5, linux=3, hostname="kvm-1", pool=self.disks))
        self.second = enter(Lab(guests=0, extras=0, hostname="kvm-2", daemon_conf=OTHER_UUID))
        self._stack.callback(self.end_migration)
        for name, uri in {"kvm-1": self.first.uri("ro"), "kvm-2": self.second.uri("ro"), "demo": FLEET}.items():
            self.exporters[name] = enter(Exporter(uri, *COLLECTORS))
        for exporter in self.exporters.values():
            exporter.await_ready()
        self.collectd = enter(Collectd(virtmeter(self.first.uri("ro"), ExtraStats=EXTRA_STATS)))
        self.admin = enter(Admin(self.first.uri("rw")))
        self._admin_port = enter(serving(lambda _: ("text/plain", self.admin.get("/metrics").text)))
        self.first.virsh("pool-define-as", "spare", "dir", "--target", self.first.dir)
        self.first.await_linux()
        self.allocate("g0")
        for guest in ("g0", "g1"):
            self.run_inside(guest, "sh", "-c", READING)

    def jobs(self):
        """What Prometheus is to scrape: job -> address -> labels."""
        ports = {name: exporter.port for name, exporter in self.exporters.items()}
        ports |= {"kvm-3": free_port(), "kvm-4": self.lonely.port}
        clusters = {"demo": "demo"}
        return {"libvirt": {f"127.0.0.1:{port}": {"instance": name, "cluster": clusters.get(name, "lab")}
                            for name, port in ports.items()},
                "collectd": {f"127.0.0.1:{self.collectd.port}": {"instance": "kvm-1", "cluster": "lab"}},
                "virtmeter-admin": {f"127.0.0.1:{self._admin_port}": {"instance": "kvm-1", "cluster": "lab"}}}

    # -- the pool

    def _resize(self, kib):
        subprocess.run(["mount", "-o", f"remount,size={kib}k", self.disks], check=True)

    def fill_pool(self, guest):
        """The guest writes more than there is room for: it is paused by the I/O error, and the pool is full. A guest
        whose image has not got all its space may be paused as well."""
        usage = os.statvfs(self.disks)
        self._resize((usage.f_blocks - usage.f_bfree) * usage.f_frsize // 1024 + FULL_MARGIN_KIB)
        self._fills += 1
        self.run_inside(guest, "dd", "if=/dev/zero", f"of=/mnt/fill-{self._fills}", "bs=64k", f"count={MORE_KIB // 64}")
        self.await_state(guest, "paused (I/O error)")
        self.first.virsh("pool-refresh", "labpool")

    def empty_pool(self):
        self._resize(ROOMY_MIB * 1024)
        for guest in LINUX:
            self.first.virsh("resume", guest, check=False)  # those that run already say so
        self.first.virsh("pool-refresh", "labpool")

    def allocate(self, guest):
        """Gives the guest's image all its space, so that the guest can live in a full pool."""
        pid = self.run_inside(guest, "dd", "if=/dev/zero", "of=/mnt/all", "bs=64k")
        end = time.monotonic() + 60
        while not self._agent(guest, "guest-exec-status", pid=pid)["exited"]:
            assert time.monotonic() < end, f"{guest} still writes"
            time.sleep(0.2)
        self.run_inside(guest, "rm", "/mnt/all")

    # -- guests

    def _agent(self, guest, command, **arguments):
        """Asks the guest's agent, which needs a moment after a pause or a migration."""
        text = json.dumps({"execute": command, "arguments": arguments})
        end = time.monotonic() + 60
        while True:
            try:
                return json.loads(self.first.virsh("qemu-agent-command", guest, text))["return"]
            except LabError as error:
                if "agent is not" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def run_inside(self, guest, applet, *arguments):
        """Has the guest's agent start one of busybox' programs; its pid in the guest."""
        return self._agent(guest, "guest-exec", path="/bin/busybox", arg=[applet, *arguments])["pid"]

    def await_state(self, guest, state, seconds=60):
        end = time.monotonic() + seconds
        while (now := self.first.virsh("domstate", "--reason", guest).strip()) != state:
            assert time.monotonic() < end, f"{guest} is {now}, not {state}, after {seconds} s"
            time.sleep(0.2)

    def freeze(self, guest):
        """A freeze between a guest's two answers, for its statistics and for its job, also takes the jobs of others:
        tries until it has hit another moment."""
        for _ in range(10):
            self.first.freeze(guest)
            page = self._page_when("kvm-1", ("libvirt_domain_collected", frozenset({("domain", guest)})), "0")
            if page[("libvirt_exporter_collector_success", frozenset({("collector", "job")}))] == "1":
                return
            self.first.thaw(guest)
            time.sleep(2)
        raise AssertionError(f"{guest} takes the jobs of others with it, whenever it freezes")

    def _page_when(self, host, key, value, seconds=30):
        end = time.monotonic() + seconds
        while (page := self.exporters[host].series()).get(key) != value:
            assert time.monotonic() < end, f"{key} is {page.get(key)}, not {value}, after {seconds} s"
            time.sleep(0.5)
        return page

    def crash(self, guest):
        os.kill(self.first.pid(guest), signal.SIGKILL)
        self.await_state(guest, "shut off (crashed)")

    def flood(self):
        """More packets for all guests than fit into the queue of one that does not read them."""
        send = ("import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                "s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); "
                "[s.sendto(b'x' * 100, ('10.98.255.255', 9)) for _ in range(3000)]")
        self.first.ns(sys.executable, "-c", send)

    def administer(self):
        """The admin daemon does something, and refuses something."""
        for action in ("suspend", "resume"):
            self.admin.do(action, "tmp0")
        assert self.admin.ctl("list", user=STRANGER).code != 0

    # -- migrations of g1

    def _migrate(self, source, target):
        return source.popen("virsh", "migrate", "g1", target.uri("rw"), "--live", "--unsafe", "--persistent",
                            "--undefinesource", "--migrateuri", f"unix://{source.dir}/migration",
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def migrate_there_and_back(self):
        for source, target in ((self.first, self.second), (self.second, self.first)):
            process = self._migrate(source, target)
            output, _ = process.communicate(timeout=120)
            assert process.returncode == 0, output

    def begin_migration(self):
        """A slow one, which goes on until it is ended."""
        self.first.virsh("migrate-setspeed", "g1", "1")
        self._migration = self._migrate(self.first, self.second)
        end = time.monotonic() + 30
        while "Outgoing migration" not in self.first.virsh("domjobinfo", "g1"):
            assert time.monotonic() < end and self._migration.poll() is None, self._migration.communicate()
            time.sleep(0.2)

    def end_migration(self):
        if self._migration:
            self.first.virsh("domjobabort", "g1")
            self._migration.communicate(timeout=60)
            self._migration = None

    # -- all of them

    def provoke(self):
        """What was is over, and what is stays until the theatre closes."""
        self._stack.enter_context(self.lonely)
        self.first.virsh("autostart", "g4")
        self.administer()
        self.migrate_there_and_back()
        self.fill_pool("g1")
        self.empty_pool()
        self.allocate("g1")
        self.begin_migration()
        self.end_migration()
        self.fill_pool("g2")
        self.freeze("g3")
        self.crash("g4")
        self.flood()
        self.begin_migration()
