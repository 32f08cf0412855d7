"""A small HTTP server for the time of a test, for what Prometheus and Alertmanager ask and tell others."""

import contextlib
import http.server
import threading


@contextlib.contextmanager
def serving(answer):
    """The port, on loopback, of a server that answers each GET and POST with what answer(body) returns: (content type,
    text)."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # pylint: disable=invalid-name
            kind, text = answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            body = text.encode("utf-8")
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
