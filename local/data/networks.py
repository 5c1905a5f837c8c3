"""Address ranges, the AS number that announces them and the country they are registered in."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from local.data import sources
from local.data.sources import Said

type Fact = tuple[int, str]
"""ASN (0: none) and country (empty: none) of a range."""
NOTHING: Fact = (0, "")


class Span(NamedTuple):
    """Addresses ``start`` to ``end``, both included; IPv4 sits at ``::/96``."""

    start: int
    end: int
    fact: Fact


class Read(NamedTuple):
    """The ranges in address order, and who the source says is behind each AS number."""

    spans: list[Span]
    owners: dict[int, str]


def read_networks(asn_file: Path, country_file: Path) -> Read:
    """Return the ranges of the two files, merged."""
    no_asn, no_country = NOTHING
    announced = list(sources.read(asn_file, ("asn", "org")))
    registered = sources.read(country_file, ("country_code",))
    return Read(
        overlay(
            changes(announced, sources.asn_of, no_asn),
            changes(registered, sources.country_of, no_country),
        ),
        {sources.asn_of(said.fields): sources.owner_of(said.fields) for said in announced},
    )


def changes[Value](
    said: Iterable[Said], value: Callable[[Mapping[str, Any]], Value], nothing: Value
) -> dict[int, Value]:
    """Return what holds from an address on, up to the next one; ``nothing`` outside the ranges."""
    found: dict[int, Value] = {}
    for start, end, fields in said:
        found[start] = value(fields)
        found.setdefault(end + 1, nothing)
    return found


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
