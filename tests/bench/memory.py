#!/usr/bin/python3
"""The memory of an exporter that serves 100,000 series again and again, compared to a process of the same libraries
that has only opened a connection. Both have the fake libvirt with 1,100 domains (bench_exporter).

    memory.py --build BUILD [--json FILE]"""

import argparse
import json
import pathlib
import subprocess
import time

from measure import HEADERS, Exporter, median, memory_kib

SCRAPES = 30
PAUSE = 0.15  # the exporter rests when its memory is read


def idle(binary):
    process = subprocess.Popen([binary], env={"VIRTMETER_BENCH": "idle"}, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        return memory_kib(process.pid)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def scrape(exporter, headers):
    """The median of what is resident after each scrape but the first ones, in KiB, and the number of series."""
    resident = []
    for _ in range(SCRAPES):
        series = exporter.ask(headers=headers)[1]
        time.sleep(PAUSE)
        resident.append(memory_kib(exporter.pid)["VmRSS"])
    return median(resident[SCRAPES // 3:]), series


def measure(build):
    binary = str(build / "tests/bench/bench_exporter")
    empty = idle(binary)["VmRSS"]
    command = [binary, "--web.listen-address={address}", "--scrape.coalesce=0s"]
    with Exporter("bench_exporter", command, {"VIRTMETER_BENCH": "serve"}) as exporter:
        packed, series = scrape(exporter, HEADERS)
        packed_peak = memory_kib(exporter.pid)["VmHWM"]
        plain, _ = scrape(exporter, {})
        peak = memory_kib(exporter.pid)["VmHWM"]
    return {"series": series, "idle_mib": empty / 1024, "gzip_mib": packed / 1024, "plain_mib": plain / 1024,
            "gzip_peak_mib": packed_peak / 1024, "peak_mib": peak / 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), required=True)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    results = measure(options.build)
    for name, number in results.items():
        print(f"{name:20} {number:12.1f}")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
