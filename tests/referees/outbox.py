"""Reads every mail of a folder as Python's mail library reads it, and says what a mail program would stumble over.

    outbox.py DIR [--events FILE] [--html DIR]

--events: the events that the mails answer. Each owner must have got one mail, in the language asked for.
--html:   writes the HTML of each mail there, for tools that read HTML.
"""

import argparse
import html
import json
import pathlib
import re
import sys
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser

ONCE = ("Subject", "From", "To", "Date", "Message-ID", "MIME-Version", "Auto-Submitted", "Content-Language")
# Traces of templates, of Fluent, of Smartcar's raw messages, of text in the wrong encoding, and Fluent's isolation marks.
FORBIDDEN = re.compile(r"\{\{|\{%|\{ ?\$|\{ ?[a-z-]+ ?\}|<app name>|<link to|\ufffd|Ã.|[\u2066-\u2069]")
HTML_MAX = 30_000
LINE_MAX = 998


class Page(HTMLParser):
    """What matters of a mail's HTML."""

    def __init__(self, source: str):
        super().__init__()
        self.root: dict[str, str] = {}
        self.links: list[str] = []
        self.button: str | None = None
        self.images: list[dict[str, str]] = []
        self.words: list[str] = []
        self._in_button = self._in_style = False
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self._in_button |= tag == "table" and "button" in attributes.get("class", "").split()
        self._in_style |= tag == "style"
        if tag == "html":
            self.root = attributes
        elif tag == "img":
            self.images.append({"src": ""} | attributes)
        elif tag == "a":
            self.links.append(attributes.get("href", ""))
            if self._in_button:
                self.button = self.links[-1]

    def handle_endtag(self, tag):
        self._in_button &= tag != "table"
        self._in_style &= tag != "style"

    def handle_data(self, data):
        if not self._in_style:
            self.words.append(data)


