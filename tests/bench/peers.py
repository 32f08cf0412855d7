#!/usr/bin/python3
"""Compares virtmeter-exporter with a bare bulk call and Debian's prometheus-libvirt-exporter, on a real libvirtd with
real guests (tests/lab).

    peers.py --build BUILD [--guests 50,100,200] [--rounds 21] [--json FILE] [--also EXPORTER...]

In each round every tool is asked once, in turn, so that whatever else the machine does hits all of them. What libvirtd
and the guests' QEMU use when nobody asks is measured in the same rounds and taken off. Other builds of the exporter can
be measured along. Needs root."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from lab import Lab  # noqa: E402
from measure import (DEBIAN, MAIN, SETTLE, Bulk, Exporter, Host, cpu_ns, first_line, median,  # noqa: E402
                     memory_kib, package_version, percentile)

WARM_UPS = 3
IDLE_SECONDS = 0.4
# One guest of so many freezes
FROZEN_AMONG = 50
FROZEN = "g7"
FROZEN_SCRAPES = 20
FROZEN_PATIENCE = 40  # seconds that a tool may take for all of them


def virtmeter(name, binary, uri):
    """Each scrape is to collect, also when rounds are shorter than the usual second."""
    return Exporter(name, [str(binary), f"--libvirt.uri={uri}", "--web.listen-address={address}",
                           "--scrape.coalesce=0s"])


def make_tools(build, uri, also=()):
    """The tools that are there, and the names of those that are not."""
    tools = [Bulk(build / "tests/bench/bench_bulk", uri),
             virtmeter(MAIN, build / "exporter/virtmeter-exporter", uri)]
    tools += [virtmeter(binary, binary, uri) for binary in also]
    if shutil.which(DEBIAN):
        tools.append(Exporter(DEBIAN, [DEBIAN, f"--libvirt.uri={uri}", "--web.listen-address={address}"]))
    return tools, [] if shutil.which(DEBIAN) else [DEBIAN]


# ---- one tool after the other, round by round

def take_turn(host, act, own_pid=None):
    """What one act costs: its own result, and seconds of wall and CPU time with what it leaves to be done."""
    own_before, before = cpu_ns(own_pid) if own_pid else 0, host.clocks()
    result = act()
    time.sleep(SETTLE)
    own_after, after = cpu_ns(own_pid) if own_pid else 0, host.clocks()
    return result, {"elapsed": after[0] - before[0], "own": (own_after - own_before) / 1e9,
                    "libvirtd": (after[1] - before[1]) / 1e9, "qemu": (after[2] - before[2]) / 1e9}


def rest(host, tools):
    """A turn in which nobody asks, with what each tool uses all the same."""
    before = {tool.name: cpu_ns(tool.pid) for tool in tools}
    turn = take_turn(host, lambda: time.sleep(IDLE_SECONDS))[1]
    return turn | {tool.name: (cpu_ns(tool.pid) - before[tool.name]) / 1e9 for tool in tools}


def run_rounds(host, tools, rounds):
    """Per tool the turns it took; those under None had nobody ask."""
    turns = {tool.name: [] for tool in tools} | {None: []}
    for number in range(rounds):
        first = number % len(tools)
        for tool in tools[first:] + tools[:first]:  # nobody always comes after the same one
            (seconds, series), turn = take_turn(host, tool.ask, tool.pid)
            turns[tool.name].append(turn | {"wall": seconds, "series": series})
        turns[None].append(rest(host, tools))
    return turns


def summarize(tool, turns, idle):
    def idle_rate(name):
        return sum(turn[name] for turn in idle) / sum(turn["elapsed"] for turn in idle)

    def less_idle(name):
        return median([turn[name] - idle_rate(name) * turn["elapsed"] for turn in turns])

    walls = [turn["wall"] for turn in turns]
    memory = memory_kib(tool.pid)
    return {"scrapes": len(turns), "wall_ms": median(walls) * 1e3, "wall_p95_ms": percentile(walls, 95) * 1e3,
            "own_ms": median([turn["own"] for turn in turns]) * 1e3,
            "rest_ms_per_s": idle_rate(tool.name) * 1e3, "libvirtd_ms": less_idle("libvirtd") * 1e3,
            "qemu_ms": less_idle("qemu") * 1e3, "series": turns[-1]["series"],
            "rss_mib": memory["VmRSS"] / 1024, "anonymous_mib": memory["RssAnon"] / 1024}


def compare(lab, build, rounds, also):
    """One size of host: {tool: figures}, and the tools that are missing."""
    host = Host(lab)
    tools, missing = make_tools(build, lab.uri(), also)
    running = []
    try:
        for tool in tools:
            running.append(tool.__enter__())
            for _ in range(WARM_UPS):
                tool.ask()
        turns = run_rounds(host, tools, rounds)
        figures = {tool.name: summarize(tool, turns[tool.name], turns[None]) for tool in tools}
    finally:
        for tool in running:
            tool.stop()
    return figures, missing


# ---- a guest freezes

def latencies(tool):
    """Seconds of the first scrape after the freeze and of those that follow, and the series that came last; the list
    ends early when the tool's time is up."""
    end = time.monotonic() + FROZEN_PATIENCE
    took, series = [], None
    try:
        while len(took) < 1 + FROZEN_SCRAPES and time.monotonic() < end:
            seconds, series = tool.ask(timeout=end - time.monotonic())
            took.append(seconds)
    except (TimeoutError, ConnectionError):
        pass
    return took, series


