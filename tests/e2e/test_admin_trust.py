"""Who may have what done by virtmeter-admind, after which questions, and what is written down about it: with peers that
have other users and groups, on libvirt's test driver inside the daemon."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from admin import BINARY, DEFINER, EXITS, MEMBERS, OPERATOR, POWER, STRANGER, VIEWER, Admin, as_user

TEST_UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"  # of the one domain that test:///default has
NOBODY = 65534  # what the kernel says of users that do not exist here
GROUP = 61050


def grants(*rows, protected=""):
    return "grants:\n" + "".join(f"  - {{{row}}}\n" for row in rows) + protected


class TrustTest(unittest.TestCase):
    def daemon(self, roles=Admin.ROLES, *flags, **options):
        return self.enterContext(Admin("test:///default", *flags, roles=roles, **options))

    def codes(self, admin, user, *arguments, groups=()):
        return admin.ctl(*arguments, "--yes", "--wait", user=user, groups=groups).code

    # -- who

    def test_who_is_not_listed_may_do_nothing_root_included(self):
        admin = self.daemon(grants(f"role: viewer, users: [{VIEWER}], domains: ['*']", f"role: power, groups: [{GROUP}], "
                                                                                        "domains: ['*']"))
        for user in (0, STRANGER, NOBODY):
            for arguments in (("list",), ("show", "test"), ("destroy", "test"), ("whoami",), ("operation", "list"),
                              ("events",)):
                self.assertEqual(self.codes(admin, user, *arguments), EXITS["not_permitted"], (user, arguments))
        self.assertEqual(admin.get("/metrics").status, 403)
        self.assertEqual(self.codes(admin, VIEWER, "show", "test"), 0)
        self.assertEqual(self.codes(admin, VIEWER, "suspend", "test"), EXITS["not_permitted"])

    def test_groups_count_supplementary_ones_too(self):
        admin = self.daemon(grants(f"role: power, groups: [{GROUP}], domains: ['*']"))
        self.assertEqual(self.codes(admin, STRANGER, "suspend", "test"), EXITS["not_permitted"])
        self.assertEqual(self.codes(admin, STRANGER, "suspend", "test", groups=[GROUP]), 0)
        self.assertEqual(json.loads(admin.ctl("whoami", "--json", user=STRANGER, groups=[GROUP]).out)["role"], "power")

    def test_each_role_may_what_those_before_it_may(self):
        admin = self.daemon()
        for user, may in ((VIEWER, 0), (OPERATOR, 1), (POWER, 2), (DEFINER, 3)):
            for least, arguments in enumerate((("show", "test"), ("autostart", "test", "on"), ("set-vcpus", "test", "2"),
                                               ("undefine", "nobody"))):
                code = self.codes(admin, user, *arguments)
                if least <= may:
                    self.assertIn(code, (0, EXITS["not_found"]), (user, arguments))
                else:
                    self.assertIn(code, (EXITS["not_permitted"], EXITS["not_found"]), (user, arguments))

    def test_what_one_may_not_see_is_not_there(self):
        admin = self.daemon(grants(f"role: power, users: [{POWER}], domains: ['web-*']", f"role: power, users: [{OPERATOR}], "
                                   f"uuids: ['{TEST_UUID}']", "role: viewer, users: [0], domains: ['t?st']"))
        self.assertEqual(admin.ctl("list", "-q", user=POWER).out, "")
        self.assertEqual(self.codes(admin, POWER, "show", "test"), EXITS["not_found"])
        self.assertEqual(self.codes(admin, POWER, "suspend", "test"), EXITS["not_found"])
        self.assertEqual(admin.ctl("list", "-q", user=OPERATOR).out, "test\n")
        self.assertEqual(admin.ctl("list", "-q").out, "test\n")
        self.assertEqual(admin.ctl("networks", "-q", user=POWER).out, "")
        self.assertEqual(self.codes(admin, OPERATOR, "suspend", "test"), 0)

    # -- the roles file

    def start_and_fail(self, *flags):
        done = subprocess.run([BINARY, "--libvirt.uri=test:///default", *flags], capture_output=True, text=True,
                              timeout=20, check=False)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr + done.stdout

    def test_without_roles_it_does_not_start(self):
        with tempfile.TemporaryDirectory(prefix="vma-") as folder:
            rest = [f"--admin.socket={folder}/s", f"--admin.audit-file={folder}/audit"]
            self.assertIn("roles", self.start_and_fail(*rest))
            self.assertIn("/nowhere", self.start_and_fail(*rest, "--admin.roles-file=/nowhere/roles"))
            roles = pathlib.Path(folder, "roles.yaml")
            for text, where in (("grants:\n  - role: viewer\n    user: [0]\n", f"{roles}:3"), ("grunts: []\n", f"{roles}:1"),
                                ("grants: [\n", f"{roles}:"), ("", str(roles))):
                roles.write_text(text, encoding="ascii")
                roles.chmod(0o644)
                self.assertIn(where, self.start_and_fail(*rest, f"--admin.roles-file={roles}"))
            roles.write_text(Admin.ROLES, encoding="ascii")
            for mode in (0o666, 0o664):
                roles.chmod(mode)
                self.assertIn(str(roles), self.start_and_fail(*rest, f"--admin.roles-file={roles}"))
            roles.chmod(0o644)
            os.chown(roles, VIEWER, 0)
            self.assertIn(str(roles), self.start_and_fail(*rest, f"--admin.roles-file={roles}"))

    def test_roles_are_read_anew_and_bad_ones_change_nothing(self):
        admin = self.daemon()
        self.assertEqual(self.codes(admin, STRANGER, "show", "test"), EXITS["not_permitted"])
        admin.write_roles(grants(f"role: viewer, users: [0, {STRANGER}], domains: ['*']"))
        admin.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while self.codes(admin, STRANGER, "show", "test") and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(self.codes(admin, STRANGER, "show", "test"), 0)
        self.assertEqual(self.codes(admin, OPERATOR, "suspend", "test"), EXITS["not_permitted"])
        admin.write_roles("nonsense: true\n")
        admin.process.send_signal(signal.SIGHUP)
        while "nonsense" not in admin.log() and time.monotonic() < end:
            time.sleep(0.1)
        self.assertIn("nonsense", admin.log())
        self.assertEqual(self.codes(admin, STRANGER, "show", "test"), 0)

    # -- two steps

    def prepare(self, admin, action="destroy"):
        answer = admin.post(f"/v1/domains/test/{action}?prepare=1")
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def commit(self, admin, token, action="destroy", body=None):
        return admin.post(f"/v1/domains/test/{action}?wait=10", body, headers={"Confirm-Token": token})

    def test_what_destroys_takes_two_steps(self):
        admin = self.daemon()
        answer = admin.post("/v1/domains/test/destroy?wait=10")
        self.assertEqual((answer.status, answer.json["type"]), (428, "urn:virtmeter:problem:confirmation-required"))
        preparation = self.prepare(admin)
        self.assertEqual(preparation["target"]["uuid"], TEST_UUID)
        self.assertEqual(preparation["state"], "running")
        self.assertTrue(preparation["loses"])
        self.assertEqual(admin.state("test"), "running")
        for wrong in ("", "x", preparation["token"][:-1], preparation["token"] + "x"):
            self.assertIn(self.commit(admin, wrong).status, (403, 428))
        self.assertEqual(self.commit(admin, preparation["token"], "reset").status, 403)
        answer = self.commit(admin, self.prepare(admin)["token"])
        self.assertEqual((answer.status, answer.json["state"]), (200, "succeeded"), answer.text)
        self.assertEqual(admin.state("test"), "shutoff")

    def test_a_token_serves_once_in_one_state_for_one_user(self):
        admin = self.daemon()
        token = self.prepare(admin, "reset")["token"]
        self.assertEqual(self.commit(admin, token, "reset").status, 200)
        self.assertEqual(self.commit(admin, token, "reset").status, 403)
        token = self.prepare(admin)["token"]
        admin.do("suspend", "test")
        self.assertEqual(self.commit(admin, token).status, 403)
        self.assertEqual(admin.state("test"), "paused")
        token = self.prepare(admin)["token"]
        curl = ["curl", "-s", "--unix-socket", admin.socket, "-X", "POST", "-H", f"Confirm-Token: {token}", "-o", "-",
                "-w", "%{http_code}", "http://localhost/v1/domains/test/destroy"]
        done = subprocess.run(as_user(POWER, *curl), capture_output=True, text=True, timeout=30, check=True)
        self.assertTrue(done.stdout.endswith("403"), done.stdout)
        self.assertEqual(admin.state("test"), "paused")

    def test_some_may_skip_the_first_step(self):
        admin = self.daemon(grants("role: power, users: [0], domains: ['*'], skip-confirmation: true"))
        self.assertEqual(admin.post("/v1/domains/test/destroy?wait=10").status, 200)
        self.assertEqual(admin.state("test"), "shutoff")

    def test_a_dry_run_does_nothing(self):
        admin = self.daemon()
        before = admin.audit()
        for action in ("destroy", "shutdown", "suspend", "undefine"):
            done = admin.ctl(action, "test", "--dry-run", "--json")
            self.assertEqual((done.code, json.loads(done.out)["state"]), (0, "dry_run"), (action, done.err))
        self.assertEqual(admin.ctl("resume", "test", "--dry-run", "--if-state=paused").code, EXITS["wrong_state"])
        self.assertEqual(self.codes(admin, VIEWER, "suspend", "test", "--dry-run"), EXITS["not_permitted"])
        self.assertEqual(admin.state("test"), "running")
        self.assertEqual([line for line in admin.audit()[len(before):] if line["event"] != "denial"], [])

    # -- protection and brake

    def test_protected_domains_are_safe_from_everybody_until_another_lifts_it(self):
        admin = self.daemon(grants("role: definer, users: [0], domains: ['*'], lift-protection: true",
                                   f"role: power, users: [{POWER}], domains: ['*'], lift-protection: true",
                                   protected="protected:\n  domains: ['te*']\n"))
        self.assertEqual(self.codes(admin, None, "destroy", "test"), EXITS["not_permitted"])
        self.assertEqual(self.codes(admin, None, "suspend", "test"), EXITS["not_permitted"])
        self.assertEqual(self.codes(admin, POWER, "unprotect", "test"), 0)
        self.assertEqual(self.codes(admin, POWER, "suspend", "test"), EXITS["not_permitted"])
        self.assertEqual(self.codes(admin, None, "suspend", "test"), 0)
        self.assertEqual(self.codes(admin, POWER, "protect", "test"), 0)
        self.assertEqual(self.codes(admin, None, "resume", "test"), EXITS["not_permitted"])

    def test_a_loop_cannot_stop_everything(self):
        admin = self.daemon(Admin.ROLES, "--admin.stop-limit=3")
        statuses = []
        for _ in range(5):
            statuses.append(admin.post("/v1/domains/test/suspend?wait=10").status)
            admin.post("/v1/domains/test/resume?wait=10")
        self.assertEqual(statuses, [200, 200, 200, 429, 429])
        answer = admin.post("/v1/domains/test/suspend?wait=10")
        self.assertEqual(answer.json["type"], "urn:virtmeter:problem:rate-limited")
        self.assertTrue(0 < int(answer.headers["Retry-After"]) <= 60)
        self.assertEqual(admin.state("test"), "running")

    # -- the same thing asked for again

    def test_a_key_has_one_operation(self):
        admin = self.daemon()
        first = admin.post("/v1/domains/test/suspend?wait=10", headers={"Idempotency-Key": "k1"})
        admin.do("resume", "test")
        again = admin.post("/v1/domains/test/suspend?wait=10", headers={"Idempotency-Key": "k1"})
        self.assertEqual((first.status, again.status), (200, 200))
        self.assertEqual(again.json["id"], first.json["id"])
        self.assertEqual(again.headers["Idempotent-Replay"], "true")
        self.assertEqual(admin.state("test"), "running", "it was not done again")
        other = admin.post("/v1/domains/test/shutdown?wait=10", headers={"Idempotency-Key": "k1"})
        self.assertEqual((other.status, other.json["type"]), (422, "urn:virtmeter:problem:idempotency-conflict"))
        self.assertEqual(admin.ctl("suspend", "test", "--wait", "--key=k1", user=OPERATOR).code, 0)
        self.assertEqual(admin.state("test"), "paused", "another user's key is another")

    # -- the audit file

    def test_names_of_others_stay_on_their_line(self):
        admin = self.daemon()
        before = len(admin.audit())
        for name in ('a%0A{"event":"result"}', "a%1B[31m", "%E2%80%AEabc", "a%22b"):
            answer = admin.post(f"/v1/domains/{name}/start")
            self.assertIn(answer.status, (400, 404, 422))
        admin.ctl("destroy", 'x\n{"event": "result"}', "--yes", user=STRANGER)
        text = admin.audit_file.read_text(encoding="ascii")
        self.assertEqual(len(admin.audit()), len(text.splitlines()))
        self.assertFalse([c for c in text if ord(c) < 32 and c != "\n"])
        self.assertNotIn("result", [line["event"] for line in admin.audit()[before:]])
        for line in admin.log().splitlines():
            self.assertTrue(line.isprintable(), line)

    def test_the_file_is_only_its_owners_and_knows_no_secrets(self):
        admin = self.daemon()
        token = self.prepare(admin)["token"]
        self.commit(admin, token)
        admin.post("/v1/domains/define", {"xml": "<domain type='test'><name>secretive</name></domain>"})
        self.assertEqual(admin.audit_file.stat().st_mode & 0o777, 0o600)
        text = admin.audit_file.read_text(encoding="ascii")
        self.assertNotIn(token, text)
        self.assertNotIn("<domain", text)
        for line in admin.audit():
            self.assertLessEqual({"time", "event", "uid", "gid", "groups", "pid", "action", "target"}, line.keys())

    def test_what_cannot_be_written_down_is_not_done(self):
        """On a file system that fills up: the daemon runs where it alone is small."""
        folder = tempfile.mkdtemp(prefix="vma-")
        self.addCleanup(subprocess.run, ["rm", "-rf", folder], check=True)
        admin = self.daemon(folder=folder, small_audit=True)
        for _ in range(400):
            if admin.post("/v1/domains/test/suspend?wait=10").status == 503:
                break
            admin.post("/v1/domains/test/resume?wait=10")
        state = admin.state("test")
        action = "suspend" if state == "running" else "resume"
        answer = admin.post(f"/v1/domains/test/{action}?wait=10")
        self.assertEqual((answer.status, answer.json["type"]), (503, "urn:virtmeter:problem:audit-failed"))
        self.assertEqual(admin.state("test"), state)
        self.assertEqual(admin.get("/v1/domains").status, 200)
        self.assertGreater(admin.metrics()["virtmeter_admin_audit_failures_total"], 0)

    # -- the socket

    def test_loose_folders_are_refused(self):
        with tempfile.TemporaryDirectory(prefix="vma-") as top:
            os.chmod(top, 0o755)
            folder, link = pathlib.Path(top, "run"), pathlib.Path(top, "link")
            folder.mkdir()
            roles = pathlib.Path(top, "roles.yaml")
            roles.write_text(Admin.ROLES, encoding="ascii")
            rest = [f"--admin.roles-file={roles}", f"--admin.audit-file={top}/audit"]
            for mode in (0o777, 0o775, 0o1777):
                folder.chmod(mode)
                self.assertIn(str(folder), self.start_and_fail(f"--admin.socket={folder}/s", *rest), oct(mode))
            folder.chmod(0o750)
            link.symlink_to(folder)
            self.assertIn(str(link), self.start_and_fail(f"--admin.socket={link}/s", *rest))
            os.chown(folder, VIEWER, 0)
            self.assertIn(str(folder), self.start_and_fail(f"--admin.socket={folder}/s", *rest))
            os.chown(folder, 0, 0)
            (folder / "s").write_text("not a socket", encoding="ascii")
            self.assertIn(str(folder), self.start_and_fail(f"--admin.socket={folder}/s", *rest))
            self.assertEqual((folder / "s").read_text(encoding="ascii"), "not a socket")
            self.start_and_fail("--admin.socket=@abstract", *rest)

    def test_only_one_daemon_has_the_socket_and_a_dead_ones_is_replaced(self):
        admin = self.daemon()
        self.assertEqual(pathlib.Path(admin.socket).stat().st_mode & 0o777, 0o660)
        self.assertIn(admin.socket, self.start_and_fail(f"--admin.socket={admin.socket}",
                                                        f"--admin.roles-file={admin.folder}/roles.yaml",
                                                        f"--admin.audit-file={admin.folder}/other"))
        self.assertEqual(admin.state("test"), "running")
        admin.kill()
        self.assertTrue(pathlib.Path(admin.socket).exists())
        admin.start()
        self.assertEqual(admin.state("test"), "running")

    def test_systemd_may_hand_it_over(self):
        with tempfile.TemporaryDirectory(prefix="vma-") as top:
            os.chmod(top, 0o755)
            roles = pathlib.Path(top, "roles.yaml")
            roles.write_text(Admin.ROLES, encoding="ascii")
            command = ["systemd-socket-activate", "-l", f"{top}/s", BINARY, "--libvirt.uri=test:///default",
                       f"--admin.roles-file={roles}", f"--admin.audit-file={top}/audit"]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                end = time.monotonic() + 20
                client = Admin("")
                client.socket = f"{top}/s"
                while not pathlib.Path(client.socket).exists() and time.monotonic() < end:
                    time.sleep(0.05)
                self.assertEqual(client.ctl("list", "-q").out, "test\n")
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(20), 0)
                self.assertTrue(pathlib.Path(client.socket).exists(), "it is systemd's to remove")
            finally:
                process.kill()
                process.wait()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
