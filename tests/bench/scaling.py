#!/usr/bin/python3
"""Measures what a fleet costs Prometheus, and writes the figures into docs/scaling.md.

    scaling.py --build BUILD [--hosts 25,50] [--guests 20] [--interval 2] [--seconds 270] [--docs FILE]

Each host is an exporter of its own on loopback, with the fake libvirt (bench_exporter) whose figures all grow. For each
number of hosts a fresh Prometheus scrapes them for so many seconds, with the recording rules that we ship, and is asked
what it costs. Then the queries of the page Fleet are timed, as they are and with each recorded series replaced by the
rule that records it. The limits of time are generous: the defaults take about twelve minutes."""

import argparse
import collections
import contextlib
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

import exporter as e2e  # noqa: E402
from dashboard import Dashboard  # noqa: E402
from measure import median  # noqa: E402
from prometheus import Prometheus  # noqa: E402
from report import number, table  # noqa: E402

OUT = ROOT / "dashboards/out"
ROUNDS = 5  # of each query
WINDOW = 60  # seconds of which rates are read
CHUNK = 120  # samples after which Prometheus begins a new chunk
DAY, BLOCK = 24 * 3600, 2 * 3600
# What the tables of the document are worked out for.
FLEETS = (1, 10, 100, 1000, 10000)
INTERVALS = (15, 30, 60)


# ---- the hosts

