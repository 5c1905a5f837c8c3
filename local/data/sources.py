"""Finds and reads the address data: ranges with an AS number and its owner, or with a country.

Either a MaxMind DB or a CSV file; the field names of DB-IP, GeoLite2, IPinfo and ip-location-db are
understood.
"""

import csv
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple

import maxminddb

ASN_FIELDS = ("asn", "autonomous_system_number")
OWNER_FIELDS = ("org", "autonomous_system_organization", "as_name", "name")
COUNTRY_FIELDS = ("country_code", "country")
READABLE = (".mmdb", ".csv")


class Said(NamedTuple):
    """What a source says of the addresses ``start`` to ``end``, both included."""

    start: int
    end: int
    fields: Mapping[str, Any]


def find_asn(folder: Path) -> Path:
    """Return the file ``asn*`` of a folder, beside the label table."""
    return _only([path for path in folder.glob("asn*") if path.name != "asn-labels.csv"], "asn*")


def find_country(folder: Path) -> Path:
    """Return the file ``*country*`` of a folder."""
    return _only(list(folder.glob("*country*")), "*country*")


def _only(found: list[Path], pattern: str) -> Path:
    found = [path for path in found if path.suffix in READABLE]
    if len(found) != 1:
        names = ", ".join(sorted(path.name for path in found)) or "none"
        sys.exit(f"one file {pattern} ({' or '.join(READABLE)}) is needed, found: {names}")
    return found[0]


def dated(path: Path) -> date:
    """Return of what day the data is: as its name says (``…-20260617.mmdb``), else its content.

    A CSV file without a day in its name is refused, for it does not say.
    """
    if day := re.search(r"(20\d\d)-?([01]\d)-?([0-3]\d)", path.stem):
        return date(*map(int, day.groups()))
    if path.suffix != ".mmdb":
        sys.exit(f"put the day of the data into the name of {path.name}, as in asn-20260617.csv")
    with maxminddb.open_database(path) as reader:
        return datetime.fromtimestamp(reader.metadata().build_epoch, UTC).date()


def read(path: Path, columns: tuple[str, ...]) -> Iterator[Said]:
    """Yield what a file says, in address order; ``columns`` names those of a CSV file.

    Its rows are ``start,end,…`` or ``network/bits,…``; a header is skipped. Overlaps are refused.
    """
    said = _read_mmdb(path) if path.suffix == ".mmdb" else _read_csv(path, columns)
    last = -1
    for one in sorted(said, key=lambda one: one.start):
        if one.start <= last:
            sys.exit(f"{path.name} says two things of {ip_address(one.start)}")
        last = one.end
        yield one


def _read_mmdb(path: Path) -> Iterator[Said]:
    with maxminddb.open_database(path) as reader:
        for network, record in reader:
            if isinstance(record, dict):
                start, end = int(network.network_address), int(network.broadcast_address)
                yield Said(start, end, record)


def _read_csv(path: Path, columns: tuple[str, ...]) -> Iterator[Said]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(file):
            if row and (place := _place(row)):
                start, end, used = place
                yield Said(start, end, dict(zip(columns, row[used:], strict=False)))


def _place(row: list[str]) -> tuple[int, int, int] | None:
    """Return first and last address and how many cells said so, or None for a header."""
    try:
        if "/" in row[0]:
            network = ip_network(row[0].strip())
            return int(network.network_address), int(network.broadcast_address), 1
        return int(ip_address(row[0].strip())), int(ip_address(row[1].strip())), 2
    except (ValueError, IndexError):
        return None


def asn_of(fields: Mapping[str, Any]) -> int:
    """Return the AS number (``64500`` or ``AS64500``), 0 when there is none."""
    text = str(_first(fields, ASN_FIELDS) or "").upper().removeprefix("AS")
    return int(text) if text.isdigit() else 0


def owner_of(fields: Mapping[str, Any]) -> str:
    """Return who the source says announces the range, or nothing."""
    return str(_first(fields, OWNER_FIELDS) or "")


def country_of(fields: Mapping[str, Any]) -> str:
    """Return the ISO 3166-1 alpha-2 code, or nothing."""
    found = _first(fields, COUNTRY_FIELDS)
    code = str((found.get("iso_code") if isinstance(found, dict) else found) or "").upper()
    return code if re.fullmatch(r"[A-Z]{2}", code) else ""


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name)), None)
