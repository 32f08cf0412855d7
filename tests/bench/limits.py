"""What the measurements must not exceed: rows of a name, a limit, and a function of the results that gives the figure,
or None when it was not measured."""

from measure import BULK, DEBIAN, MAIN

LARGEST = "200"  # guests


def _ratio(guests, tool, key, other):
    def figure(results):
        host = results["peers"]["hosts"].get(guests)
        return host and host[tool][key] / host[other][key]
    return figure


def _figure(guests, tool, key):
    def figure(results):
        host = results["peers"]["hosts"].get(guests)
        return host and host[tool][key]
    return figure


def per_series(figures):
    """CPU time of the tool itself for one series, in µs."""
    return figures["own_ms"] * 1e3 / figures["series"]


def _per_series(guests):
    def figure(results):
        host = results["peers"]["hosts"].get(guests)
        return host and per_series(host[MAIN])
    return figure


def _per_series_of_debian(guests):
    def figure(results):
        host = results["peers"]["hosts"].get(guests)
        return per_series(host[MAIN]) / per_series(host[DEBIAN]) if host and DEBIAN in host else None
    return figure


def _plugins(guests, key, other):
    """Of what the other takes for a reading."""
    def figure(results):
        host = results["plugins"]["hosts"].get(guests)
        return host and host["virtmeter"][key] / host[other][key]
    return figure


def _frozen(key):
    def figure(results):
        frozen = results["peers"].get("frozen")
        # no answer within the time that it was given
        return frozen and (frozen[MAIN][key] or frozen[MAIN]["bound_s"])
    return figure


def _exposition(name):
    return lambda results: results["exposition"][name]


def _growth(results):
    first, last = (results["exposition"][f"allocations_of_{when}_scrapes"] for when in ("first", "last"))
    return last / first - 1


def _memory(key):
    return lambda results: results["memory"][key] - results["memory"]["idle_mib"]


def _admin(key):
    return lambda results: results["admin"][key]


# name, "at most" or "at least", limit, unit, figure
ROWS = [
    *((f"a scrape of {n} guests takes, of a bare bulk call's time", "at most", 0.75, "",
       _ratio(n, MAIN, "wall_ms", BULK)) for n in ("50", "100", "200")),
    *((f"it costs libvirtd, of a bare bulk call's CPU time, {n} guests", "at most", 1.05, "",
       _ratio(n, MAIN, "libvirtd_ms", BULK)) for n in ("50", "100", "200")),
    (f"it costs the exporter, {LARGEST} guests", "at most", 15, "ms of CPU time", _figure(LARGEST, MAIN, "own_ms")),
    (f"the same for one series, {LARGEST} guests", "at most", 1, "µs", _per_series(LARGEST)),
    ("the same, of what one series costs Debian's exporter", "at most", 0.1, "", _per_series_of_debian(LARGEST)),
    ("the first scrape after a guest froze takes", "at most", 1.5, "s", _frozen("first_s")),
    ("the slowest of the 20 that follow takes", "at most", 0.3, "s", _frozen("following_max_s")),
    *((f"a reading of collectd costs libvirtd, of what the virt plugin does, {n} guests", "at most", 0.5, "",
       _plugins(n, "libvirtd_ms", "virt")) for n in ("10", "50", "100")),
    *((f"the same, of a bare bulk call's, {n} guests", "at most", 1.05, "", _plugins(n, "libvirtd_ms", BULK))
      for n in ("10", "50", "100")),
    *((f"it costs collectd, of what the virt plugin does, {n} guests", "at most", 0.2, "",
       _plugins(n, "own_ms", "virt")) for n in ("10", "50", "100")),
    ("decoding and rendering of 1,000 domains, one core", "at least", 300, "MB/s",
     _exposition("decode_and_render_speed")),
    ("allocations that a scrape makes more than one ten scrapes before", "at most", 0.01, "of them", _growth),
    ("allocations that a scrape does not give back", "at most", 0.5, "", _exposition("allocations_left")),
    ("memory that 100,000 series take, gzip", "at most", 16, "MiB", _memory("gzip_mib")),
    ("memory that 100,000 series take, plain text", "at most", 16, "MiB", _memory("plain_mib")),
    ("a list of 200 domains of the admin daemon takes", "at most", 50, "ms", _admin("list_ms")),
    ("an action takes through the admin daemon, more than the bare call", "at most", 5, "ms", _admin("overhead_ms")),
]


def check(results):
    """Rows of (name, comparison, limit, unit, figure, word); the word is PASS, FAIL or "not measured"."""
    rows = []
    for name, comparison, limit, unit, figure in ROWS:
        number = figure(results)
        is_fine = number is not None and (number <= limit if comparison == "at most" else number >= limit)
        word = "not measured" if number is None else "PASS" if is_fine else "FAIL"
        rows.append((name, comparison, limit, unit, number, word))
    return rows
