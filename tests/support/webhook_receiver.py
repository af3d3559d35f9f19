"""A receiver of webhooks as the Standard Webhooks library has it: 204 for what it can verify, 401 for the rest.

Prints one line of JSON when it listens: port. --secret is the shared secret. Each line on standard input is answered with one of
JSON: the payloads verified so far.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

verified = []


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            verified.append(Webhook(sys.argv[1]).verify(body, {name.lower(): value for name, value in self.headers.items()}))
            status = 204
        except WebhookVerificationError:
            status = 401
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(verified), flush=True)


if __name__ == "__main__":
    try:
        main()
    finally:
        os._exit(0)
