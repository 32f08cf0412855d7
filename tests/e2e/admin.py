"""A virtmeter-admind for the time of a test, and ways to talk to it: as virtmeterctl does, and by raw HTTP.

    with Admin("test:///default", roles=Admin.ROLES) as admin:
        admin.ctl("start", "test", user=OPERATOR)
        admin.get("/v1/domains")

Its socket lies in a folder that only the group MEMBERS may enter; each user of a test is in that group, and all but
root are numbers without a name. It must end with exit code 0 when it gets SIGTERM, so a sanitizer's report, a crash or
a hang fails the test that used it."""

import collections
import contextlib
import functools
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from openapi import Description

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIRTMETER_ADMIND", str(ROOT / "build/dev/admin/virtmeter-admind"))
CTL = os.environ.get("VIRTMETERCTL", str(ROOT / "build/dev/ctl/virtmeterctl"))

MEMBERS = 61000  # the group that may enter
VIEWER, OPERATOR, POWER, DEFINER, STRANGER = 61001, 61002, 61003, 61004, 61009
ROLES = f"""
grants:
  - role: definer
    users: [0]
    domains: ["*"]
    networks: ["*"]
    pools: ["*"]
  - {{role: viewer, users: [{VIEWER}], domains: ["*"], networks: ["*"], pools: ["*"]}}
  - {{role: operator, users: [{OPERATOR}], domains: ["*"], networks: ["*"], pools: ["*"]}}
  - {{role: power, users: [{POWER}], domains: ["*"], networks: ["*"], pools: ["*"]}}
  - {{role: definer, users: [{DEFINER}], domains: ["*"], networks: ["*"], pools: ["*"]}}
"""

Answer = collections.namedtuple("Answer", "status headers json text seconds")
Done = collections.namedtuple("Done", "code out err")
EXITS = {"ok": 0, "failed": 1, "usage": 2, "not_found": 3, "not_permitted": 4, "wrong_state": 5, "timed_out": 6,
         "not_reachable": 7}


def as_user(user, *command, groups=()):
    """The command as that user, who is in MEMBERS and in these groups."""
    if user is None:
        return list(command)
    members = ",".join(str(group) for group in (MEMBERS, *groups))
    return ["setpriv", f"--reuid={user}", f"--regid={user}", f"--groups={members}", "--inh-caps=-all", *command]


@functools.cache
def description():
    return Description(BINARY)


