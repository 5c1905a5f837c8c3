"""Build the data files of ``layers/deps/leadsignal_data``.

Usage: ``make data SOURCES=<folder>``, or ``python -m local.data.build --sources <folder>``

The folder holds ``ip/``, ``companies/``, ``email/``, ``ua/`` and ``referrer/``. Of the address data
there is one file ``ip/asn*`` and one ``ip/*country*``, each a MaxMind DB or CSV; a newer one is
dropped in their place, or named by ``--asn`` and ``--country``. Writes everything in the package
except ``__init__.py``, ``py.typed``, ``NOTICE`` and ``asn_overrides.csv``; the same sources give
the same bytes. Takes about 30 seconds and says what the label table does not know. ``--fixtures``
also writes ``tests/data/user_agents.json``, the accuracy test of the crawler patterns.
"""

import argparse
import csv
import hashlib
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from local.data import sources
from local.data.companies import Company, join_companies
from local.data.crawlers import read_crawlers, read_user_agents
from local.data.gaps import gaps
from local.data.listed import read_listed
from local.data.mail import read_disposable, read_free
from local.data.mmdb import write_networks
from local.data.networks import read_networks, registered_in
from local.data.organisations import copy_labels, read_lists, read_organisations
from local.data.referrers import read_referrers
from local.layout import ROOT

PACKAGE = ROOT / "layers" / "deps" / "leadsignal_data"
FIXTURES = ROOT / "tests" / "data"
OVERRIDES = "asn_overrides.csv"
VERSIONED = ("networks.mmdb", "asn_labels.csv", "asn_lists.csv", OVERRIDES, "companies.csv")


def main() -> None:
    """Read the arguments, write every file, and say what is new in them."""
    parser = argparse.ArgumentParser(description="Build the embedded data package.")
    parser.add_argument("--sources", type=Path, required=True, help="folder of the source data")
    parser.add_argument("--asn", type=Path, help="ranges by AS number (default: ip/asn*)")
    parser.add_argument("--country", type=Path, help="ranges by country (default: ip/*country*)")
    parser.add_argument("--target", type=Path, default=PACKAGE, help=argparse.SUPPRESS)
    parser.add_argument("--fixtures", action="store_true", help="write the test agents too")
    options = parser.parse_args()
    folder = options.sources / "ip"
    asn_file = options.asn or sources.find_asn(folder)
    country_file = options.country or sources.find_country(folder)
    for line in build(options.sources, asn_file, country_file, options.target):
        print(line)
    if options.fixtures:
        agents = read_user_agents(options.sources / "ua")
        write_json(agents, FIXTURES / "user_agents.json", indent=0)


def build(folder: Path, asn_file: Path, country_file: Path, target: Path) -> list[str]:
    """Write every data file of the package and return what to say of them."""
    day = sources.dated(asn_file)
    networks = read_networks(asn_file, country_file)
    write_networks(networks.spans, target / "networks.mmdb", day=day)
    copy_labels(folder / "ip", target / "asn_labels.csv")
    listed_networks = read_lists(folder / "ip")
    write_rows(("asn", "type", "confidence"), listed_networks, target / "asn_lists.csv")
    organisations = read_organisations(folder / "ip", target / OVERRIDES)
    listed = read_listed(folder / "companies" / "sp500-constituents.csv")
    addresses = registered_in(networks.spans)
    companies = join_companies(organisations, listed, addresses)
    write_rows(Company._fields, companies, target / "companies.csv")

    disposable = read_disposable(folder / "email")
    free = read_free(folder / "email", owned={row.domain for row in organisations})
    write_lines(disposable, target / "email_disposable.txt")
    write_lines(free - disposable, target / "email_free.txt")
    write_json(read_crawlers(folder / "ua"), target / "crawlers.json")
    write_json(read_referrers(folder / "referrer"), target / "referrers.json")
    version = version_of(target, day)
    write_json(version, target / "version.json", indent=0)
    return [f"version {version['version']}", *gaps(folder / "ip", networks.owners, addresses)]


def version_of(package: Path, day: date) -> dict[str, str]:
    """Return the version of the address and company data: its day, and a hash of its files."""
    digest = hashlib.sha256()
    for name in VERSIONED:
        digest.update(hashlib.sha256((package / name).read_bytes()).digest())
    content = digest.hexdigest()
    return {"version": f"{day}.{content[:12]}", "day": f"{day}", "sha256": content}


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
