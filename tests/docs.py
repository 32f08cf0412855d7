#!/usr/bin/python3
"""What the documentation says and a program can check.

    tests/docs.py virtmeter-exporter virtmeter-admind    (exit code 1, and what is wrong on standard error)"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")) + sorted(ROOT.glob("dashboards/**/*.md"))


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


def admin_rows(description):
    """A line for each route: its role, and its parameters, those in bold that must be there."""
    for path, item in description["paths"].items():
        for method, row in item.items():
            body = row.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            names = [f"**`{name}`**" if name in body.get("required", []) else f"`{name}`"
                     for name in body.get("properties", {})]
            if method == "get":
                names += [f"`{each['name']}`" for each in row.get("parameters", []) if each["in"] == "query"]
            yield f"| `{method.upper()} {path}` | {row['x-virtmeter-role']} | {', '.join(names)} | {row['summary']} |"


def wrong_admin_page(admind):
    """docs/admin-api.md has the routes and the metrics that the program prints, and no others."""
    def printed(flag):
        return subprocess.run([admind, flag], capture_output=True, text=True, check=True).stdout

    page = read("docs/admin-api.md").splitlines()
    rows = {line for line in page if re.match(r"\| `(GET|POST|PUT|DELETE) ", line)}
    for row in sorted(rows ^ set(admin_rows(json.loads(printed("--openapi"))))):
        yield f"docs/admin-api.md and --openapi differ in: {row}"
    metrics = {line for line in page if line.startswith("| `virtmeter_admin_")}
    for row in sorted(metrics ^ {line for line in printed("--list-metrics").splitlines() if line.startswith("| `")}):
        yield f"docs/admin-api.md and --list-metrics differ in: {row}"


def main(exporter, admind):
    wrong = [*wrong_metrics(exporter), *wrong_links(), *wrong_flags(exporter), *wrong_proofs(), *wrong_rows(),
             *wrong_plugin_page(), *wrong_admin_page(admind)]
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