def start_hosts(stack, build, count, guests):
    """Their addresses -> labels."""
    env = os.environ | {"VIRTMETER_BENCH": "grow", "VIRTMETER_BENCH_DOMAINS": str(guests)}
    targets = {}
    for index in range(count):
        port = e2e.free_port()
        process = subprocess.Popen(
            [build / "tests/bench/bench_exporter", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        stack.callback(process.wait, 20)
        stack.callback(process.terminate)
        targets[f"127.0.0.1:{port}"] = {"instance": f"host-{index:04}", "cluster": "bench"}
    return targets


def page_of(target, patience=20):
    end = time.monotonic() + patience
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{target}/metrics", timeout=10) as answer:
            page = e2e.series(answer.read().decode("utf-8"))
            if page.get(("libvirt_up", frozenset())) == "1":
                return page
        assert time.monotonic() < end, f"{target} has no page"
        time.sleep(0.1)


def shape_of(page, guests):
    """How many series come with a host, a guest, and each of its parts."""
    series, parts = collections.Counter(), collections.defaultdict(set)
    for _, labels in page:
        labels = dict(labels)
        for part, label in (("vcpu", "vcpu"), ("disk", "device"), ("interface", "interface")):
            if "domain" in labels and label in labels:
                series[part] += 1
                parts[part].add((labels["domain"], labels[label]))
                break
        else:
            series["guest" if "domain" in labels else "host"] += 1
    shape = {part: series[part] / len(parts[part]) for part in parts}
    return shape | {"guest": series["guest"] / guests, "host": series["host"], "page": len(page),
                    "parts": {part: len(each) / guests for part, each in parts.items()}}


# ---- Prometheus

def ask_one(prometheus, expression):
    (value,) = prometheus.query(expression).values()
    return value


def block_sizes(prometheus):
    """What Prometheus writes to disk: bytes of chunks a sample, and of index a series, which each block has anew."""
    request = urllib.request.Request(f"{prometheus.url}/api/v1/admin/tsdb/snapshot", method="POST")
    with urllib.request.urlopen(request, timeout=300) as answer:
        folder = prometheus.folder / "data/snapshots" / json.load(answer)["data"]["name"]
    stats = [json.loads(meta.read_text(encoding="utf-8"))["stats"] for meta in folder.glob("*/meta.json")]
    size = {kind: sum(file.stat().st_size for file in folder.glob(pattern))
            for kind, pattern in (("chunks", "*/chunks/*"), ("index", "*/index"))}
    return {"bytes_per_sample": size["chunks"] / sum(each["numSamples"] for each in stats),
            "index_per_series": size["index"] / sum(each["numSeries"] for each in stats)}


def resident_now(prometheus):
    """Bytes, as it says itself: before anything has been scraped."""
    return float(re.search(r"^process_resident_memory_bytes (\S+)", prometheus.get("/metrics"), re.MULTILINE).group(1))


def cost_of(prometheus):
    own = 'job="prometheus"'

    def rate(name):
        return ask_one(prometheus, f"sum(rate({name}{{{own}}}[{WINDOW}s]))")

    def highest(name):
        return ask_one(prometheus, f"max_over_time({name}{{{own}}}[{WINDOW}s])")

    return {
        "series": ask_one(prometheus, f"prometheus_tsdb_head_series{{{own}}}"),
        "samples_per_s": rate("prometheus_tsdb_head_samples_appended_total"),
        "resident_bytes": highest("process_resident_memory_bytes"),
        "heap_bytes": highest("go_memstats_heap_inuse_bytes"),
        "cores": rate("process_cpu_seconds_total"),
        "rules_s": ask_one(prometheus, "sum(avg_over_time(prometheus_rule_group_last_duration_seconds"
                                       f"{{{own}}}[{WINDOW}s]))"),
        "recorded": ask_one(prometheus, 'count({__name__=~".+:.+:.+"})'),
        "central": ask_one(prometheus, f'count({{__name__=~"{central_names()}"}})'),
        "missed": ask_one(prometheus, f"sum(prometheus_rule_group_iterations_missed_total{{{own}}})"),
        "down": ask_one(prometheus, 'count(up == 0) or vector(0)'),
        "longest_scrape_s": ask_one(prometheus, 'max(max_over_time(scrape_duration_seconds{job="libvirt"}[1m]))'),
    } | block_sizes(prometheus)


def central_names():
    """The names that docs/prometheus/prometheus.yml sends on."""
    text = (ROOT / "docs/prometheus/prometheus.yml").read_text(encoding="utf-8")
    return re.search(r"write_relabel_configs:.*?regex: '(.+?)'", text, re.DOTALL).group(1)


# ---- queries

def recorded_rules(prometheus):
    """name -> expression, as Prometheus has understood the file."""
    groups = prometheus.ask("rules", type="record")["groups"]
    return {rule["name"]: rule["query"] for group in groups for rule in group["rules"]}


def expand(expression, rules):
    """Without recorded series: each is replaced by its rule, until none is left. Their matchers go; they match all."""
    pattern = re.compile("(" + "|".join(map(re.escape, sorted(rules, key=len, reverse=True))) + r")(\{[^}]*\})?")
    while pattern.search(expression):
        expression = pattern.sub(lambda match: f"({rules[match.group(1)]})", expression)
    return expression


def time_of(prometheus, target, begin, end, step):
    """The median of some rounds, in milliseconds."""
    if target["instant"]:
        path, parameters = "query", {"time": end}
    else:
        path, parameters = "query_range", {"start": begin, "end": end, "step": step}
    took = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        prometheus.ask(path, query=target["expr"], **parameters)
        took.append((time.monotonic() - began) * 1000)
    return median(took)


def queries_of(prometheus, begin, end):
    """panel -> (milliseconds with recorded series, without), of the panels that use them."""
    rules = recorded_rules(prometheus)
    page = Dashboard(OUT / "grafana/fleet.json", prometheus, begin, end)
    page.lacks()  # gives the variables their values
    times = {}
    for panel, target in page.targets():
        plain = {**target, "expr": expand(target["expr"], rules)}
        if plain["expr"] != target["expr"]:
            with_rules, without = (time_of(prometheus, each, begin, end, page.step) for each in (target, plain))
            before = times.get(panel, (0, 0))
            times[panel] = (before[0] + with_rules, before[1] + without)
    return times


# ---- one fleet

def measure(options, count):
    with contextlib.ExitStack() as stack:
        targets = start_hosts(stack, options.build, count, options.guests)
        shape = shape_of(page_of(next(iter(targets))), options.guests)
        prometheus = Prometheus({"libvirt": targets}, [OUT / "prometheus/rules.yaml"], interval=options.interval,
                                flags=["--web.enable-admin-api"])
        prometheus.jobs["prometheus"] = [f"127.0.0.1:{prometheus.port}"]
        stack.enter_context(prometheus)
        empty = resident_now(prometheus)
        begin = time.time()
        prometheus.await_scrapes(2)
        time.sleep(max(0, options.seconds - (time.time() - begin)))
        end = time.time()
        cost = cost_of(prometheus) | {"empty_bytes": empty}
        return {"hosts": count, "guests": options.guests, "interval": options.interval, "seconds": end - begin,
                "shape": shape, "cost": cost, "queries": queries_of(prometheus, begin, end)}


# ---- the document

def memory_of_a_series(cost):
    """Bytes: all that a Prometheus has taken since it was empty, divided among the series."""
    return (cost["resident_bytes"] - cost["empty_bytes"]) / cost["series"]


def size(value):
    """In the unit that fits."""
    for unit in ("MiB", "GiB", "TiB"):
        value /= 2**10 if unit != "MiB" else 2**20
        if value < 1000:
            break
    return f"{number(value, 0 if value >= 10 else 1)} {unit}"


def measured_table(results):
    rows = [[f"{each['hosts']} × {each['guests']}", number(cost["series"], 0), number(cost["samples_per_s"], 0),
             number(cost["resident_bytes"] / 2**20, 0), number(cost["heap_bytes"] / 2**20, 0), number(cost["cores"], 2),
             number(cost["rules_s"], 2), number(cost["bytes_per_sample"], 2), number(cost["index_per_series"], 0)]
            for each in results for cost in [each["cost"]]]
    return table(["hosts × guests", "series", "samples/s", "resident MiB", "heap MiB", "cores", "rules, s",
                  "bytes a sample", "index bytes a series"], rows)


def shape_table(shape):
    names = {"host": "host", "guest": "guest", "vcpu": "vCPU", "disk": "disk", "interface": "interface"}
    return table(["what", "series"], [[f"one {name}", number(shape[part], 0)] for part, name in names.items()])


def disk_per_day(series, cost):
    """Bytes; Prometheus writes a block every two hours."""
    return series * (DAY / INTERVALS[1] * cost["bytes_per_sample"] + DAY / BLOCK * cost["index_per_series"])


def fleet_table(results):
    last = results[-1]
    recorded, central = (last["cost"][name] / last["hosts"] for name in ("recorded", "central"))
    rows = []
    for hosts in FLEETS:
        series = hosts * (last["shape"]["page"] + recorded)
        rows.append([f"{hosts:,}", number(series, 0), *(number(series / seconds, 0) for seconds in INTERVALS),
                     size(last["cost"]["empty_bytes"] + series * memory_of_a_series(last["cost"])),
                     size(disk_per_day(series, last["cost"])),
                     number(hosts * central, 0)])
    return table(["hosts", "series", *(f"samples/s at {seconds} s" for seconds in INTERVALS), "memory",
                  f"disk a day at {INTERVALS[1]} s", "series sent on"], rows)


def query_table(last):
    rows = [[panel, *(number(each, 1) for each in times)] for panel, times in last["queries"].items()]
    sums = [sum(each[column] for each in last["queries"].values()) for column in (0, 1)]
    rows.append(["**all of them**", *(number(each, 0) for each in sums)])
    return table(["panel", "ms with rules", "ms without"], rows)


def sentence(results):
    last = results[-1]
    longest_ms = last["cost"]["longest_scrape_s"] * 1000
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    parts = last["shape"]["parts"]
    text = (f"Measured on {datetime.date.today()} by `tests/bench/scaling.py`, on {os.cpu_count()} cores that the "
            f"exporters used too (load average at the end {load}): a scrape every {last['interval']} seconds for "
            f"{last['seconds']:.0f} seconds. Each host had {last['guests']} guests, each with {parts['vcpu']:.0f} "
            f"vCPUs, {parts['disk']:.0f} disks and {parts['interface']:.0f} interface. The longest scrape took "
            f"{longest_ms:.0f} ms; one series cost {memory_of_a_series(last['cost']) / 1024:.1f} KiB of memory.")
    return textwrap.fill(text, 120)


def write_document(file, results):
    """Between `<!-- NAME: measured -->` and `<!-- end -->` stands what was measured."""
    texts = {"shape": shape_table(results[-1]["shape"]), "cost": sentence(results) + "\n\n" + measured_table(results),
             "fleets": fleet_table(results), "queries": query_table(results[-1])}
    text = file.read_text(encoding="utf-8")
    for name, measured in texts.items():
        place = re.compile(rf"(<!-- {name}: measured -->\n).*?(<!-- end -->)", re.DOTALL)
        text, count = place.subn(rf"\g<1>{measured}\n\g<2>", text)
        assert count == 1, f"{file} has no place for {name}"
    file.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), default=ROOT / "build/release")
    parser.add_argument("--hosts", type=lambda text: sorted(map(int, text.split(","))), default=[25, 50])
    parser.add_argument("--guests", type=int, default=20)
    parser.add_argument("--interval", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=270)
    parser.add_argument("--docs", type=pathlib.Path)
    options = parser.parse_args()
    subprocess.run(["cmake", "--preset", "release", "-B", options.build, "-DBUILD_TESTING=ON"], cwd=ROOT, check=True)
    subprocess.run(["cmake", "--build", options.build, "--target", "bench_exporter"], check=True)
    results = []
    for count in options.hosts:
        results.append(measure(options, count))
        print(json.dumps(results[-1]["cost"]), flush=True)
    print(query_table(results[-1]))
    if any(each["cost"]["down"] or each["cost"]["missed"] for each in results):
        sys.exit("scaling: hosts were down, or rules late: this machine is too busy, nothing is written down")
    if options.docs:
        if options.seconds < CHUNK * options.interval:
            sys.exit(f"scaling: chunks are not full before {CHUNK * options.interval} s: nothing is written down")
        write_document(options.docs, results)


if __name__ == "__main__":
    main()
