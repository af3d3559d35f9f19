"""Prints the events of a file once for each language, each to an owner and a car of its own.

    events.py FILE

To them comes one of an error without words of its own, which gets the general notice.
"""

import json
import pathlib
import sys

LOCALES = pathlib.Path(__file__).parents[2] / "locales"


def main(path: str) -> None:
    with open(path, encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines if line.strip()]
    general = json.loads(json.dumps(events[0]))
    general["error"]["code"] = "NEVER_HEARD_OF"
    locales = sorted(folder.name for folder in LOCALES.iterdir() if folder.is_dir())
    for locale in locales:
        for event in [*events, general]:
            name = f"{event['error']['code']}-{locale}".lower().replace("_", "-")
            event["id"] = name
            event["recipient"] |= {"id": name, "email": f"{name}@example.com", "locale": locale}
            event["vehicle"]["id"] = name
            print(json.dumps(event, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
