"""What programs cost: CPU clocks and memory of processes, and the tools that are compared.

A tool is started once and then asked many times. `ask` does what one scrape of a Prometheus server does and says how
long it took and how many series came."""

import gzip
import http.client
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import time

# the tools' names
MAIN = "virtmeter-exporter"
BULK = "bare bulk call"
DEBIAN = "prometheus-libvirt-exporter"

SETTLE = 0.06  # what a tool still does after its answer belongs to that answer
# as Prometheus asks
HEADERS = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
           "Accept-Encoding": "gzip", "X-Prometheus-Scrape-Timeout-Seconds": "10"}


class ToolError(Exception):
    """A tool that is measured did not do what it must."""


# ---- clocks and memory of other processes

def cpu_ns(pid):
    """All CPU time that a process has used, with that of its threads that have ended: what /proc/PID/task/*/schedstat
    counts, read from the process's clock. 0 when it is gone."""
    try:
        return time.clock_gettime_ns(~pid << 3 | 2)  # MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED)
    except OSError:
        return 0


def memory_kib(pid):
    """The kernel's figures of a process's memory: VmRSS, VmHWM, RssAnon, RssFile, …, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return {name: int(number) for name, number in re.findall(r"^(\w+):\s+(\d+) kB$", status.read(), re.M)}


class Host:
    """The processes of a lab, whose CPU time is watched."""

    def __init__(self, lab):
        self.daemon = lab.pid()
        folder = pathlib.Path(lab.dir, "run/qemu")
        self.guests = [int(file.read_text(encoding="ascii")) for file in folder.glob("*.pid")
                       if file.name != "driver.pid"]

    def clocks(self):
        return time.monotonic(), cpu_ns(self.daemon), sum(cpu_ns(pid) for pid in self.guests)


# ---- numbers

def median(numbers):
    return percentile(numbers, 50)


def percentile(numbers, percent):
    """Of the numbers themselves; a median of an even number of them is the mean of the middle two."""
    ordered = sorted(numbers)
    if percent == 50 and len(ordered) % 2 == 0:
        return sum(ordered[len(ordered) // 2 - 1:len(ordered) // 2 + 1]) / 2
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


# ---- versions

def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().split("\n")[0]


def package_version(name):
    return first_line("dpkg-query", "-W", "-f=${Version}", name)


# ---- tools

class Tool:
    """A program that stays, started and stopped by `with`."""

    name = "?"

    def __init__(self, command, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
        self.command = command
        self.env = os.environ | (env or {})
        self.pipes = {"stdin": stdin, "stdout": stdout}
        self.process = None
        self.log = None

    def __enter__(self):
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(self.command, env=self.env, stderr=self.log, **self.pipes)
        try:
            self.await_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.process.pid

    def await_ready(self):
        """Returns when the tool can be asked."""

    def ask(self, timeout=60):
        """(seconds, series): how long one answer took, and what came. TimeoutError when it takes too long."""
        raise NotImplementedError

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(number)
                try:
                    self.process.wait(5)
                except subprocess.TimeoutExpired:
                    continue
        for stream in (self.process.stdin, self.process.stdout, self.log):
            if stream:
                stream.close()

    def fail(self, what):
        self.log.seek(0)
        raise ToolError(f"{self.name} {what}:\n{self.log.read()[-3000:]}")


class Bulk(Tool):
    """One bulk call for each line that bench_bulk gets; its series are the parameters that libvirt sent."""

    name = BULK

    def __init__(self, binary, uri, *arguments):
        super().__init__([binary, uri, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, timeout=60):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            raise TimeoutError
        answer = self.process.stdout.readline().split()
        if not answer:
            self.fail("has ended")
        return int(answer[0]) / 1e9, int(answer[4])


class Exporter(Tool):
    """Something that serves metrics over HTTP; a connection is made for each scrape."""

    def __init__(self, name, command, env=None):
        """In `command`, {address} stands for where to listen."""
        self.name = name
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        super().__init__([word.format(address=f"127.0.0.1:{self.port}") for word in command], env)
        self.body = b""

    def await_ready(self):
        end = time.monotonic() + 20
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.fail("does not listen")

    def ask(self, timeout=60, headers=None):
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", "/metrics", headers=HEADERS if headers is None else headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        seconds = time.monotonic() - began
        if response.status != 200:
            self.fail(f"answered with {response.status} {body[:200]}")
        self.body = gzip.decompress(body) if response.headers.get("Content-Encoding") == "gzip" else body
        return seconds, sum(line[:1] not in (b"#", b"") for line in self.body.split(b"\n"))