class Mail:
    def __init__(self, path: pathlib.Path):
        self.name = path.stem
        self.bytes = path.read_bytes()
        self.message: EmailMessage = BytesParser(policy=policy.default).parsebytes(self.bytes)
        self.text = self.part("plain")
        self.html = self.part("html")
        self.page = Page(self.html)

    def part(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        return part.get_content() if part is not None else ""

    def header(self, name: str) -> str:
        return str(self.message.get(name, ""))

    def recipient(self) -> str:
        addresses = self.message["To"].addresses if self.message["To"] else ()
        return addresses[0].addr_spec if len(addresses) == 1 else ""

    def faults(self) -> Iterator[str]:
        yield from self.wire_faults()
        yield from self.header_faults()
        yield from self.structure_faults()
        yield from self.content_faults()
        yield from self.link_faults()
        yield from self.image_faults()

    def wire_faults(self) -> Iterator[str]:
        for part in self.message.walk():
            yield from (f"{part.get_content_type()}: {defect!r}" for defect in part.defects)
            for name, value in part.items():
                yield from (f"{name}: {defect!r}" for defect in value.defects)
        lines = self.bytes.split(b"\r\n")
        if any(b"\n" in line or b"\r" in line for line in lines):
            yield "a line does not end in CRLF"
        if any(len(line) > LINE_MAX for line in lines):
            yield f"a line is longer than {LINE_MAX} bytes"

    def header_faults(self) -> Iterator[str]:
        for name in ONCE:
            values = self.message.get_all(name, [])
            if len(values) != 1 or not str(values[0]).strip():
                yield f"`{name}` stands there {len(values)} times, or empty"
        if self.header("Auto-Submitted") != "auto-generated":
            yield "`Auto-Submitted` is not `auto-generated`"
        if not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", self.header("Message-ID").strip()):
            yield "`Message-ID` is not of the form <id@domain>"
        if not self.recipient():
            yield "`To` is not one address"

    def structure_faults(self) -> Iterator[str]:
        if self.message.get_content_type() != "multipart/alternative":
            yield f"it is {self.message.get_content_type()}, not multipart/alternative"
            return
        kinds = [part.get_content_type() for part in self.message.iter_parts()]
        if kinds not in (["text/plain", "text/html"], ["text/plain", "multipart/related"]):
            yield f"its parts are {', '.join(kinds)}: text/plain comes first, then text/html or multipart/related"
        if not self.text.strip() or not self.html.strip():
            yield "a part is empty"

    def content_faults(self) -> Iterator[str]:
        shown = {"subject": self.header("Subject"), "from": self.header("From"), "text": self.text}
        shown |= {"html": self.html, "html as shown": html.unescape(" ".join(self.page.words))}
        for place, content in shown.items():
            if found := FORBIDDEN.search(content if place != "html" else without_style(content)):
                yield f"{place}: {found[0]!r} reaches the owner"
        if self.page.root.get("lang") != self.header("Content-Language"):
            yield f"the HTML's lang is {self.page.root.get('lang')!r}"
        if self.page.root.get("dir") not in ("ltr", "rtl"):
            yield f"the HTML's dir is {self.page.root.get('dir')!r}"
        if len(self.html.encode()) >= HTML_MAX:
            yield f"the HTML has {len(self.html.encode())} bytes, {HTML_MAX} is too much"

    def link_faults(self) -> Iterator[str]:
        for link in self.page.links:
            if not re.match(r"(https://|mailto:)[^\s/]", link):
                yield f"the link {link!r} is neither https nor mailto"
        if self.page.button and self.page.button.removeprefix("mailto:") not in self.text:
            yield f"the button leads to {self.page.button}, which the text does not say"
        for link in re.findall(r"https://\S+", self.text):
            if link not in self.page.links:
                yield f"the text leads to {link}, which the HTML does not"

    def image_faults(self) -> Iterator[str]:
        inline = {part["Content-ID"].strip("<> "): part for part in self.message.walk() if part["Content-ID"]}
        shown = {image["src"].removeprefix("cid:") for image in self.page.images if image["src"].startswith("cid:")}
        if shown != inline.keys():
            yield f"the HTML shows the inline images {sorted(shown)}, the mail brings {sorted(inline)}"
        for name, part in inline.items():
            if part.get_content_type() != "image/png" or not (part.get_payload(decode=True) or b"").startswith(b"\x89PNG\r\n\x1a\n"):
                yield f"the inline image `{name}` is no PNG"
        for image in self.page.images:
            if not image["src"].startswith(("cid:", "https://")):
                yield f"the image {image['src'][:40]!r} is neither inline nor https"
            if "alt" not in image:
                yield f"the image {image['src'][:40]!r} has no alternative text"


def without_style(source: str) -> str:
    return re.sub(r"<style.*?</style>", "", source, flags=re.DOTALL)


def delivery_faults(mails: list[Mail], events: str) -> Iterator[str]:
    """Whether each owner of the events got one mail, in the language asked for."""
    with open(events, encoding="utf-8") as lines:
        owners = [json.loads(line)["recipient"] for line in lines]
    wanted = {owner["email"]: owner["locale"] for owner in owners}
    got: dict[str, list[str]] = {}
    for mail in mails:
        got.setdefault(mail.recipient(), []).append(mail.header("Content-Language"))
    for address in sorted(wanted.keys() | got.keys()):
        locales = [wanted[address]] if address in wanted else []
        if got.get(address, []) != locales:
            yield f"{address} should have got {locales or 'nothing'}, got {got.get(address, 'nothing')}"
    if len({mail.header("Message-ID") for mail in mails}) != len(mails):
        yield "two mails have the same Message-ID"


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("outbox", type=pathlib.Path)
    arguments.add_argument("--events")
    arguments.add_argument("--html", type=pathlib.Path)
    options = arguments.parse_args()

    mails = [Mail(path) for path in sorted(options.outbox.rglob("*.eml"))]
    faults = 0
    for mail in mails:
        found = list(mail.faults())
        faults += len(found)
        size, subject = len(mail.html.encode()) / 1000, mail.header("Subject")
        print(f"{'BAD ' if found else 'ok  '} {mail.header('Content-Language'):6} {size:5.1f} kB  {subject}")
        for fault in found:
            print(f"     {mail.name}: {fault}")
        if options.html:
            options.html.mkdir(parents=True, exist_ok=True)
            (options.html / f"{mail.name}.html").write_text(mail.html, encoding="utf-8")
    for fault in delivery_faults(mails, options.events) if options.events else ():
        faults += 1
        print(f"BAD  {fault}")
    print(f"{len(mails)} mails, {faults} faults")
    return 1 if faults or not mails else 0


if __name__ == "__main__":
    sys.exit(main())
