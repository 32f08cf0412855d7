"""The exporter at the other ends of libvirt's remote protocol: Unix sockets, TCP and TLS, with QEMU's driver and with
the test driver inside the daemon. Whatever the way, the host is the same, and a daemon that dies is found again."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from exporter import ROOT, Exporter
from lab import Lab
from soak import (ANSWER_SECONDS, RECOVERY_SECONDS, await_daemon, await_first, await_whole, is_up, lasting, scrape,
                  stopped)

FLEET = ROOT / "demo/fleet.xml"
TCP_PORT, TLS_PORT = 16509, 16514  # on the lab's own loopback
GUESTS = 3
DOMAINS = GUESTS + 1

_CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign"
_SERVER = "subjectAltName=IP:127.0.0.1\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth"
_CLIENT = "keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=clientAuth"


class Certificates:
    """An authority with a server's and a client's certificate, in files that are named as libvirt wants them."""

    def __init__(self, folder):
        self.folder = folder
        self._make("ca", _CA, None)
        self._make("server", _SERVER, "ca")
        self._make("client", _CLIENT, "ca")

    def _make(self, name, extensions, issuer):
        config = self.folder / f"{name}.conf"
        config.write_text(f"[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=extensions\n"
                          f"[name]\nCN=lab {name}\n[extensions]\n{extensions}\n", encoding="ascii")
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-config", config,
                   "-keyout", self.folder / f"{name}key.pem", "-out", self.folder / f"{name}cert.pem"]
        if issuer:
            command += ["-CA", self.folder / f"{issuer}cert.pem", "-CAkey", self.folder / f"{issuer}key.pem"]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True)

    def daemon_conf(self):
        return (f'listen_tls = 1\ntls_port = "{TLS_PORT}"\nauth_tls = "none"\n'
                f'ca_file = "{self.folder}/cacert.pem"\n'
                f'cert_file = "{self.folder}/servercert.pem"\nkey_file = "{self.folder}/serverkey.pem"\n')

    def uri(self, host="127.0.0.1"):
        return f"qemu+tls://{host}:{TLS_PORT}/system?pkipath={self.folder}"


class RemoteTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        settings = {"guests": GUESTS, "listen_tcp": TCP_PORT}
        cls.certificates = None
        if shutil.which("openssl"):
            folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="virtmeter-tls-")))
            cls.certificates = Certificates(folder)
            settings["daemon_conf"] = cls.certificates.daemon_conf()
        cls.lab = cls.enterClassContext(Lab(**settings))
        with Exporter(cls.lab.uri("ro")) as exporter:
            cls.baseline = await_first(exporter, DOMAINS)

    def exporter(self, uri, inside=False):
        return Exporter(uri, "--scrape.coalesce=0s", inside=self.lab if inside else None)

    def connection_of(self, page):
        (labels,) = [dict(key[1]) for key in page if key[0] == "libvirt_connection_info"]
        return labels

    def without_connection(self, page):
        return {key for key in page if key[0] != "libvirt_connection_info"}

    def assert_same_host(self, uri, exporter, secure, encrypted):
        """All that was seen through the Unix socket, by a connection that says what it is."""
        await_first(exporter, DOMAINS)
        page = scrape(exporter).page
        self.assertEqual(self.without_connection(lasting(page)), self.without_connection(self.baseline))
        labels = self.connection_of(page)
        self.assertEqual((labels["uri"], labels["driver"], labels["secure"], labels["encrypted"]),
                         (uri, "QEMU", secure, encrypted))

    def assert_endures(self, exporter, baseline):
        """A frozen daemon costs a second, a dead one is found again."""
        with stopped(self.lab.pid()):
            for _ in range(3):
                answer = scrape(exporter)
                self.assertLess(answer.seconds, ANSWER_SECONDS)
                self.assertFalse(is_up(answer.page))
        await_daemon(self.lab)
        await_whole(exporter, baseline, RECOVERY_SECONDS)
        self.lab.kill_daemon("KILL")
        try:
            answer = scrape(exporter)
            self.assertLess(answer.seconds, ANSWER_SECONDS)
            self.assertFalse(is_up(answer.page))
        finally:
            self.lab.start_daemon()
        await_daemon(self.lab)
        await_whole(exporter, baseline, RECOVERY_SECONDS)

    def assert_serves(self, uri, secure, encrypted, inside):
        with self.exporter(uri, inside) as exporter:
            self.assert_same_host(uri, exporter, secure, encrypted)
            self.assert_endures(exporter, lasting(scrape(exporter).page))

    def test_through_a_unix_socket(self):
        self.assert_serves(self.lab.uri("ro"), "true", "false", inside=False)

    def test_through_the_unix_socket_that_gives_full_rights(self):
        uri = self.lab.uri("rw")
        with self.exporter(uri) as exporter:
            self.assert_same_host(uri, exporter, "true", "false")

    def test_through_tcp(self):
        self.assert_serves(self.lab.uri("tcp"), "false", "false", inside=True)

    def test_through_tls(self):
        if not self.certificates:
            self.skipTest("there is no openssl to make certificates with")
        self.assert_serves(self.certificates.uri(), "true", "true", inside=True)

    def test_tls_to_a_host_of_another_name_is_refused(self):
        if not self.certificates:
            self.skipTest("there is no openssl to make certificates with")
        with self.exporter(self.certificates.uri("localhost"), inside=True) as exporter:
            self.assertFalse(is_up(scrape(exporter).page))
            self.assertRegex(exporter.log(), "no connection to libvirt.*Failed to verify peer's certificate")

    def test_with_the_test_driver_inside_the_daemon(self):
        socket = urllib.parse.quote(f"{self.lab.dir}/run/libvirt-sock-ro")
        for path in ("/default", urllib.parse.quote(str(FLEET))):
            uri = f"test+unix://{path}?socket={socket}"
            with self.subTest(path), self.exporter(uri) as remote, self.exporter(f"test://{path}") as local:
                pages = [self.await_up(each) for each in (remote, local)]
                self.assertEqual(self.names(pages[0]), self.names(pages[1]))
                self.assertGreater(len(self.names(pages[0])), 0)
                self.assert_endures(remote, {key for key in lasting(pages[0]) if key[0] == "libvirt_domain_info"})

    def names(self, page):
        return {key for key in page if key[0] in ("libvirt_domain_info", "libvirt_domain_vcpus")}

    def await_up(self, exporter):
        answer, _ = await_whole(exporter, set(), 20)
        return answer.page


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
