"""What providers say of a company, in the form in which it is kept."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.normalise.facts import company_facts
from leadsignal.models.enrichment import CompanyFacts


def facts(**said: Any) -> CompanyFacts:
    return CompanyFacts(domain="acme.com", confidence=0.9, provider="p", **said)


@pytest.mark.parametrize(
    ("field", "said", "kept"),
    [
        ("country", "Deutschland", "DE"),
        ("country", "Atlantis", None),
        ("employee_range", "51 - 200 employees", "51-200"),
        ("employee_range", "lots", None),
        ("employee_count", -3, None),
        ("annual_revenue_usd", 5, 5),
        ("annual_revenue_usd", -5, None),
        ("annual_revenue_usd", 10**20, None),
        ("founded_year", 1998, 1998),
        ("founded_year", 19, None),
        ("region", "  New \u00a0 York\n", "New York"),
        ("city", "\x00 ", None),
        ("city", "x" * 500, "x" * 256),
        ("technologies", (" React ", "React", ""), ("React",)),
        ("phone", "+1 (202) 555-0132", "+12025550132"),
        ("phone", "none", None),
        ("linkedin_url", "linkedin.com/company/acme", "https://linkedin.com/company/acme"),
        ("linkedin_url", "javascript:alert(1)", None),
        ("logo_url", "https://acme.com/logo.png", "https://acme.com/logo.png"),
        ("logo_url", "https://[x", None),
        ("logo_url", "https://acme.com/a b", None),
        ("logo_url", "https://" + "a" * 3000, None),
        ("funding", "Series B", "Series B"),
    ],
)
def test_each_field_has_one_form_or_is_left_out(field: str, said: Any, kept: Any) -> None:
    found = company_facts(facts(**{field: said}))
    assert getattr(found, field) == kept
    assert company_facts(found) == found


def test_a_phone_number_is_one_of_the_companys_country() -> None:
    assert company_facts(facts(phone="020 765 4321", country="Nederland")).phone == "+31207654321"


def test_the_number_of_employees_decides_the_class() -> None:
    found = company_facts(facts(employee_count=60, employee_range="1-10"))
    assert (found.employee_count, found.employee_range) == (60, "51-200")


TEXTS = ("name", "legal_name", "industry", "country", "region", "city", "address", "phone",
         "employee_range", "linkedin_url", "logo_url", "funding")  # fmt: skip


@given(st.dictionaries(st.sampled_from(TEXTS), st.text(max_size=300)))
def test_any_words_are_safe_and_normalised_once(said: dict[str, str]) -> None:
    found = company_facts(facts(**said))
    assert company_facts(found) == found
