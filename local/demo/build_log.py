"""Makes `local/demo/data/weblog.ndjson.xz` from a web log in the combined format of Apache.

Usage: python -m local.demo.build_log <log>
"""

import argparse
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from local.demo.weblog import FILE, Hit, write_hits

# The last quote is missing where a line was cut short.
LINE = re.compile(
    r"(?P<address>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "
    r'"(?P<method>\S+) (?P<path>\S+)[^"]*" (?P<status>\d{3}) \S+ '
    r'"(?P<referrer>.*?)" "(?P<agent>[^"]*)"?'
)
TIME = "%d/%b/%Y:%H:%M:%S %z"


def parse(line: str) -> Hit | None:
    """Return the hit of one line, or nothing when the line is none."""
    found = LINE.fullmatch(line.strip())
    if found is None:
        return None
    return Hit(
        at=int(datetime.strptime(found["time"], TIME).astimezone(UTC).timestamp()),
        address=found["address"],
        method=found["method"],
        path=found["path"],
        status=int(found["status"]),
        referrer=_given(found["referrer"]),
        agent=_given(found["agent"]),
    )


def _given(text: str) -> str | None:
    return None if text in ("", "-") else text


def hits_of(lines: Iterable[str]) -> Iterator[Hit]:
    """Return the hits of a log, oldest first."""
    hits = [hit for line in lines if (hit := parse(line)) is not None]
    return iter(sorted(hits, key=lambda hit: hit.at))


def main() -> None:
    """Convert the log that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path)
    with parser.parse_args().log.open(encoding="utf-8", errors="replace") as lines:
        hits = list(hits_of(lines))
    write_hits(hits)
    print(f"{len(hits)} hits, {FILE.stat().st_size} bytes in {FILE}")


if __name__ == "__main__":
    main()
