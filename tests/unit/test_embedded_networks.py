"""Addresses and the networks they belong to, on the embedded data."""

from datetime import date

import pytest

import leadsignal_data
from leadsignal.adapters.embedded.networks import EmbeddedNetworks
from leadsignal.adapters.embedded.organisations import TYPE_BY_LABEL
from leadsignal.models.enrichment import NetworkMatch
from local.data.build import version_of

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
        ("40.1.1.1", 4249, "Eli Lilly and Company", "lilly.com", "US"),
        ("48.1.1.1", 6253, "The Prudential Insurance Company of America", "prudential.com", "US"),
        ("130.76.1.1", 196, "The Boeing Company", "boeing.com", "US"),
        ("134.134.1.1", 4983, "Intel Corporation", "intel.com", "US"),
        ("159.53.1.1", 7743, "JPMorgan Chase & Co.", "jpmorganchase.com", "US"),
        ("72.163.4.161", 109, "CISCO SYSTEMS, INC.", "cisco.com", "US"),
        ("104.132.1.1", 36384, "Google LLC", "google.com", "US"),
        ("63.79.88.5", 32851, "Wal-Mart Stores, Inc.", "walmart.com", "US"),
        ("146.215.1.1", 9619, "Sony Global Solutions Inc.", "sony.com", "US"),
        ("2001:420::1", 109, "CISCO SYSTEMS, INC.", "cisco.com", "US"),
        ("2001:4898::1", 3598, "Microsoft Corporation", "microsoft.com", "US"),
        ("2620:10d:c090::1", 54115, "Facebook Inc", "meta.com", "US"),
        ("2002:11fd:900a::1", 714, "Apple Inc.", "apple.com", "US"),
        ("64:ff9b::11fd:900a", 714, "Apple Inc.", "apple.com", "US"),
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
        pytest.param("185.159.157.1", "vpn", id="a VPN"),
        pytest.param("8.8.8.8", "hosting", id="Google, of the same name as its offices"),
        pytest.param("5.9.0.1", "hosting", id="a host"),
        pytest.param("23.32.0.1", "hosting", id="another CDN"),
        pytest.param("151.101.1.1", "hosting", id="a third CDN"),
        pytest.param("12.1.1.1", "isp", id="a carrier that sells to business"),
        pytest.param("92.40.0.1", "mobile", id="cellular in Europe"),
        pytest.param("2a01:e0a::1", "isp", id="fibre, IPv6"),
        pytest.param("2607:fb90::1", "mobile", id="cellular, IPv6"),
        pytest.param("2a01:4f8::1", "hosting", id="a host, IPv6"),
        pytest.param("2606:4700::1", "hosting", id="a CDN, IPv6"),
        pytest.param("2001:470::1", "isp", id="transit, IPv6"),
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
        "2002:0a00:0001::1",
        "64:ff9b::10.0.0.1",
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


def test_every_label_decides() -> None:
    """The table is shipped as it was made, and nothing but an override says otherwise."""
    labels = leadsignal_data.read_rows("asn_labels")
    corrected = {int(row[0]) for row in leadsignal_data.read_rows("asn_overrides")}
    known = EmbeddedNetworks()._organisations
    assert len(labels) == 12_975
    for asn, name, label, domain, confidence, _ in labels:
        if int(asn) in corrected:
            continue
        found = known[int(asn)]
        named = label in NAMED
        assert found.type == TYPE_BY_LABEL[label], asn
        assert found.confidence == (0 if found.type == "unknown" else float(confidence)), asn
        assert (found.name, found.domain) == ((name.strip(), domain) if named else ("", "")), asn


def test_lists_speak_only_of_networks_without_a_label() -> None:
    labelled = {row[0] for row in leadsignal_data.read_rows("asn_labels")}
    lists = leadsignal_data.read_rows("asn_lists")
    assert len(lists) > 500
    assert not labelled & {asn for asn, _, _ in lists}
    assert {kind for _, kind, _ in lists} == {"hosting", "mobile", "vpn"}


def test_an_override_corrects_a_label_and_says_why() -> None:
    labels = {row[0]: row for row in leadsignal_data.read_rows("asn_labels")}
    overrides = leadsignal_data.read_rows("asn_overrides")
    known = EmbeddedNetworks()._organisations
    for asn, name, label, _, _, why in overrides:
        assert (labels[asn][1], bool(why)) == (name, True)
        assert label != labels[asn][2]
        assert known[int(asn)].type == TYPE_BY_LABEL[label]


def test_the_version_is_that_of_the_files() -> None:
    """Whoever changes one of them runs ``make data``."""
    package = leadsignal_data.NOTICE.parent
    version = version_of(package, date.fromisoformat(leadsignal_data.read_json("version")["day"]))
    assert leadsignal_data.read_json("version") == version
    assert leadsignal_data.version() == version["version"]
    assert leadsignal_data.version().startswith("2026-06-17.")


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
