"""Enough of PromQL to know which series an expression selects, by which labels it groups, in which functions."""

import re
from typing import NamedTuple

TOKEN = re.compile(r'''
    (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<range>\[[^\]]*\])
  | (?P<word>\$?[a-zA-Z_][a-zA-Z0-9_:]*)
  | (?P<number>[0-9][0-9a-zA-Z.]*)
  | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^=<>(){},@])
  | (?P<space>\s+)
''', re.VERBOSE)
GROUPINGS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
KEYWORDS = {"and", "or", "unless", "bool", "offset", "start", "end", "inf", "nan"}
AGGREGATIONS = {"sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile", "group", "stddev", "stdvar"}


class Matcher(NamedTuple):
    label: str
    sign: str
    value: str


class Selector(NamedTuple):
    metric: str
    matchers: tuple
    range: str  # "" for an instant vector
    functions: tuple  # in which it stands, the nearest last


class Expression(NamedTuple):
    selectors: tuple
    groups: tuple  # labels of by, on, group_left and so on


def tokens(text):
    place, found = 0, []
    while place < len(text):
        match = TOKEN.match(text, place)
        if not match:
            raise ValueError(f"not PromQL from here: {text[place:place + 40]!r}")
        if match.lastgroup != "space":
            found.append((match.lastgroup, match.group()))
        place = match.end()
    return found + [("end", "")] * 2


def _labels(found, i):
    """The names in the parentheses that open at i, and the place behind them."""
    names = []
    while found[i][1] != ")":
        if found[i][0] == "word":
            names.append(found[i][1])
        i += 1
    return names, i + 1


def _matchers(found, i):
    matchers = []
    while found[i][1] != "}":
        if found[i][0] == "word":
            matchers.append(Matcher(found[i][1], found[i + 1][1], found[i + 2][1][1:-1]))
            i += 2
        i += 1
    return tuple(matchers), i + 1


def parse(text):
    found, i = tokens(text), 0
    selectors, groups, stack = [], [], []
    while found[i][0] != "end":
        kind, word = found[i]
        i += 1
        if word == "(":
            stack.append("")
        elif word == ")":
            stack.pop()
        elif kind != "word" or word.startswith("$") or word in KEYWORDS or word in AGGREGATIONS:
            if word in AGGREGATIONS and found[i][1] == "(":
                stack.append(word)
                i += 1
        elif word in GROUPINGS and found[i][1] == "(":
            names, i = _labels(found, i)
            groups += names
        elif word in GROUPINGS:
            continue
        elif found[i][1] == "(":
            stack.append(word)
            i += 1
        else:
            matchers, i = _matchers(found, i) if found[i][1] == "{" else ((), i)
            window = found[i][1] if found[i][0] == "range" else ""
            selectors.append(Selector(word, matchers, window, tuple(stack)))
    return Expression(tuple(selectors), tuple(groups))
