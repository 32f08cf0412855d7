"""What stands behind collectd gets our values, and the process keeps nothing of domains that come and go."""

import contextlib
import re
import subprocess
import sys
import threading
import time
import unittest

from collectd import PLUGIN, THEIRS, Collectd, sanitizers, virt, virtmeter
from lab import Lab
from prometheus import Prometheus

SELECTORS = ("cpu_util disk disk_err domain_state memory pcpu perf vcpu vcpupin disk_physical disk_allocation "
             "disk_capacity job_stats_background")
READS = 200


class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lab = cls.enterClassContext(Lab(guests=3))
        options = {"ExtraStats": SELECTORS}
        cls.collectd = cls.enterClassContext(Collectd(virt(lab.uri("ro"), **options),
                                                      virtmeter(lab.uri("ro"), **options)))
        for plugin in (THEIRS, "virtmeter"):
            cls.collectd.await_readings(3, plugin)

    def test_prometheus_gets_every_value(self):
        with Prometheus({"collectd": self.collectd}) as prometheus:
            prometheus.await_scrapes(4)
            found = prometheus.query('{__name__=~"collectd_virtmeter_.*"}')
            sources = sum(len(values) for values in self.collectd.latest().values())
            self.assertEqual(len(found), sources)
            for domain in ("g0", "g1", "tmp0"):
                self.assertEqual(prometheus.query(f'collectd_virtmeter_memory{{exported_instance="{domain}",'
                                                  f'virtmeter="total"}}').popitem()[1], 16 * 2**20)
                rate = prometheus.query(f'rate(collectd_virtmeter_virt_cpu_total_total'
                                        f'{{exported_instance="{domain}"}}[10s])')
                self.assertGreater(rate.popitem()[1], 0)
            complaints = [line for line in prometheus.log().splitlines()
                          if re.search(r"level=(warn|error)|[Pp]arse|[Aa]ppend failed", line)]
            self.assertEqual(complaints, [])

    def test_promtool_says_no_more_than_of_the_virt_plugin(self):
        """It does complain: collectd's names are not Prometheus' names. But our types are not to add anything."""
        done = subprocess.run(["promtool", "check", "metrics"], input=self.collectd.exposition(), capture_output=True,
                              text=True, timeout=60, check=False)
        said = {plugin: {line.replace(f"collectd_{plugin}_", "") for line in (done.stdout + done.stderr).splitlines()
                         if line.startswith(f"collectd_{plugin}_")} for plugin in (THEIRS, "virtmeter")}
        self.assertEqual({line for line in said["virtmeter"] - said[THEIRS]
                          if not line.startswith(("swap_io", "ps_pagefaults"))}, set())


class Churn:
    """Domains come, change and go until the end of the `with`."""

    def __init__(self, lab):
        self.lab, self.rounds = lab, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._errors = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join(60)
        if self._errors:
            raise self._errors[0]

    def _run(self):
        xml = self.lab.dir + "/xml"
        try:
            while not self._ended.is_set():
                for command in (["destroy", "g1"], ["undefine", "g1"], ["suspend", "g2"],
                                ["detach-interface", "g2", "network", "--live"], ["define", f"{xml}/g1.xml"],
                                ["start", "g1"], ["resume", "g2"], ["destroy", "tmp0"], ["create", f"{xml}/tmp0.xml"],
                                ["destroy", "g2"], ["start", "g2"]):
                    self.lab.virsh(*command, check=False)
                self.rounds += 1
        except Exception as error:  # noqa: BLE001  (the test's thread raises it)
            self._errors.append(error)


@unittest.skipUnless(sanitizers(), f"{PLUGIN} was built without a sanitizer")
class SanitizerTest(unittest.TestCase):
    def test_nothing_is_lost_in_many_readings_while_domains_come_and_go(self):
        env = {"ASAN_OPTIONS": "detect_leaks=1:fast_unwind_on_malloc=0:malloc_context_size=40:"
                               "stack_trace_format='    #%n %f %S %m'",  # which names the module, too
               "LSAN_OPTIONS": "exitcode=0"}
        with Lab(guests=3) as lab:
            with Collectd(virtmeter(lab.uri("ro"), ExtraStats=SELECTORS), interval=0.1, env=env) as collectd, \
                    Churn(lab) as churn:
                collectd.await_readings(READS)
            self.assertGreater(churn.rounds, 0)
        text = collectd.log()
        self.assertNotIn("ERROR: AddressSanitizer", text)
        self.assertNotIn("runtime error:", text)
        self.assertEqual(leaks(text), [])


def leaks(text):
    """The stacks that a leak sanitizer reports with our plugin in them; collectd has some of its own. What libvirt takes
    while it closes a connection nobody else can give back: it loses a copy of an error there at times."""
    found = re.findall(r"(?:Direct|Indirect) leak of .*?(?:\n\n|\Z)", text, re.S)
    return [leak for leak in found if str(PLUGIN) in leak and "virConnectClose" not in leak]


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
