#!/usr/bin/python3
"""Every series and label that dashboards, rules, alerts and runbooks name exists.

    tests/dashboards/names.py PROGRAM...    (exit code 1, and what is wrong on standard error)

PROGRAMs print their metrics with --list-metrics. What collectd's write_prometheus makes of the plugin's values is
worked out from the table in common/metric.c and from collectd's types.db."""

import re
import subprocess
import sys

import promql
import sources

TARGET = {"job", "instance", "cluster", "__name__"}
PROMETHEUS = {"up": {}, "ALERTS": {"alertname": (), "alertstate": (), "severity": ()},
              "scrape_duration_seconds": {}, "scrape_samples_scraped": {}}
HISTOGRAM = ("_bucket", "_sum", "_count")
TYPES_DB = "/usr/share/collectd/types.db"
NAME = re.compile(r"\b(?:libvirt|virtmeter|process|collectd)_[a-z0-9_]+\b")


def listed(program):
    """Metric -> {label: its values, or () when they are not listed}."""
    text = subprocess.run([program, "--list-metrics"], capture_output=True, text=True, check=True).stdout
    found, heads = {}, []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "Metric":
            heads = cells
        elif line.startswith("| `"):
            row = dict(zip(heads, cells))
            labels = {label: tuple(values.split(", ")) if values else ()
                      for label, values in re.findall(r"`(\w+)`(?: \(([^)]*)\))?", row["Labels"])}
            is_histogram = row["Type"] == "histogram"
            for suffix in HISTOGRAM if is_histogram else ("",):
                found[row["Metric"].strip("`") + suffix] = labels | ({"le": ()} if is_histogram else {})
    return found


def collectd():
    """The same for the plugin behind collectd's write_prometheus, with its defaults: one host for each domain."""
    types = {}
    with open(TYPES_DB, encoding="utf-8") as file:
        for line in file:
            name, *fields = line.replace(",", " ").split() or ["#"]
            if not name.startswith("#"):
                types[name] = dict(field.split(":")[:2] for field in fields)
    table = (sources.ROOT / "common/metric.c").read_text(encoding="utf-8")
    table = re.sub(r"\bMEMORY\((\"[^\"]*\")[^)]*\)", r'COLLECTD("memory", \1, NULL)', table)
    found = {}
    for row in re.findall(r"COLLECTD\(([^()]*)\)|\.collectd = \{(\{.*?\})\}", table):
        for name in [row[0]] if row[0] else re.findall(r"\{([^{}]*)\}", re.sub(r"\{(\w+)\}", r"<\1>", row[1])):
            kind, instance, source = [*re.findall(r'"([^"]*)"|NULL', name.split(", .")[0]), "", "", ""][:3]
            if kind not in types:
                continue
            source = source or "value"
            metric = f"collectd_virtmeter_{kind}" + ("" if source == "value" else f"_{source}")
            metric += "_total" if types[kind][source] in ("DERIVE", "COUNTER") else ""
            known = found.setdefault(metric, {"exported_instance": (), "virtmeter": ()})
            if "{" not in instance and "<" not in instance and instance:
                known["virtmeter"] = (*known["virtmeter"], instance)
    return found


def possible(matcher, values):
    """Whether every word of a matcher is a value that the label can have, as far as these are listed."""
    if not values or "$" in matcher.value:
        return True
    return all(any(re.fullmatch(word, value) for value in values) for word in matcher.value.split("|"))


class Names:
    def __init__(self, known):
        self.known = known
        self.wrong = []
        for rule in sources.rules("rules"):
            expression = promql.parse(rule["expr"])
            self.known[rule["record"]] = {label: values for selector in expression.selectors
                                          for label, values in self.known.get(selector.metric, {}).items()}

    def check_expression(self, use):
        expression = promql.parse(use.expr)
        labels = set(TARGET)
        for selector in expression.selectors:
            if selector.metric not in self.known:
                self.wrong.append(f"{use.where}: there is no {selector.metric}")
                continue
            own = self.known[selector.metric]
            labels |= set(own)
            for matcher in selector.matchers:
                if matcher.label not in set(own) | TARGET:
                    self.wrong.append(f"{use.where}: {selector.metric} has no label {matcher.label}")
                elif not possible(matcher, own.get(matcher.label)):
                    self.wrong.append(f"{use.where}: {selector.metric} is never {''.join(matcher)}")
        for label in set(expression.groups) - labels:
            self.wrong.append(f"{use.where}: groups by {label}, which none of its series has")
        return labels

    def check_words(self, where, text, labels):
        """Labels in legends, links and templates of alerts."""
        for label in re.findall(r"{{(\w+)}}|\$labels\.(\w+)|__(?:data\.fields|field\.labels)\.(\w+)", text):
            if "".join(label) not in labels:
                self.wrong.append(f"{where}: names the label {''.join(label)}, which none of its series has")

    def check_runbook(self, path):
        for name in set(NAME.findall(path.read_text(encoding="utf-8"))):
            if name not in self.known and not any(known.startswith(name) for known in self.known):
                self.wrong.append(f"{path.name}: there is no {name}")


def check_alert_texts(names):
    for rule in sources.rules("alerts"):
        labels = names.check_expression(sources.Use(f"alerts.yaml: {rule['alert']}", rule["expr"]))
        for text in rule["annotations"].values():
            names.check_words(rule["alert"], text, labels)


def check_panels(names):
    for name, dashboard in sources.dashboards().items():
        for panel in sources.panels(dashboard):
            labels = set()
            for target in panel["targets"]:
                labels |= names.check_expression(sources.Use(f"{name}: {panel['title']}", target["expr"]))
            names.check_words(f"{name}: {panel['title']}", sources.json.dumps(panel), labels)
        for found in dashboard["annotations"]["list"]:
            labels = names.check_expression(sources.Use(f"{name}: {found['name']}", found["expr"]))
            names.check_words(f"{name}: {found['name']}", found["textFormat"], labels)
        for found in sources.variables(dashboard):
            selector, label = sources.label_values(found)
            if label not in names.check_expression(sources.Use(f"{name}: variable {found['name']}", selector)):
                names.wrong.append(f"{name}: variable {found['name']}: no series has the label {label}")


def main(programs):
    known = dict(PROMETHEUS)
    for program in programs:
        known.update(listed(program))
    known.update(collectd())
    names = Names(known)
    check_panels(names)
    check_alert_texts(names)
    for rule in sources.rules("rules"):
        names.check_expression(sources.Use(f"rules.yaml: {rule['record']}", rule["expr"]))
    for path in sorted(sources.RUNBOOKS.glob("*.md")):
        names.check_runbook(path)
    for sentence in dict.fromkeys(names.wrong):
        print(sentence, file=sys.stderr)
    return bool(names.wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
