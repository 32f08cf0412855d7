"""What is tested: the generated dashboards, rules and alerts, and every expression in them."""

import json
import pathlib
from typing import NamedTuple

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "dashboards/out"
RUNBOOKS = ROOT / "dashboards/runbooks"


class Use(NamedTuple):
    """An expression, and where it stands."""
    where: str
    expr: str


def dashboards():
    files = sorted((OUT / "grafana").glob("*.json"))
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in files}


def rules(name):
    """The rules of out/prometheus/NAME.yaml, one after the other."""
    groups = yaml.safe_load((OUT / f"prometheus/{name}.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] not in ("row", "text")]


def label_values(variable):
    """Metric selector and label of a variable's label_values(selector, label)."""
    inner = variable["query"]["query"].removeprefix("label_values(").removesuffix(")")
    selector, _, label = inner.rpartition(", ")
    return selector, label


def variables(dashboard):
    return [variable for variable in dashboard["templating"]["list"] if variable["type"] == "query"]


def uses():
    for name, dashboard in dashboards().items():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield Use(f"{name}: {panel['title']}", target["expr"])
        for variable in variables(dashboard):
            yield Use(f"{name}: variable {variable['name']}", label_values(variable)[0])
        for annotation in dashboard["annotations"]["list"]:
            yield Use(f"{name}: annotation {annotation['name']}", annotation["expr"])
    for name in ("rules", "alerts"):
        for rule in rules(name):
            yield Use(f"{name}.yaml: {rule.get('record') or rule['alert']}", rule["expr"])