def await_thawed(lab, build):
    """Until a call without a deadline comes back whole: what was left hanging in libvirtd has ended."""
    with Bulk(build / "tests/bench/bench_bulk", lab.uri()) as bulk:
        before = 0
        for _ in range(20):
            series = bulk.ask(timeout=60)[1]
            if series == before:
                return
            before = series
            time.sleep(0.5)


def freeze_for(lab, build, tool):
    with tool:
        for _ in range(WARM_UPS):
            whole = tool.ask()[1]
        lab.freeze(FROZEN)
        try:
            took, series = latencies(tool)
        finally:
            lab.thaw(FROZEN)
    await_thawed(lab, build)
    return {"first_s": took[0] if took else None, "following": len(took[1:]), "bound_s": FROZEN_PATIENCE,
            "following_median_s": median(took[1:]) if took[1:] else None,
            "following_max_s": max(took[1:]) if took[1:] else None, "series_whole": whole, "series_frozen": series}


def compare_frozen(lab, build):
    tools, _ = make_tools(build, lab.uri())
    return {tool.name: freeze_for(lab, build, tool) for tool in tools}


# ---- all

def versions(build):
    return {"virtmeter": first_line(str(build / "exporter/virtmeter-exporter"), "--version"),
            "libvirt": package_version("libvirt-daemon"), "QEMU": package_version("qemu-system-x86"),
            DEBIAN: package_version(DEBIAN), "cores": os.cpu_count(), "date": time.strftime("%Y-%m-%d")}


def measure_all(build, sizes, rounds, also):
    results = {"versions": versions(build), "load_before": os.getloadavg()[0], "hosts": {},
               "settle_ms": round(SETTLE * 1e3), "warm_ups": WARM_UPS, "frozen_among": FROZEN_AMONG,
               "frozen_scrapes": FROZEN_SCRAPES}
    with Lab(guests=0, extras=0) as lab:
        for before, guests in zip([0, *sizes], sizes):
            lab.add(guests - before)
            figures, missing = compare(lab, build, rounds, also)
            results["hosts"][guests] = figures
            results["missing"] = missing
            show(guests, figures)
            if guests == FROZEN_AMONG:
                results["frozen"] = compare_frozen(lab, build)
                print(json.dumps(results["frozen"], indent=1), flush=True)
    results["load_after"] = os.getloadavg()[0]
    return results


def show(guests, figures):
    for name, figure in figures.items():
        numbers = "  ".join(f"{key} {value:.1f}" for key, value in figure.items() if value is not None)
        print(f"{guests:4} guests  {name:30} {numbers}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), required=True)
    parser.add_argument("--guests", default="50,100,200", type=lambda text: sorted(map(int, text.split(","))))
    parser.add_argument("--rounds", default=21, type=int)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--also", action="append", default=[], help="another virtmeter-exporter to measure along")
    options = parser.parse_args()
    results = measure_all(options.build, options.guests, options.rounds, options.also)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