class Admin:
    ROLES = ROLES

    def __init__(self, uri, *flags, roles=ROLES, inside=None, env=None, folder=None, small_audit=False, prefix=(), owner=0):
        """`inside`: a Lab in whose namespaces it runs; `folder`: where its files are, and stay; `small_audit`: its
        audit file is where it finds little room; `prefix`: a command that runs it; `owner`: as whom that does."""
        self.uri, self.flags, self.roles, self.lab, self.env = uri, flags, roles, inside, env or {}
        self.given_folder, self.small_audit, self.prefix, self.owner = folder, small_audit, prefix, owner
        self.folder = self.process = None

    # -- its life

    def __enter__(self):
        self.folder = pathlib.Path(self.given_folder or tempfile.mkdtemp(prefix="vma-", dir="/tmp"))
        self.folder.chmod(0o755)
        run = self.folder / "run"
        if not run.exists():
            run.mkdir()
            os.chown(run, self.owner, MEMBERS)
            run.chmod(0o2750)  # the socket gets the folder's group
            for name in ("save", "audit.d"):
                (self.folder / name).mkdir(0o700)
                os.chown(self.folder / name, self.owner, 0)
            self.write_roles(self.roles)
        self.socket, self.audit_file = str(run / "s"), self.folder / "audit.d/audit"
        if self.small_audit:
            (self.folder / "small").mkdir()
            self.audit_file = self.folder / "small/audit"
            mount = f"mount -t tmpfs -o size=64k,mode=755 tmpfs {self.folder}/small && exec \"$@\""
            self.prefix = ("unshare", "-m", "sh", "-c", mount, "sh")
        try:
            self.start()
        except BaseException:
            self.__exit__(RuntimeError)
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            if self.process:
                code = self.stop()
                assert kind or code == 0, f"the daemon ended with {code}:\n{self.log()[-9000:]}"
        finally:
            self.kill()
            if not self.given_folder:
                shutil.rmtree(self.folder)

    def write_roles(self, text):
        path = self.folder / "roles.yaml"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)

    def command(self):
        return [*self.prefix, BINARY, f"--libvirt.uri={self.uri}", f"--admin.socket={self.socket}",
                f"--admin.roles-file={self.folder}/roles.yaml", f"--admin.audit-file={self.audit_file}",
                f"--admin.save-directory={self.folder}/save", "--admin.user-limit=9999", "--admin.domain-limit=9999",
                "--admin.stop-limit=9999",
                *self.flags]

    def start(self, patience=20):
        with open(self.folder / "log", "ab") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            if self.lab:
                self.process = self.lab.popen("ns", *self.command(), env=self.env, **options)
            else:
                self.process = subprocess.Popen(self.command(), env=os.environ | self.env, **options)
        end = time.monotonic() + patience
        while True:
            try:
                if self.get("/v1/healthz", timeout=5).status in (200, 403):  # 403: root has no role here
                    return
            except (OSError, http.client.HTTPException):
                pass
            code = self.process.poll()
            if code is not None or time.monotonic() > end:
                raise AssertionError(f"the daemon is not well (exit code {code}):\n{self.log()[-9000:]}")
            time.sleep(0.05)

    def stop(self, patience=20):
        """Asks it to end; its exit code, or minus the signal that killed it."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the daemon did not end in {patience} s:\n{self.log()[-9000:]}") from None

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    # -- talking to it

    def ctl_command(self, user=None, groups=()):
        return as_user(user, CTL, "--socket", self.socket, groups=groups)

    def ctl(self, *arguments, user=None, groups=(), stdin="", timeout=120):
        """virtmeterctl without a terminal."""
        done = subprocess.run([*self.ctl_command(user, groups), *arguments], input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    def do(self, *arguments, user=None, **options):
        """The same with JSON, which must succeed; what it says."""
        done = self.ctl(*arguments, "--json", "--wait", "--yes", user=user, **options)
        assert done.code == 0, f"{arguments}: exit code {done.code}: {done.err}"
        operation = json.loads(done.out)
        description().validator("components", "schemas", "Operation").validate(operation)
        return operation

    def request(self, method, path, body=None, headers=None, timeout=60):
        """As root. A body that is no bytes is sent as JSON. What comes back must be as the daemon describes it."""
        headers = {"Host": "localhost", "Connection": "close"} | dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if body is not None:
            headers["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        began = time.monotonic()
        with contextlib.closing(self.raw(timeout)) as connection:
            with contextlib.suppress(BrokenPipeError):  # the answer may come before all is sent
                connection.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b""))
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            text = response.read().decode()
        kind = response.headers.get("Content-Type", "").split(";")[0]
        value = json.loads(text) if kind.endswith("json") else None
        description().check(method, path, response.status, kind, value)
        return Answer(response.status, response.headers, value, text, time.monotonic() - began)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body={} if body is None else body, **options)

    def raw(self, timeout=30):
        """A connection of bytes."""
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.connect(self.socket)  # which waits when many others do
        except OSError:
            made.close()
            raise
        made.settimeout(timeout)
        return made

    # -- what it has done

    def audit(self):
        """All lines of the audit file."""
        if not self.audit_file.exists():
            return []
        return [json.loads(line) for line in self.audit_file.read_text(encoding="utf-8").splitlines()]

    def domain(self, name):
        return self.get(f"/v1/domains/{name}").json

    def state(self, name):
        answer = self.get(f"/v1/domains/{name}")
        return answer.json["state"] if answer.status == 200 else None

    def metrics(self):
        """{name{labels}: value}"""
        lines = self.get("/metrics").text.splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if not line.startswith("#")}
