"""The table of companies: names compared, seats told, facts of listed companies joined."""

from collections import Counter

import pytest

from leadsignal.adapters.embedded.organisations import Organisation
from local.data.companies import find_listed, join_companies, seat_of
from local.data.listed import Listed, plain_name


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
    return Organisation(asn, "company", 0.9, name, domain)


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
