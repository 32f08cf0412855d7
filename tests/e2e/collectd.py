"""A real collectd in the foreground for the time of a test, in a folder of its own.

    with Collectd(virtmeter(lab.uri("ro"), ExtraStats="memory vcpu")) as collectd:
        collectd.await_values("virtmeter", domain="g0")
        print(collectd.latest())

It is given only the plugins that it is asked for, and csv, which keeps every value with its time, as it was dispatched.
Our plugin is $VIRTMETER_PLUGIN, or the one of the `dev` build; when that was built with a sanitizer, its library is
loaded first."""

import collections
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

from exporter import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLUGIN = pathlib.Path(os.environ.get("VIRTMETER_PLUGIN", ROOT / "build/dev/collectd-plugin/virtmeter.so"))
OURS, THEIRS = "virtmeter", "virt"
# What is no complaint: what is only for information, and what collectd must say where it is not installed as a service
HARMLESS = (r"\[(info|notice)\] (?!uc_update)", r"plugin_load: plugin \".*\" successfully loaded",
            r"No such group: `collectd'", r"MHD_OPTION_EXTERNAL_LOGGER is not the first")

# One value list: seconds since 1970, and the numbers as csv wrote them, by data source.
Reading = collections.namedtuple("Reading", "time values")
Notification = collections.namedtuple("Notification", "severity host type text")


class Identifier(collections.namedtuple("Identifier", "host plugin plugin_instance type type_instance")):
    """What collectd calls a value list by. The name of a plugin has no dash in it, and neither has a type."""

    @classmethod
    def parse(cls, text):
        host, plugin, kind = text.split("/", 2)
        return cls(host, *(plugin.split("-", 1) + [""])[:2], *(kind.split("-", 1) + [""])[:2])

    def __str__(self):
        plugin, kind = ("-".join(filter(None, pair)) for pair in (self[1:3], self[3:5]))
        return f"{self.host}/{plugin}/{kind}"


def _argument(value):
    return str(value).lower() if isinstance(value, (bool, int, float)) else f'"{value}"'


def _block(name, options):
    """<Plugin NAME>; an option with a list of values is written once for each of them, a tuple is its arguments."""
    lines = [f"LoadPlugin {name}", f"<Plugin {name}>"]
    for key, values in options.items():
        for value in values if isinstance(values, list) else [values]:
            arguments = value if isinstance(value, tuple) else (value,)
            lines.append(" ".join(["  " + key, *map(_argument, arguments)]))
    return "\n".join(lines + ["</Plugin>"]) + "\n"


def virt(uri, **options):
    """The text of a configuration with collectd's own plugin."""
    return _block(THEIRS, {"Connection": uri, **options})


def virtmeter(uri, plugin=PLUGIN, **options):
    """The text of a configuration with ours. It may lie anywhere: PluginDir counts for what follows it."""
    return f'PluginDir "{plugin.parent}"\n' + _block(OURS, {"Connection": uri, **options})


def installed():
    return pathlib.Path(shutil.which("collectd", path="/usr/sbin:/usr/bin") or "/usr/sbin/collectd")


def sanitizers(plugin=PLUGIN):
    """What must be loaded before collectd, which was not built with it, so that the plugin finds it. A sanitizer stands
    in for libtirpc's functions too, and looks for the real ones when it starts."""
    needs = subprocess.run(["ldd", plugin], capture_output=True, text=True, check=False).stdout
    found = re.findall(r"=> (/\S*lib(?:[at]san|tirpc)\.\S*)", needs)
    return sorted(found, key=lambda path: "tirpc" in path) if any("san." in path for path in found) else []


