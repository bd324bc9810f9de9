"""Runs beside the services: a mailbox of the engineers that is not the outbox's; says aloud what it is sent."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Mailbox(BaseHTTPRequestHandler):
    """Takes whatever is posted."""

    def do_POST(self) -> None:
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Its log has what it was sent, and nothing else."""


ThreadingHTTPServer(("", 8082), Mailbox).serve_forever()
