"""The build of the embedded data: the database writer and the joins."""

from collections import Counter
from ipaddress import IPv6Address
from pathlib import Path

import maxminddb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.build_data import (
    NOTHING,
    Fact,
    Listed,
    Organisation,
    Referrers,
    Span,
    find_listed,
    join_companies,
    join_neighbours,
    overlay,
    plain_name,
    seat_of,
    write_networks,
)

TOP = 1 << 128


def spans(facts: st.SearchStrategy[Fact]) -> st.SearchStrategy[list[Span]]:
    """Ordered ranges that do not overlap, in a corner of IPv4 and at the end of IPv6."""
    places = st.one_of(st.integers(0, 300), st.integers(TOP - 300, TOP - 1))
    edges = st.lists(places, unique=True, max_size=16).map(sorted)

    def pair(found: list[int], all_facts: list[Fact]) -> list[Span]:
        ends = zip(found[::2], found[1::2], all_facts, strict=False)
        return list(join_neighbours(Span(start, end, fact) for start, end, fact in ends))

    return st.builds(pair, edges, st.lists(facts, min_size=8, max_size=8))


ASNS = spans(st.tuples(st.sampled_from([1, 700, 70_000, 4_200_000_000]), st.just("")))
COUNTRIES = spans(st.tuples(st.just(0), st.sampled_from(["NL", "US"])))


def fact_at(ranges: list[Span], address: int) -> Fact:
    return next((s.fact for s in ranges if s.start <= address <= s.end), NOTHING)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asns=ASNS, countries=COUNTRIES)
def test_the_database_answers_as_its_sources(
    tmp_path: Path, asns: list[Span], countries: list[Span]
) -> None:
    target = tmp_path / "networks.mmdb"
    write_networks(overlay(asns, countries), target)
    edges = {edge for span in [*asns, *countries] for edge in (span.start, span.end)}
    places = {place for edge in edges for place in (edge - 1, edge, edge + 1) if 0 <= place < TOP}
    with maxminddb.open_database(target) as reader:
        for place in places:
            asn, country = fact_at(asns, place)[0], fact_at(countries, place)[1]
            expected = ({"asn": asn} if asn else {}) | ({"country": country} if country else {})
            assert reader.get(IPv6Address(place)) == (expected or None)


def test_neighbours_with_one_fact_become_one_range(tmp_path: Path) -> None:
    halves = [Span(0, 127, (1, "NL")), Span(128, 255, (1, "NL")), Span(257, 258, (1, "NL"))]
    assert list(join_neighbours(halves)) == [Span(0, 255, (1, "NL")), Span(257, 258, (1, "NL"))]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Apple Inc.", "apple"),
        ("The Boeing Company", "boeing"),
        ("Lowe's", "lowes"),
        ("Procter & Gamble", "procter and gamble"),
        ("Deere & Company", "deere"),
        ("Coca-Cola Company (The)", "coca cola"),
        ("Alphabet Inc. (Class A)", "alphabet"),
        ("A. O. Smith", "a o smith"),
        ("Nestlé S.A.", "nestle"),
        ("Company", "company"),
    ],
)
def test_names_are_compared_without_legal_form(name: str, plain: str) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize(
    ("networks", "name", "domain", "country"),
    [
        pytest.param([{"NL": 256}], "Acme", "acme.com", "NL", id="one country"),
        pytest.param([{"NL": 950, "US": 50}], "Acme", "acme.com", "NL", id="nearly one country"),
        pytest.param([{"NL": 200, "US": 56}], "Acme", "acme.com", "", id="two countries"),
        pytest.param([{"NL": 256}, {"US": 256}], "Acme", "acme.com", "", id="networks differ"),
        pytest.param([{"NL": 256}, {}], "Acme", "acme.com", "NL", id="one is not announced"),
        pytest.param([{}], "Acme", "acme.com", "", id="none is announced"),
        pytest.param([{"US": 256}], "Acme America", "acme.com", "", id="a branch"),
        pytest.param([{"CN": 256}], "Acme China", "acme.cn", "CN", id="a branch with own domain"),
        pytest.param([{"US": 256}], "Acme", "acme.jp", "", id="domain of another country"),
        pytest.param([{"GB": 256}], "Acme", "acme.co.uk", "GB", id="United Kingdom"),
    ],
)
def test_a_country_is_given_when_all_agree(
    networks: list[dict[str, int]], name: str, domain: str, country: str
) -> None:
    assert seat_of([Counter(network) for network in networks], name, domain) == country


ACME = Listed("Acme", "Industrials", "US", "Ohio", "Dayton")
FREIGHT = Listed("Acme Freight", "Industrials", "US", "Ohio", "Dayton")


def organisation(asn: int, name: str, domain: str = "acme.com") -> Organisation:
    return Organisation(asn, "company", "0.90", name, domain)


def test_a_listed_company_gives_its_facts_to_the_domain() -> None:
    rows = [organisation(1, "Acme Services LLC"), organisation(2, "ACME, Inc.")]
    addresses = {1: Counter({"US": 1024}), 2: Counter({"US": 256})}
    (found,) = join_companies(rows, {"acme": ACME}, addresses)
    assert found == ("acme.com", "company", *ACME, "0.95")


def test_a_company_of_the_same_name_elsewhere_is_not_the_listed_one() -> None:
    rows = [organisation(1, "Acme SARL")]
    assert find_listed("acme.com", rows, {"acme": ACME}, Counter({"FR": 256})) is None


def test_the_domain_of_one_listed_company_is_not_that_of_another() -> None:
    rows = [organisation(1, "Acme Freight")]
    listed = {"acme": ACME, "acme freight": FREIGHT}
    assert find_listed("acme.com", rows, listed, Counter({"US": 256})) is None


def test_referrer_addresses_go_into_the_table_of_their_shape() -> None:
    tables = Referrers()
    tables.add("social", "Yammer!", "yammer.com")
    for address in ("www.find.com", "find.{}", "{}.find.net", "a.{}.find.org", "find.com/x"):
        tables.add("search", "Find", address)
    tables.add("search", "Other", "yammer.com")
    assert tables.hosts == {"find.com": ("search", "Find")}
    assert tables.any_suffix == {"find": ("search", "Find")}
    assert tables.domains == {
        "yammer.com": ("social", "Yammer"),
        "find.net": ("search", "Find"),
        "find.org": ("search", "Find"),
    }
