#!/usr/bin/python3
"""Tells how the measurements stand to their limits, and writes docs/performance.md from them.

    report.py RESULTS [--docs DOCS]

RESULTS is the folder where tests/bench/run has put what it measured: peers.json, plugins.json, memory.json, admin.json
and exposition.txt. Exit code 1 when a limit is missed."""

import argparse
import json
import pathlib
import sys
import textwrap

import limits
import plot
from measure import BULK, DEBIAN, MAIN

PLOT = "performance/scrapes.svg"


def read_results(folder):
    exposition = {}
    for line in (folder / "exposition.txt").read_text(encoding="utf-8").splitlines():
        name, number = line.split()[:2]
        exposition[name] = float(number)
    return {"exposition": exposition, **{name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
                                         for name in ("peers", "plugins", "memory", "admin")}}


# ---- text

def number(value, digits=1):
    return "–" if value is None else f"{value:,.{digits}f}"


def table(heads, rows):
    """The first column is text, the others are numbers."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "|".join(["---"] + ["---:"] * (len(heads) - 1)) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def scrapes_table(hosts):
    heads = ["guests", "tool", "wall ms", "p95", "own CPU ms", "µs a series", "at rest, ms/s",
             "libvirtd CPU ms", "QEMU CPU ms", "RSS MiB", "series"]
    rows = [[guests, name, number(figure["wall_ms"], 0), number(figure["wall_p95_ms"], 0), number(figure["own_ms"]),
             number(limits.per_series(figure), 2), number(figure["rest_ms_per_s"], 2),
             number(figure["libvirtd_ms"], 0), number(figure["qemu_ms"], 0),
             number(figure["rss_mib"]), f"{figure['series']:,}"]
            for guests, tools in hosts.items() for name, figure in tools.items()]
    return table(heads, rows)


def plugins_table(measured):
    heads = ["guests", "what asks", "its CPU ms", "libvirtd CPU ms", "QEMU CPU ms", "RSS MiB", "values", "readings"]
    hosts = [*measured["hosts"].items(), *((f"{guests} smallest", plugins)
                                           for guests, plugins in measured["smallest"].items())]
    rows = [[guests, name, number(figure["own_ms"], 2), number(figure["libvirtd_ms"]), number(figure["qemu_ms"]),
             number(figure["rss_mib"]), f"{figure['values']:,.0f}", figure["readings"]]
            for guests, plugins in hosts for name, figure in plugins.items()]
    return table(heads, rows)


def frozen_table(frozen):
    rows = []
    for name, figure in frozen.items():
        bound = f"none in {figure['bound_s']} s"
        rows.append([name, bound if figure["first_s"] is None else number(figure["first_s"], 2),
                     number(figure["following_median_s"], 2), number(figure["following_max_s"], 2),
                     figure["following"], f"{figure['series_whole']:,}",
                     "–" if figure["series_frozen"] is None else f"{figure['series_frozen']:,}"])
    return table(["tool", "first scrape, s", "median of those that follow", "slowest of them", "how many",
                  "series before", "series of the last"], rows)


def steps_table(exposition):
    steps = [("decode", "libvirt's typed parameters to samples"),
             ("cut", "a snapshot of them: the samples are shared, not copied"),
             ("render", "text format 0.0.4"), ("render_openmetrics", "OpenMetrics instead"), ("gzip", "of the text")]
    text = exposition["text"]
    return table(["step", "ms", "MB/s of text", "what it does"],
                 [[name, number(exposition[name], 2), number(text * 1e3 / max(exposition[name], 1e-3), 0), what]
                  for name, what in steps])


def memory_table(memory):
    rows = [["libraries loaded, one connection opened", number(memory["idle_mib"]), "", number(memory["idle_mib"])]]
    for key, name in (("gzip", "after scrapes with gzip"), ("plain", "after scrapes without")):
        peak = memory["gzip_peak_mib" if key == "gzip" else "peak_mib"]
        rows.append([name, number(memory[f"{key}_mib"]), "+" + number(memory[f"{key}_mib"] - memory["idle_mib"]),
                     number(peak)])
    return table(["process", "RSS MiB", "more than the first", "highest so far"], rows)


def admin_table(admin):
    rows = [[action, number(admin[f"bare_{action}_ms"], 2), number(admin[f"{action}_ms"], 2)]
            for action in ("suspend", "resume")]
    return table(["action", "bare call, ms", "through the daemon, ms"], rows)


def limits_table(rows):
    return table(["what", "limit", "measured", ""],
                 [[name, f"{comparison} {limit} {unit}".strip(), number(figure, 2 if limit < 100 else 0), word]
                  for name, comparison, limit, unit, figure, word in rows])


def draw_plot(hosts):
    tools = [tool for tool in (BULK, MAIN, DEBIAN) if all(tool in figures for figures in hosts.values())]

    def lines(value):
        return {tool: [(int(guests), value(figures[tool])) for guests, figures in hosts.items()] for tool in tools}

    return plot.draw([("a scrape takes, ms", lines(lambda figure: figure["wall_ms"])),
                      ("it costs libvirtd, ms of CPU time", lines(lambda figure: figure["libvirtd_ms"])),
                      ("it costs the tool, ms of CPU time", lines(lambda figure: figure["own_ms"]))])


PAGE = """# Performance

