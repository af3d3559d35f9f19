"""Holds the locales against Mozilla's tools: compare-locales and moz-fluent-lint. Fails on whatever is not explained here."""

import json
import pathlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[2]
TOOLS = pathlib.Path(sys.executable).parent
HERE = pathlib.Path("tests/referees")

# Warnings of compare-locales that are no faults, and why.
EXPLAINED = {
    r"(Missing|Obsolete) message reference: (car|account|maker-app)(-(start|object|dative))? ": (
        "`car`, `account` and `maker-app` have forms for the start of a sentence and for cases, and each language "
        "takes the form that its sentence needs"
    ),
}


def main() -> int:
    locales = tomllib.loads((ROOT / "l10n.toml").read_text())["locales"]
    faults = [*unlisted(locales), *compare(locales), *lint("en", "fluent-lint-reference.yml")]
    for locale in locales:
        faults += lint(locale, "fluent-lint-translation.yml")
    print("\n".join(faults) if faults else f"{len(locales) + 1} locales: nothing to object")
    return 1 if faults else 0


def unlisted(locales: list[str]) -> list[str]:
    folders = {folder.name for folder in (ROOT / "locales").iterdir() if folder.is_dir()}
    return [f"locales/{name}: there, but not in l10n.toml" for name in sorted(folders - {"en", *locales})]


def compare(locales: list[str]) -> list[str]:
    """Whether each locale says all that the reference says, and nothing else."""
    command = [TOOLS / "compare-locales", "--full", "--json", "-", "l10n.toml", ".", *locales]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    try:
        (report,) = json.loads(run.stdout)
    except ValueError:
        return [f"compare-locales gave no report: {run.stdout}{run.stderr}"]
    faults = [f"locales/{locale}: nothing was compared" for locale in locales if not compared(report, locale)]
    faults += [f"{path}: {fault}" for path, fault in walk(report["details"]) if not is_explained(fault)]
    if run.returncode and not faults:
        faults.append(f"compare-locales ended with {run.returncode}: {run.stderr}")
    return faults


def compared(report: dict, locale: str) -> bool:
    counts = report["summary"].get(locale, {})
    return counts.get("changed", 0) + counts.get("unchanged", 0) > 0


def walk(tree: dict, path: str = "") -> Iterator[tuple[str, str]]:
    """(file, what is wrong with it) of a report's tree, whose branches are folders and whose leaves are lists."""
    for name, branch in tree.items():
        here = f"{path}/{name}".lstrip("/")
        if isinstance(branch, dict):
            yield from walk(branch, here)
        else:
            yield from ((here, f"{kind}: {text}") for entry in branch for kind, text in entry.items())


def is_explained(fault: str) -> bool:
    return any(re.match(f"warning: {pattern}", fault) for pattern in EXPLAINED)


def lint(locale: str, config: str) -> list[str]:
    """Typography and comments. Each complaint is a block of four lines; one is made of it."""
    command = [TOOLS / "moz-fluent-lint", "--config", HERE / config, f"locales/{locale}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode == 0:
        return []
    blocks = re.split(r"\n\s*(?=File path:)", run.stdout + run.stderr)[1:]
    return [re.sub(r"\s+", " ", block).strip() for block in blocks] or [f"moz-fluent-lint: {run.stdout}{run.stderr}"]


if __name__ == "__main__":
    sys.exit(main())
