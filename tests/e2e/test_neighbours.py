"""Clients that collect at the same moment do not rob each other of series.

libvirt's NOWAIT leaves out what another client happens to ask for at that moment. Two exporters and an operator's virsh
ask a host of 20 guests in step, as fast as they can: 20 seconds of it, or a minute with VIRTMETER_LONG=1."""

import os
import subprocess
import sys
import threading
import time
import unittest

from exporter import Exporter
from lab import Lab
from soak import await_first, scrape, what_lacks

GUESTS = 20
SECONDS = 60 if os.environ.get("VIRTMETER_LONG") == "1" else 20
ROUND_SECONDS = 9.5  # the timeout of a scrape, less what the exporter keeps back for the way


class InStep:
    """Runs the callables again and again, each in its own thread; all begin each round together."""

    def __init__(self, *parties):
        self.errors, self.rounds = [], 0
        self._barrier = threading.Barrier(len(parties), timeout=60)
        self._end = None
        self._threads = [threading.Thread(target=self._run, args=(party,)) for party in parties]

    def run(self, seconds):
        self._end = time.monotonic() + seconds
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()
        if self.errors:
            raise self.errors[0]

    def _run(self, party):
        try:
            while True:
                if self._barrier.wait() == 0:
                    self.rounds += 1
                    if time.monotonic() > self._end:
                        self._barrier.abort()
                party()
        except threading.BrokenBarrierError:
            pass
        except Exception as error:  # noqa: BLE001  (the test's thread raises it)
            self.errors.append(error)
            self._barrier.abort()


class NeighboursTest(unittest.TestCase):
    def virsh(self, uri):
        """What it gets, in lines: fewer when it was robbed, and none when it failed, which is its own affair."""
        done = subprocess.run(["virsh", "-q", "-c", uri, "domstats", "--raw", "--nowait"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        return len(done.stdout.splitlines())

    def test_clients_that_collect_together_get_all_series_each(self):
        with Lab(guests=GUESTS) as lab, \
                Exporter(lab.uri("ro"), "--scrape.coalesce=0s") as first, \
                Exporter(lab.uri("ro"), "--scrape.coalesce=0s") as second:
            baseline = await_first(first, GUESTS + 1)
            await_first(second, GUESTS + 1)
            lines, whole_lines = [], self.virsh(lab.uri("ro"))
            answers = {first: [], second: []}
            InStep(lambda: answers[first].append(scrape(first)), lambda: answers[second].append(scrape(second)),
                   lambda: lines.append(self.virsh(lab.uri("ro")))).run(SECONDS)
        robbed = sum(count < whole_lines for count in lines)
        seconds = sorted(answer.seconds for each in answers.values() for answer in each)
        print(f"    {len(seconds)} answers: median {seconds[len(seconds) // 2]:.3f} s, longest {seconds[-1]:.3f} s; "
              f"virsh was robbed in {robbed} of {len(lines)} rounds", file=sys.stderr)
        lacks = [what for each in answers.values() for answer in each for what in what_lacks(answer.page, baseline)]
        self.assertEqual(lacks, [])
        self.assertGreater(len(seconds), SECONDS)
        self.assertLess(seconds[-1], ROUND_SECONDS)
        self.assertGreater(robbed, 0, "there was no contention: this proves nothing")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
