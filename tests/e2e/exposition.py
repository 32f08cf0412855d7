"""A strict reader of the Prometheus text format 0.0.4, written from its specification and sharing nothing with the
exporter: it refuses what Prometheus would forgive (duplicates, families that are not contiguous, samples without TYPE).
Timestamps on samples are refused too: the exporter promises to send none."""

import re

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"')
_VALUE = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?|[-+]Inf|NaN", re.IGNORECASE)
_TYPES = ("counter", "gauge", "histogram", "summary", "untyped")
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


class FormatError(ValueError):
    """The text is not exposition format 0.0.4."""


class Family:
    """One metric family: its help, its type, and its samples in the order of the text."""

    def __init__(self, name):
        self.name = name
        self.help = None
        self.type = None
        self.samples = {}  # (name, frozenset of label pairs) -> value, as it was written

    def owns(self, sample_name):
        suffixes = _SUFFIXES.get(self.type, ("",))
        return any(sample_name == self.name + suffix for suffix in suffixes)


def _unescape(text, escapes):
    return re.sub(r"\\(.)", lambda match: escapes[match.group(1)], text)


def _labels(text):
    labels, rest = {}, text
    while rest:
        match = _LABEL.match(rest)
        if not match:
            raise FormatError(f"not a label: {rest!r}")
        name, value = match.groups()
        if name in labels:
            raise FormatError(f"label {name!r} twice")
        labels[name] = _unescape(value, {"\\": "\\", '"': '"', "n": "\n"})
        rest = rest[match.end():]
        if rest and not re.match(r",[a-zA-Z_]", rest):
            raise FormatError(f"no further label after {name!r}")
        rest = rest[1:]
    return frozenset(labels.items())


class _Reader:
    def __init__(self):
        self.families = {}
        self.current = None

    def line(self, line):
        if line.startswith("# HELP "):
            self._help(line[len("# HELP "):])
        elif line.startswith("# TYPE "):
            self._type(line[len("# TYPE "):])
        elif not line or line.startswith("#"):
            raise FormatError("an empty line or a comment that says nothing")
        else:
            self._sample(line)

    def _open(self, name):
        """The family that a HELP or TYPE line is about: the current one, or a new one."""
        if not re.fullmatch(_NAME, name):
            raise FormatError(f"not a metric name: {name!r}")
        if self.current is None or self.current.name != name:
            if name in self.families:
                raise FormatError(f"family {name!r} is not contiguous")
            self.current = self.families[name] = Family(name)
        if self.current.samples:
            raise FormatError(f"HELP or TYPE of {name!r} after its samples")
        return self.current

    def _help(self, rest):
        name, _, text = rest.partition(" ")
        family = self._open(name)
        if family.help is not None:
            raise FormatError(f"second HELP of {name!r}")
        if re.search(r"\\[^\\n]|\\$", text.replace("\\\\", "")):
            raise FormatError(f"bad escape in the HELP of {name!r}")
        family.help = _unescape(text, {"\\": "\\", "n": "\n"})

    def _type(self, rest):
        name, _, text = rest.partition(" ")
        family = self._open(name)
        if family.type is not None or text not in _TYPES:
            raise FormatError(f"second or unknown TYPE of {name!r}: {text!r}")
        family.type = text

    def _sample(self, line):
        match = _SAMPLE.fullmatch(line)
        if not match:
            raise FormatError("not a sample")
        name, labels, value = match.groups()
        family = self.current
        if family is None or family.type is None or not family.owns(name):
            raise FormatError(f"sample {name!r} does not follow the TYPE of its family")
        if not _VALUE.fullmatch(value):
            raise FormatError(f"not a value: {value!r}")
        if family.type == "counter" and value.startswith("-"):
            raise FormatError("a negative counter")
        key = (name, _labels(labels or ""))
        if key in family.samples:
            raise FormatError("a duplicate")
        family.samples[key] = value


def families(text):
    """name -> Family, in the order of the text."""
    if text and not text.endswith("\n"):
        raise FormatError("the last line has no end")
    reader = _Reader()
    for number, line in enumerate(text.split("\n")[:-1], 1):
        try:
            reader.line(line)
        except FormatError as error:
            raise FormatError(f"line {number}: {error}: {line!r}") from None
    return reader.families


def series(text):
    """(name, frozenset(labels.items())) -> the value, as it was written."""
    return {key: value for family in families(text).values() for key, value in family.samples.items()}


def show(key):
    """A series as a person would write it."""
    name, labels = key
    inner = ",".join(f'{label}="{value}"' for label, value in sorted(labels))
    return f"{name}{{{inner}}}" if inner else name
