#!/usr/bin/python3
"""What virtmeter-admind adds to libvirt: the time of a list of 200 domains, and what suspending and resuming a guest
takes through it, role, audit file and events included, more than the bare calls take. In a lab with one guest that
runs.

    admin.py --build BUILD [--json FILE]"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

from measure import ToolError, median

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from lab import Lab  # noqa: E402  # it lies beside the end-to-end tests

DOMAINS = 200
LISTS = 50
ACTS = 60
GUEST = "g0"


class Connection(http.client.HTTPConnection):
    """One that stays open, to a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)

    def ask(self, method, path, status=200):
        """The answer's document, and how long it took, in ms."""
        began = time.perf_counter()
        self.request(method, path)
        response = self.getresponse()
        text = response.read()
        took = (time.perf_counter() - began) * 1e3
        if response.status != status:
            raise ToolError(f"{method} {path}: {response.status}: {text.decode()}")
        return json.loads(text), took


@contextlib.contextmanager
def daemon(build, uri):
    with tempfile.TemporaryDirectory(prefix="vmb-", dir="/tmp") as folder:
        roles, path = os.path.join(folder, "roles"), os.path.join(folder, "s")
        with open(roles, "w", encoding="utf-8") as file:
            file.write("grants: [{role: power, users: [0], domains: ['*']}]\n")
        limits = [f"--admin.{name}-limit=9999" for name in ("stop", "user", "domain")]
        with subprocess.Popen([build / "admin/virtmeter-admind", f"--libvirt.uri={uri}", f"--admin.socket={path}",
                               f"--admin.roles-file={roles}", f"--admin.audit-file={folder}/audit", *limits],
                              stderr=subprocess.DEVNULL) as process:
            try:
                yield await_connection(path, process)
            finally:
                process.terminate()


def await_connection(path, process):
    for _ in range(200):
        connection = Connection(path)
        with contextlib.suppress(OSError, ToolError):
            connection.ask("GET", "/v1/healthz")
            return connection
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise ToolError("virtmeter-admind is not well")


def define_others(lab, count):
    folder = pathlib.Path(lab.dir, "others")
    folder.mkdir()
    commands = []
    for i in range(count):
        path = folder / f"{i}.xml"
        path.write_text(f"<domain type='qemu'><name>other-{i}</name><memory>8192</memory>"
                        "<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>", encoding="utf-8")
        commands.append(f"define {path}")
    lab.virsh("; ".join(commands), timeout=120)


def floor(build, uri):
    """Medians of what the bare calls take, in ms."""
    done = subprocess.run([build / "tests/bench/bench_act", uri, GUEST], input="\n" * ACTS, text=True, check=True,
                          stdout=subprocess.PIPE)
    times = [[int(word) / 1e6 for word in line.split()] for line in done.stdout.splitlines()]
    return [median(column) for column in zip(*times)]


def through_daemon(connection):
    times = {"suspend": [], "resume": []}
    for _ in range(ACTS):
        for action, took in times.items():
            took.append(connection.ask("POST", f"/v1/domains/{GUEST}/{action}?wait=30")[1])
    return [median(took) for took in times.values()]


def measure(build):
    with Lab(guests=1, extras=0) as lab:
        define_others(lab, DOMAINS - 1)
        uri = lab.uri("rw")
        bare = floor(build, uri)
        with daemon(build, uri) as connection:
            lists = [connection.ask("GET", "/v1/domains") for _ in range(LISTS)]
            if len(lists[-1][0]["domains"]) != DOMAINS:
                raise ToolError(f"{len(lists[-1][0]['domains'])} domains in the list")
            served = through_daemon(connection)
        again = floor(build, uri)
    bare = [min(pair) for pair in zip(bare, again)]
    return {"domains": DOMAINS, "acts": ACTS, "list_ms": median([took for _, took in lists]), "suspend_ms": served[0], "resume_ms": served[1],
            "bare_suspend_ms": bare[0], "bare_resume_ms": bare[1],
            "overhead_ms": max(a - b for a, b in zip(served, bare))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), required=True)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    results = measure(options.build)
    for name, number in results.items():
        print(f"{name:20} {number:12.2f}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
