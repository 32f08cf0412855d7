"""Whatever hangs or dies at libvirt's side, a scrape is answered in time, and costs only the series of what hangs."""

import contextlib
import decimal
import http.client
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time
import unittest

from exporter import Exporter
from lab import Lab, LabError
from soak import (ANSWER_SECONDS, HEADERS, RECOVERY_SECONDS, SMALL_QUARANTINE, Scraping, await_daemon, await_first,
                  await_whole, check_flat, collected, is_up, missing, scrape, stopped, stuck, usage, value, what_lacks)

GUESTS = 10
DOMAINS = GUESTS + 1  # and the transient one
SCRAPES = 20
# From the second scrape on nothing is waited for; it takes about a tenth of a second on a machine that is not busy.
NEXT_ANSWER_SECONDS = 0.9
STOP_SECONDS = 2


def report(text):
    print(f"    {text}", file=sys.stderr, flush=True)


def times(answers):
    seconds = [answer.seconds for answer in answers]
    return f"{seconds[0]:.3f} s, then median {statistics.median(seconds[1:]):.3f} s, longest {max(seconds[1:]):.3f} s"


def fresh_exporter(lab, *flags, **options):
    """Each scrape of it collects anew."""
    return Exporter(lab.uri("ro"), "--scrape.coalesce=0s", *flags, env=SMALL_QUARANTINE, **options)


def log_lines(exporter, message, domain):
    return re.findall(rf'msg="{message}" domain={domain} ', exporter.log())


class FaultTest(unittest.TestCase):
    """Some exporter's answers, judged."""

    def assert_in_time(self, answers, first=ANSWER_SECONDS):
        self.assertLessEqual(answers[0].seconds, first)
        late = [round(answer.seconds, 3) for answer in answers[1:] if answer.seconds > NEXT_ANSWER_SECONDS]
        self.assertEqual(late, [])

    def assert_fresh(self, answer, domains):
        for domain in domains:
            when = value(answer.page, "libvirt_domain_last_collected_timestamp_seconds", domain=domain)
            self.assertGreater(float(when), answer.wall - 0.1, f"{domain} is not as new as its scrape")

    def assert_counters_grow(self, before, after):
        for key in before.keys() & after.keys():
            if key[0].endswith("_total"):
                self.assertLessEqual(decimal.Decimal(before[key]), decimal.Decimal(after[key]), key)


