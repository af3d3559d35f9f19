"""Verifies the DKIM signature of the mail on standard input by the DNS records in the argument, as JSON: `null`, or the
domain that signed it."""

import json
import sys

import dkim

records = {name.encode(): text.encode() for name, text in json.loads(sys.argv[1]).items()}
verifier = dkim.DKIM(sys.stdin.buffer.read())
try:
    good = verifier.verify(dnsfunc=lambda name, timeout=5: records.get(name))
except dkim.DKIMException:
    good = False
json.dump(verifier.domain.decode() if good else None, sys.stdout)
