"""What virtmeter-admind keeps off the host, on a real libvirtd with real guests: files that an image names, secrets in
what is shown, and every way in but the socket."""

import os
import pathlib
import re
import subprocess
import unittest

from admin import DEFINER, POWER, VIEWER, Admin
from lab import Lab

IMAGES = "/var/lib/libvirt/images"
FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures/admin"
TAGGED = 61005
ROLES = Admin.ROLES + f"  - {{role: operator, users: [{TAGGED}], tags: [mine]}}\n"


def domain_xml(name, chain=""):
    return f"""<domain type='qemu'><name>{name}</name><memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{IMAGES}/evil.qcow2'/>{chain}
    <target dev='vda' bus='virtio'/></disk><controller type='usb' model='none'/><memballoon model='none'/></devices>
</domain>"""


class FencesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=1, extras=0))
        cls.images = pathlib.Path(cls.lab.dir, "lib/images")
        cls.images.mkdir(parents=True, exist_ok=True)
        cls.admin = cls.enterClassContext(Admin(cls.lab.uri("rw"), roles=ROLES))

    def remove(self, name):
        for action in ("destroy", "undefine"):
            self.lab.virsh(action, name, check=False)

    def open_files(self, name):
        """What the guest's QEMU has open, by its path in the lab."""
        folder = pathlib.Path(f"/proc/{self.lab.pid(name)}/fd")
        return {os.readlink(fd).rsplit("/", 1)[-1] for fd in folder.iterdir()}

    def test_what_a_guest_wrote_into_its_image_opens_no_file(self):
        secret = pathlib.Path(self.lab.dir, "secret.raw")
        secret.write_bytes(b"secret".ljust(1 << 20, b"\0"))
        image = self.images / "evil.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", secret, "-F", "raw", image], check=True)
        path = pathlib.Path(self.lab.dir, "evil.xml")
        path.write_text(domain_xml("careless"), encoding="utf-8")
        self.addCleanup(self.remove, "careless")
        self.lab.virsh("create", str(path))
        self.assertIn("secret.raw", self.open_files("careless"))  # this is what must not happen
        self.remove("careless")

        refused = self.admin.post("/v1/domains/create?wait=30", {"xml": domain_xml("evil")})
        self.assertEqual((refused.status, refused.json["type"].rsplit(":", 1)[1]), (422, "xml-refused"), refused.text)
        self.assertIn("<backingStore>", refused.json["detail"])
        self.addCleanup(self.remove, "evil")
        made = self.admin.post("/v1/domains/create?wait=30", {"xml": domain_xml("evil", "<backingStore/>")})
        self.assertEqual(made.status, 201, made.text)
        files = self.open_files("evil")
        self.assertIn("evil.qcow2", files)
        self.assertNotIn("secret.raw", files)

    def test_what_libvirt_makes_of_a_definition_can_be_defined_again(self):
        xml = (FIXTURES / "qemu-desktop.xml").read_text(encoding="utf-8")
        self.addCleanup(self.remove, "desktop")
        made = self.admin.post("/v1/domains/define?wait=30", {"xml": xml})
        self.assertEqual(made.status, 201, made.text)
        for title in ("One", "Two"):
            shown = self.admin.get("/v1/domains/desktop/xml?inactive=1").json
            changed = re.sub("<title>.*</title>", f"<title>{title}</title>", shown["xml"])
            done = self.admin.post("/v1/domains/define?wait=30", {"xml": changed, "replaces": shown["sha256"]})
            self.assertEqual(done.status, 201, done.text)
        self.assertIn("<title>Two</title>", self.lab.virsh("dumpxml", "desktop"))
        for action in ("suspend", "resume"):  # it is the same domain, which does not run
            self.assertEqual(self.admin.post(f"/v1/domains/desktop/{action}?wait=30").status, 409)

    def test_secrets_are_not_shown(self):
        path = pathlib.Path(self.lab.dir, "secrets.xml")
        path.write_text("""<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>secrets</name>
  <memory unit='MiB'>16</memory><os><type arch='x86_64'>hvm</type></os>
  <sysinfo type='fwcfg'><entry name='opt/key'>HUSH1</entry></sysinfo>
  <devices><graphics type='vnc' passwd='HUSH2'/></devices>
  <qemu:commandline><qemu:arg value='-name'/><qemu:arg value='HUSH3'/></qemu:commandline></domain>""", encoding="utf-8")
        self.addCleanup(self.remove, "secrets")
        self.lab.virsh("define", str(path))
        known = self.lab.virsh("dumpxml", "secrets", "--security-info")
        self.assertEqual(sorted(re.findall("HUSH.", known)), ["HUSH1", "HUSH2", "HUSH3"])
        for query in ("", "?inactive=1"):
            shown = self.admin.get(f"/v1/domains/secrets/xml{query}").json["xml"]
            self.assertIn("<name>secrets</name>", shown)
            self.assertNotIn("HUSH", shown)
        self.assertNotIn("HUSH", self.admin.get("/v1/domains/secrets/info").text)

    def test_tags_that_virsh_sets_are_a_scope(self):
        self.assertEqual(self.admin.ctl("suspend", "g0", "--wait", user=TAGGED).code, 3)
        self.lab.virsh("metadata", "g0", "urn:virtmeter:tags:1", "--key", "virtmeter", "--set",
                       "<tags><tag>mine</tag></tags>", "--live")
        for action, state in (("suspend", "paused"), ("resume", "running")):
            done = self.admin.ctl(action, "g0", "--wait", user=TAGGED)
            self.assertEqual(done.code, 0, done.err)
            self.assertEqual(self.admin.state("g0"), state)
        self.assertEqual(self.admin.ctl("destroy", "g0", "--wait", "--yes", user=TAGGED).code, 4)

    def test_only_definers_define(self):
        path = pathlib.Path(self.lab.dir, "small.xml")
        path.write_text(domain_xml("small", "<backingStore/>"), encoding="utf-8")
        self.addCleanup(self.remove, "small")
        for user, code in ((VIEWER, 4), (POWER, 4), (TAGGED, 4), (DEFINER, 0)):
            done = self.admin.ctl("define", "-", "--wait", user=user, stdin=path.read_text(encoding="utf-8"))
            self.assertEqual(done.code, code, f"{user}: {done.err}")

    def test_there_is_no_way_in_but_the_socket(self):
        pid = self.admin.process.pid
        inodes = {match[1] for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()
                  if (match := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(fd)))}
        self.assertTrue(inodes)
        for kind in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
            lines = pathlib.Path(f"/proc/{pid}/net/{kind}").read_text(encoding="ascii").splitlines()[1:]
            self.assertFalse(inodes & {line.split()[9] for line in lines}, kind)
        listening = [line.split() for line in pathlib.Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]
                     if line.split()[6] in inodes and int(line.split()[3], 16) & 0x10000]
        self.assertEqual([line[7] for line in listening], [self.admin.socket])  # one, and no abstract one


if __name__ == "__main__":
    unittest.main()
