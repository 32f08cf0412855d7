#!/usr/bin/python3
"""Faults come and go at random while the exporter is scraped: every answer in time, whole again after each storm, and
at the end no more descriptors, threads and memory than at the beginning.

    ./soak.py MINUTES [SEED]

The seed is printed; the same one gives the same faults. What this file offers besides - looking at a page, scraping in
the background, measuring a process - the tests of single faults use, too."""

import collections
import contextlib
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import threading
import time

from exporter import Exporter, series, show
from lab import Lab, LabError

# As Prometheus asks with its default timeout.
HEADERS = {"X-Prometheus-Scrape-Timeout-Seconds": "10"}
# A call that hangs is given up after a second, so the scrape that meets it first takes a little longer than that.
# On a quiet machine that is 1.5 seconds at most; a busy one must not fail the test, and the real figures are printed.
ANSWER_SECONDS = 2.5
# A storm can add a second fault to a scrape that has met one already.
ANSWER_SECONDS_IN_STORM = 3.5
# How long after libvirtd itself has answered everything must be there again.
RECOVERY_SECONDS = 5
# A sanitizer keeps freed memory for long, which would look like a leak. Without one this says nothing.
SMALL_QUARANTINE = {"ASAN_OPTIONS": ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1"]))}

# What only the hypervisor knows. Of a guest that does not answer everything else must be there.
MONITOR_ONLY = (
    "libvirt_domain_cpu_haltpoll_", "libvirt_domain_cpu_mode_", "libvirt_domain_vcpu_", "libvirt_domain_vcpus_maximum",
    "libvirt_domain_memory_rss_", "libvirt_domain_memory_guest_", "libvirt_domain_iothreads", "libvirt_domain_block_",
)
NOT_MONITOR_ONLY = ("libvirt_domain_block_info",)

Answer = collections.namedtuple("Answer", "began wall seconds page")  # by the monotonic and by the wall clock
Usage = collections.namedtuple("Usage", "descriptors threads resident_kib")


# ---- looking at a page


def value(page, name, **labels):
    return page.get((name, frozenset(labels.items())))


def is_up(page):
    return value(page, "libvirt_up") == "1"


def domain_of(key):
    return dict(key[1]).get("domain")


def collected(page):
    """The active domains: True when all their statistics came back."""
    return {domain_of(key): text == "1" for key, text in page.items() if key[0] == "libvirt_domain_collected"}


def stuck(page):
    return {domain for domain, is_whole in collected(page).items() if not is_whole}


def needs_monitor(key):
    return key[0].startswith(MONITOR_ONLY) and not key[0].startswith(NOT_MONITOR_ONLY)


def lasting(page):
    """The series that a healthy host always has, without the labels that may change: no events, errors and jobs, which
    come and go with the faults. (A machine without a UUID of its own gets one from each libvirtd, and for a moment after
    its start libvirtd 9 gives an empty drive the type of a driver.)"""
    fleeting = ("libvirt_domain_lifecycle_", "libvirt_domain_events_", "libvirt_domain_job", "libvirt_object_events_",
                "libvirt_domain_start_timestamp_", "libvirt_domain_io_errors_", "libvirt_exporter_libvirt_call")
    changing = {"libvirt_domain_state_reason_info": ("state", "reason"), "libvirt_node_info": ("host_uuid",),
                "libvirt_domain_block_info": ("driver_type",)}
    return {(name, frozenset(pair for pair in labels if pair[0] not in changing.get(name, ())))
            for name, labels in page if not name.startswith(fleeting)}


def missing(page, baseline, stuck_domains=()):
    """What the baseline has and the page lacks, as a person would write it; of stuck domains the cheap values count."""
    return [show(key) for key in sorted(baseline - lasting(page), key=show)
            if not (domain_of(key) in stuck_domains and needs_monitor(key))]


# ---- scraping


def scrape(exporter):
    began, wall = time.monotonic(), time.time()
    status, _, text, seconds = exporter.scrape(headers=HEADERS)
    if status != 200:
        raise AssertionError(f"status {status}: {text[:200]}")
    return Answer(began, wall, seconds, series(text))


def what_lacks(page, baseline):
    """Sentences on what keeps the page from being whole; empty when it is."""
    if not is_up(page):
        return ["libvirt_up is 0"]
    return [f"{domain} is stuck" for domain in sorted(stuck(page))] + missing(page, baseline)


def await_whole(exporter, baseline, seconds):
    """The first answer that has all that the baseline has, and how long it took until it was there."""
    began = time.monotonic()
    while True:
        answer = scrape(exporter)
        lacks = what_lacks(answer.page, baseline)
        if not lacks:
            return answer, time.monotonic() - began
        if time.monotonic() - began > seconds:
            lines = "\n".join(lacks[:20] + [f"instead: {show(key)}" for key in lasting(answer.page) - baseline])
            raise AssertionError(f"not whole within {seconds} s, {len(lacks)} lack:\n{lines}\n{exporter.log()[-3000:]}")
        time.sleep(0.05)


def await_first(exporter, domains, seconds=20):
    """The first whole page of an exporter that has just started: what later ones are compared with."""
    def is_there(page):
        return is_up(page) and len(collected(page)) == domains and not stuck(page)
    end = time.monotonic() + seconds
    while True:
        page = scrape(exporter).page
        if is_there(page):
            return lasting(page)
        if time.monotonic() > end:
            raise AssertionError(f"no whole page within {seconds} s:\n{exporter.log()[-3000:]}")
        time.sleep(0.05)


class Scraping:
    """Scrapes in the background until the end of the `with`; what went wrong there is raised here."""

    def __init__(self, exporter, interval, longest=ANSWER_SECONDS):
        self.exporter, self.interval, self.longest = exporter, interval, longest
        self.answers = []
        self._ended = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._ended.set()
        self._thread.join()
        if kind is None:
            self.check()

    def check(self):
        if self._error:
            raise self._error
        late = [round(answer.seconds, 3) for answer in self.answers if answer.seconds > self.longest]
        if late:
            raise AssertionError(f"answers that took longer than {self.longest} s: {late}")

    def _run(self):
        try:
            while not self._ended.wait(self.interval):
                self.answers.append(scrape(self.exporter))
        except Exception as error:  # noqa: BLE001  (the test thread raises it)
            self._error = error


# ---- a process, and signals to it


def usage(pid):
    process = pathlib.Path("/proc", str(pid))
    status = dict(line.split(":", 1) for line in (process / "status").read_text(encoding="utf-8").splitlines())
    return Usage(len(os.listdir(process / "fd")), len(os.listdir(process / "task")), int(status["VmRSS"].split()[0]))


def median_usage(usages):
    return Usage(*(statistics.median(column) for column in zip(*usages)))


@contextlib.contextmanager
def stopped(*pids):
    """SIGSTOP now, SIGCONT at the end."""
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def await_daemon(lab, seconds=60):
    """Until libvirtd gives the whole statistics of all domains to a client that simply waits for them."""
    end = time.monotonic() + seconds
    while True:
        try:
            lab.virsh("domstats", timeout=max(1, end - time.monotonic()))
            return
        except (LabError, subprocess.TimeoutExpired):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


# ---- the storm


class Storm:
    """The faults. Each takes as long as it takes; frozen guests stay frozen until they are thawed or healed."""

    def __init__(self, lab, guests, chance):
        self.lab, self.guests, self.chance = lab, guests, chance
        self.frozen = {}  # guest -> pid
        self.done = collections.Counter()

    def strike(self, fault=None):
        fault = fault or self.chance.choice(self.FAULTS)
        self.done[fault.__name__] += 1
        fault(self)

    def freeze_guest(self):
        guest = self.chance.choice(self.guests)
        self.frozen[guest] = self.lab.pid(guest)
        os.kill(self.frozen[guest], signal.SIGSTOP)

    def thaw_guest(self):
        if self.frozen:
            guest = self.chance.choice(sorted(self.frozen))
            os.kill(self.frozen.pop(guest), signal.SIGCONT)

    def kill_guest(self):
        guest = self.chance.choice(self._restartable())
        os.kill(self.frozen.pop(guest, None) or self.lab.pid(guest), signal.SIGKILL)
        self._start(guest)

    def destroy_guest(self):
        guest = self.chance.choice(sorted(set(self._restartable()) & set(self._lively())))
        self.lab.virsh("destroy", guest)
        self._start(guest)

    def suspend_guest(self):
        guest = self.chance.choice(self._lively())
        self.lab.virsh("suspend", guest)
        self._pause()
        self.lab.virsh("resume", guest)

    def freeze_daemon(self):
        with stopped(self.lab.pid()):
            self._pause(4)

    def restart_daemon(self):
        self._thaw_all()  # a libvirtd that starts would wait for them
        self.lab.kill_daemon(self.chance.choice(["TERM", "KILL"]))
        self._pause(2)
        self.lab.start_daemon()
        await_daemon(self.lab)

    def neighbour_asks(self):
        for _ in range(5):
            self.lab.virsh("domstats", "--nowait", *self._lively())

    FAULTS = (freeze_guest, freeze_guest, thaw_guest, kill_guest, destroy_guest, suspend_guest, freeze_daemon,
              restart_daemon, neighbour_asks)

    def heal(self):
        self._thaw_all()
        await_daemon(self.lab)

    def _thaw_all(self):
        for pid in self.frozen.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.frozen.clear()

    def _lively(self):
        return [guest for guest in self.guests if guest not in self.frozen]

    def _restartable(self):
        return [guest for guest in self.guests if guest != "g3"]  # whose NIC has another name after each start

    def _pause(self, longest=1.0):
        time.sleep(self.chance.uniform(0.1, longest))

    def _start(self, guest):
        end = time.monotonic() + 20
        while True:
            try:
                self.lab.virsh("start", guest)
                return
            except LabError:  # libvirtd has not noticed yet that it has died
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)


