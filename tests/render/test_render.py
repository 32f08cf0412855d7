"""Grafana's own components draw every dashboard from what tests/e2e/test_dashboards.py has recorded."""

import json
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/e2e"))
from prometheus import Prometheus  # noqa: E402  pylint: disable=wrong-import-position

RECORD = ROOT / "build/dashboards"
PICTURES = ROOT / "build/render/pictures"
CONTROLS = ROOT / "tests/render/controls"


class RenderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.record = json.loads((RECORD / "record.json").read_text(encoding="utf-8"))
        cls.prometheus = cls.enterClassContext(Prometheus({}, folder=RECORD))

    def draw(self, *files):
        """(whether all is well, what was said)"""
        choices = [f"--var={name}={value}" for name, value in self.record["choices"].items()]
        done = subprocess.run(
            ["node", ROOT / "tests/render/draw.mjs", f"--prometheus={self.prometheus.url}", f"--out={PICTURES}",
             f"--from={self.record['begin'] * 1000:.0f}", f"--to={self.record['end'] * 1000:.0f}",
             f"--scrape={self.record['interval']}", *choices, *files],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False)
        return done.returncode == 0, done.stdout + done.stderr

    def test_every_dashboard_is_drawn_with_data(self):
        is_well, said = self.draw(*sorted((ROOT / "dashboards/out/grafana").glob("*.json")))
        print(said, file=sys.stderr)
        self.assertTrue(is_well, said)

    def test_a_sound_dashboard_passes(self):
        is_well, said = self.draw(CONTROLS / "sound.json")
        self.assertTrue(is_well, said)

    def test_a_broken_expression_is_found(self):
        is_well, said = self.draw(CONTROLS / "broken.json")
        self.assertFalse(is_well, said)
        self.assertIn("parse error", said)

    def test_a_query_without_data_is_found(self):
        is_well, said = self.draw(CONTROLS / "empty.json")
        self.assertFalse(is_well, said)
        self.assertIn('says "No data"', said)


if __name__ == "__main__":
    unittest.main(warnings="error")
