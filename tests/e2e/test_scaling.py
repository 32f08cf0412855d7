"""The Prometheus configuration that we ship: it finds hosts, names them, and sends on what the page Fleet needs."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from dashboard import Dashboard
from exporter import FLEET, ROOT, Exporter
from prometheus import Prometheus
from web import serving

SHIPPED = ROOT / "docs/prometheus"
OUT = ROOT / "dashboards/out"


class Shipped(Prometheus):
    """The shipped configuration, with the addresses and folders of this test and quicker by far."""

    def __init__(self, folder, changes):
        super().__init__({}, folder=folder)
        self.changes = changes

    def _command(self):
        command = super()._command()
        text = (SHIPPED / "prometheus.yml").read_text(encoding="utf-8")
        for old, new in self.changes.items():
            assert text.count(old) == 1, f"{old!r} is not once in prometheus.yml"
            text = text.replace(old, new)
        (self.folder / "prometheus.yml").write_text(text, encoding="utf-8")
        return command


class ShippedConfigurationTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        enter = cls.enterClassContext
        first, second = (enter(Exporter(FLEET)) for _ in range(2))
        for exporter in (first, second):
            exporter.await_ready()
        folder = pathlib.Path(enter(tempfile.TemporaryDirectory(prefix="virtmeter-shipped-")))
        (folder / "hosts").mkdir()
        (folder / "rules").mkdir()
        shutil.copy(OUT / "prometheus/rules.yaml", folder / "rules")
        hosts = (SHIPPED / "hosts/example.yml").read_text(encoding="utf-8")
        (folder / "hosts/east.yml").write_text(
            hosts.replace("kvm-1.example", "127.0.0.3").replace("kvm-2.example:9177", f"127.0.0.1:{first.port}"))
        inventory = json.dumps([{"targets": [f"localhost:{second.port}", "[::1]"], "labels": {}}])
        inventory_port = enter(serving(lambda _: ("application/json", inventory)))
        cls.central = enter(Prometheus({}, flags=["--web.enable-remote-write-receiver"]))
        cls.begin = time.time()
        cls.edge = enter(Shipped(folder, {
            "scrape_interval: 30s": "scrape_interval: 1s", "scrape_timeout: 10s": "scrape_timeout: 1s",
            "evaluation_interval: 30s": "evaluation_interval: 1s",
            "/etc/prometheus/virtmeter/*.yaml": f"{folder}/rules/*.yaml",
            "/etc/prometheus/virtmeter/hosts/*.yml": f"{folder}/hosts/*.yml",
            "http://inventory.example/": f"http://127.0.0.1:{inventory_port}/",
            "https://metrics.example/api/v1/write": f"{cls.central.url}/api/v1/write"}))

    def test_promtool_accepts_it(self):
        done = subprocess.run(["promtool", "check", "config", SHIPPED / "prometheus.yml"],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_hosts_come_from_files_and_from_the_inventory_with_names_and_clusters(self):
        self.edge.await_data('count(libvirt_up{instance=~"127.0.0.1|localhost"}) == 2')
        targets = {(target["labels"]["instance"], target["labels"]["cluster"], target["scrapeUrl"].rsplit(":", 1)[1])
                   for target in self.edge.ask("targets")["activeTargets"]}
        ports = {instance: port for instance, _, port in targets}
        self.assertEqual({(instance, cluster) for instance, cluster, _ in targets},
                         {("127.0.0.3", "east"), ("127.0.0.1", "east"), ("localhost", "default"), ("[::1]", "default")})
        self.assertEqual({ports["127.0.0.3"], ports["[::1]"]}, {"9177/metrics"})

    def test_the_page_fleet_shows_elsewhere_what_it_shows_here(self):
        for prometheus in (self.edge, self.central):
            prometheus.await_data('count(job:libvirt_domain_cpu_seconds:rate5m{cluster=~"east|default"}) == 2')
        time.sleep(5)
        end = time.time() - 2  # what was sent last is under way
        page = OUT / "grafana/fleet.json"
        here, elsewhere = (Dashboard(page, each, self.begin, end).lacks() for each in (self.edge, self.central))
        self.assertEqual(elsewhere, here)
        self.assertEqual(self.central.query('{__name__=~"libvirt_domain_(block|vcpu|interface).*"}'), {})
        sent, kept = (sum(each.query('count({__name__=~".+"})').values()) for each in (self.central, self.edge))
        self.assertLess(sent, kept / 2)


if __name__ == "__main__":
    unittest.main(warnings="error")
