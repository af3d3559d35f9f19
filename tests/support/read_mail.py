"""Reads one mail on standard input the way a mail program would, and tells it as JSON."""

import email
import email.policy
import json
import sys

raw = sys.stdin.buffer.read()
# As bytes, Python does not read the UTF-8 that SMTPUTF8 allows in headers.
read = email.message_from_bytes if raw.isascii() else lambda raw, policy: email.message_from_string(raw.decode(), policy=policy)
mail = read(raw, policy=email.policy.default)


def content(part):
    return part.get_content().replace("\r\n", "\n") if part else None


text = mail.get_body(preferencelist=("plain",))
html = mail.get_body(preferencelist=("html",))
images = [part for part in mail.walk() if part.get_content_maintype() == "image"]
defects = [str(defect) for part in mail.walk() for defect in part.defects]
defects += [str(defect) for header in mail.values() for defect in header.defects]
json.dump(
    {
        "headers": {name: str(value) for name, value in mail.items()},
        "from": [[a.display_name, a.addr_spec] for a in mail["From"].addresses],
        "to": [[a.display_name, a.addr_spec] for a in mail["To"].addresses],
        "structure": [part.get_content_type() for part in mail.walk()],
        "text": content(text),
        "html": content(html),
        "images": [
            {
                "type": part.get_content_type(),
                "id": part["Content-ID"],
                "name": part.get_filename(),
                "disposition": part.get_content_disposition(),
                "bytes": list(part.get_content()),
            }
            for part in images
        ],
        "defects": defects,
    },
    sys.stdout,
)