class FrozenGuestTest(FaultTest):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=GUESTS))

    def endure(self, exporter, frozen, judge):
        """Freezes these guests for SCRAPES scrapes, each judged, and thaws them: the next one is whole."""
        baseline = await_first(exporter, DOMAINS)
        with stopped(*[self.lab.pid(domain) for domain in frozen]):
            answers = [scrape(exporter) for _ in range(SCRAPES)]
        await_daemon(self.lab)  # the guests need a moment to work off what was asked meanwhile
        healed = scrape(exporter)
        report(f"{len(frozen)} frozen: first {times(answers)}; thawed {healed.seconds:.3f} s")
        self.assert_in_time(answers)
        self.assertEqual(what_lacks(healed.page, baseline), [])
        self.assertLessEqual(healed.seconds, NEXT_ANSWER_SECONDS)
        for answer in answers:
            self.assertTrue(is_up(answer.page))
            self.assertEqual(len(collected(answer.page)), DOMAINS)
            judge(answer, baseline)
        for before, after in zip(answers, answers[1:] + [healed]):
            self.assert_counters_grow(before.page, after.page)
        return answers, healed

    def assert_only_these_suffer(self, frozen, exporter):
        def judge(answer, baseline):
            self.assertEqual(stuck(answer.page), set(frozen))
            self.assertEqual(missing(answer.page, baseline, frozen), [])
            self.assert_fresh(answer, collected(answer.page).keys() - set(frozen))
        answers, healed = self.endure(exporter, frozen, judge)
        self.assert_others_live(answers, frozen)
        for domain in collected(healed.page):
            said = 1 if domain in frozen else 0
            self.assertEqual(len(log_lines(exporter, "domain is stuck", domain)), said, domain)
            self.assertEqual(len(log_lines(exporter, "domain answers again", domain)), said, domain)

    def assert_others_live(self, answers, frozen):
        """To be asked costs a hypervisor CPU time: who is not frozen has used some, who is has not."""
        for domain in collected(answers[0].page):
            used = [decimal.Decimal(value(answer.page, "libvirt_domain_cpu_seconds_total", domain=domain))
                    for answer in (answers[1], answers[-1])]
            if domain in frozen:
                self.assertEqual(used[0], used[1], domain)
            else:
                self.assertLess(used[0], used[1], domain)

    def test_one_frozen_guest_costs_only_its_own_series(self):
        with fresh_exporter(self.lab) as exporter:
            self.assert_only_these_suffer(["g4"], exporter)

    def test_two_frozen_guests_cost_only_their_own_series(self):
        with fresh_exporter(self.lab) as exporter:
            self.assert_only_these_suffer(["g2", "g5"], exporter)

    def test_five_frozen_guests_cost_only_their_own_series_when_six_calls_may_hang(self):
        with fresh_exporter(self.lab, "--libvirt.max-stuck-calls=6") as exporter:
            self.assert_only_these_suffer(["g1", "g3", "g5", "g7", "g9"], exporter)

    def test_more_frozen_guests_than_calls_may_hang_leave_the_cheap_values_of_all(self):
        def judge(answer, baseline):
            self.assertLessEqual({"g1", "g3", "g5", "g7", "tmp0"}, stuck(answer.page))
            self.assertEqual(missing(answer.page, baseline, stuck(answer.page)), [])
        with fresh_exporter(self.lab) as exporter:
            self.endure(exporter, ["g1", "g3", "g5", "g7", "tmp0"], judge)

    def test_a_guest_that_freezes_again_and_again_is_whole_in_between(self):
        with fresh_exporter(self.lab) as exporter:
            baseline = await_first(exporter, DOMAINS)
            for _ in range(5):
                with stopped(self.lab.pid("g6")):
                    self.assertEqual(stuck(scrape(exporter).page), {"g6"})
                await_daemon(self.lab)
                self.assertEqual(what_lacks(scrape(exporter).page, baseline), [])
            self.assertEqual(len(log_lines(exporter, "domain is stuck", "g6")), 5)


