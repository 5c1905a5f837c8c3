"""A list of companies in one block: the longest range decides, and a domain is found at once."""

import zlib
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.company_lists import nested, opened, packed
from leadsignal.models.company_lists import ListedCompany, Range

ROOM = 1 << 24


def a_range(text: str) -> Range:
    network = ip_network(text)
    return Range(network.version, int(network[0]), int(network[-1]))


def company(domain: str, *ranges: str, **said: object) -> ListedCompany:
    return ListedCompany.model_validate(
        {"domain": domain, "ranges": tuple(map(a_range, ranges)), **said}
    )


ACME = company(
    "acme.com",
    "198.51.100.0/24",
    "2001:db8::/32",
    name="Acme & Söhne",
    industry="Machinery",
    employee_count=0,
    employee_range="51-200",
    annual_revenue_usd=1_250_000,
    country="NL",
)
LAB = company("lab.example", "198.51.100.16/28", "2001:db8:1::/48")
BARE = company("bare.example")


def test_a_row_comes_back_as_it_was_but_for_its_ranges() -> None:
    held = opened(packed([ACME, LAB, BARE]).content, max_bytes=ROOM)
    assert len(held) == 3
    assert held.by_domain("acme.com") == ACME.model_copy(update={"ranges": ()})
    assert held.by_domain("bare.example") == BARE
    for other in ("", "acme.co", "acme.comm", "zzz.example", "a"):
        assert held.by_domain(other) is None


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("198.51.100.0", "acme.com"),
        ("198.51.100.15", "acme.com"),
        ("198.51.100.16", "lab.example"),
        ("198.51.100.31", "lab.example"),
        ("198.51.100.32", "acme.com"),
        ("198.51.100.255", "acme.com"),
        ("198.51.101.0", None),
        ("198.51.99.255", None),
        ("0.0.0.0", None),
        ("255.255.255.255", None),
        ("2001:db8::1", "acme.com"),
        ("2001:db8:1:ffff::", "lab.example"),
        ("2001:db8:2::", "acme.com"),
        ("2001:db9::", None),
        ("::", None),
    ],
)
def test_the_longest_prefix_decides(address: str, domain: str | None) -> None:
    held = opened(packed([ACME, LAB, BARE]).content, max_bytes=ROOM)
    found = held.by_address(ip_address(address))
    assert (found.domain if found else None) == domain


def test_the_same_companies_have_the_same_version_in_any_order() -> None:
    assert packed([ACME, LAB, BARE]) == packed([BARE, ACME, LAB])
    assert packed([ACME, LAB]).version != packed([ACME]).version


def test_ranges_within_those_of_others_are_counted() -> None:
    assert nested([ACME, LAB, BARE]) == 2
    assert nested([company("a.example", "10.0.0.0/8", "10.1.0.0/16")]) == 0
    assert nested([company("a.example", "10.0.0.0/16"), company("b.example", "10.1.0.0/16")]) == 0


def test_an_empty_list_knows_nobody() -> None:
    held = opened(packed([]).content, max_bytes=ROOM)
    assert len(held) == 0
    assert held.by_domain("acme.com") is None
    assert held.by_address(IPv4Address("198.51.100.1")) is None
    assert held.by_address(IPv6Address("2001:db8::1")) is None


NETWORKS = st.builds(
    lambda first, bits: ip_network((first << 8 & ~((1 << 32 - bits) - 1), bits)),
    st.integers(0, (1 << 24) - 1),
    st.sampled_from([8, 12, 16, 20, 24]),
)


@given(networks=st.lists(NETWORKS, max_size=30, unique=True), probes=st.lists(NETWORKS, max_size=5))
def test_any_ranges_answer_as_a_look_through_all_of_them(
    networks: list[object], probes: list[object]
) -> None:
    companies = [company(f"c{number}.example", str(n)) for number, n in enumerate(networks)]
    held = opened(packed(companies).content, max_bytes=ROOM)
    wanted = {edge for c in companies for edge in (c.ranges[0].first, c.ranges[0].last)}
    wanted |= {edge + step for edge in wanted for step in (-1, 1)}
    wanted |= {a_range(str(probe)).first for probe in probes}
    for place in sorted(place for place in wanted if 0 <= place < 1 << 32):
        around = [c for c in companies if c.ranges[0].first <= place <= c.ranges[0].last]
        nearest = min(around, key=lambda c: c.ranges[0].last - c.ranges[0].first, default=None)
        found = held.by_address(IPv4Address(place))
        assert (found.domain if found else None) == (nearest.domain if nearest else None)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"junk", id="not compressed"),
        pytest.param(zlib.compress(b"junk"), id="something else"),
        pytest.param(packed([ACME]).content[:-4], id="cut short"),
        pytest.param(
            zlib.compress(zlib.decompress(packed([ACME]).content)[:-9]), id="packed from a part"
        ),
    ],
)
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="list of companies"):
        opened(content, max_bytes=ROOM)


def test_a_list_that_would_not_fit_is_refused() -> None:
    content = packed([ACME, LAB]).content
    size = opened(content, max_bytes=ROOM).size
    assert len(opened(content, max_bytes=size)) == 2
    with pytest.raises(ValueError, match="too large"):
        opened(content, max_bytes=size - 1)
