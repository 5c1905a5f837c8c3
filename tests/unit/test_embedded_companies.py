"""Domains and the companies that own them, on the embedded data."""

import pytest

import leadsignal_data
from leadsignal.adapters.embedded.companies import EmbeddedCompanies
from leadsignal.models.enrichment import CompanyFacts


@pytest.fixture(scope="module")
def companies() -> EmbeddedCompanies:
    return EmbeddedCompanies()


def test_a_listed_company_comes_with_industry_and_seat(companies: EmbeddedCompanies) -> None:
    assert companies.by_domain("apple.com") == CompanyFacts(
        domain="apple.com",
        type="company",
        name="Apple Inc.",
        industry="Computer Hardware",
        country="US",
        region="California",
        city="Cupertino",
        confidence=0.95,
        provider="embedded",
    )


@pytest.mark.parametrize(
    ("domain", "name", "industry", "country", "city"),
    [
        ("ford.com", "Ford Motor Company", "Automotive", "US", "Dearborn"),
        ("accenture.com", "Accenture", "Information Technology", "IE", "Dublin"),
        ("eaton.com", "Eaton Corporation", "Electrical & Electronic Manufacturing", "IE", "Dublin"),
        ("omv.com", "OMV Aktiengesellschaft", None, "AT", None),
        ("mercedes-benz.com", "Mercedes-Benz Group AG", None, None, None),
        ("fedex.com", "FedEx Internet Technologies Corporation", None, None, None),
    ],
)
def test_facts_are_given_where_they_are_sure(
    companies: EmbeddedCompanies,
    domain: str,
    name: str,
    industry: str | None,
    country: str | None,
    city: str | None,
) -> None:
    found = companies.by_domain(domain)
    assert found is not None
    assert (found.name, found.industry) == (name, industry)
    assert (found.country, found.city) == (country, city)


@pytest.mark.parametrize(("domain", "kind"), [("mit.edu", "education"), ("nasa.gov", "government")])
def test_schools_and_authorities_are_told_from_companies(
    companies: EmbeddedCompanies, domain: str, kind: str
) -> None:
    found = companies.by_domain(domain)
    assert found is not None
    assert found.type == kind


def test_case_blanks_and_the_final_dot_do_not_matter(companies: EmbeddedCompanies) -> None:
    assert companies.by_domain(" Apple.COM. ") == companies.by_domain("apple.com")


@pytest.mark.parametrize(
    "domain", ["", ".", "gmail.com", "nobody.example", "com", "\x00", "\ud800"]
)
def test_other_domains_are_not_there(companies: EmbeddedCompanies, domain: str) -> None:
    assert companies.by_domain(domain) is None


def test_every_row_is_valid(companies: EmbeddedCompanies) -> None:
    rows = leadsignal_data.read_rows("companies")
    found = [companies.by_domain(row[0]) for row in rows]
    assert all(facts and facts.name for facts in found)
    assert sum(1 for facts in found if facts and facts.industry) >= 200
