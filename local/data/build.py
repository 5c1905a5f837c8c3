"""Build the data files of ``layers/deps/leadsignal_data``.

Usage: ``python -m local.data.build --shared ../shared/data``

Writes everything there except ``__init__.py``, ``py.typed`` and ``NOTICE``; the same sources give
the same bytes. Takes about 20 seconds. ``--fixtures`` also writes ``tests/data/user_agents.json``,
the accuracy test of the crawler patterns.
"""

import argparse
import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from local.data.companies import Company, join_companies
from local.data.crawlers import read_crawlers, read_user_agents
from local.data.listed import read_listed
from local.data.mail import read_disposable, read_free
from local.data.mmdb import write_networks
from local.data.networks import read_networks, registered_in
from local.data.organisations import Organisation, read_organisations
from local.data.referrers import read_referrers
from local.layout import ROOT

PACKAGE = ROOT / "layers" / "deps" / "leadsignal_data"
FIXTURES = ROOT / "tests" / "data"


def main() -> None:
    """Read the arguments and write every file."""
    parser = argparse.ArgumentParser(description="Build the embedded data package.")
    parser.add_argument("--shared", type=Path, required=True, help="folder of the source data")
    parser.add_argument("--fixtures", action="store_true", help="write the test agents too")
    options = parser.parse_args()
    build(options.shared, PACKAGE)
    if options.fixtures:
        write_json(read_user_agents(options.shared / "ua"), FIXTURES / "user_agents.json", indent=0)


def build(shared: Path, target: Path) -> None:
    """Write every data file of the package."""
    networks = read_networks(shared / "ip")
    write_networks(networks, target / "networks.mmdb")
    organisations = read_organisations(shared / "ip")
    write_rows(Organisation._fields, organisations, target / "organisations.csv")
    listed = read_listed(shared / "companies" / "sp500-constituents.csv")
    companies = join_companies(organisations, listed, registered_in(networks))
    write_rows(Company._fields, companies, target / "companies.csv")

    disposable = read_disposable(shared / "email")
    free = read_free(shared / "email", owned={row.domain for row in organisations})
    write_lines(disposable, target / "email_disposable.txt")
    write_lines(free - disposable, target / "email_free.txt")
    write_json(read_crawlers(shared / "ua"), target / "crawlers.json")
    write_json(read_referrers(shared / "referrer"), target / "referrers.json")


def write_rows(header: Iterable[str], rows: Iterable[tuple[Any, ...]], target: Path) -> None:
    """Write a CSV file with plain line ends."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_lines(lines: Iterable[str], target: Path) -> None:
    """Write text lines in order."""
    target.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")


def write_json(content: object, target: Path, indent: int | None = None) -> None:
    """Write compact UTF-8 JSON; ``indent=0`` gives one entry a line."""
    separators = (",", ":")
    text = json.dumps(content, ensure_ascii=False, indent=indent, separators=separators)
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
