"""The patterns that tell a crawler by its user agent, and the agents to measure them with."""

import json
import re
import sys
from pathlib import Path

import yaml

PORTED = {  # JavaScript only: a look-behind of two widths, and a range that is not one
    "(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))": (
        "(?<! channel/)(?<!google/)google(?!(?:wv|app|/google| pixel))"
    ),
    r"^mozilla/\d\.\d\s\((?:compatible;)?(?:\s?[\w\d-.]+\/\d+\.\d+)?\)$": (
        r"^mozilla/\d\.\d\s\((?:compatible;)?(?:\s?[\w.-]+/\d+\.\d+)?\)$"
    ),
}
META = re.compile(r"(?<!\\)[\[\](){}|*+?^$.]|\\[a-zA-Z]")


def read_crawlers(folder: Path) -> dict[str, list[str]]:
    """Return the patterns that decide, and the literals and patterns that name.

    The longest literal comes first.
    """
    decide = read_deciding(folder / "isbot-patterns.json")
    entries = json.loads((folder / "crawler-user-agents.json").read_bytes())
    naming = {entry["pattern"] for entry in entries}
    patterns = {pattern for pattern in naming if META.search(pattern)}
    literals = {re.sub(r"\\(.)", r"\1", pattern) for pattern in naming - patterns}
    for pattern in [*decide, *patterns]:
        re.compile(pattern)
    return {
        "decide": decide,
        "literals": sorted(literals, key=lambda text: (-len(text), text)),
        "patterns": sorted(patterns),
    }


def read_deciding(path: Path) -> list[str]:
    """Return the patterns of isbot as Python spells them."""
    source = json.loads(path.read_bytes())
    if missing := PORTED.keys() - set(source):
        sys.exit(f"hand-ported patterns are gone from the source: {sorted(missing)}")
    # In Python "$" also matches before a final line break, in JavaScript it does not.
    return [re.sub(r"(?<!\\)\$", r"\\Z", PORTED.get(pattern, pattern)) for pattern in source]


def read_user_agents(folder: Path) -> dict[str, list[str]]:
    """Return the crawler and browser agents that the patterns are measured with."""
    found = {}
    for kind in ("crawlers", "browsers"):
        groups = yaml.safe_load((folder / f"isbot-{kind}.yml").read_bytes())
        found[kind] = sorted({str(agent) for group in groups.values() for agent in group})
    return found