Written by `tests/bench/run --docs` on {date}. Nothing here is typed by hand.

The machine has {cores} cores, which the guests share with everything else: libvirt {libvirt}, QEMU {qemu}, guests
without KVM that only halt. Hosts with more cores and with KVM answer faster. What carries over are the ratios: in each
round every tool was asked once, in turn. Times are medians. Load average before and after: {load_before:.1f},
{load_after:.1f}.

## Limits

{limits}

## One scrape

{scrapes}

Nearly all guests have one vCPU, one disk and one interface. *{bulk}* is the floor: one `virConnectGetAllDomainStats`
for the groups of the exporter's default collectors, on a connection that stays open, its answer thrown away; its series
are libvirt's parameters. The exporters were scraped as Prometheus does it, with gzip, and without sharing collections
(`--scrape.coalesce=0s`). CPU time of a scrape is what was used from the request until {settle} ms after the answer;
what libvirtd and the guests use when nobody asks was measured in the same rounds and taken off. *At rest* is what the
tool itself uses in each second between scrapes. {debian} asks for other values, and for fewer: compare it by
series.{missing}

![Lines over the number of guests: what a scrape takes, and what it costs libvirtd and the tool]({plot})

## A reading of collectd

{plugins}

collectd {collectd} with its own plugin *virt* and with *virtmeter*, each reading once a second with `ExtraStats
"{selectors}"`. The figures are those of one reading, with what collectd itself does with each value: it keeps it in its
cache, and writes none but one. *{bulk}* is again the floor: one `virConnectGetAllDomainStats` a second for the groups
of statistics that these values are in. Each guest has two vCPUs, two disks and one network interface; *virt* asks about
each of them, *virtmeter* does not, so the more a guest has the less it costs in comparison. The *smallest* guests have
one vCPU and one disk; the limits are for the others. A group cannot be asked in part: libvirt also asks each QEMU for
what these values do not need. Only one of the three ran at a time, for {window} seconds, {turns} times in turn; these
are the medians. Load average before and after: {plugins_before:.1f}, {plugins_after:.1f}.

## A guest that freezes

One of {among} guests is stopped (`SIGSTOP` to its QEMU). Each tool was started anew, asked {warm_ups} times before and
{following} times after the first scrape that met the frozen guest, for {bound} seconds at most.

{frozen}

## The exporter's own work

1,000 domains with 4 vCPUs, 2 disks and one interface each: {series:,.0f} series, {text:.1f} MB of text, {packed:.2f} MB
with gzip. libvirt is the tests' fake, so that only the exporter's work is there. CPU time of one thread.

{steps}

From typed parameters to text: {speed:,.0f} MB/s on one core. A scrape makes {first:,.0f} allocations, nearly all of
them the fake libvirt's answers (rendering and gzip: {rendering:.0f}); ten scrapes later {last:,.0f}, and {left:.1f} are
not given back.

