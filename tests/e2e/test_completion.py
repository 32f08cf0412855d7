"""The completions of virtmeterctl in the shells that people use: they are typed into a terminal, tab keys and all, and
what counts is what the program is called with in the end. The daemon is a small fake, whose names are as bad as names
can be: whoever names a domain must not get a command run by somebody who completes it."""

import http.server
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CTL = os.environ.get("VIRTMETERCTL", str(ROOT / "build/dev/ctl/virtmeterctl"))
HOSTILE = "vm-$(touch pwned);`touch pwned` 'x\"y\\z"
NAMES = {"/v1/domains": [HOSTILE, "web:1", "web:2", "b\x1b[31md", "db"], "/v1/networks": ["default"]}
PATIENCE = 20


class Daemon(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass

    def do_GET(self):
        names = NAMES.get(self.path, [])
        body = json.dumps({self.path.rsplit("/", 1)[1]: [{"name": name} for name in names]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command, folder, env):
        self.seen = ""
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.chdir(folder)
            os.execvpe(command[0], command, env)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            self.seen += os.read(self.fd, 65536).decode(errors="replace")
        except OSError:
            return False
        return True

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def await_quiet(self):
        """Until the shell has nothing more to say: it must have said something, so that a slow one is waited for."""
        end = time.monotonic() + PATIENCE
        while not self.read(0.1) and time.monotonic() < end:
            pass
        while self.read(0.2):
            pass



class CompletionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="vmc-")))
        cls.daemon = Daemon(str(cls.folder / "s"), Handler)
        cls.addClassCleanup(cls.daemon.server_close)
        threading.Thread(target=cls.daemon.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.daemon.shutdown)
        # Stands in for the program where it would act, so that the test sees what it is called with.
        stand_in = cls.folder / "bin/virtmeterctl"
        stand_in.parent.mkdir()
        stand_in.write_text(f"""#!/bin/bash
case $1 in __complete | completion) exec {CTL} "$@" ;; esac
printf '%s\\n' "$@" >"{cls.folder}/called.new" && mv "{cls.folder}/called.new" "{cls.folder}/called"
""", encoding="utf-8")
        stand_in.chmod(0o755)

    def environment(self):
        home = str(self.folder / "home")
        return {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "HOME": home, "XDG_CONFIG_HOME": home, "TERM": "vt100",
                "XDG_DATA_HOME": home, "VIRTMETER_ADMIN_SOCKET": str(self.folder / "s"), "LC_ALL": "C.UTF-8"}

    def called_with(self):
        end = time.monotonic() + PATIENCE
        called = self.folder / "called"
        while not called.exists() and time.monotonic() < end:
            time.sleep(0.05)
        words = called.read_text(encoding="utf-8").splitlines() if called.exists() else None
        called.unlink(missing_ok=True)
        return words

    def complete_in(self, command, *setup):
        """Types lines into the shell, a tab after each word's beginning, and checks the calls."""
        cases = [
            (["virtmeterctl susp", "d"], ["suspend", "db"]),
            (["virtmeterctl start vm"], ["start", HOSTILE]),
            (["virtmeterctl start web:", "2"], ["start", "web:2"]),
            (["virtmeterctl network-sto", "d"], ["network-stop", "default"]),
            (["virtmeterctl shutdown db --mo", "b"], ["shutdown", "db", "--mode=both"]),
            (["virtmeterctl autostart db of"], ["autostart", "db", "off"]),
        ]
        (self.folder / "home").mkdir(exist_ok=True)
        terminal = Terminal(command, self.folder, self.environment())
        self.addCleanup(terminal.close)
        terminal.await_quiet()
        for line in setup:
            terminal.type(line + "\r")
            terminal.await_quiet()
        for pieces, expected in cases:
            with self.subTest(command[0], pieces=pieces):
                terminal.type("".join(piece + "\t" for piece in pieces) + "\r")
                called = self.called_with()
                self.assertEqual(called, expected, terminal.seen[-2000:])
                terminal.await_quiet()
        self.assertFalse((self.folder / "pwned").exists(), "a name has run a command")

    def test_bash(self):
        self.complete_in(["bash", "--norc", "--noprofile", "-i"], "source <(virtmeterctl completion bash)")

    def test_zsh(self):
        if not shutil.which("zsh"):
            self.skipTest("there is no zsh")
        self.complete_in(["zsh", "-f", "-i"], "autoload -U compinit && compinit -u -D",
                         "source <(virtmeterctl completion zsh)")

    def test_fish(self):
        if not shutil.which("fish"):
            self.skipTest("there is no fish")
        self.complete_in(["fish", "--no-config", "-i"], "virtmeterctl completion fish | source")

    def bash_reply(self, *words):
        """COMPREPLY for words as readline splits them."""
        script = ('source <("$CTL" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _virtmeterctl\n'
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, "bash", CTL, *words], env=self.environment() | {"CTL": CTL},
                              capture_output=True, text=True, timeout=PATIENCE, check=True)
        return done.stdout.split("\n")[:-1]

    def test_bash_gets_what_readline_replaces(self):
        self.assertEqual(self.bash_reply("start", "web", ":", ""), ["1", "2"])
        self.assertEqual(self.bash_reply("start", "web", ":"), ["1", "2"])
        self.assertEqual(self.bash_reply("start", "w"), ["web:1", "web:2"])
        self.assertEqual(self.bash_reply("list", "--output", "=", "q"), ["quiet"])
        self.assertEqual(self.bash_reply("list", "--output", "="), ["table", "json", "quiet"])
        self.assertEqual(self.bash_reply("list", "--output", "q"), ["quiet"])
        self.assertEqual(self.bash_reply("nonsense", ""), [""])

    def test_every_command_is_offered(self):
        told = subprocess.run([CTL, "--help"], capture_output=True, text=True, check=True).stdout
        commands = re.findall(r"^  ([a-z][a-z-]*)", told, re.MULTILINE)
        self.assertGreater(len(commands), 30)
        self.assertEqual(sorted(self.bash_reply("")), sorted(commands))

    def test_a_daemon_that_is_not_there_costs_nothing(self):
        began = time.monotonic()
        self.assertEqual(self.bash_reply("--socket", str(self.folder / "nobody"), "start", ""), [""])
        self.assertLess(time.monotonic() - began, 5)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
