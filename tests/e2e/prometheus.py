"""Prometheus and Alertmanager for the time of a test.

    with Prometheus({"libvirt": ["127.0.0.1:9177"]}, rules=[file]) as prometheus:
        prometheus.await_scrapes(4)
        print(prometheus.query("up"))

Both are Debian's, on loopback, on ports of their own."""

import contextlib
import json
import pathlib
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from exporter import free_port
from web import serving

class QueryError(Exception):
    """Prometheus refused a query."""


class _Server:
    """A program that listens on a port of its own, in a folder of its own."""

    def __init__(self, folder=None):
        """folder: kept when the program ends; without one, it has one for the time it runs."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        if self.folder is None:
            self.folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="virtmeter-prometheus-"))
        self.folder = pathlib.Path(self.folder)
        with open(self.folder / "log", "wb") as log:
            process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       cwd=self.folder)
        self._stack.callback(process.wait, 20)
        self._stack.callback(process.terminate)
        try:
            self._await_ready(process, 60)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _command(self):
        raise NotImplementedError

    def _write(self, name, content):
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
        return path

    def log(self):
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as response:
            return response.read().decode("utf-8")

    def _await_ready(self, process, seconds):
        end = time.monotonic() + seconds
        while True:
            try:
                return self.get("/-/ready")
            except OSError:
                assert process.poll() is None and time.monotonic() < end, self.log()[-3000:]
                time.sleep(0.1)


class Prometheus(_Server):
    def __init__(self, jobs, rules=(), alertmanager=None, folder=None, interval=1, flags=()):
        """jobs: job name -> what has a port, a list of addresses, or address -> labels; rules: files; interval: seconds
        between scrapes, and between evaluations of rules; flags: more of its command line."""
        super().__init__(folder)
        self.interval, self.flags = interval, flags
        self.jobs, self.rules, self.alertmanager = jobs, rules, alertmanager

    def _command(self):
        jobs = [{"job_name": name, "static_configs": [{"targets": [target], "labels": labels}
                                                      for target, labels in _labelled(targets).items()]}
                for name, targets in self.jobs.items()]
        every = f"{self.interval}s"
        config = {"global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
                  "rule_files": [str(file) for file in self.rules], "scrape_configs": jobs}
        if self.alertmanager:
            target = {"targets": [f"127.0.0.1:{self.alertmanager.port}"]}
            config["alerting"] = {"alertmanagers": [{"static_configs": [target]}]}
        return ["prometheus", f"--config.file={self._write('prometheus.yml', config)}",
                f"--storage.tsdb.path={self.folder / 'data'}", "--storage.tsdb.retention.time=100y",
                f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=debug", *self.flags]

    def ask(self, path, **parameters):
        """The data that the HTTP API answers with."""
        try:
            answer = json.loads(self.get(f"/api/v1/{path}?" + urllib.parse.urlencode(parameters, doseq=True)))
        except urllib.error.HTTPError as error:
            raise QueryError(json.load(error)["error"]) from None
        return answer["data"]

    def query(self, expression, **parameters):
        """labels -> value, of an instant vector."""
        result = self.ask("query", query=expression, **parameters)["result"]
        return {frozenset(each["metric"].items()): float(each["value"][1]) for each in result}

    def await_scrapes(self, count, seconds=60):
        """Until each target was scraped that often."""
        targets = sum(len(_labelled(each)) for each in self.jobs.values())
        self.await_true(lambda: len(counts := self.query("count_over_time(up[5m])")) == targets and
                        min(counts.values()) >= count, seconds, f"{count} scrapes of {targets} targets")

    def await_data(self, expression, seconds=60):
        self.await_true(lambda: self.query(expression), seconds, expression)

    def await_true(self, condition, seconds, name):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s: {name}\n{self.log()[-3000:]}"
            time.sleep(0.2)


def _labelled(targets):
    if hasattr(targets, "port"):
        return {f"127.0.0.1:{targets.port}": {}}
    return targets if isinstance(targets, dict) else {target: {} for target in targets}


class Alertmanager(_Server):
    """With a receiver that keeps what it is told: `notices` holds (status, labels) in their order."""

    def __init__(self):
        super().__init__()
        self.notices = []
        self._receiver = None

    def __enter__(self):
        self._receiver = self._stack.enter_context(serving(self._receive))
        return super().__enter__()

    def _receive(self, body):
        self.notices.extend((alert["status"], alert["labels"]) for alert in json.loads(body)["alerts"])
        return "text/plain", ""

    def _command(self):
        config = {"route": {"receiver": "test", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s",
                            "repeat_interval": "1h"},
                  "receivers": [{"name": "test", "webhook_configs": [
                      {"url": f"http://127.0.0.1:{self._receiver}/", "send_resolved": True}]}]}
        return ["prometheus-alertmanager", f"--config.file={self._write('alertmanager.yml', config)}",
                f"--storage.path={self.folder / 'alerts'}", "--cluster.listen-address=",
                f"--web.listen-address=127.0.0.1:{self.port}"]

    def active(self, alerts):
        """Those of the alerts, name -> labels, that it holds now."""
        held = [alert["labels"] for alert in json.loads(self.get("/api/v2/alerts?active=true"))]
        return {name for name, labels in alerts.items()
                if any(({"alertname": name} | labels).items() <= has.items() for has in held)}

    def await_notice(self, status, name, seconds, since=0, **labels):
        """Until the receiver was told that this alert is firing or resolved; the first notices are not looked at."""
        end = time.monotonic() + seconds
        wanted = {"alertname": name} | labels
        while not any(each == status and wanted.items() <= has.items() for each, has in self.notices[since:]):
            assert time.monotonic() < end, f"{wanted} is not {status} within {seconds} s: {self.notices}"
            time.sleep(0.2)
