"""Google's token endpoint (RFC 7523) and FCM's HTTP v1, as their documentation describes them.

Prints `PORT <n>` when it listens. Every message that it takes over is one JSON line in --record, as it came.
A token or installation that begins with `gone` is not registered any more.
"""

import argparse
import http.server
import json
import sys
import threading
import urllib.parse

import jwt

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
TOKEN = "ya29.of-this-test"


class Google(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/token":
            self.answer(*self.grant(body))
        elif self.path == f"/v1/projects/{given.project}/messages:send":
            self.answer(*self.send(body))
        else:
            self.answer(404, {"error": {"code": 404, "status": "NOT_FOUND", "message": "no such path"}})

    def grant(self, body):
        form = urllib.parse.parse_qs(body.decode())
        if form.get("grant_type") != [GRANT]:
            return 400, {"error": "unsupported_grant_type"}
        try:
            claims = jwt.decode(
                form["assertion"][0],
                public_key,
                algorithms=["RS256"],
                audience=f"http://127.0.0.1:{self.server.server_port}/token",
                issuer=given.issuer,
                options={"require": ["iat", "exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            return 400, {"error": "invalid_grant", "error_description": str(error)}
        if claims["exp"] - claims["iat"] > 3600 or claims.get("scope") != SCOPE:
            return 400, {"error": "invalid_grant", "error_description": "too long, or of another scope"}
        return 200, {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}

    def send(self, body):
        if self.headers["authorization"] != f"Bearer {TOKEN}":
            return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "no token of ours"}}
        request = json.loads(body)
        message = request["message"]
        if (message.get("token") or message.get("fid") or "").startswith("gone"):
            detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "UNREGISTERED"}
            gone = "Requested entity was not found."
            return 404, {"error": {"code": 404, "status": "NOT_FOUND", "message": gone, "details": [detail]}}
        with lock:
            record.write(body.decode() + "\n")
            record.flush()
        return 200, {"name": f"projects/{given.project}/messages/0:1"}

    def answer(self, status, said):
        text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", required=True)
    parser.add_argument("--public-key", required=True)
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--project", required=True)
    given = parser.parse_args()
    public_key = open(given.public_key, encoding="utf-8").read()
    record = open(given.record, "a", encoding="utf-8")
    lock = threading.Lock()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Google)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("PORT", server.server_port, flush=True)
    # The test's end of the pipe is closed when the test is gone: then so is this.
    sys.stdin.read()
