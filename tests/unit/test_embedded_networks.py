"""Addresses and the networks they belong to, on the embedded data."""

import pytest

import leadsignal_data
from leadsignal.adapters.embedded.networks import EmbeddedNetworks
from leadsignal.models.enrichment import NetworkMatch

NAMED = {"company", "education", "government"}


@pytest.fixture(scope="module")
def networks() -> EmbeddedNetworks:
    return EmbeddedNetworks()


@pytest.mark.parametrize(
    ("ip", "asn", "name", "domain", "country"),
    [
        ("17.253.144.10", 714, "Apple Inc.", "apple.com", "US"),
        ("2620:149:af0::10", 714, "Apple Inc.", "apple.com", "US"),
        ("::ffff:17.253.144.10", 714, "Apple Inc.", "apple.com", "US"),
        (" 17.5.7.3\n", 714, "Apple Inc.", "apple.com", "US"),
        ("131.107.1.1", 3598, "Microsoft Corporation", "microsoft.com", "US"),
        ("19.12.113.37", 3389, "Ford Motor Company", "ford.com", "US"),
        ("53.1.1.1", 31399, "Mercedes-Benz Group AG", "mercedes-benz.com", "DE"),
    ],
)
def test_a_company_network_names_the_company(
    networks: EmbeddedNetworks, ip: str, asn: int, name: str, domain: str, country: str
) -> None:
    found = networks.match(ip)
    assert found.type == "company"
    assert (found.asn, found.name, found.domain, found.country) == (asn, name, domain, country)
    assert found.confidence >= 0.7


@pytest.mark.parametrize(
    ("ip", "kind"),
    [
        pytest.param("20.42.65.92", "hosting", id="Azure, of the same name as a company network"),
        pytest.param("3.3.3.3", "hosting", id="AWS, on a block that was sold"),
        pytest.param("1.1.1.1", "hosting", id="a CDN"),
        pytest.param("204.4.1.1", "isp", id="a customer inside a carrier"),
        pytest.param("73.1.1.1", "isp", id="cable"),
        pytest.param("84.104.1.1", "isp", id="European cable"),
        pytest.param("172.56.1.1", "mobile", id="cellular"),
        pytest.param("165.225.0.1", "vpn", id="a corporate web gateway"),
    ],
)
def test_a_network_of_others_has_a_type_but_no_name(
    networks: EmbeddedNetworks, ip: str, kind: str
) -> None:
    found = networks.match(ip)
    assert (found.type, found.name, found.domain) == (kind, None, None)
    assert found.asn
    assert found.confidence > 0


def test_a_university_is_named_but_is_no_company(networks: EmbeddedNetworks) -> None:
    found = networks.match("18.9.22.69")
    assert (found.type, found.domain) == ("education", "mit.edu")
    assert found.name == "Massachusetts Institute of Technology"


@pytest.mark.parametrize(
    "ip",
    [
        "",
        "junk",
        "17.253.144",
        "17.253.144.10:443",
        "999.1.1.1",
        "١٧.253.144.10",
        "1" * 5000,
        "\ud800",
        "\x00",
        "10.0.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1",
        "2001:db8::1",
    ],
)
def test_no_public_address_is_unknown(networks: EmbeddedNetworks, ip: str) -> None:
    assert networks.match(ip) == NetworkMatch()


def test_a_zone_id_does_not_matter(networks: EmbeddedNetworks) -> None:
    assert networks.match("2620:149:af0::10%eth0") == networks.match("2620:149:af0::10")


def test_an_unannounced_address_is_unknown_in_a_known_country(networks: EmbeddedNetworks) -> None:
    assert networks.match("161.170.230.20") == NetworkMatch(country="US")


def test_a_network_nobody_labelled_is_unknown(networks: EmbeddedNetworks) -> None:
    found = networks.match("1.0.4.1")
    assert (found.asn, found.type, found.confidence, found.name) == (38803, "unknown", 0, None)


def test_names_are_kept_of_named_types_only() -> None:
    rows = leadsignal_data.read_rows("organisations")
    assert len(rows) > 12_000
    for asn, kind, confidence, name, domain in rows:
        assert int(asn) > 0
        assert 0.5 <= float(confidence) <= 1
        assert bool(name) == (kind in NAMED)
        assert not domain or name


def test_the_notice_names_every_source() -> None:
    notice = leadsignal_data.NOTICE.read_text(encoding="utf-8")
    for source in (
        "https://db-ip.com",
        "routeviews.org",
        "nro.net",
        "X4B",
        "Hamachek",
        "Monperrus",
    ):
        assert source in notice
