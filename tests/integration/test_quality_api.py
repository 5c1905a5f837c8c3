"""The quality of leads over HTTP: shown, filtered by, with what would mend it."""

import json
from typing import Any

import pytest

from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import get
from tests.fakes.lambda_side import Stack
from tests.integration.test_edit_api import create, say
from tests.integration.test_leads_api import walk

GOOD = {
    "email": "ann@ibm.com",
    "first_name": "Ann",
    "last_name": "Jansen",
    "phone": "+31201234567",
    "title": "Head of IT",
    "company": {"name": "IBM", "country": "NL", "industry": "software", "employee_count": 9000},
}
POOR = {"email": "info@mailinator.com", "first_name": "asdf"}


def found(key: str, condition: dict[str, Any]) -> list[str]:
    leads = walk(key, "/v1/leads", filter=json.dumps(condition), limit="100")
    return sorted(lead["email"] for lead in leads)


def test_a_lead_shows_how_good_its_data_is_and_what_to_mend(
    stack: Stack, owner: CreatedTenant
) -> None:
    good, poor = (create(owner.secret_key, given) for given in (GOOD, POOR))
    assert good["quality"] == {"score": 100, "fixes": []}
    assert poor["quality"]["score"] < 50
    codes = {fix["code"]: fix for fix in poor["quality"]["fixes"]}
    assert {"disposable_email", "role_email", "missing_phone", "missing_last_name"} <= set(codes)
    assert codes["role_email"] == {
        "code": "role_email",
        "field": "email",
        "detail": "the address is that of a function, not of a person",
        "gain": 2,
    }
    shown = get(f"/v1/leads/{poor['id']}", owner.secret_key)
    assert shown["quality"] == poor["quality"]
    check = {"kind": "disposable", "role": True, "mx": "unknown", "verdict": "risky"}
    assert shown["email_check"] == check | {"checked_at": None, "source": None}


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("quality", "lt", 50, ["info@mailinator.com"]),
        ("quality", "gte", 50, ["ann@ibm.com"]),
        ("quality", "eq", 100, ["ann@ibm.com"]),
        ("quality.fixes", "contains", "missing_phone", ["info@mailinator.com"]),
        ("quality.fixes", "not_contains", "missing_phone", ["ann@ibm.com"]),
        ("email_kind", "eq", "disposable", ["info@mailinator.com"]),
        ("email_role", "eq", True, ["info@mailinator.com"]),
        ("email_deliverable", "in", ["risky", "no"], ["info@mailinator.com"]),
    ],
)
def test_leads_are_filtered_by_the_quality_of_their_data(
    stack: Stack, owner: CreatedTenant, field: str, op: str, value: object, expected: list[str]
) -> None:
    for given in (GOOD, POOR):
        create(owner.secret_key, given)
    condition = {"field": field, "op": op, "value": value}
    assert found(owner.secret_key, condition) == expected


def test_quality_grows_old_with_the_lead_without_a_write(
    stack: Stack, owner: CreatedTenant
) -> None:
    lead = create(owner.secret_key, GOOD)
    stack.clock.move(days=400)
    old = get(f"/v1/leads/{lead['id']}", owner.secret_key)
    assert old["version"] == lead["version"]
    assert old["quality"]["score"] == 85
    assert [fix["code"] for fix in old["quality"]["fixes"]] == ["stale_activity", "stale_company"]


def test_no_field_of_quality_or_the_check_can_be_written(
    stack: Stack, owner: CreatedTenant
) -> None:
    for field in ("quality", "email_check"):
        answer = say("POST", "/v1/leads", owner.secret_key, {"email": "a@ibm.com", field: {}})
        assert answer["statusCode"] == 422