def storm_for(seconds, storm, exporter, baseline):
    """The usage of the exporter each time that it was whole again."""
    usages, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(storm.chance.randint(3, 6)):
            storm.strike()
            time.sleep(storm.chance.uniform(0, 1))
        storm.heal()
        _, took = await_whole(exporter, baseline, RECOVERY_SECONDS)
        time.sleep(1)  # for calls that were left behind to end
        usages.append(usage(exporter.pid))
        print(f"whole after {took:.2f} s; {usages[-1]}", flush=True)
    return usages


def check_flat(usages):
    """The last third against the first: room for what is made once, when a fault is met first."""
    third = max(1, len(usages) // 3)
    first, last = median_usage(usages[:third]), median_usage(usages[-third:])
    print(f"    at first {first}, at last {last}", file=sys.stderr, flush=True)
    room = Usage(8, 4, 4096 + first.resident_kib * 0.1)
    grown = [name for name, before, after, more in zip(Usage._fields, first, last, room) if after > before + more]
    assert not grown, f"grown: {grown}"


def soak(minutes, seed):
    chance = random.Random(seed)
    with Lab(guests=8) as lab, Exporter(lab.uri("ro"), "--scrape.coalesce=0s", env=SMALL_QUARANTINE) as exporter:
        guests = [f"g{i}" for i in range(8)]
        baseline = await_first(exporter, len(guests) + 1)
        storm = Storm(lab, guests, chance)
        for fault in dict.fromkeys(Storm.FAULTS):
            storm.strike(fault)
        storm.heal()
        with Scraping(exporter, 0.5, ANSWER_SECONDS_IN_STORM) as scraping:
            usages = storm_for(minutes * 60, storm, exporter, baseline)
        seconds = sorted(answer.seconds for answer in scraping.answers)
        print(f"{len(seconds)} answers: median {statistics.median(seconds):.3f} s, longest {seconds[-1]:.3f} s")
        print(f"faults: {dict(storm.done)}")
        check_flat(usages)


def main():
    if len(sys.argv) not in (2, 3) or not all(argument.isdigit() for argument in sys.argv[1:]):
        sys.exit("usage: soak.py MINUTES [SEED]")
    seed = int(sys.argv[2]) if len(sys.argv) == 3 else random.randrange(1000000)
    print(f"seed {seed}", flush=True)
    soak(int(sys.argv[1]), seed)


if __name__ == "__main__":
    main()
