"""A real Prometheus for the time of a test.

    with Prometheus({"job": exporter}) as prometheus:
        prometheus.await_scrapes(5)
        print(prometheus.query("up"))
"""

import contextlib
import json
import pathlib
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

from exporter import free_port


class Prometheus:
    """Scrapes each second; anything with a `port` can be a target."""

    def __init__(self, targets):
        """targets: job name -> Exporter, or what else has a port"""
        self.targets = targets
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._stack = contextlib.ExitStack()
        self._log = None

    def __enter__(self):
        folder = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="virtmeter-prometheus-")))
        jobs = [{"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{exporter.port}"]}]}
                for name, exporter in self.targets.items()]
        config = folder / "prometheus.yml"
        config.write_text(json.dumps({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                                      "scrape_configs": jobs}), encoding="utf-8")  # JSON is YAML
        self._log = folder / "log"
        with open(self._log, "wb") as log:
            process = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=debug"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        self._stack.callback(process.wait, 20)
        self._stack.callback(process.terminate)
        try:
            self._await_ready(process, 30)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def log(self):
        return self._log.read_text(encoding="utf-8", errors="replace")

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as response:
            return response.read().decode("utf-8")

    def query(self, expression):
        """label text -> value, of an instant vector."""
        answer = json.loads(self.get("/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
        assert answer["status"] == "success", answer
        return {frozenset(each["metric"].items()): float(each["value"][1]) for each in answer["data"]["result"]}

    def await_scrapes(self, count, seconds=60):
        end = time.monotonic() + seconds
        while True:
            counts = self.query("count_over_time(up[5m])")
            if len(counts) == len(self.targets) and min(counts.values()) >= count:
                return
            assert time.monotonic() < end, f"{counts}\n{self.log()[-3000:]}"
            time.sleep(0.2)

    def _await_ready(self, process, seconds):
        end = time.monotonic() + seconds
        while True:
            try:
                return self.get("/-/ready")
            except OSError:
                assert process.poll() is None and time.monotonic() < end, self.log()[-3000:]
                time.sleep(0.1)
