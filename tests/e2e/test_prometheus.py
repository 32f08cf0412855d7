"""What Prometheus, its tools and other HTTP clients make of the exporter."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from prometheus_client.openmetrics import parser as openmetrics

from exporter import BINARY, FLEET, Exporter, families, free_port, series
from lab import Lab
from prometheus import Prometheus
from soak import is_up, scrape, value

OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}
# Moves with each answer, whichever collection that shows.
MOVING = re.compile("process_|libvirt_exporter_(refresh_duration|stuck_calls)")


class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=3, linux=1))
        cls.real = cls.enterClassContext(Exporter(cls.lab.uri("ro")))
        cls.fleet = cls.enterClassContext(Exporter(FLEET))
        cls.lab.await_linux()
        for exporter in (cls.real, cls.fleet):
            await_page(exporter)

    def test_prometheus_scrapes_without_a_complaint(self):
        with Prometheus({"real": self.real, "fleet": self.fleet}) as prometheus:
            prometheus.await_scrapes(6)
            for expression in ("min_over_time(up[5m])", "min_over_time(libvirt_up[5m])"):
                self.assertEqual(list(prometheus.query(expression).values()), [1, 1], expression)
            self.assert_queries_are_answered(prometheus)
            own = prometheus.get("/metrics")
            for name in ("duplicate_timestamp", "out_of_bounds", "out_of_order", "exceeded_sample_limit"):
                self.assertRegex(own, rf"(?m)^prometheus_target_scrapes?_(sample_)?{name}_total 0$")
            complaints = [line for line in prometheus.log().splitlines()
                          if re.search(r"level=(warn|error)|[Dd]uplicate|[Pp]arse|[Aa]ppend failed", line)]
            self.assertEqual(complaints, [])

    def assert_queries_are_answered(self, prometheus):
        """Some that people write; the numbers are those of the lab: four domains run, one is off."""
        for expression, answer in {
            'sum by (state) (libvirt_node_domains{job="real"}) > 0': [1, 4],
            'count(libvirt_domain_state{job="real",state="running"} == 1)': [4],
            'count(rate(libvirt_domain_cpu_seconds_total{job="real"}[5s]) >= 0)': [4],
            'count(libvirt_domain_vcpus * on(job, domain) group_left(uuid) libvirt_domain_info{job="real"})': [5],
            'count(time() - libvirt_domain_last_collected_timestamp_seconds{job="real"} < 10)': [4],
            'sum(libvirt_domain_collected{job="real"})': [4],
            'sum(libvirt_domain_state{job="fleet"}) == bool count(libvirt_domain_info{job="fleet"})': [1],
        }.items():
            self.assertEqual(sorted(prometheus.query(expression).values()), answer, expression)

    def test_promtool_finds_nothing_to_say(self):
        for exporter in (self.real, self.fleet):
            text = exporter.scrape()[2]
            done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_openmetrics_is_parsed_by_the_reference_and_says_the_same(self):
        for uri in (self.lab.uri("ro"), FLEET):
            with Exporter(uri, "--scrape.coalesce=1m") as exporter:
                await_page(exporter)
                status, headers, text, _ = exporter.scrape(headers=OPENMETRICS)
                self.assertEqual(status, 200)
                self.assertTrue(headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0"))
                parsed = {}
                for family in openmetrics.text_string_to_metric_families(text):
                    for sample in family.samples:
                        key = (sample.name, frozenset(sample.labels.items()))
                        self.assertNotIn(key, parsed)
                        parsed[key] = sample.value
                plain = series(exporter.scrape()[2])
                self.assertEqual(parsed.keys(), plain.keys())
                wrong = {key for key in plain if not MOVING.match(key[0]) and float(plain[key]) != parsed[key]}
                self.assertEqual(wrong, set())

    def test_a_compressed_body_says_the_same(self):
        with Exporter(self.lab.uri("ro"), "--scrape.coalesce=1m") as exporter:
            await_page(exporter)
            _, headers, packed, _ = exporter.scrape(headers={"Accept-Encoding": "gzip"})
            self.assertEqual(headers["Content-Encoding"], "gzip")
            _, headers, plain, _ = exporter.scrape(headers={"Accept-Encoding": "identity"})
            self.assertNotIn("Content-Encoding", headers)
            self.assertEqual(int(headers["Content-Length"]), len(plain.encode("utf-8")))
            lines = [[line for line in text.splitlines() if not MOVING.match(line)] for text in (packed, plain)]
            self.assertEqual(lines[0], lines[1])
            self.assertGreater(len(lines[0]), 500)

    def test_each_family_has_its_help(self):
        for name, family in families(self.real.scrape()[2]).items():
            self.assertTrue(family.help, name)


def await_page(exporter, seconds=20):
    end = time.monotonic() + seconds
    while not is_up(scrape(exporter).page):
        assert time.monotonic() < end, exporter.log()[-3000:]
        time.sleep(0.1)


class HttpTest(unittest.TestCase):
    """The edges of HTTP, from outside."""

    @classmethod
    def setUpClass(cls):
        cls.exporter = cls.enterClassContext(Exporter(FLEET))
        await_page(cls.exporter)

    def curl(self, path, *arguments):
        """(status, headers in lower case, body)"""
        done = subprocess.run(["curl", "-sS", "-i", "--max-time", "20", *arguments,
                               f"http://127.0.0.1:{self.exporter.port}{path}"],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(first.split()[1]), headers, body

    def raw(self, text):
        """What comes back when exactly this is sent."""
        with socket.create_connection(("127.0.0.1", self.exporter.port), timeout=20) as connection:
            connection.sendall(text)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer

    def assert_alive(self):
        self.assertEqual(self.curl("/metrics")[0], 200)

    def test_head_is_get_without_a_body(self):
        for path in ("/metrics", "/", "/-/healthy"):
            status, headers, body = self.curl(path, "--head")
            self.assertEqual((status, body), (200, b""), path)
            self.assertEqual(headers["content-type"], self.curl(path)[1]["content-type"])
            self.assertGreater(int(headers["content-length"]), 0)

    def test_what_is_not_there_is_404(self):
        for path in ("/nothing", "/metrics/", "/metrics/x", "//metrics", "/-/", "/METRICS", "/%2e%2e/etc/passwd"):
            self.assertEqual(self.curl(path, "--path-as-is")[0], 404, path)
        self.assert_alive()

    def test_other_methods_are_405_and_say_which_are_allowed(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get", "NONSENSE"):
            status, headers, _ = self.curl("/metrics", "-X", method)
            self.assertEqual((status, headers.get("allow")), (405, "get, head"), method)

    def test_a_request_with_a_body_is_refused(self):
        self.assertEqual(self.curl("/metrics", "-X", "GET", "-d", "x" * 100000)[0], 413)
        self.assert_alive()

    def test_a_huge_head_is_refused(self):
        self.assertEqual(self.curl("/metrics", "-H", "X-Huge: " + "x" * 60000)[0], 431)
        self.assertIn(self.curl("/" + "x" * 60000)[0], (414, 431))
        self.assert_alive()

    def test_garbage_is_refused(self):
        for garbage in (b"GARBAGE OF NO KNOWN KIND\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n",
                        b"GET /metrics HTTP/1.1\r\nNo colon here\r\nHost: x\r\n\r\n", b"\0\1\2\3\r\n\r\n"):
            answer = self.raw(garbage)
            self.assertRegex(answer, rb"^(HTTP/1\.[01] (400|505) |$)", garbage)
        self.assert_alive()

    def test_http_1_0_and_pipelining_work(self):
        answer = self.raw(b"GET /-/healthy HTTP/1.0\r\n\r\n")
        self.assertRegex(answer, rb"^HTTP/1\.[01] 200 ")
        twice = self.raw(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
                         b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        self.assertEqual(twice.count(b"200 OK"), 2)

    def test_idle_connections_keep_nobody_out(self):
        with contextlib.ExitStack() as stack:
            for _ in range(50):
                stack.enter_context(socket.create_connection(("127.0.0.1", self.exporter.port), timeout=20))
            began = time.monotonic()
            self.assert_alive()
            self.assertLess(time.monotonic() - began, 1.5)
        self.assert_alive()

    def test_a_client_that_goes_away_does_no_harm(self):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", self.exporter.port), timeout=20) as connection:
                connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assert_alive()

    def test_every_collector_of_the_demo_succeeds(self):
        page = series(self.exporter.scrape()[2])
        succeeded = {dict(labels)["collector"]: value for (name, labels), value in page.items()
                     if name == "libvirt_exporter_collector_success"}
        self.assertIn("node", succeeded)
        self.assertEqual(set(succeeded.values()), {"1"}, succeeded)

    def test_collectors_can_be_chosen(self):
        status, _, body = self.curl("/metrics?collect[]=node", "--globoff")
        page = series(body.decode("utf-8"))
        self.assertEqual(status, 200)
        self.assertIsNotNone(value(page, "libvirt_node_cpus"))
        self.assertEqual([key for key in page if key[0] == "libvirt_domain_info"], [])
        self.assertEqual(self.curl("/metrics?collect[]=nonsense", "--globoff")[0], 400)


class StartTest(unittest.TestCase):
    """How it begins, and how it refuses to."""

    def run_exporter(self, *flags):
        """(exit code, what it wrote)"""
        done = subprocess.run([BINARY, *flags], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
        return done.returncode, done.stdout

    def test_a_wrong_flag_is_named_and_ends_with_2(self):
        for flags, named in {
            ("--nonsense",): "nonsense",
            ("--domain.include=(",): "domain.include",
            ("--domain.exclude=*",): "domain.exclude",
            ("--device.include=[",): "device.include",
            ("--device.exclude=a{2,1}",): "device.exclude",
            ("--domain.metadata-label=x=//[",): "domain.metadata-label",
            ("--domain.metadata-label=no-xpath",): "domain.metadata-label",
            ("--web.listen-address=nowhere",): "web.listen-address",
            ("--web.listen-address=127.0.0.1:99999",): "web.listen-address",
            ("--web.listen-address",): "web.listen-address",
            ("--web.telemetry-path=metrics",): "web.telemetry-path",
            ("--web.max-requests=-1",): "web.max-requests",
            ("--libvirt.max-stuck-calls=many",): "libvirt.max-stuck-calls",
            ("--scrape.timeout=1parsec",): "scrape.timeout",
            ("--log.level=loud",): "log.level",
            ("--log.format=xml",): "log.format",
            ("--collector.nonsense",): "collector.nonsense",
            ("stray",): "stray",
        }.items():
            with self.subTest(flags):
                code, output = self.run_exporter(*flags)
                self.assertEqual(code, 2)
                self.assertIn(named, output)

    def test_a_port_in_use_ends_with_1_and_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            code, output = self.run_exporter("--libvirt.uri=test:///default", f"--web.listen-address={address}")
        self.assertEqual(code, 1)
        self.assertIn(address, output)

    def test_a_second_address_in_use_ends_with_1(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            flags = [f"--web.listen-address=127.0.0.1:{port}" for port in (free_port(), taken.getsockname()[1])]
            code, _ = self.run_exporter("--libvirt.uri=test:///default", *flags)
        self.assertEqual(code, 1)

    def test_a_libvirt_that_cannot_be_reached_is_down_not_the_end(self):
        with tempfile.TemporaryDirectory() as folder:
            for uri in ("nonsense:///x", "qemu+nonsense:///system", f"qemu+unix:///system?socket={folder}/none",
                        f"test://{folder}/none.xml", "qemu+tcp://127.0.0.1:1/system", "not a uri"):
                with self.subTest(uri), Exporter(uri) as exporter:
                    answer = scrape(exporter)
                    self.assertFalse(is_up(answer.page))
                    self.assertEqual([key for key in answer.page if key[0].startswith("libvirt_domain")], [])
                    self.assertLess(answer.seconds, 1.5)
                    self.assertEqual(exporter.scrape(path="/-/healthy")[0], 200)
                    self.assertEqual(exporter.scrape(path="/-/ready")[0], 503)
                    self.assertEqual(exporter.log().count("no connection to libvirt"), 1)

    def test_it_listens_where_it_is_told_to(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/metrics.sock"
            with Exporter(FLEET, f"--web.listen-address=unix:{path}", "--web.telemetry-path=/x/y.z") as exporter:
                done = subprocess.run(["curl", "-sS", "--unix-socket", path, "http://x/x/y.z"],
                                      capture_output=True, text=True, timeout=20, check=True)
                self.assertIsNotNone(value(series(done.stdout), "libvirt_up"))
                self.assertEqual(exporter.scrape(path="/metrics")[0], 404)
                self.assertEqual(exporter.scrape(path="/x/y.z")[0], 200)
            self.assertFalse(os.path.exists(path))

    def test_list_metrics_and_version_and_help_end_with_0(self):
        for flag, part in (("--list-metrics", "libvirt_up"), ("--version", "virtmeter-exporter "), ("--help", "Usage")):
            code, output = self.run_exporter(flag)
            self.assertEqual(code, 0)
            self.assertIn(part, output)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
