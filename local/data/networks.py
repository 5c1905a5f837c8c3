"""Address ranges, the AS number that announces them and the country they are registered in."""

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, cast

import maxminddb

ASN_FILE = "asn-org-20260617.mmdb"
COUNTRY_FILE = "geo-whois-asn-country.mmdb"
SNAPSHOT = 1781654400  # 2026-06-17, the date of the address data, in seconds since 1970

type Fact = tuple[int, str]
"""ASN (0: none) and country (empty: none) of a range."""
NOTHING: Fact = (0, "")


class Span(NamedTuple):
    """Addresses ``start`` to ``end``, both included; IPv4 sits at ``::/96``."""

    start: int
    end: int
    fact: Fact


def read_networks(folder: Path) -> list[Span]:
    """Return the ranges of the ASN and the country database, merged and in address order."""
    no_asn, no_country = NOTHING
    return overlay(
        read_changes(folder / ASN_FILE, "asn", no_asn),
        read_changes(folder / COUNTRY_FILE, "country_code", no_country),
    )


def read_changes[Value](path: Path, key: str, nothing: Value) -> dict[int, Value]:
    """Return what holds from an address on, up to the next one; ``nothing`` outside the ranges."""
    changes: dict[int, Value] = {}
    with maxminddb.open_database(path) as reader:
        for network, record in reader:
            changes[int(network.network_address)] = cast(dict[str, Value], record)[key]
            changes.setdefault(int(network.broadcast_address) + 1, nothing)
    return changes


def overlay(asns: dict[int, int], countries: dict[int, str]) -> list[Span]:
    """Return every range that has an ASN, a country, or both; equal neighbours are one range.

    A country without an ASN is kept: routes come and go after the snapshot, registrations stay.
    """
    asn, country = NOTHING
    turns = [(0, NOTHING)]
    for address in sorted(asns.keys() | countries.keys()):
        asn, country = asns.get(address, asn), countries.get(address, country)
        if turns[-1][1] != (asn, country):
            turns.append((address, (asn, country)))
    return [
        Span(start, following - 1, fact)
        for (start, fact), (following, _) in pairwise(turns)
        if fact != NOTHING
    ]


def registered_in(spans: list[Span]) -> dict[int, Counter[str]]:
    """Return the number of IPv4 addresses by country for each ASN (IPv6 when it has no IPv4)."""
    four: dict[int, Counter[str]] = defaultdict(Counter)
    six: dict[int, Counter[str]] = defaultdict(Counter)
    for start, end, (asn, country) in spans:
        (four if end < 1 << 32 else six)[asn][country] += end - start + 1
    return dict(six) | dict(four)
