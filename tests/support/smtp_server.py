"""A mail server that does what its recipients' names say.

Prints `PORT <n>` when it listens. Every message that it takes over is one JSON line in --record, flushed before the
client hears of it: connection (serial number), open (connections at that moment), from, to, options, peer (the name in
the client's certificate), user, raw (a character for each byte).
A connection that ends is a line too: closed (its number).

What a recipient's local part begins with is what happens:
  rcpt550, rcpt550.5.1.1   RCPT is refused with that code          (rcpt421: and the connection closed)
  rcpthang                 RCPT is never answered
  data554, data554.5.7.1   the message is refused with that code, not recorded
  silent                   the message is recorded, the final dot is never answered
  drop                     the message is recorded, the connection closed without an answer
  bye                      the message is taken over, then 421 and the connection closed, as an idle one would be
  rcptdrop                 the connection is closed in place of the answer to RCPT
  lose                     the connection is closed in place of the answer to the final dot, and nothing is recorded
  1x-rcpt451, 2x-drop      so many times, and then it is a recipient like any other
The local part of a sender: mail553, mail553.5.7.1 likewise.
"""

import argparse
import asyncio
import base64
import collections
import json
import logging
import re
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

SCRIPT = re.compile(r"(mail|rcpt|data)(\d{3})(?:\.(\d\.\d+\.\d+))?")


def scripted(phase, address):
    match = SCRIPT.match(address)
    if match and match[1] == phase:
        # The address in the answer, as real servers do it.
        return f"{match[2]} {(match[3] or '')} <{address}> as you wish".replace("  ", " ")
    return None


def common_name(transport):
    certificate = transport.get_extra_info("peercert") or {}
    return next((name[0][1] for name in certificate.get("subject", ()) if name[0][0] == "commonName"), None)


class WithTokens:
    """XOAUTH2 and OAUTHBEARER, which aiosmtpd lacks. The token is the content of a file, whatever that is by now."""

    def __init__(self, user, file, refused):
        self.user = user
        self.file = file
        self.refused = refused

    async def login(self, server, arguments, expected, resignation):
        if len(arguments) > 1:
            response = base64.b64decode(arguments[1], validate=True)
        else:
            response = await server.challenge_auth("")
        with open(self.file, encoding="utf-8") as file:
            if response == expected(self.user, file.read().strip()).encode():
                return AuthResult(success=True, auth_data=self.user.encode())
        # The client has to answer this with one more line, and only then hears that it is refused.
        answer = await server.challenge_auth(self.refused)
        message = "535 5.7.8 bad token" if answer == resignation else f"501 5.5.2 what is {answer!r}?"
        return AuthResult(success=False, handled=False, message=message)

    async def auth_XOAUTH2(self, server, arguments):
        expected = "user={}\1auth=Bearer {}\1\1".format
        return await self.login(server, arguments, expected, b"")

    async def auth_OAUTHBEARER(self, server, arguments):
        def expected(user, token):
            port = server.transport.get_extra_info("sockname")[1]
            return f"n,a={user},\1host=127.0.0.1\1port={port}\1auth=Bearer {token}\1\1"

        return await self.login(server, arguments, expected, b"\1")
# How often a recipient was asked for in a phase.
asked = collections.Counter()


def script(phase, address):
    limited = re.fullmatch(r"(\d+)x-(.*)", address)
    if not limited:
        return address
    asked[phase, address] += 1
    return limited[2] if asked[phase, address] <= int(limited[1]) else ""


class Record:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")

    def add(self, **line):
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()


class Server(SMTP):
    # Tokens are long (RFC 4954 §4).
    line_length_limit = 12288
    connections = 0
    open = 0

    def connection_made(self, transport):
        # STARTTLS comes here a second time.
        if not hasattr(self, "number"):
            Server.connections += 1
            Server.open += 1
            self.number = Server.connections
        super().connection_made(transport)

    def connection_lost(self, error):
        super().connection_lost(error)
        Server.open -= 1
        self.event_handler.record.add(closed=self.number)