class DaemonTest(FaultTest):
    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=GUESTS))

    def assert_down(self, answer):
        self.assertFalse(is_up(answer.page))
        self.assertEqual([key for key in answer.page if key[0] == "libvirt_domain_state"], [])

    def assert_back(self, exporter, baseline):
        """Counted from when libvirtd itself gives an answer; after some starts it needs seconds for that."""
        began = time.monotonic()
        await_daemon(self.lab)
        daemon = time.monotonic() - began
        _, took = await_whole(exporter, baseline, RECOVERY_SECONDS)
        return f"libvirtd answers after {daemon:.2f} s, everything is back {took:.2f} s later"

    def test_a_frozen_daemon_is_down_at_once_and_up_again_when_it_goes_on(self):
        with fresh_exporter(self.lab) as exporter:
            baseline = await_first(exporter, DOMAINS)
            with stopped(self.lab.pid()):
                answers = [scrape(exporter) for _ in range(SCRAPES)]
            back = self.assert_back(exporter, baseline)
            report(f"libvirtd frozen: first {times(answers)}; {back}")
            self.assert_in_time(answers)
            for answer in answers:
                self.assert_down(answer)

    def test_a_daemon_that_is_frozen_for_longer_than_the_keepalive_comes_back(self):
        with fresh_exporter(self.lab) as exporter:
            baseline = await_first(exporter, DOMAINS)
            with stopped(self.lab.pid()), Scraping(exporter, 0.5) as scraping:
                time.sleep(20)
            back = self.assert_back(exporter, baseline)
            report(f"libvirtd frozen for 20 s: first {times(scraping.answers)}; {back}")
            # one more may wait: a connection that has heard of the end before the others is opened again, and hangs
            self.assertLessEqual(sum(answer.seconds > NEXT_ANSWER_SECONDS for answer in scraping.answers), 2)
            for answer in scraping.answers:
                self.assert_down(answer)

    def test_a_daemon_that_was_away_for_long_is_found_again(self):
        with fresh_exporter(self.lab) as exporter:
            baseline = await_first(exporter, DOMAINS)
            self.lab.kill_daemon("KILL")
            try:
                time.sleep(12)  # by now it is looked for at the longest intervals
                self.assert_down(scrape(exporter))
            finally:
                self.lab.start_daemon()
            report(f"libvirtd away for 12 s: {self.assert_back(exporter, baseline)}")

    def test_a_new_daemon_on_a_new_socket_is_found(self):
        with fresh_exporter(self.lab) as exporter:
            baseline = await_first(exporter, DOMAINS)
            socket = re.search("socket=(.*)", self.lab.uri("ro")).group(1)
            before = os.stat(socket).st_ino
            self.lab.kill_daemon("KILL")
            os.rename(socket, socket + ".old")  # so that its inode is not used again
            self.lab.start_daemon()
            self.assertNotEqual(os.stat(socket).st_ino, before)
            report(f"socket replaced: {self.assert_back(exporter, baseline)}")

    def test_an_exporter_that_started_first_finds_the_daemon(self):
        self.lab.kill_daemon("KILL")
        try:
            with fresh_exporter(self.lab) as exporter:
                for _ in range(5):
                    answer = scrape(exporter)
                    self.assert_down(answer)
                    self.assertLess(answer.seconds, NEXT_ANSWER_SECONDS)
                    time.sleep(0.3)
                self.assertEqual(exporter.scrape(path="/-/ready")[0], 503)
                self.lab.start_daemon()
                began = time.monotonic()
                await_daemon(self.lab)
                daemon = time.monotonic()
                await_first(exporter, DOMAINS, RECOVERY_SECONDS)
                report(f"started first: libvirtd answers after {daemon - began:.2f} s, all is there "
                       f"{time.monotonic() - daemon:.2f} s later")
                self.assertEqual(exporter.scrape(path="/-/ready")[0], 200)
        finally:
            self.revive()

    def revive(self):
        try:
            self.lab.pid()
        except LabError:
            self.lab.start_daemon()

    # -- twenty rounds

    def kill(self, chance):
        self.lab.kill_daemon("KILL")
        time.sleep(chance.uniform(0, 1.5))
        self.lab.start_daemon()

    def restart(self, chance):
        self.lab.restart_daemon()
        time.sleep(chance.uniform(0, 0.3))

    def freeze(self, chance):
        with stopped(self.lab.pid()):
            time.sleep(chance.uniform(0.1, 3))

    def freeze_and_kill(self, chance):
        with stopped(self.lab.pid()):
            time.sleep(chance.uniform(0.1, 3))
            self.lab.kill_daemon("KILL")
        self.lab.start_daemon()

    def flap(self, chance):
        """Another one dies before anybody can have got used to it."""
        for _ in range(3):
            self.lab.kill_daemon("KILL")
            self.lab.start_daemon()
            time.sleep(chance.uniform(0, 0.3))

    FAULTS = (kill, restart, freeze, freeze_and_kill, flap)

    def test_twenty_daemons_die_and_nothing_is_left_of_them(self):
        seed = random.randrange(1000000)
        report(f"seed {seed}")
        chance = random.Random(seed)
        usages = []
        with self.subTest(seed=seed), fresh_exporter(self.lab) as exporter:
            baseline = await_first(exporter, DOMAINS)
            with Scraping(exporter, 0.2) as scraping:
                for _ in range(20):
                    fault = chance.choice(self.FAULTS)
                    fault(self, chance)
                    report(f"{fault.__name__}: {self.assert_back(exporter, baseline)}")
                    scraping.check()
                    time.sleep(1)  # for calls that were left behind to end
                    usages.append(usage(exporter.pid))
            longest = max(answer.seconds for answer in scraping.answers)
            report(f"{len(scraping.answers)} answers, longest {longest:.3f} s")
            check_flat(usages)


