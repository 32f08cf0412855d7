"""Every query of every dashboard, and alerts on their way to a person, on hosts that have every trouble there is."""

import json
import os
import re
import shutil
import time
import unittest

from dashboard import Dashboard
from exporter import ROOT
from prometheus import Alertmanager, Prometheus
from theatre import Theatre, with_private_mounts

OUT = ROOT / "dashboards/out"
# What was recorded stays here: tests/render draws from it.
RECORD = ROOT / "build/dashboards"
# Pages are for one host, or one guest of it; of the others all are shown.
CHOICES = {"instance": "kvm-1", "domain": "g1"}
INTERVAL = 2  # seconds between scrapes: a busy machine needs more than one for a scrape
# How long the troubles are watched; with some minutes, the pictures are prettier.
WATCH_SECONDS = int(os.environ.get("VIRTMETER_WATCH_SECONDS", "15"))
ALERT_SECONDS = 60  # for what fires after a second or two, on a busy machine


def impatient(file, folder):
    """A copy of the rules for a short play: `for` is a second, groups are evaluated as often, and what is a rate of
    five minutes is one of twenty seconds."""
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^(\s*(?:- )?(?:for|interval|keep_firing_for)): \S+$", r"\1: 1s", text)
    copy = folder / file.name
    copy.write_text(text.replace("[5m]", "[20s]"), encoding="utf-8")
    return copy


class DashboardsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.theatre = cls.enterClassContext(Theatre())
        shutil.rmtree(RECORD, ignore_errors=True)
        RECORD.mkdir(parents=True)
        cls.alertmanager = cls.enterClassContext(Alertmanager())
        rules = [impatient(file, RECORD) for file in sorted((OUT / "prometheus").glob("*.yaml"))]
        cls.begin = time.time()
        cls.prometheus = cls.enterClassContext(
            Prometheus(cls.theatre.jobs(), rules, cls.alertmanager, RECORD, INTERVAL))
        cls.prometheus.await_data('count(libvirt_up{instance=~"kvm-1|kvm-2|demo"} == 1) == 3')

    def await_notices(self, status, since, names):
        for name, labels in names.items():
            self.alertmanager.await_notice(status, name, ALERT_SECONDS, since, **labels)

    def await_silence(self, names):
        self.prometheus.await_true(lambda: not self.alertmanager.active(names), ALERT_SECONDS, "no alert")

    def test_1_alerts_reach_a_person_and_end(self):
        theatre = self.theatre
        alerts = {"LibvirtGuestStuck": {"domain": "g3", "instance": "kvm-1"},
                  "LibvirtUnreachable": {"instance": "kvm-2"},
                  "LibvirtPoolFull": {"storage_pool": "labpool", "instance": "kvm-1"}}
        self.await_silence(alerts)
        since = len(self.alertmanager.notices)
        try:
            theatre.first.freeze("g3")
            theatre.second.kill_daemon()
            theatre.fill_pool("g2")
            self.await_notices("firing", since, alerts)
            self.assertEqual(self.alertmanager.active(alerts), alerts.keys())
        finally:
            theatre.first.thaw("g3")
            theatre.second.start_daemon()
            theatre.empty_pool()
        self.await_notices("resolved", since, alerts)
        self.await_silence(alerts)

    def test_2_every_query_returns_data(self):
        self.theatre.provoke()
        time.sleep(WATCH_SECONDS)
        end = time.time()
        (RECORD / "record.json").write_text(json.dumps({"begin": self.begin, "end": end, "choices": CHOICES,
                                                        "interval": INTERVAL}))
        lacks = []
        for file in sorted((OUT / "grafana").glob("*.json")):
            lacks += Dashboard(file, self.prometheus, self.begin, end, CHOICES).lacks()
        self.assertEqual(lacks, [])


if __name__ == "__main__":
    with_private_mounts()
    unittest.main(warnings="error")
