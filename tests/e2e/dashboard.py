"""The queries of a dashboard's JSON, as Grafana would send them to Prometheus.

A variable is "All" when the dashboard offers that. Else it takes the value that was chosen, or the first of its query.
"""

import json
import math
import re

from prometheus import QueryError

POINTS = 200  # of a graph


class Dashboard:
    def __init__(self, file, prometheus, begin, end, choices=None):
        """begin, end: seconds since 1970; choices: variable -> value."""
        self.name = file.stem
        self.json = json.loads(file.read_text(encoding="utf-8"))
        self.prometheus, self.begin, self.end = prometheus, begin, end
        scrape = prometheus.interval
        self.step = max(scrape, math.ceil((end - begin) / POINTS))
        self.values = {"__interval": f"{self.step}s", "__rate_interval": f"{max(self.step + scrape, 4 * scrape)}s",
                       "__range": f"{int(end - begin)}s", "__range_s": str(int(end - begin))}
        self.choices = choices or {}

    def lacks(self):
        """A sentence on each query that is refused or returns nothing; variables come first, others use them."""
        return list(self._lacks())

    def _lacks(self):
        for variable in self.json["templating"]["list"]:
            if variable["type"] == "query":
                yield from self._try(f"variable {variable['name']}", lambda each=variable: self._fill(each))
        for annotation in self.json.get("annotations", {}).get("list", []):
            if "expr" in annotation:
                yield from self._try(f"annotation {annotation['name']}",
                                     lambda expr=annotation["expr"]: self._graph(expr))
        for panel in self._panels():
            for target in panel.get("targets", []):
                ask = self._instant if target.get("instant") else self._graph
                yield from self._try(f"panel \"{panel['title']}\" {target['refId']}",
                                     lambda expr=target["expr"], ask=ask: ask(expr))

    def targets(self):
        """(title of the panel, {"expr", "instant"}) of each query, with the variables that `lacks` has found."""
        for panel in self._panels():
            for target in panel.get("targets", []):
                yield panel["title"], {"expr": self._substitute(target["expr"]), "instant": bool(target.get("instant"))}

    def _panels(self):
        for panel in self.json["panels"]:
            yield panel
            yield from panel.get("panels", [])

    def _try(self, name, ask):
        try:
            if not ask():
                yield f"{self.name}: {name}: no data"
        except QueryError as error:
            yield f"{self.name}: {name}: {error}"

    def _fill(self, variable):
        query = variable["query"] if isinstance(variable["query"], str) else variable["query"]["query"]
        selector, label = re.fullmatch(r"label_values\((?:(.+),)?\s*(\w+)\)", query, re.DOTALL).groups()
        parameters = {"match[]": self._substitute(selector)} if selector else {}
        names = self.prometheus.ask(f"label/{label}/values", start=self.begin, end=self.end, **parameters)
        name = variable["name"]
        first = names[0] if names else ""
        self.values[name] = variable["allValue"] if variable["includeAll"] else self.choices.get(name, first)
        return names

    def _instant(self, expression):
        return self.prometheus.query(self._substitute(expression), time=self.end)

    def _graph(self, expression):
        found = self.prometheus.ask("query_range", query=self._substitute(expression), start=self.begin, end=self.end,
                                    step=self.step)["result"]
        return [series for series in found if any(value != "NaN" for _, value in series["values"])]

    def _substitute(self, text):
        def value(match):
            return self.values[match.group(1) or match.group(2)]
        return re.sub(r"\$(?:(\w+)|\{(\w+)(?::\w+)?\})", value, text)