class SlowDump:
    """A dump of the guest's memory into a pipe that is read slowly until the end of the `with`: a job that lasts."""

    def __init__(self, lab, domain):
        self.lab, self.domain = lab, domain
        self.path = f"{lab.dir}/dump"
        self._hurry = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._virsh = None

    def __enter__(self):
        os.mkfifo(self.path)
        self._reader.start()
        self._virsh = self.lab.popen("virsh", "dump", self.domain, self.path, "--live",
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return self

    def __exit__(self, *_):
        self._hurry.set()
        output, _ = self._virsh.communicate(timeout=60)
        self._reader.join(20)
        os.unlink(self.path)
        assert self._virsh.returncode == 0, output

    def _read(self):
        with open(self.path, "rb", buffering=0) as pipe:
            while pipe.read(65536):
                if not self._hurry.is_set():
                    time.sleep(0.05)


class JobTest(FaultTest):
    """A job that holds a domain for long does not keep the others from being measured, and is shown itself."""

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=3, linux=1))
        cls.lab.await_linux()

    def test_a_job_is_shown_while_it_runs(self):
        with fresh_exporter(self.lab) as exporter:
            baseline = await_first(exporter, 4)
            with SlowDump(self.lab, "g0"):
                self.await_job()
                answers = []
                for _ in range(SCRAPES):
                    answers.append(scrape(exporter))
                    time.sleep(0.1)
            shown = [self.shown_jobs(answer.page) for answer in answers]
            report(f"a dump is running: first {times(answers)}; shown in {sum(map(bool, shown))} of {SCRAPES} answers")
            self.assert_in_time(answers)
            for answer in answers:
                self.assertEqual(missing(answer.page, baseline, {"g0"}), [])
                self.assertLessEqual(stuck(answer.page), {"g0"})
            self.assertEqual(shown, [[{"domain": "g0", "type": "unbounded", "operation": "dump"}]] * SCRAPES)
            processed = [value(answer.page, "libvirt_domain_job_processed_bytes", domain="g0", resource="memory")
                         for answer in answers]
            self.assertLess(int(processed[0]), int(processed[-1]))
            after, _ = await_whole(exporter, baseline, RECOVERY_SECONDS)
            self.assertEqual(self.shown_jobs(after.page), [])

    def test_a_job_that_has_ended_is_counted(self):
        with fresh_exporter(self.lab) as exporter:
            await_first(exporter, 4)
            self.assertEqual(self.ended_jobs(scrape(exporter).page), 0)
            with SlowDump(self.lab, "g0"):
                self.await_job()
                self.assertEqual(self.ended_jobs(scrape(exporter).page), 0)
            end = time.monotonic() + 5
            while not self.ended_jobs(scrape(exporter).page) and time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(self.ended_jobs(scrape(exporter).page), 1)

    def test_a_domain_that_libvirtd_has_locked_leaves_the_node_and_comes_back(self):
        """libvirtd 9 runs qemu-img for a snapshot of a domain that is off with that domain locked: who lists domains
        then, waits. Nothing more may be lost by it than the domains."""
        with fresh_exporter(self.lab) as exporter, self.slow_qemu_img():
            baseline = await_first(exporter, 4)
            of_others = {key for key in baseline if not key[0].startswith(("libvirt_domain", "libvirt_node_domains"))}
            virsh = self.lab.popen("virsh", "snapshot-create-as", "off0", "slow", stdout=subprocess.DEVNULL)
            time.sleep(0.5)
            answers = []
            while virsh.poll() is None:
                answers.append(scrape(exporter))
                time.sleep(0.1)
            report(f"libvirtd holds a domain: first {times(answers)}; up in "
                   f"{sum(is_up(answer.page) for answer in answers)} of {len(answers)} answers")
            self.assertEqual(virsh.returncode, 0)
            self.assertGreater(len(answers), SCRAPES)
            self.assert_in_time(answers[:-1])
            for answer in answers[:-1]:
                self.assertTrue(is_up(answer.page))
                lacks = [series for series in missing(answer.page, of_others)
                         if not re.match("libvirt_(node_(vcpus|memory)_allocated|exporter_domains_skipped)", series)]
                self.assertEqual(lacks, [])
            await_whole(exporter, baseline, RECOVERY_SECONDS)

    @contextlib.contextmanager
    def slow_qemu_img(self):
        """Of this lab only: the mount is in its namespace."""
        script, real = pathlib.Path(self.lab.dir, "qemu-img"), pathlib.Path(self.lab.dir, "qemu-img.real")
        shutil.copy(shutil.which("qemu-img"), real)
        script.write_text(f'#!/bin/sh\nsleep 5\nexec "{real}" "$@"\n', encoding="ascii")
        script.chmod(0o755)
        self.lab.ns("mount", "--bind", script, shutil.which("qemu-img"))
        try:
            yield
        finally:
            self.lab.ns("umount", shutil.which("qemu-img"))

    def shown_jobs(self, page):
        return [dict(key[1]) for key in page if key[0] == "libvirt_domain_job_info"]

    def ended_jobs(self, page):
        return sum(int(text) for key, text in page.items() if key[0] == "libvirt_domain_jobs_completed_total" and
                   {("domain", "g0"), ("operation", "dump")} <= key[1])

    def await_job(self):
        end = time.monotonic() + 20
        while "Dump" not in self.lab.virsh("domjobinfo", "g0"):
            self.assertLess(time.monotonic(), end, "no job")
            time.sleep(0.05)


