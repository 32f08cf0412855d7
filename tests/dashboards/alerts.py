#!/usr/bin/python3
"""Every alert is complete, has a runbook, and a test in which it fires and one in which it does not; every recording
rule has a test of its value.

    tests/dashboards/alerts.py    (exit code 1, and what is wrong on standard error)"""

import re
import sys

import yaml

import promql
import sources

ANNOTATIONS = {"summary", "description", "runbook_url", "dashboard_url"}
RUNBOOK_PARTS = ["What it means", "What to look at", "What to do"]
RECORD = re.compile(r"(job|instance(_[a-z_]+)?):[a-z_]+:[a-z0-9_]+")


def incomplete(rule):
    name = rule["alert"]
    if not re.fullmatch(r"Libvirt([A-Z][a-z]+|IO)+", name):
        yield f"{name}: is not a name like LibvirtTargetDown"
    if rule.get("labels", {}).get("severity") not in ("critical", "warning", "info") or not rule.get("for"):
        yield f"{name}: has no severity, or no duration"
    if set(rule["annotations"]) != ANNOTATIONS or not all(rule["annotations"].values()):
        yield f"{name}: must have the annotations {', '.join(sorted(ANNOTATIONS))}"
    pages = "|".join(dashboard["uid"] for dashboard in sources.dashboards().values())
    if not re.match(rf"/d/({pages})\?", rule["annotations"]["dashboard_url"]):
        yield f"{name}: leads to no dashboard"
    if not rule["annotations"]["runbook_url"].endswith(f"/{name}.md"):
        yield f"{name}: its runbook is not {name}.md"


def bad_runbooks(names):
    for name in sorted(names - {path.stem for path in sources.RUNBOOKS.glob("Libvirt*.md")}):
        yield f"{name}: has no runbook"
    for path in sorted(sources.RUNBOOKS.glob("Libvirt*.md")):
        text = path.read_text(encoding="utf-8")
        if path.stem not in names:
            yield f"{path.name}: there is no such alert"
        if not text.startswith(f"# {path.stem}\n") or re.findall(r"^## (.*)", text, re.MULTILINE) != RUNBOOK_PARTS:
            yield f"{path.name}: must have the title {path.stem} and the parts {', '.join(RUNBOOK_PARTS)}"


def tests():
    for path in sorted((sources.ROOT / "tests/dashboards/rules").glob("*.yaml")):
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for case in test["promql_expr_test"]:
                yield test["name"], case


def untested_alerts(names):
    """A test is named `ALERT fires …` or `ALERT is silent …`, and asks whether it fired at any time."""
    found = set()
    for title, case in tests():
        for selector in promql.parse(case["expr"]).selectors:
            asked = dict((m.label, m.value) for m in selector.matchers)
            if selector.metric == "ALERTS" and selector.range == "[1d]" and title.split()[0] == asked["alertname"]:
                found.add((asked["alertname"], " fires " in title, bool(case["exp_samples"])))
    for name in sorted(names):
        if (name, True, True) not in found:
            yield f"{name}: no test in which it fires"
        if (name, False, False) not in found:
            yield f"{name}: no test in which it is silent"


def untested_records():
    asked = {selector.metric for _, case in tests() if case["exp_samples"]
             for selector in promql.parse(case["expr"]).selectors}
    for rule in sources.rules("rules"):
        if not RECORD.fullmatch(rule["record"]):
            yield f"{rule['record']}: is not level:metric:operations"
        if rule["record"] not in asked:
            yield f"{rule['record']}: no test of its value"


def unused_records():
    used = {selector.metric for use in sources.uses() for selector in promql.parse(use.expr).selectors}
    shipped = (sources.ROOT / "docs/scaling.md")
    told = shipped.read_text(encoding="utf-8") if shipped.exists() else ""
    for rule in sources.rules("rules"):
        if rule["record"] not in used and rule["record"] not in told:
            yield f"{rule['record']}: nothing uses it"


def main():
    alerts = sources.rules("alerts")
    names = {rule["alert"] for rule in alerts}
    wrong = [sentence for rule in alerts for sentence in incomplete(rule)]
    wrong += [*bad_runbooks(names), *untested_alerts(names), *untested_records(), *unused_records()]
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
