#!/usr/bin/python3
"""What the documentation says and a program can check.

    tests/docs.py virtmeter-exporter    (exit code 1, and what is wrong on standard error)"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md"))


def read(path):
    return (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""


def wrong_metrics(exporter):
    """docs/metrics.md is what the program prints."""
    printed = subprocess.run([exporter, "--list-metrics"], capture_output=True, text=True, check=True).stdout
    if read("docs/metrics.md") != printed:
        yield "docs/metrics.md: write it anew with virtmeter-exporter --list-metrics"


def wrong_links():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#\s]+)", read(page)):
            if "://" not in link and not (page.parent / link).exists():
                yield f"{page.name}: {link} is not there"


def wrong_flags(exporter):
    """README.md has a row for each flag, with its default, and for no other. Those of collectors are in metrics.md."""
    text = subprocess.run([exporter, "--help"], capture_output=True, text=True, check=True).stdout
    usage = re.split(r"^Collectors:", text, flags=re.MULTILINE)[0]
    told = {}
    for flag, body in re.findall(r"^  (--[a-z.-]+)[^\n]*\n((?: {8}.*\n)+)", usage, flags=re.MULTILINE):
        default = re.search(r"Default: (\S+?)\.(?: |$)", " ".join(body.split()))
        told[flag] = default.group(1) if default else ""
    rows = re.findall(r"^\| `(--[a-z.-]+)[^|]*\| ?`?([^|`]*?)`? ?\|", read("README.md"), re.MULTILINE)
    for flag in sorted(told.items() ^ dict(rows).items()):
        yield f"README.md and --help differ in {flag[0]}, default '{flag[1]}'"


def wrong_proofs():
    """Tests that README.md names exist: `word_word_word`."""
    tests = "".join(read(path) for path in ROOT.glob("tests/**/test_*.*") if path.suffix in (".c", ".py"))
    for name in re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+){2,})`", read("README.md")):
        if not name.startswith("libvirt_") and not re.search(rf"\b{name}\b", tests):
            yield f"README.md: there is no test {name}"


def wrong_rows():
    """A row that CONTRIBUTING.md quotes stands in the table like that."""
    table = read("common/metric.c")
    rows = re.findall(r'^ *(\{".*)$', read("CONTRIBUTING.md"), re.MULTILINE)
    if not rows or any(row not in table for row in rows):
        yield "CONTRIBUTING.md: the row it shows is not in common/metric.c"


def wrong_plugin_page():
    """The collectd plugin's page has an item for each option and each ExtraStats selector, and for no other."""
    page = read("docs/man/collectd-virtmeter.5")
    items = {word for line in re.findall(r"^\.It Cm (.*)$", page, re.MULTILINE)
             for word in re.findall(r"\b[A-Z]\w+[a-z]\w*\b|\b[a-z]\w+\b", re.sub(r"(true|false) .*|Ar .*", "", line))}
    options = set(re.findall(r'^ {4}\{"([A-Z]\w+)",', read("collectd-plugin/config.c"), re.MULTILINE))
    selectors = set(re.findall(r"\(([a-z_]+)\)(?=[ ,])", "".join(
        row.split(" | ")[4] + " " for row in re.findall(r"^\| .*", read("docs/metrics.md"), re.MULTILINE))))
    fields = {"name", "uuid", "hostname", "metadata", "target", "source", "address", "number", "none"}
    for word in sorted(items - fields ^ (options | selectors | {"fs_info"})):
        yield f"collectd-virtmeter.5: {word} is not both in the page and in the plugin"


def main(exporter):
    wrong = [*wrong_metrics(exporter), *wrong_links(), *wrong_flags(exporter), *wrong_proofs(), *wrong_rows(),
             *wrong_plugin_page()]
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
