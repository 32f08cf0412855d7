"""A virtmeter-exporter for the time of a test.

    with Exporter(lab.uri("ro"), "--some.flag") as exporter:
        status, headers, text, seconds = exporter.scrape()

The binary is $VIRTMETER_EXPORTER, or the one of the `dev` build. It must end with exit code 0 when it gets SIGTERM, so
a sanitizer's report, a crash or a hang fails the test that used it."""

import gzip
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

from exposition import FormatError, families, series, show  # noqa: F401  (tests take them from here)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("VIRTMETER_EXPORTER", str(ROOT / "build/dev/exporter/virtmeter-exporter"))
FLEET = f"test://{urllib.parse.quote(str(ROOT / 'demo/fleet.xml'))}"  # the host of ./demo.sh


class _Connection(http.client.HTTPConnection):
    """Goes to the loopback of a lab when it is given one."""

    def __init__(self, port, timeout, lab):
        super().__init__("127.0.0.1", port, timeout=timeout)
        self.lab = lab

    def connect(self):
        if self.lab is None:
            super().connect()
        else:
            self.sock = self.lab.connect(self.port, self.timeout)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Exporter:
    def __init__(self, uri, *flags, inside=None, env=None):
        """`inside`: a Lab in whose namespaces the exporter runs, for a URI that only leads somewhere there."""
        self.port = free_port()
        self.lab = inside
        self.command = [BINARY, f"--libvirt.uri={uri}", f"--web.listen-address=127.0.0.1:{self.port}", *flags]
        self.env = env or {}
        self.process = None
        self._log = None

    def __enter__(self):
        self._log = tempfile.NamedTemporaryFile(prefix="virtmeter-exporter-", suffix=".log")
        options = {"stdin": subprocess.DEVNULL, "stdout": self._log, "stderr": self._log}
        if self.lab:
            self.process = self.lab.popen("ns", *self.command, env=self.env, **options)
        else:
            self.process = subprocess.Popen(self.command, env=os.environ | self.env, **options)
        try:
            self._await_ok("/-/healthy", 20)
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, kind, *_):
        try:
            code = self.stop()
        finally:
            self._kill()
        if kind is None:  # the test's own failure says more
            assert code == 0, f"the exporter ended with {code}:\n{self.log()[-5000:]}"

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        """All that it has written to its standard output and error."""
        return pathlib.Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    def stop(self, patience=20):
        """Asks it to end; its exit code (or minus the signal that killed it)."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the exporter did not end in {patience} s:\n{self.log()[-5000:]}") from None

    def scrape(self, headers=None, path="/metrics", timeout=60):
        """(status, headers, text, seconds); headers can be asked in any case, a gzip body is unpacked."""
        began = time.monotonic()
        connection = _Connection(self.port, timeout, self.lab)
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        seconds = time.monotonic() - began
        if response.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return response.status, response.headers, body.decode("utf-8"), seconds

    def series(self, **options):
        """One scrape that must succeed, parsed."""
        status, _, text, _ = self.scrape(**options)
        assert status == 200, f"status {status}: {text[:500]}"
        return series(text)

    def await_ready(self, patience=20):
        """Until libvirt has answered it once; before that, it is only healthy."""
        self._await_ok("/-/ready", patience)

    def _await_ok(self, path, patience):
        end = time.monotonic() + patience
        while True:
            try:
                if self.scrape(path=path, timeout=5)[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                pass
            code = self.process.poll()
            if code is not None or time.monotonic() > end:
                raise AssertionError(f"{path} is not well (exit code {code}):\n{self.log()[-5000:]}")
            time.sleep(0.05)

    def _kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
