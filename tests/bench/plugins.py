#!/usr/bin/python3
"""Compares what virtmeter's plugin for collectd costs with what collectd's own costs, on a real libvirtd with real
guests (tests/lab).

    plugins.py --build BUILD [--guests 10,50,100] [--turns 3] [--json FILE]

Each reads once a second, with the same settings, in a collectd of its own that keeps the values in memory. They are
watched in turn, one at a time; what libvirtd and the guests' QEMU use when nobody asks is measured in between and taken
off. The guests are of the usual kind, and at last ten of the smallest. A plugin that does not keep up with the interval
is judged by what a reading costs. In the same rhythm one bare bulk call is made, for the groups of statistics that have
these values: what libvirt itself makes them cost. Needs root."""

import argparse
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from collectd import OURS, THEIRS, Collectd, virt, virtmeter  # noqa: E402
from lab import Lab  # noqa: E402
from measure import BULK, Bulk, Host, ToolError, cpu_ns, median, memory_kib, package_version  # noqa: E402

SELECTORS = "cpu_util disk domain_state memory vcpu"
COLLECTORS = "domain,cpu,vcpu,memory,block,interface"  # whose groups have the values of these
COUNTED = "virt_cpu_total"  # the value whose readings are counted, of the first guest
WARM_UP = 3  # readings
WINDOW = 8  # seconds
# What a guest has. Both plugins' load grows with the guests, virt's also with what they have.
GUEST = {"vcpus": 2, "data_disk": True}  # and one network interface
SMALLEST = {"vcpus": 1, "data_disk": False}
SMALLEST_GUESTS = 10
IDLE_SECONDS = 4

# What is measured are plugins that read, so as little as possible is done with what they read: collectd keeps it in its
# cache, and csv writes a single value, to count the readings by. The same for both plugins.
CHAIN = f"""
LoadPlugin match_regex
PostCacheChain "writers"
<Chain "writers">
  <Rule "counted">
    <Match "regex">
      Type "^{COUNTED}$"
      Host "^g0$"
    </Match>
    <Target "write">
      Plugin "csv"
    </Target>
  </Rule>
  Target "stop"
</Chain>
"""


def window(host, act, pid=None):
    """Seconds that pass, and CPU time used meanwhile, in seconds, by collectd, libvirtd and the guests."""
    own, before = cpu_ns(pid) if pid else 0, host.clocks()
    act()
    after = host.clocks()
    return {"elapsed": after[0] - before[0], "own": (cpu_ns(pid) - own) / 1e9 if pid else 0,
            "libvirtd": (after[1] - before[1]) / 1e9, "qemu": (after[2] - before[2]) / 1e9}


def readings(collectd, name):
    return sum(len(values) for key, values in collectd.history().items() if (key.plugin, key.type) == (name, COUNTED))


def per_reading(used, idle, count, values, pid):
    def less_idle(part):
        return used[part] - idle[part] / idle["elapsed"] * used["elapsed"]
    return {"readings": count, "values": values, "own_ms": used["own"] / count * 1e3,
            "libvirtd_ms": less_idle("libvirtd") / count * 1e3, "qemu_ms": less_idle("qemu") / count * 1e3,
            "rss_mib": memory_kib(pid)["VmRSS"] / 1024}


def watch_plugin(host, name, plugin, idle):
    """One turn: the figures of one reading."""
    with Collectd(plugin, settings=CHAIN, preload=()) as collectd:
        collectd.await_readings(WARM_UP, name, 60)
        before = readings(collectd, name)
        used = window(host, lambda: time.sleep(WINDOW), collectd.pid)
        count = readings(collectd, name) - before
        if not count:
            raise ToolError(f"{name} has not read in {WINDOW} s:\n{collectd.log()[-2000:]}")
        return per_reading(used, idle, count, len(collectd.listed(name)), collectd.pid)


def watch_bulk(host, binary, uri, idle):
    """The same of the bare bulk call; its values are the parameters that come."""
    def ask():
        for _ in range(WINDOW):
            tool.ask()
            time.sleep(1)
    with Bulk(binary, uri, str(host.daemon), COLLECTORS) as tool:
        _, values = tool.ask()
        return per_reading(window(host, ask, tool.pid), idle, WINDOW, values, tool.pid)


def compare(lab, build, turns):
    """One size of host: {plugin, or the bulk call: figures}, each the median of its turns."""
    host, uri = Host(lab), lab.uri("ro")
    options = {"ExtraStats": SELECTORS}
    plugins = {THEIRS: virt(uri, **options),
               OURS: virtmeter(uri, plugin=build / "collectd-plugin/virtmeter.so", **options)}
    turned = {name: [] for name in [*plugins, BULK]}
    for number in range(turns):
        idle = window(host, lambda: time.sleep(IDLE_SECONDS))
        for name in sorted(plugins, reverse=number % 2):
            turned[name].append(watch_plugin(host, name, plugins[name], idle))
        turned[BULK].append(watch_bulk(host, build / "tests/bench/bench_bulk", uri, idle))
    return {name: {key: median([turn[key] for turn in each]) for key in each[0]} | {
        "readings": sum(turn["readings"] for turn in each)} for name, each in turned.items()}


def report_host(guests, figures):
    for name, numbers in figures.items():
        print(f"{guests:>12} guests  {name:14} " + "  ".join(f"{key} {value:.1f}" for key, value in numbers.items()),
              flush=True)


def measure_all(build, sizes, turns):
    results = {"hosts": {}, "smallest": {}, "turns": turns, "window_s": WINDOW, "selectors": SELECTORS,
               "collectd": package_version("collectd-core"), "load_before": os.getloadavg()[0]}
    with Lab(guests=0, extras=0, **GUEST) as lab:
        for before, guests in zip([0, *sizes], sizes):
            lab.add(guests - before)
            results["hosts"][guests] = compare(lab, build, turns)
            report_host(guests, results["hosts"][guests])
    with Lab(guests=0, extras=0, **SMALLEST) as lab:
        lab.add(SMALLEST_GUESTS)
        results["smallest"][SMALLEST_GUESTS] = compare(lab, build, turns)
        report_host(f"smallest {SMALLEST_GUESTS}", results["smallest"][SMALLEST_GUESTS])
    results["load_after"] = os.getloadavg()[0]
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), required=True)
    parser.add_argument("--guests", default="10,50,100", type=lambda text: sorted(map(int, text.split(","))))
    parser.add_argument("--turns", default=3, type=int)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    results = measure_all(options.build, options.guests, options.turns)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
