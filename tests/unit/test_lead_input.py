"""What a caller says of a lead, in the form in which it is kept."""

from typing import Any

import pytest

from leadsignal.domain.lead_input import read_input
from leadsignal.errors import InvalidInputError
from leadsignal.models.edits import LeadInput
from leadsignal.models.tenants import STATUSES
from tests.fakes.stores import ScriptedMail


def fields(said: dict[str, Any], country: str | None = "NL") -> dict[str, Any]:
    given = LeadInput.model_validate(said)
    mail = ScriptedMail()
    return read_input(given, statuses=STATUSES, country=country, mail=mail).fields


@pytest.mark.parametrize(
    ("company", "kept"),
    [
        ({"industry": "SaaS"}, {"industry": "Software"}),
        ({"country": "Schweiz"}, {"country": "CH"}),
        ({"employee_range": "1,001-5,000 employees"}, {"employee_range": "1001-5000"}),
        ({"name": "  Acme,\u00a0 Inc. "}, {"name": "Acme, Inc."}),
        ({"industry": None}, {"industry": None}),
    ],
)
def test_values_of_a_company_are_kept_in_one_form(
    company: dict[str, Any], kept: dict[str, Any]
) -> None:
    assert fields({"company": company}) == {f"company.{name}": v for name, v in kept.items()}


@pytest.mark.parametrize(
    ("company", "code"),
    [
        ({"industry": "Basket weaving"}, "unknown_industry"),
        ({"employee_range": "lots"}, "unknown_employee_range"),
        ({"country": "Atlantis"}, "unknown_country"),
    ],
)
def test_what_cannot_be_read_is_refused(company: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        fields({"company": company})
    [problem] = refused.value.problems
    [field] = company
    assert (problem.where, problem.code) == (f"/company/{field}", code)
    assert company[field] not in problem.detail


@pytest.mark.parametrize(
    ("said", "phone"),
    [
        ({}, "+31207654321"),
        ({"company": {"country": "Belgium"}}, "+31207654321"),  # valid in the Netherlands alone
        ({"traits": {"country": "Deutschland"}, "phone": "030 901820"}, "+4930901820"),
        ({"company": {"country": "US"}, "phone": "(415) 555-0132"}, "+14155550132"),
    ],
)
def test_a_phone_is_one_of_the_leads_country_else_of_the_tenants(
    said: dict[str, Any], phone: str
) -> None:
    assert fields({"phone": "020 765 4321"} | said)["phone"] == phone