class Handler:
    def __init__(self, record, delay, tokens):
        self.record = record
        if tokens:
            self.auth_XOAUTH2 = tokens.auth_XOAUTH2
            self.auth_OAUTHBEARER = tokens.auth_OAUTHBEARER
        self.delay = delay

    async def handle_MAIL(self, server, session, envelope, address, options):
        if answer := scripted("mail", address):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 sender ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        to_do = script("rcpt", address)
        if to_do.startswith("rcpthang"):
            await asyncio.Event().wait()
        if to_do.startswith("rcptdrop"):
            server.transport.close()
            return "421 4.4.2 never heard"
        if answer := scripted("rcpt", to_do):
            if answer.startswith("421"):
                asyncio.get_running_loop().call_soon(server.transport.close)
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server, session, envelope):
        address = script("data", envelope.rcpt_tos[0])
        if self.delay:
            await asyncio.sleep(self.delay)
        if answer := scripted("data", address):
            return answer
        if address.startswith("lose"):
            server.transport.close()
            return "421 4.4.2 never heard"
        self.record.add(
            connection=server.number,
            open=Server.open,
            **{"from": envelope.mail_from},
            to=envelope.rcpt_tos,
            options=envelope.mail_options,
            peer=common_name(server.transport),
            user=session.auth_data.decode() if session.auth_data else None,
            raw=envelope.original_content.decode("latin-1"),
        )
        if address.startswith("silent"):
            await asyncio.Event().wait()
        if address.startswith("drop"):
            server.transport.close()
        if address.startswith("bye"):
            asyncio.get_running_loop().call_soon(server.transport.close)
            return "250 2.0.0 queued as BYE\r\n421 4.4.2 idle for too long"
        return f"250 2.0.0 Ok: queued as Q{server.number}"


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--client-ca", help="who vouches for clients; without a certificate none is served")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--token-file", help="take the bearer token in this file in place of the password")
    parser.add_argument("--refused", default='{"status":"401","schemes":"bearer"}', help="said of any other token")
    parser.add_argument("--without", action="append", default=[], help="an AUTH mechanism not to offer")
    parser.add_argument("--no-smtputf8", action="store_true")
    parser.add_argument("--delay", type=float, default=0, help="seconds before each answer to the final dot")
    return parser.parse_args()


async def main():
    given = options()
    # Refused handshakes and the like are what the tests are about; a fault of this file shows as a reply 500.
    logging.getLogger("mail").setLevel(logging.CRITICAL + 1)
    tokens = WithTokens(given.user, given.token_file, given.refused) if given.token_file else None
    handler = Handler(Record(given.record), given.delay, tokens)
    context = None
    if given.tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.cert, given.key)
        if given.client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(given.client_ca)
    arguments = dict(
        enable_SMTPUTF8=not given.no_smtputf8,
        hostname="mail.test",
        auth_exclude_mechanism=given.without,
        data_size_limit=None,
    )
    if given.tls == "starttls":
        arguments.update(tls_context=context, require_starttls=True)
    if given.user:

        def check(server, session, envelope, mechanism, auth):
            good = auth.login.decode() == given.user and auth.password.decode() == given.password
            # Anything that is not the plain "no" keeps aiosmtpd's own answer.
            return AuthResult(success=good, handled=False, auth_data=auth.login)

        arguments.update(authenticator=check, auth_required=True, auth_require_tls=given.tls == "starttls")
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: Server(handler, loop=loop, **arguments),
        "127.0.0.1",
        given.port,
        ssl=context if given.tls == "implicit" else None,
        backlog=1024,
    )
    print("PORT", listener.sockets[0].getsockname()[1], flush=True)
    # The test's end of the pipe is closed when the test is gone: then so is this.
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    import os

    try:
        asyncio.run(main())
    finally:
        os._exit(0)
