"""Address data is read from whatever form it comes in."""

from datetime import date
from ipaddress import ip_address
from pathlib import Path

import pytest

from local.data import sources
from local.data.gaps import gaps
from local.data.mmdb import write_networks
from local.data.networks import Span, read_networks, registered_in

RANGES = "1.0.0.0,1.0.0.255,13335,Cloudflare\n2620:149::,2620:149:ffff::,714,Apple Inc.\n"
NETWORKS = "network,autonomous_system_number,name\n1.0.0.0/24,13335,Cloudflare\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(RANGES, [("1.0.0.0", 13335), ("2620:149::", 714)], id="first and last"),
        pytest.param(NETWORKS, [("1.0.0.0", 13335)], id="networks below a header"),
        pytest.param("\ufeff" + RANGES[:39], [("1.0.0.0", 13335)], id="with a byte order mark"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_a_csv_is_read(tmp_path: Path, text: str, expected: list[tuple[str, int]]) -> None:
    said = sources.read(write(tmp_path / "asn.csv", text), ("asn", "org"))
    assert [(str(ip_address(s.start)), sources.asn_of(s.fields)) for s in said] == expected


def test_two_answers_for_one_address_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "asn.csv", "1.0.0.0/24,1,A\n1.0.0.128/25,2,B\n")
    with pytest.raises(SystemExit, match=r"says two things of 1\.0\.0\.128"):
        list(sources.read(file, ("asn", "org")))


@pytest.mark.parametrize(
    ("fields", "asn", "owner", "country"),
    [
        ({"asn": 7, "org": "A", "country_code": "nl"}, 7, "A", "NL"),
        ({"asn": "AS7", "as_name": "A", "country": "NL"}, 7, "A", "NL"),
        (
            {
                "autonomous_system_number": 7,
                "autonomous_system_organization": "A",
                "country": {"iso_code": "NL"},
            },
            7,
            "A",
            "NL",
        ),
        ({"asn": "none", "country": "Netherlands"}, 0, "", ""),
        ({}, 0, "", ""),
    ],
)
def test_fields_go_by_several_names(
    fields: dict[str, object], asn: int, owner: str, country: str
) -> None:
    assert sources.asn_of(fields) == asn
    assert sources.owner_of(fields) == owner
    assert sources.country_of(fields) == country


def test_the_day_is_in_the_name_or_in_the_database(tmp_path: Path) -> None:
    database = tmp_path / "asn.mmdb"
    write_networks([Span(0, 9, (1, "NL"))], database, day=date(2026, 10, 1))
    assert sources.dated(database) == date(2026, 10, 1)
    assert sources.dated(tmp_path / "asn-org-20260617.mmdb") == date(2026, 6, 17)
    assert sources.dated(tmp_path / "asn-2026-11-02.csv") == date(2026, 11, 2)
    with pytest.raises(SystemExit, match="put the day"):
        sources.dated(tmp_path / "asn.csv")


def test_one_file_of_each_kind_is_needed(tmp_path: Path) -> None:
    write(tmp_path / "asn-labels.csv", "")
    with pytest.raises(SystemExit, match="found: none"):
        sources.find_asn(tmp_path)
    asn = write(tmp_path / "asn-20261001.csv", "")
    country = write(tmp_path / "geo-country.mmdb", "")
    write(tmp_path / "country.txt", "")
    assert (sources.find_asn(tmp_path), sources.find_country(tmp_path)) == (asn, country)
    write(tmp_path / "asn-20261101.mmdb", "")
    with pytest.raises(SystemExit, match=r"found: asn-20261001\.csv, asn-20261101\.mmdb"):
        sources.find_asn(tmp_path)


def test_what_the_labels_do_not_know_is_told(tmp_path: Path) -> None:
    write(
        tmp_path / "asn-labels.csv",
        "asn,org,label,domain,confidence,note\n1,Acme Inc.,company,a.com,0.9,\n2,B,vpn,,0.9,\n",
    )
    asns = write(
        tmp_path / "asn-20261001.csv",
        "9.0.0.0,9.0.0.255,1,ACME\n9.1.0.0,9.1.0.255,2,Other\n9.2.0.0/15,3,Large\n",
    )
    countries = write(tmp_path / "country.csv", "9.0.0.0/8,US\n")
    found = read_networks(asns, countries)
    told = gaps(tmp_path, found.owners, registered_in(found.spans))
    assert told == [
        "large networks without a label: 1",
        "  AS3 Large, 131072",
        "labelled networks that are called otherwise now: 1",
        "  AS2 B -> Other",
    ]
