"""A collector of traces that takes all that is sent, and keeps nothing: ``python -m benchmarks.collector PORT``."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.processes import LOOPBACK


class Taking(BaseHTTPRequestHandler):
    """Answers 200 to whatever is posted."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # the base class's name for it
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.send_error(405)

    def log_message(self, *_said: object) -> None:
        """Nothing is logged: that would be measured too."""


if __name__ == "__main__":
    ThreadingHTTPServer((LOOPBACK, int(sys.argv[1])), Taking).serve_forever()
