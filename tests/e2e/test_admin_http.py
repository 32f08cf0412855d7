"""What virtmeter-admind says to clients that are wrong, slow, many, or hostile: an answer for each, and room for the
others. On libvirt's test driver, inside the daemon."""

import concurrent.futures
import contextlib
import json
import re
import socket
import subprocess
import sys
import time
import unittest

from prometheus_client.parser import text_string_to_metric_families

from admin import OPERATOR, VIEWER, Admin, as_user, description

DOMAIN = "/v1/domains/test"
# connects so often, sends a text each time, and stays
HOLDER = """import contextlib, socket, sys
path, count, text = sys.argv[1:]
held = []
for _ in range(int(count)):
    with contextlib.suppress(OSError):
        made = socket.socket(socket.AF_UNIX)
        held.append(made)
        made.connect(path)
        made.sendall(text.encode())
print("ready", flush=True)
sys.stdin.read()
"""


class HttpTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.admin = cls.enterClassContext(Admin("test:///default"))

    def assert_problem(self, answer, status, name):
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json["type"], f"urn:virtmeter:problem:{name}")
        self.assertEqual(answer.json["status"], status)
        self.assertTrue(answer.json["title"])
        self.assertTrue(answer.json["request_id"])

    def assert_well(self):
        self.assertEqual(self.admin.get("/v1/domains").status, 200)

    # -- requests that are wrong

    def test_bodies_that_are_refused(self):
        post = lambda body, **headers: self.admin.request("POST", DOMAIN + "/suspend", body=body, headers={
            "Content-Type": "application/json"} | headers)
        cases = [
            (b"{", 400, "not-json"),
            (b"[]", 422, "invalid-parameter"),
            (b'{"a":1}{"b":2}', 400, "not-json"),
            (b'{"a":1,"a":2}', 400, "not-json"),
            (b"\xff", 400, "not-utf8"),
            (b'{"a":"\xff"}', 400, "not-utf8"),
            (b'{"a":"\xed\xa0\x80"}', 400, "not-utf8"),
            (b'{"a":' + b"[" * 17 + b"]" * 17 + b"}", 400, "not-json"),
            (b"[" * 60000, 400, "not-json"),
            (b'{"unknown":1}', 422, "invalid-parameter"),
            (b'{"a":"' + b"x" * (64 << 10) + b'"}', 413, "too-large"),
        ]
        for body, status, name in cases:
            with self.subTest(body=body[:40]):
                self.assert_problem(post(body), status, name)
        self.assert_problem(post(b"{}", **{"Content-Type": "text/plain"}), 415, "unsupported-media-type")
        self.assert_problem(post(b"{}", Origin="http://evil.example"), 403, "origin-refused")
        self.assertEqual(self.admin.state("test"), "running")

    def test_documents_may_be_larger(self):
        document = "<domain>" + " " * (512 << 10) + "</domain>"
        self.assertEqual(self.admin.post("/v1/domains/define", {"xml": document}).status, 422)
        document = "<domain>" + " " * (2 << 20) + "</domain>"
        self.assert_problem(self.admin.post("/v1/domains/define", {"xml": document}), 413, "too-large")

    def test_values_that_are_refused(self):
        cases = [
            ("autostart", {}, 422), ("autostart", {"enabled": 1}, 422), ("autostart", {"enabled": "true"}, 422),
            ("set-vcpus", {"count": 0}, 422), ("set-vcpus", {"count": 1.5}, 422), ("set-vcpus", {"count": -1}, 422),
            ("set-vcpus", {"count": 1 << 70}, 400), ("shutdown", {"mode": "hard"}, 422),
            ("save", {"file": "../../etc/passwd"}, 422), ("save", {"file": "/etc/passwd"}, 422),
            ("save", {"file": ".hidden"}, 422), ("save", {"file": "a\u0000b"}, None), ("save", {"file": "a\nb"}, 422),
        ]
        for action, body, status in cases:
            with self.subTest(action, body=body):
                answer = self.admin.post(f"{DOMAIN}/{action}", body)
                self.assertIn(answer.status, (400, 422) if status is None else (status,), answer.text)
        for query in ("wait=soon", "wait=99999", "dry_run=maybe", "nonsense=1", "if_state=happy"):
            with self.subTest(query):
                self.assert_problem(self.admin.post(f"{DOMAIN}/suspend?{query}"), 422, "invalid-parameter")
        self.assert_problem(self.admin.get("/v1/domains?colour=red"), 422, "invalid-parameter")

    def test_paths_and_methods_that_are_refused(self):
        for path in ("/", "/v1", "/v2/domains", "/v1/domains/", "/v1/domains/test/", "/v1/domains/test/explode",
                     "/v1/domains/a/b/c", "/v1/domains/no-such-domain", "/v1/operations/no-such"):
            with self.subTest(path):
                self.assert_problem(self.admin.get(path), 404, "not-found")
        for method, path, allow in (("GET", DOMAIN + "/start", "POST"), ("POST", "/v1/domains", "GET"),
                                    ("PUT", DOMAIN, "GET"), ("DELETE", DOMAIN, "GET")):
            with self.subTest(method, path=path):
                answer = self.admin.request(method, path)
                self.assert_problem(answer, 405, "method-not-allowed")
                self.assertIn(allow, answer.headers["Allow"])
        for path in ("/v1/domains/%", "/v1/domains/%zz", "/v1/domains/a%00b", "/v1/domains/%ff"):
            with self.subTest(path):
                self.assertIn(self.admin.get(path).status, (400, 404))

    def test_floods_of_headers(self):
        for flood in (b"X-A: " + b"a" * 100000, b"\r\n".join(b"X-%d: b" % i for i in range(20000)),
                      b"X" * 100000):
            with contextlib.closing(self.admin.raw()) as connection:
                with contextlib.suppress(OSError):
                    connection.sendall(b"GET /v1/domains HTTP/1.1\r\nHost: x\r\n" + flood + b"\r\n\r\n")
                with contextlib.suppress(OSError):
                    self.assertNotIn(b" 200 ", connection.recv(4096)[:20])
            self.assert_well()

    def test_bytes_that_are_no_http(self):
        for junk in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 1000, b"HELO there\r\n\r\n",
                     b"GET\r\n\r\n", b"POST /v1/domains/test/destroy HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                     b"POST /v1/domains/test/destroy HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                     b"POST /v1/domains/test/destroy HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n"):
            with contextlib.closing(self.admin.raw(10)) as connection:
                connection.sendall(junk)
                connection.shutdown(socket.SHUT_WR)
                with contextlib.suppress(OSError):
                    self.assertNotIn(b" 200 ", connection.recv(4096)[:20])
        self.assert_well()
        self.assertEqual(self.admin.state("test"), "running")

    # -- clients that are slow, or many

    def test_a_request_that_does_not_come_is_not_waited_for(self):
        began = time.monotonic()
        with contextlib.closing(self.admin.raw(30)) as connection:
            with contextlib.suppress(OSError):
                for byte in b"POST /v1/domains/test/suspend HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"[:60]:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.25)
            connection.settimeout(10)
            with contextlib.suppress(ConnectionError):
                self.assertNotIn(b" 200 ", connection.recv(4096)[:20])
        self.assertLess(time.monotonic() - began, 25)
        self.assertEqual(self.admin.state("test"), "running")

    def hold(self, user, count, text=""):
        """That user has so many connections, until the test is over."""
        holder = subprocess.Popen(as_user(user, "/usr/bin/python3", "-c", HOLDER, self.admin.socket, str(count), text),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.stdin.close)
        self.addCleanup(holder.stdout.close)
        return holder

    def test_silent_clients_keep_nobody_out(self):
        """200 clients, of which 150 say nothing: 25 users with six connections each, and 50 questions."""
        for holder in [self.hold(62000 + i, 6) for i in range(25)]:
            self.assertEqual(holder.stdout.readline(), b"ready\n")
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            done = list(pool.map(lambda i: self.admin.ctl("list", user=VIEWER + i % 4), range(50)))
        self.assertEqual([each.code for each in done], [0] * 50, {each.err for each in done})

    def test_one_user_cannot_take_all_connections(self):
        holder = self.hold(VIEWER, 60, "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertEqual(holder.stdout.readline(), b"ready\n")
        self.assertEqual(self.admin.ctl("list", user=OPERATOR).code, 0)
        self.assertEqual(self.admin.ctl("list").code, 0)

    def test_many_requests_on_one_connection(self):
        with contextlib.closing(self.admin.raw()) as connection:
            connection.sendall(b"GET /v1/domains/test HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
            received = b""
            while received.count(b"HTTP/1.1 200 ") < 20:
                piece = connection.recv(65536)
                self.assertTrue(piece, received[-500:])
                received += piece

    # -- what is served

    def test_the_document_is_served_and_printed_alike(self):
        self.assertEqual(self.admin.get("/v1/openapi.json").json, description().document)

    def test_router_and_document_know_the_same_routes(self):
        routes = description().routes()
        for method, path in sorted(routes):
            with self.subTest(method, path=path):
                other, path = "POST" if method == "GET" else "GET", path.replace("{id}", "no-such-thing")
                answer = self.admin.request(other, path)
                # GET /v1/domains/define asks for a domain of that name
                if not any(other == verb and re.fullmatch(pattern.replace("{id}", "[^/]+"), path)
                           for verb, pattern in routes):
                    self.assert_problem(answer, 405, "method-not-allowed")
                    self.assertIn(method, answer.headers["Allow"])

    def test_every_subcommand_has_a_route(self):
        help_text = self.admin.ctl("--help").out
        commands = set(re.findall(r"^  ([a-z][a-z-]*)", help_text, re.MULTILINE))
        ids = {operation["operationId"] for item in description().document["paths"].values() for operation in item.values()
               if isinstance(operation, dict) and "operationId" in operation}
        own = {"operation", "events", "whoami", "version", "completion", "help"}
        self.assertEqual(commands - own, (commands - own) & ids)

    def test_metrics_are_what_prometheus_reads(self):
        self.admin.ctl("suspend", "test", "--wait")
        self.admin.ctl("resume", "test", "--wait")
        text = self.admin.get("/metrics").text
        families = {family.name: family for family in text_string_to_metric_families(text)}
        self.assertIn("virtmeter_admin_requests", families)
        counted = {(s.labels["action"], s.labels["result"]): s.value for s in families["virtmeter_admin_requests"].samples}
        self.assertGreaterEqual(sum(value for (action, _), value in counted.items() if action == "suspend"), 1)

    def test_answers_are_not_stored_and_have_an_id(self):
        first, second = self.admin.get("/v1/domains"), self.admin.get("/v1/nothing")
        for answer in (first, second):
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            self.assertTrue(answer.headers["X-Request-Id"])
        self.assertNotEqual(first.headers["X-Request-Id"], second.headers["X-Request-Id"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
