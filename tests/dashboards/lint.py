#!/usr/bin/python3
"""Rules that every dashboard follows: those of Grafana's dashboard-linter, and some of this house.

    tests/dashboards/lint.py    (exit code 1, and what is wrong on standard error)

dashboards/.lint lists exclusions in the format of that linter, each with its reason; one that nothing needs is wrong
too."""

import collections
import itertools
import re
import subprocess
import sys
import tempfile

import yaml

import promql
import sources

TYPES = {"timeseries", "stat", "table", "bargauge", "text", "row"}
VARIABLES = ["datasource", "cluster", "job", "instance"]
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Ids of Grafana's units; tests/dashboards/schema.mjs asks Grafana's own list whether they are there.
UNITS = {"none", "short", "percentunit", "percent", "bytes", "Bps", "s", "dtdurations", "dateTimeFromNow", "iops", "pps",
         "cps", "reqps"}
FORECASTS = {"predict_linear", "deriv", "delta"}
LINK = re.compile(r"^/d/virtmeter-([a-z-]+)\?\$\{datasource:queryparam\}&\$\{cluster:queryparam\}&\$\{job:queryparam\}"
                  r"(&var-\w+=\$\{__(data\.fields|field\.labels)\.\w+:percentencode\})*&\$\{__url_time_range\}$")
RULES = []


def rule(function):
    """A rule yields (panel title or "", what is wrong) for a dashboard."""
    RULES.append((function.__name__.replace("_", "-"), function))
    return function


def targets(dashboard):
    for panel in sources.panels(dashboard):
        for target in panel["targets"]:
            yield panel, target, promql.parse(target["expr"])


def variable(dashboard, name):
    return next((v for v in dashboard["templating"]["list"] if v["name"] == name), {})


@rule
def template_datasource(dashboard):
    found = variable(dashboard, "datasource")
    if (found.get("type"), found.get("query"), found.get("label")) != ("datasource", "prometheus", "Data source"):
        yield "", "has no variable 'datasource' of Prometheus labelled 'Data source'"


def _template(dashboard, name, every):
    found = variable(dashboard, name)
    if found.get("type") != "query" or found.get("datasource") != DATASOURCE:
        yield "", f"has no variable '{name}' of the chosen data source"
    elif not found["multi"] or found["allValue"] != every:
        yield "", f"variable '{name}' must be for several, with {every} for all"


@rule
def template_job(dashboard):
    yield from _template(dashboard, "job", ".+")


@rule
def template_instance(dashboard):
    yield from _template(dashboard, "instance", ".+")


@rule
def template_cluster(dashboard):
    yield from _template(dashboard, "cluster", ".*")


@rule
def template_on_time_change_reload(dashboard):
    for found in sources.variables(dashboard):
        if found["refresh"] != 2:
            yield "", f"variable '{found['name']}' is not read anew when the time changes"


@rule
def template_label_promql(dashboard):
    for found in sources.variables(dashboard):
        if not re.fullmatch(r"label_values\(.+, \w+\)", found["query"]["query"]):
            yield "", f"variable '{found['name']}' is not label_values(selector, label)"
        elif [v.label for v in promql.parse(sources.label_values(found)[0]).selectors[0].matchers if "$" in v.value and
              v.value.strip("$") not in [w["name"] for w in dashboard["templating"]["list"]]]:
            yield "", f"variable '{found['name']}' asks for one that is not there"


@rule
def panel_datasource(dashboard):
    for panel in sources.panels(dashboard):
        if any(part["datasource"] != DATASOURCE for part in [panel, *panel["targets"]]):
            yield panel["title"], "does not use the chosen data source"


@rule
def panel_title_description(dashboard):
    for panel in sources.panels(dashboard):
        if not panel["title"] or len(panel["description"].split()) < 4:
            yield panel["title"], "has no title, or no description that says what to do"