class StopTest(FaultTest):
    """SIGTERM ends the exporter in time, whatever hangs; a scrape that waits is answered before."""

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.enterClassContext(Lab(guests=3))

    def stop(self, exporter):
        began = time.monotonic()
        self.assertEqual(exporter.stop(), 0)
        took = time.monotonic() - began
        report(f"stopped in {took:.2f} s")
        self.assertLessEqual(took, STOP_SECONDS)

    def stop_during_a_scrape(self, exporter):
        statuses = []

        def ask():
            try:
                statuses.append(exporter.scrape(headers=HEADERS)[0])
            except (OSError, http.client.HTTPException) as error:
                statuses.append(error)
        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.3)
        self.assertEqual(statuses, [], "the scrape does not hang")
        self.stop(exporter)
        thread.join()
        self.assertIn(statuses, ([200], [503]))

    def test_while_nothing_is_wrong(self):
        with fresh_exporter(self.lab) as exporter:
            await_first(exporter, 4)
            self.stop(exporter)

    def test_while_a_scrape_hangs_at_a_frozen_guest(self):
        with fresh_exporter(self.lab) as exporter:
            await_first(exporter, 4)
            with stopped(self.lab.pid("g1")):
                self.stop_during_a_scrape(exporter)

    def test_while_a_call_that_was_left_behind_hangs(self):
        with fresh_exporter(self.lab) as exporter:
            await_first(exporter, 4)
            with stopped(self.lab.pid("g1")):
                for _ in range(3):
                    scrape(exporter)
                self.stop(exporter)

    def test_while_libvirtd_is_frozen(self):
        with fresh_exporter(self.lab) as exporter:
            await_first(exporter, 4)
            with stopped(self.lab.pid()):
                self.stop(exporter)

    def test_while_a_scrape_hangs_at_a_frozen_libvirtd(self):
        with fresh_exporter(self.lab) as exporter:
            await_first(exporter, 4)
            with stopped(self.lab.pid()):
                self.stop_during_a_scrape(exporter)

    def test_while_it_cannot_connect_to_a_frozen_libvirtd(self):
        with stopped(self.lab.pid()), fresh_exporter(self.lab) as exporter:
            self.assertFalse(is_up(scrape(exporter).page))
            self.stop(exporter)

    def test_while_libvirtd_is_gone(self):
        self.lab.kill_daemon("KILL")
        try:
            with fresh_exporter(self.lab) as exporter:
                self.assertFalse(is_up(scrape(exporter).page))
                self.stop(exporter)
        finally:
            self.lab.start_daemon()

    def test_right_after_libvirtd_has_died(self):
        with fresh_exporter(self.lab) as exporter:
            await_first(exporter, 4)
            os.kill(self.lab.pid(), signal.SIGKILL)
            try:
                self.stop(exporter)
            finally:
                self.lab.start_daemon()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
