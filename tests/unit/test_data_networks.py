"""The database of networks: two sources merged, then written."""

from collections.abc import Mapping
from datetime import date
from ipaddress import IPv6Address
from pathlib import Path

import maxminddb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.data import sources
from local.data.mmdb import write_networks
from local.data.networks import Span, changes, overlay

TOP = 1 << 128
DAY = date(2026, 6, 17)
# In a corner of IPv4 and at the end of IPv6.
PLACES = st.one_of(st.integers(0, 300), st.integers(TOP - 300, TOP - 1))
ASNS = st.dictionaries(PLACES, st.sampled_from([0, 1, 700, 70_000, 4_200_000_000]), max_size=16)
COUNTRIES = st.dictionaries(PLACES, st.sampled_from(["", "NL", "US"]), max_size=16)


def value_at[Value](changes: Mapping[int, Value], address: int) -> Value | None:
    past = [change for change in changes if change <= address]
    return changes[max(past)] if past else None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asns=ASNS, countries=COUNTRIES)
def test_the_database_answers_as_its_sources(
    tmp_path: Path, asns: dict[int, int], countries: dict[int, str]
) -> None:
    target = tmp_path / "networks.mmdb"
    write_networks(overlay(asns | {TOP: 0}, countries | {TOP: ""}), target, day=DAY)
    edges = asns.keys() | countries.keys()
    places = {place for edge in edges for place in (edge - 1, edge, edge + 1) if 0 <= place < TOP}
    with maxminddb.open_database(target) as reader:
        for place in places:
            asn, country = value_at(asns, place), value_at(countries, place)
            expected = ({"asn": asn} if asn else {}) | ({"country": country} if country else {})
            assert reader.get(IPv6Address(place)) == (expected or None)


def test_neighbours_with_one_fact_become_one_range() -> None:
    asns = {0: 1, 128: 1, 256: 0, 257: 1, 259: 0}
    countries = {0: "NL", 64: "NL", 300: ""}
    assert overlay(asns, countries) == [
        Span(0, 255, (1, "NL")),
        Span(256, 256, (0, "NL")),
        Span(257, 258, (1, "NL")),
        Span(259, 299, (0, "NL")),
    ]


def test_ranges_are_read_as_the_addresses_where_they_change(tmp_path: Path) -> None:
    target = tmp_path / "networks.mmdb"
    write_networks(
        [Span(0, 127, (1, "")), Span(128, 255, (7, "")), Span(257, 257, (1, ""))],
        target,
        day=DAY,
    )
    found = changes(sources.read(target, ()), sources.asn_of, 0)
    assert {place: value_at(found, place) for place in (0, 127, 128, 255, 256, 257, 258)} == {
        0: 1,
        127: 1,
        128: 7,
        255: 7,
        256: 0,
        257: 1,
        258: 0,
    }
