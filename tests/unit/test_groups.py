"""What is kept of a group call, and which company it names."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.groups import group_domain, last_group, said_of_group
from leadsignal.models.leads import Group, Member, Stamp
from tests.fakes.events import AT
from tests.fakes.stores import ScriptedMail


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, {}),
        ({"name": " Acme ", "plan": "pro", "logo": "x"}, {"name": "Acme"}),
        ({"company_name": "Acme"}, {"name": "Acme"}),
        ({"name": "", "companyName": "Acme"}, {"name": "Acme"}),
        ({"name": 5, "industry": ["x"], "phone": None}, {}),
        ({"industry": "Steel", "phone": "+31 15 1"}, {"industry": "Steel", "phone": "+31 15 1"}),
        ({"name": "x" * 500}, {"name": "x" * 100}),
        ({"name": "é" * 500}, {"name": "é" * 50}),
        ({"employees": 60}, {"employee_count": 60}),
        ({"employee_count": 0, "employees": 60}, {"employee_count": 0}),
        ({"employeeCount": "4,500"}, {"employee_count": 4_500}),
        ({"employees": " 60 "}, {"employee_count": 60}),
        ({"employees": 60.0}, {"employee_count": 60}),
        ({"employees": "51-200"}, {"employee_range": "51-200"}),
        (
            {"company_size": "51-200", "employees": 60},
            {"employee_range": "51-200", "employee_count": 60},
        ),
        ({"employees": -1}, {}),
        ({"employees": True}, {}),
        ({"employees": 1.5}, {}),
        ({"employees": 10**9}, {}),
        ({"employees": "x", "employee_count": "60"}, {"employee_count": 60}),
        ({"country": "nl"}, {"country": "nl"}),
        ({"country": " Netherlands"}, {"country": "Netherlands"}),
        ({"state": "ZH"}, {"region": "ZH"}),
        (
            {"address": {"city": "Delft", "state": "ZH", "country": "NL", "street": "x"}},
            {"city": "Delft", "region": "ZH", "country": "NL"},
        ),
        ({"city": "Delft", "address": {"city": "Ghent"}}, {"city": "Delft"}),
        ({"address": "Delft"}, {}),
        ({"domain": "Acme.com."}, {"domain": "acme.com"}),
        ({"domain": "acme"}, {}),
        ({"domain": "bücher.de"}, {"domain": "xn--bcher-kva.de"}),
        ({"website": "https://www.Acme.com:8080/about?x=1#y"}, {"website": "www.acme.com"}),
        ({"url": "www.acme.com/nl"}, {"website": "www.acme.com"}),
        ({"website": "https://www.linkedin.com/company/acme"}, {}),
        ({"website": "http://[::1"}, {}),
        ({"website": "not a site"}, {}),
        ({"website": "https://a..b/"}, {}),
        ({"domain": "linkedin.com"}, {"domain": "linkedin.com"}),
        ({"email": "info@acme.com"}, {"email_domain": "acme.com"}),
        ({"email": "info"}, {}),
    ],
    ids=lambda value: str(value)[:50],
)
def test_few_fields_are_kept_by_the_names_of_a_company(
    told: dict[str, Any], said: dict[str, Any]
) -> None:
    assert said_of_group(told) == said


NAMES = st.sampled_from(
    ("name", "company_name", "industry", "region", "state", "city", "phone", "domain", "website",
     "url", "email", "country", "employees", "employee_count",
     "size", "address", "other")
)  # fmt: skip
SAID = st.dictionaries(
    NAMES, st.text() | st.text(min_size=90, max_size=400) | st.integers() | st.floats() | st.none()
)


@given(told=SAID, address=SAID)
def test_what_is_kept_is_small_and_keeps_its_form(
    told: dict[str, Any], address: dict[str, Any]
) -> None:
    said = said_of_group({**told, "address": address})
    assert len(json.dumps(said, ensure_ascii=False).encode()) <= 2_048
    assert all(value == said[field] for field, value in said_of_group(said).items())


def member(value: str, minutes: int | None = None, **traits: Any) -> Member:
    told = said_of_group(traits)
    by = Stamp(at=AT + (minutes or 0), message_id="m1")
    return Member(
        kind="anonymous_id",
        value=value,
        first_received_at=AT,
        group=None if minutes is None else Group(group_id=value, traits=told, by=by),
    )


def test_over_all_members_the_last_group_counts() -> None:
    members = [member("a", 1), member("b", 3), member("c", 2), member("d")]
    for order in (members, members[::-1]):
        found = last_group(order)
        assert found is not None
        assert found.group_id == "b"
    assert last_group([member("d")]) is None


@pytest.mark.parametrize(
    ("traits", "domain"),
    [
        ({"domain": "acme.com"}, "acme.com"),
        ({"domain": "www.acme.com"}, "acme.com"),
        ({"website": "https://www.acme.com/x"}, "acme.com"),
        ({"email": "info@mail.acme.com"}, "acme.com"),
        ({"domain": "acme.com", "website": "other.com"}, "acme.com"),
        ({"domain": "free.com", "website": "acme.com"}, "acme.com"),
        ({"email": "acme@free.com"}, None),
        ({"domain": "trash.com"}, None),
        ({"name": "Acme"}, None),
    ],
    ids=str,
)
def test_a_group_names_a_company_by_a_business_domain(
    traits: dict[str, Any], domain: str | None
) -> None:
    assert group_domain([member("a", 1, **traits)], ScriptedMail()) == domain


def test_only_the_last_group_names_a_company() -> None:
    members = [member("a", 1, domain="acme.com"), member("b", 2, name="Globex")]
    assert group_domain(members, ScriptedMail()) is None
    assert group_domain([], ScriptedMail()) is None