@rule
def panel_type(dashboard):
    for panel in dashboard["panels"]:
        if panel["type"] not in TYPES:
            yield panel["title"], f"is of type {panel['type']}, which is not proven to draw"


def _units(panel):
    yield panel["fieldConfig"]["defaults"].get("unit")
    for override in panel["fieldConfig"]["overrides"]:
        yield from (p["value"] for p in override["properties"] if p["id"] == "unit")


@rule
def panel_units(dashboard):
    for panel in sources.panels(dashboard):
        for unit in _units(panel):
            if unit not in UNITS:
                yield panel["title"], f"has the unit {unit}"


@rule
def panel_no_targets(dashboard):
    for panel in sources.panels(dashboard):
        if not panel["targets"]:
            yield panel["title"], "has no target"


@rule
def panel_place(dashboard):
    taken = collections.defaultdict(list)
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        if at["x"] + at["w"] > 24:
            yield panel["title"], "is beyond the right edge"
        for place in itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])):
            taken[place].append(panel["title"])
    for titles in {tuple(titles) for titles in taken.values() if len(titles) > 1}:
        yield titles[0], f"lies over {titles[1]}"


@rule
def panel_ids(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(set(ids)) < len(ids):
        yield "", "gives two panels one id"


@rule
def panel_tooltip(dashboard):
    for panel in sources.panels(dashboard):
        if panel["type"] == "timeseries" and panel["options"]["tooltip"]["mode"] != "multi":
            yield panel["title"], "shows one series in its tooltip"


@rule
def panel_columns(dashboard):
    """A table's columns exist: labels of its expressions, or one value for each target."""
    for panel in sources.panels(dashboard):
        if panel["type"] != "table":
            continue
        own = {label for target in panel["targets"] for label in promql.parse(target["expr"]).groups}
        refs = [target["refId"] for target in panel["targets"]]
        own |= {"Value"} if len(refs) == 1 else {f"Value #{ref}" for ref in refs}
        organize = panel["transformations"][-1]["options"]
        for column in organize["indexByName"]:
            if column not in own:
                yield panel["title"], f"has no column {column}"
        for column in own - set(organize["indexByName"]) - set(organize["excludeByName"]):
            if column.startswith("Value"):
                yield panel["title"], f"neither shows nor hides {column}"


@rule
def target_legend(dashboard):
    for panel, target, expression in targets(dashboard):
        for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
            grouped = expression.groups and not any(s.range == "" and not s.functions for s in expression.selectors)
            if grouped and label not in expression.groups:
                yield panel["title"], f"has a legend of {label}, by which it does not group"


@rule
def target_rate_interval(dashboard):
    for panel, target, expression in targets(dashboard):
        for found in expression.selectors:
            wide = f"{found.metric}{{" in target["expr"] and "[$__range] @ end()" in target["expr"]
            if found.functions and found.functions[-1] in ("rate", "irate", "increase"):
                if found.range != "[$__rate_interval]" and not (wide and found.range == "[$__range]"):
                    yield panel["title"], f"takes {found.functions[-1]} over {found.range}"


def _lacks(dashboard, label, sign, value):
    for panel, _, expression in targets(dashboard):
        for found in expression.selectors:
            if (label, sign, value) not in found.matchers:
                yield panel["title"], f"{found.metric} is selected without {label}{sign}\"{value}\""


@rule
def target_job(dashboard):
    yield from _lacks(dashboard, "job", "=~", "$job")


@rule
def target_cluster(dashboard):
    yield from _lacks(dashboard, "cluster", "=~", "$cluster")


@rule
def target_instance(dashboard):
    yield from _lacks(dashboard, "instance", "=~", "$instance")


@rule
def target_counter_agg(dashboard):
    for panel, _, expression in targets(dashboard):
        for found in expression.selectors:
            if found.metric.endswith("_total") and not {"rate", "irate", "increase"} & set(found.functions):
                yield panel["title"], f"{found.metric} is a counter, shown without rate"


@rule
def target_hard_interval(dashboard):
    """Windows follow the graph, but for forecasts, which need hours."""
    for panel, _, expression in targets(dashboard):
        for found in expression.selectors:
            if found.range and not found.range.startswith("[$__") and found.functions[-1] not in FORECASTS:
                yield panel["title"], f"looks at {found.range}, whatever is shown"


@rule
def target_topk(dashboard):
    """In a graph the highest change from point to point, so they are chosen once, at its end."""
    for panel, target, _ in targets(dashboard):
        if "topk" in target["expr"] and not target["instant"] and "@ end()" not in target["expr"]:
            yield panel["title"], "chooses its highest anew at each point"


@rule
def links(dashboard):
    """They carry all variables and the time, and lead to a page that is there."""
    pages = {other["uid"] for other in sources.dashboards().values()}
    for panel in sources.panels(dashboard):
        for url in re.findall(r'"url": "([^"]*)"', sources.json.dumps(panel)):
            found = LINK.match(url)
            if not found or f"virtmeter-{found.group(1)}" not in pages:
                yield panel["title"], f"has a link that loses variables or leads nowhere: {url}"
    if not any(link["includeVars"] and link["keepTime"] for link in dashboard["links"]):
        yield "", "has no links to the others that carry the variables"


@rule
def uneditable(dashboard):
    if dashboard["editable"] or dashboard["graphTooltip"] != 1:
        yield "", "must not be editable, and share its crosshair"


@rule
def stable_uid(dashboard):
    if not dashboard["uid"].startswith("virtmeter-") or "id" in dashboard:
        yield "", "needs a uid of ours, and no id"


@rule
def target_promql(dashboard):
    """promtool parses each expression, as a rule."""
    exprs = [(panel["title"], target["expr"]) for panel, target, _ in targets(dashboard)]
    exprs += [(a["name"], a["expr"]) for a in dashboard["annotations"]["list"]]
    names = [f"virtmeter:expr{i}" for i in range(len(exprs))]
    plain = [re.sub(r"\$__\w+", "5m", expr) for _, expr in exprs]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        group = {"name": "all", "rules": [{"record": n, "expr": e} for n, e in zip(names, plain)]}
        yaml.safe_dump({"groups": [group]}, file)
        file.flush()
        done = subprocess.run(["promtool", "check", "rules", "--lint=none", file.name], capture_output=True, text=True,
                              check=False)
    for line in (done.stdout + done.stderr).splitlines() if done.returncode else []:
        yield "", line


def exclusions():
    """(rule, dashboard title, panel title or "") of dashboards/.lint, all with a reason."""
    found = yaml.safe_load((sources.ROOT / "dashboards/.lint").read_text(encoding="utf-8"))["exclusions"]
    for name, body in found.items():
        for entry in body["entries"]:
            if not entry.get("reason"):
                raise SystemExit(f"dashboards/.lint: {name} for {entry.get('panel')}: no reason")
            yield name.removesuffix("-rule"), entry["dashboard"], entry.get("panel", "")


def main():
    spare, wrong = set(exclusions()), []
    used = set()
    for name, dashboard in sources.dashboards().items():
        for kind, check in RULES:
            for panel, sentence in check(dashboard):
                excused = {(kind, dashboard["title"], panel), (kind, dashboard["title"], "")} & spare
                used |= excused
                if not excused:
                    wrong.append(f"{name}: {kind}: {panel + ': ' if panel else ''}{sentence}")
    wrong += [f"dashboards/.lint: {name} for {title} {panel}: nothing needs it"
              for name, title, panel in sorted(spare - used)]
    uids = [dashboard["uid"] for dashboard in sources.dashboards().values()]
    wrong += [f"the uid {uid} is there twice" for uid, n in collections.Counter(uids).items() if n > 1]
    for sentence in dict.fromkeys(wrong):
        print(sentence, file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