## Memory

The exporter with {memory_series:,} series from the fake libvirt, read when it rests after a scrape, compared to a
process of the same libraries that has only opened a connection.

{memory}

## The admin daemon

A list of {admin_domains} domains takes {list_ms:.1f} ms. What an action takes, with its role, its two lines in the
audit file, of which the first is synced to the disk, and the event that tells that it is done; medians of {acts}:

{admin}

## How to measure again

| what | command |
|---|---|
| everything, and this page | `tests/bench/run --docs` |
| everything, as `./check.sh --bench` does it | `tests/bench/run` |
| one scrape, and a guest that freezes | `tests/bench/peers.py --build build/release` (root) |
| the same with another build beside it | `tests/bench/peers.py --build build/release --also OTHER/virtmeter-exporter` |
| the exporter's own work | `build/release/tests/bench/bench_exposition` |
| a reading of collectd | `tests/bench/plugins.py --build build/release` (root) |
| memory | `tests/bench/memory.py --build build/release` |
| the admin daemon | `tests/bench/admin.py --build build/release` (root) |
| the floor alone | `yes \\| head -n 20 \\| build/release/tests/bench/bench_bulk URI` |
| gzip libraries and levels | `build/release/tests/bench/bench_gzip` |
"""


def wrap_text(page):
    """Paragraphs, whose lines get longer with what is put into them, to the width of the other documents."""
    return "\n\n".join(block if block.startswith(("#", "|", "![")) else textwrap.fill(
        block, 120, break_long_words=False, break_on_hyphens=False) for block in page.split("\n\n"))


def page(results, rows):
    peers, plugins, exposition, memory = (results[name] for name in ("peers", "plugins", "exposition", "memory"))
    versions, frozen = peers["versions"], peers["frozen"]
    missing = "".join(f" {name} is not installed and was left out." for name in peers["missing"])
    return wrap_text(PAGE.format(
        date=versions["date"], cores=versions["cores"], libvirt=versions["libvirt"], qemu=versions["QEMU"],
        load_before=peers["load_before"], load_after=peers["load_after"], limits=limits_table(rows),
        scrapes=scrapes_table(peers["hosts"]), bulk=BULK, settle=peers["settle_ms"], debian=DEBIAN, missing=missing,
        plot=PLOT, plugins=plugins_table(plugins), collectd=plugins["collectd"],
        selectors=plugins["selectors"], window=plugins["window_s"], turns=plugins["turns"],
        plugins_before=plugins["load_before"], plugins_after=plugins["load_after"], among=peers["frozen_among"],
        warm_ups=peers["warm_ups"], following=peers["frozen_scrapes"], bound=frozen[MAIN]["bound_s"],
        frozen=frozen_table(frozen), series=exposition["series"], text=exposition["text"],
        packed=exposition["gzip_text"], steps=steps_table(exposition), speed=exposition["decode_and_render_speed"],
        first=exposition["allocations_of_first_scrapes"], last=exposition["allocations_of_last_scrapes"],
        rendering=exposition["allocations_of_render_and_gzip"], left=abs(exposition["allocations_left"]),
        memory_series=memory["series"], memory=memory_table(memory), admin=admin_table(results["admin"]),
        admin_domains=results["admin"]["domains"], acts=results["admin"]["acts"], list_ms=results["admin"]["list_ms"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--docs", type=pathlib.Path)
    options = parser.parse_args()
    results = read_results(options.results)
    rows = limits.check(results)
    for name, comparison, limit, unit, figure, word in rows:
        print(f"{word:12} {name}: {number(figure, 2)} {unit} ({comparison} {limit})")
    if options.docs:
        (options.docs / PLOT).parent.mkdir(exist_ok=True)
        (options.docs / PLOT).write_text(draw_plot(results["peers"]["hosts"]), encoding="utf-8")
        (options.docs / "performance.md").write_text(page(results, rows), encoding="utf-8")
    sys.exit(any(row[-1] != "PASS" for row in rows))


if __name__ == "__main__":
    main()
