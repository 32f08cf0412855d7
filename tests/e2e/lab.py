"""A real libvirtd with real guests for the time of a test: drives tests/lab/lab in a directory of its own.

    with Lab(guests=4, linux=1) as lab:
        lab.freeze("g1")
        print(lab.virsh("list", "--all"))

Settings are those of tests/lab/lab, without LAB_ and in lower case. When the process that uses a Lab dies, the lab goes
down by itself."""

import ctypes
import os
import pathlib
import socket
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = str(ROOT / "tests/lab/lab")
# what is worth keeping from one lab to the next: the small Linux, and what libvirtd learned about QEMU
KEPT = pathlib.Path(os.environ.get("VIRTMETER_LAB_KEPT", ROOT / "build/lab"))
CLONE_NEWNET = 0x40000000


class LabError(Exception):
    """The lab could not do what it was asked for."""


class Lab:
    def __init__(self, guests=1, **settings):
        self.guests = guests
        self.dir = None
        self._env = {"LAB_OWNER": str(os.getpid()), "LAB_GUEST": str(KEPT / "guest"), "LAB_CACHE": str(KEPT / "cache")}
        for name, value in settings.items():
            self._env["LAB_" + name.upper()] = str(int(value) if isinstance(value, bool) else value)

    def __enter__(self):
        # short: Unix sockets lie in it
        self.dir = tempfile.mkdtemp(prefix="vml-", dir="/tmp")
        self._env["LAB_DIR"] = self.dir
        try:
            self._lab("up", str(self.guests), timeout=600)
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        self.down()

    def down(self):
        self._lab("down", timeout=60)

    # -- the script

    def _environment(self):
        return {key: value for key, value in os.environ.items() if not key.startswith("LAB_")} | self._env

    def popen(self, *arguments, env=None, **options):
        """The script with these arguments as a child of ours: for what may hang, and for what stays."""
        return subprocess.Popen([SCRIPT, *arguments], env=self._environment() | (env or {}), **options)

    def _lab(self, *arguments, check=True, timeout=60):
        done = subprocess.run([SCRIPT, *arguments], env=self._environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=timeout, check=False)
        if check and done.returncode:
            raise LabError(f"lab {' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
        return done.stdout

    # -- libvirt

    def uri(self, kind="ro"):
        """The URI to connect to: kind is "ro", "rw", or "tcp" (only inside, see `connect`)."""
        return self._lab("uri", kind).strip()

    def virsh(self, *arguments, check=True, timeout=60):
        """What a virsh with full rights prints."""
        return self._lab("virsh", *arguments, check=check, timeout=timeout)

    def ns(self, *command, check=True, timeout=60):
        """What a command prints inside the lab's namespaces."""
        return self._lab("ns", *command, check=check, timeout=timeout)

    # -- guests

    def add(self, count):
        self._lab("add", str(count), timeout=600)

    def await_linux(self, seconds=120):
        self._lab("await", str(seconds), timeout=seconds + 30)

    def freeze(self, domain):
        self._lab("freeze", domain)

    def thaw(self, domain):
        self._lab("thaw", domain)

    def pid(self, domain=None):
        """The pid of a guest's QEMU, or of libvirtd."""
        return int(self._lab("pid", *([domain] if domain else [])))

    # -- libvirtd

    def kill_daemon(self, signal="TERM"):
        self._lab("kill-daemon", signal)

    def start_daemon(self):
        self._lab("start-daemon")

    def restart_daemon(self):
        self._lab("restart-daemon")

    def stop_daemon(self):
        self._lab("stop-daemon")

    def cont_daemon(self):
        self._lab("cont-daemon")

    # -- the lab's own network

    def connect(self, port, timeout=None):
        """A TCP connection to 127.0.0.1:port as seen inside. The network namespace belongs to a thread, and a socket
        stays in the one that it was made in: a thread goes inside, makes the connection, and ends."""
        made = []

        def inside():
            libc = ctypes.CDLL(None, use_errno=True)
            try:
                with open(f"/proc/{self._holder()}/ns/net", "rb") as namespace:
                    if libc.setns(namespace.fileno(), CLONE_NEWNET):
                        raise OSError(ctypes.get_errno(), "setns")
                made.append(socket.create_connection(("127.0.0.1", port), timeout=timeout))
            except OSError as error:
                made.append(error)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def _holder(self):
        return pathlib.Path(self.dir, "pids/holder").read_text(encoding="ascii").strip()