class Collectd:
    def __init__(self, *plugins, interval=1, settings="", env=None, preload=None):
        """`plugins`: texts from virt() and virtmeter(), or others; `settings`: global options; `preload`: libraries, by
        default those that our plugin needs when it was built with a sanitizer. That looks for leaks only when `env`
        says so: collectd itself has some."""
        self.plugins, self.interval, self.settings = plugins, interval, settings
        self.preload = sanitizers() if preload is None else preload
        self.env = {"ASAN_OPTIONS": "detect_leaks=0"} | (env or {})
        self.folder = self.process = self._last_log = None
        self.port = free_port()
        self._stack = contextlib.ExitStack()

    # ---- from the beginning to the end

    def __enter__(self):
        # short: a Unix socket lies in it
        self.folder = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="vmc-", dir="/tmp")))
        self.configure()
        try:
            with open(self.folder / "out", "wb") as out:
                self.process = subprocess.Popen(self.command("-f"), stdin=subprocess.DEVNULL,
                                                stdout=out, stderr=out, env=self.environment())
        except BaseException:
            self._stack.close()
            raise
        self._stack.callback(self._kill)
        return self

    def __exit__(self, kind, *_):
        with self._stack:
            code = self.stop()
            self._last_log = self.log()
            if kind is None:  # the test's own failure says more
                assert code == 0, f"collectd ended with {code}:\n{self.log()[-5000:]}"

    def stop(self, patience=30):
        """Asks it to end; its exit code (or minus the signal that killed it)."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"collectd did not end in {patience} s:\n{self.log()[-5000:]}") from None

    def _kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def pid(self):
        return self.process.pid

    def command(self, *flags):
        return [str(installed()), *flags, "-C", str(self.folder / "conf")]

    def environment(self):
        return os.environ | {"LD_PRELOAD": ":".join(self.preload)} | self.env

    def configure(self):
        (self.folder / "conf").write_text(self._configuration(), encoding="utf-8")

    def _configuration(self):
        """csv writes what was dispatched, not rates, and at once; LoadPlugin of our own comes last, because the
        PluginDir before it hides all others."""
        prefix = installed().parents[1]
        stock = f'PluginDir "{prefix}/lib/collectd"\n'
        return "\n".join([
            f'BaseDir "{self.folder}"', f'PIDFile "{self.folder}/pid"', f'TypesDB "{prefix}/share/collectd/types.db"',
            'Hostname "host"', "FQDNLookup false", f"Interval {self.interval}", self.settings,
            stock, _block("logfile", {"LogLevel": "info", "File": f"{self.folder}/log", "Timestamp": True,
                                      "PrintSeverity": True}),
            _block("csv", {"DataDir": f"{self.folder}/csv", "StoreRates": False}),
            _block("unixsock", {"SocketFile": f"{self.folder}/sock"}),
            _block("write_prometheus", {"Port": str(self.port), "Host": "127.0.0.1"}),
            *(stock + plugin for plugin in self.plugins)])

    # ---- the log

    def log(self):
        """All that it has written; that is kept when it has ended."""
        if self._last_log is not None:
            return self._last_log
        return "".join(path.read_text(encoding="utf-8", errors="replace")
                       for path in (self.folder / "log", self.folder / "out") if path.exists())

    def complaints(self):
        """The lines that no healthy collectd writes."""
        return [line for line in self.log().splitlines() if line and not re.search("|".join(HARMLESS), line)]

    def notifications(self, plugin=OURS):
        """What was told, in order."""
        pattern = (rf"Notification: severity = (\w+), host = (\S*), plugin = {plugin},(?: plugin_instance = [^,]*,)? "
                   r"type = (\w+),(?: type_instance = [^,]*,)? message = (.*)")
        return [Notification(*match.groups()) for match in re.finditer(pattern, self.log())]

    # ---- values

    def history(self):
        """Identifier -> [Reading], of everything that was ever dispatched."""
        readings = collections.defaultdict(list)
        for path in sorted((self.folder / "csv").glob("*/*/*")):
            heads, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
            names = heads.split(",")[1:]
            identifier = Identifier.parse(str(path.relative_to(self.folder / "csv"))[:-len("-2000-01-01")])
            for line in lines:
                when, *numbers = line.split(",")
                readings[identifier].append(Reading(float(when), dict(zip(names, numbers))))
        return dict(readings)

    def latest(self, plugin=OURS):
        """Identifier -> values by data source, as text, of the last reading of each."""
        return {identifier: readings[-1].values for identifier, readings in self.history().items()
                if readings and identifier.plugin == plugin}

    def ask(self, command):
        """The lines of unixsock's answer, without the status line; that one is checked."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(self.folder / "sock"))
            connection.sendall(command.encode() + b"\n")
            with connection.makefile(encoding="utf-8") as answer:
                count, _, text = answer.readline().partition(" ")
                assert int(count) >= 0, text
                return [answer.readline().rstrip("\n") for _ in range(int(count))]

    def listed(self, plugin=OURS):
        """The identifiers that are in collectd's cache now."""
        identifiers = (Identifier.parse(line.split(" ", 1)[1]) for line in self.ask("LISTVAL"))
        return {identifier for identifier in identifiers if identifier.plugin == plugin}

    def exposition(self):
        """What write_prometheus serves."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=20) as response:
            return response.read().decode("utf-8")

    def wait(self, condition, seconds=30):
        """Until the condition holds; its last value."""
        end = time.monotonic() + seconds
        while not (result := condition()):
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"it does not happen (exit code {self.process.poll()}):\n{self.log()[-5000:]}")
            time.sleep(0.1)
        return result

    def await_readings(self, count, plugin=OURS, seconds=30):
        """Until so many readings have been dispatched of something of this plugin."""
        self.wait(lambda: any(len(readings) >= count for identifier, readings in self.history().items()
                              if identifier.plugin == plugin), seconds + count * self.interval)


def run_once(*plugins):
    """(exit code, log) of a collectd that reads this configuration, reads once and ends: `collectd -T`."""
    collectd = Collectd(*plugins)
    with tempfile.TemporaryDirectory(prefix="vmc-", dir="/tmp") as folder:
        collectd.folder = pathlib.Path(folder)
        collectd.configure()
        done = subprocess.run(collectd.command("-T"), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, env=collectd.environment(), check=False)
        return done.returncode, collectd.log() + done.stdout + done.stderr
