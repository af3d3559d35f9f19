"""Apple's push service, as its documentation describes it: HTTP/2 over TLS, strict about what it is sent.

Prints `PORT <n>` when it listens. Every notification that it takes over is one JSON line in --record: connection (serial
number), headers, payload. The certificate that it shows is its own authority and goes to --certificate.

On a new connection it allows one stream until it has seen a good token there; a client that does not wait is cut off.

What a device token begins with is what happens:
  dead    the token is unregistered since a moment
  bad     it never was one, and so are sixty-four zeros
  b5ee    too many notifications for this device
  5e11    the service is shutting down
"""

import argparse
import asyncio
import datetime
import ipaddress
import json
import re
import ssl
import sys
import time
import uuid

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

PUSH_TYPES = {"alert", "background", "voip", "complication", "fileprovider", "mdm", "location", "liveactivity", "pushtotalk"}
UNREGISTERED_SINCE = 1_764_201_600_000


class Refused(Exception):
    def __init__(self, status, reason, **more):
        self.status = status
        self.body = {"reason": reason, **more}


class Apple:
    def __init__(self, given):
        self.given = given
        self.record = open(given.record, "a", encoding="utf-8")
        self.public_key = open(given.public_key, encoding="utf-8").read()
        self.first_token = None
        self.connections = 0

    def authenticate(self, headers):
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if not token:
            raise Refused(403, "MissingProviderToken")
        if scheme != "bearer":
            raise Refused(403, "InvalidProviderToken")
        try:
            head = jwt.get_unverified_header(token)
            # Apple knows no `exp`: a token is as old as it says it is.
            claims = jwt.decode(token, self.public_key, algorithms=["ES256"], options={"verify_iat": False})
        except jwt.PyJWTError:
            raise Refused(403, "InvalidProviderToken")
        if head.get("kid") != self.given.key_id or claims.get("iss") != self.given.team_id:
            raise Refused(403, "InvalidProviderToken")
        if not isinstance(claims.get("iat"), int) or not -60 < time.time() - claims["iat"] < 3600:
            raise Refused(403, "ExpiredProviderToken")
        self.first_token = self.first_token or token
        if self.given.first_token_expired and token == self.first_token:
            raise Refused(403, "ExpiredProviderToken")

    def take(self, headers, body, connection):
        if headers.get(":method") != "POST":
            raise Refused(405, "MethodNotAllowed")
        path = re.fullmatch(r"/3/device/([0-9a-fA-F]*)", headers.get(":path", ""))
        if not path:
            raise Refused(404, "BadPath")
        if not path[1]:
            raise Refused(400, "MissingDeviceToken")
        if "apns-id" in headers and str(uuid.UUID(headers["apns-id"])) != headers["apns-id"].lower():
            raise Refused(400, "BadMessageId")
        if headers.get("apns-push-type") not in PUSH_TYPES:
            raise Refused(400, "InvalidPushType")
        if "apns-topic" not in headers:
            raise Refused(400, "MissingTopic")
        if headers["apns-topic"] != self.given.topic:
            raise Refused(400, "TopicDisallowed")
        if headers.get("apns-priority", "10") not in {"1", "5", "10"}:
            raise Refused(400, "BadPriority")
        if not headers.get("apns-expiration", "0").isdigit():
            raise Refused(400, "BadExpirationDate")
        if len(headers.get("apns-collapse-id", "").encode()) > 64:
            raise Refused(400, "BadCollapseId")
        if not body:
            raise Refused(400, "PayloadEmpty")
        if len(body) > 4096:
            raise Refused(413, "PayloadTooLarge")
        payload = json.loads(body)
        if not isinstance(payload.get("aps"), dict):
            raise Refused(400, "PayloadEmpty")
        token = path[1]
        if token.startswith("dead"):
            raise Refused(410, "Unregistered", timestamp=UNREGISTERED_SINCE)
        if token.startswith("bad") or not token.strip("0") or len(token) < 64:
            raise Refused(400, "BadDeviceToken")
        if token.startswith("b5ee"):
            raise Refused(429, "TooManyRequests")
        if token.startswith("5e11"):
            raise Refused(503, "Shutdown")
        headers.pop("authorization")
        self.record.write(json.dumps({"connection": connection, "headers": headers, "payload": payload}) + "\n")
        self.record.flush()

    async def serve(self, reader, writer):
        self.connections += 1
        number, known = self.connections, False
        wire = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        wire.local_settings = Settings(client=False, initial_values={SettingCodes.MAX_CONCURRENT_STREAMS: 1})
        wire.initiate_connection()
        requests = {}
        try:
            while True:
                writer.write(wire.data_to_send())
                await writer.drain()
                data = await reader.read(65536)
                if not data:
                    return
                for event in wire.receive_data(data):
                    if isinstance(event, RequestReceived):
                        requests[event.stream_id] = (dict(event.headers), bytearray())
                    elif isinstance(event, DataReceived):
                        requests[event.stream_id][1].extend(event.data)
                        wire.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, StreamReset):
                        requests.pop(event.stream_id, None)
                    elif isinstance(event, StreamEnded):
                        headers, body = requests.pop(event.stream_id)
                        known |= self.answer(wire, event.stream_id, headers, bytes(body), number)
                        if known:
                            wire.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: 1000})
        except ProtocolError:
            wire.close_connection(ErrorCodes.PROTOCOL_ERROR)
            writer.write(wire.data_to_send())
        finally:
            writer.close()

    def answer(self, wire, stream, headers, body, connection):
        """Says whether the token was good."""
        identity = headers.get("apns-id") or str(uuid.uuid4())
        status, said, known = 200, None, False
        try:
            self.authenticate(headers)
            known = True
            self.take(headers, body, connection)
        except Refused as refused:
            status, said = refused.status, refused.body
        wire.send_headers(stream, [(":status", str(status)), ("apns-id", identity)], end_stream=said is None)
        if said is not None:
            wire.send_data(stream, json.dumps(said).encode(), end_stream=True)
        return known


def certificate(path):
    """A key, and a certificate for this machine that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = built.public_bytes(serialization.Encoding.PEM)
    with open(path, "wb") as file:
        file.write(pem)
    with open(path + ".key", "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--public-key", required=True)
    parser.add_argument("--key-id", required=True)
    parser.add_argument("--team-id", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--first-token-expired", action="store_true")
    given = parser.parse_args()
    certificate(given.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(given.certificate, given.certificate + ".key")
    context.set_alpn_protocols(["h2"])
    server = await asyncio.start_server(Apple(given).serve, "127.0.0.1", 0, ssl=context, backlog=1024)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    # The test's end of the pipe is closed when the test is gone: then so is this.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    import os

    try:
        asyncio.run(asyncio.wait_for(main(), 600))
    finally:
        os._exit(0)
