"""collectd's virt plugin, where the package collectd-core is installed. It cannot be asked: it reads by its own clock.
So it is not part of the rounds but watched for a while, and its cost is that of one of its readings."""

import pathlib
import shutil
import subprocess
import tempfile
import time

from measure import ToolError, cpu_ns, memory_kib

NAME = "collectd, plugin virt"
INTERVAL = 5  # seconds
READINGS = 6
IDLE_SECONDS = 2

# the csv plugin is the least that a reading can be given to
CONFIGURATION = """
BaseDir "{folder}"
PIDFile "{folder}/pid"
PluginDir "{prefix}/lib/collectd"
TypesDB "{prefix}/share/collectd/types.db"
Hostname "host"
FQDNLookup false
Interval {interval}
LoadPlugin csv
LoadPlugin virt
<Plugin csv>
  DataDir "{folder}/csv"
</Plugin>
<Plugin virt>
  Connection "{uri}"
  RefreshInterval 60
</Plugin>
"""


def is_installed():
    return _binary() is not None


def _binary():
    return shutil.which("collectd", path="/usr/sbin:/usr/bin") or shutil.which("collectd")


def measure(lab, host):
    """The figures of one reading."""
    binary = pathlib.Path(_binary())
    with tempfile.TemporaryDirectory(prefix="vmc-", dir="/tmp") as folder:
        configuration = pathlib.Path(folder, "conf")
        configuration.write_text(CONFIGURATION.format(folder=folder, prefix=binary.parents[1], interval=INTERVAL,
                                                      uri=lab.uri()), encoding="utf-8")
        idle = _window(host, None, lambda: time.sleep(IDLE_SECONDS))
        with open(pathlib.Path(folder, "log"), "w", encoding="utf-8") as log:
            process = subprocess.Popen([str(binary), "-f", "-C", str(configuration)], stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log)
        try:
            _await_readings(folder, process, 2)
            first = _readings(folder)
            used = _window(host, process.pid, lambda: _await_readings(folder, process, first + READINGS))
            return _figures(used, idle, _readings(folder) - first, _series(folder), memory_kib(process.pid))
        finally:
            process.kill()
            process.wait()


def _window(host, pid, act):
    """Seconds that pass, and CPU time used meanwhile, in seconds, by collectd, libvirtd and the guests."""
    own, before = cpu_ns(pid) if pid else 0, host.clocks()
    act()
    after = host.clocks()
    return {"elapsed": after[0] - before[0], "own": (cpu_ns(pid) - own) / 1e9 if pid else 0,
            "libvirtd": (after[1] - before[1]) / 1e9, "qemu": (after[2] - before[2]) / 1e9}


def _figures(used, idle, readings, series, memory):
    def less_idle(name):
        return (used[name] - idle[name] / idle["elapsed"] * used["elapsed"]) / readings * 1e3

    return {"scrapes": readings, "wall_ms": None, "wall_p95_ms": None, "rest_ms_per_s": None,
            "own_ms": used["own"] / readings * 1e3, "libvirtd_ms": less_idle("libvirtd"),
            "qemu_ms": less_idle("qemu"), "series": series, "rss_mib": memory["VmRSS"] / 1024,
            "anonymous_mib": memory["RssAnon"] / 1024}


def _files(folder):
    return sorted(pathlib.Path(folder, "csv").glob("*/virt*/*"))


def _readings(folder):
    """How often a value has been written that is written at each reading; each file begins with a head."""
    files = [file for file in _files(folder) if file.name.startswith("virt_cpu_total")]
    return len(files[0].read_text(encoding="ascii").splitlines()) - 1 if files else 0


def _series(folder):
    return sum(file.read_text(encoding="ascii").split("\n", 1)[0].count(",") for file in _files(folder))


def _await_readings(folder, process, count):
    end = time.monotonic() + (count + 4) * 3 * INTERVAL
    while _readings(folder) < count:
        if process.poll() is not None or time.monotonic() > end:
            log = pathlib.Path(folder, "log").read_text(encoding="utf-8", errors="replace")
            raise ToolError("collectd does not read:\n" + log[-2000:])
        time.sleep(0.2)
