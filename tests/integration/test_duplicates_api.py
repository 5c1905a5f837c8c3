"""Leads that may be the same person, over HTTP: pointed at, never merged."""

from collections.abc import Callable
from typing import Any

import pytest

from leadsignal.models.instants import rfc3339
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import drain, get, send
from tests.fakes.lambda_side import Stack
from tests.integration.test_edit_api import create, patch
from tests.integration.test_merges_api import ask

type NewTenant = Callable[..., CreatedTenant]


def come(stack: Stack, key: str, *people: dict[str, Any]) -> None:
    """Let people say who they are, one minute after another."""
    batch = [
        {
            "type": "identify",
            "messageId": f"m{number}-{traits['email']}",
            "userId": traits["email"],
            "timestamp": rfc3339(stack.clock.instant - (60 - number) * 60_000),
            "traits": traits,
        }
        for number, traits in enumerate(people)
    ]
    assert send(key, "/v1/batch", {"batch": batch})["statusCode"] == 200
    drain(stack)


def pointed_at(key: str, lead_id: str) -> list[str]:
    found: list[str] = get(f"/v1/leads/{lead_id}", key)["potential_duplicates"]
    return found


def ids(key: str) -> dict[str, str]:
    return {lead["email"]: lead["id"] for lead in get("/v1/leads", key)["data"]}


def test_leads_that_events_made_point_at_each_other(stack: Stack, owner: CreatedTenant) -> None:
    come(
        stack,
        owner.write_key,
        {"email": "jon@ibm.com", "firstName": "Jon", "lastName": "Smith"},
        {"email": "john.smith@ibm.com", "firstName": "John", "lastName": "Smith"},
        {"email": "jane@ibm.com", "firstName": "Jane", "lastName": "Smith"},
        {"email": "john@umbrella-tests.com", "firstName": "John", "lastName": "Smith"},
    )
    known = ids(owner.secret_key)
    jon, john = known["jon@ibm.com"], known["john.smith@ibm.com"]
    assert pointed_at(owner.secret_key, jon) == [john]
    assert pointed_at(owner.secret_key, john) == [jon]
    assert pointed_at(owner.secret_key, known["jane@ibm.com"]) == []
    assert pointed_at(owner.secret_key, known["john@umbrella-tests.com"]) == []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (("Jon", "Smith", "ACME Inc."), ("John", "Smith", "Acme GmbH"), True),
        (("Bob", "Miller", "Acme, LLC"), ("Robert", "Miller", "ACME B.V."), True),
        (("J.", "Smith", "Acme"), ("John", "Smith", "Acme Ltd"), True),
        (("Jon", "Smith", "Acme"), ("John", "Smith", "Umbrella"), False),
        (("Paul", "Smith", "Acme"), ("Paula", "Smith", "Acme"), False),
    ],
)
def test_companies_of_one_name_and_names_in_another_spelling_are_alike(
    stack: Stack,
    owner: CreatedTenant,
    one: tuple[str, str, str],
    other: tuple[str, str, str],
    alike: bool,
) -> None:
    first, second = (
        create(
            owner.secret_key,
            {"first_name": given, "last_name": family, "company": {"name": company}},
        )
        for given, family, company in (one, other)
    )
    assert first["id"] != second["id"]
    assert second["potential_duplicate_id"] == (first["id"] if alike else None)
    for mine, theirs in ((first, second), (second, first)):
        assert pointed_at(owner.secret_key, mine["id"]) == ([theirs["id"]] if alike else [])


def test_a_company_with_a_domain_and_one_of_that_name_are_one(
    stack: Stack, owner: CreatedTenant
) -> None:
    name = {"first_name": "Ann", "last_name": "Lee"}
    first = create(owner.secret_key, name | {"email": "ann@acme-tests.com"})
    second = create(owner.secret_key, name | {"company": {"name": "Acme-Tests GmbH"}})
    assert second["potential_duplicate_id"] == first["id"]
    third = create(owner.secret_key, name | {"company": {"domain": "acme-tests.de"}})
    assert pointed_at(owner.secret_key, third["id"]) == [first["id"], second["id"]]


def test_the_same_phone_points_at_a_lead_of_another_name(
    stack: Stack, owner: CreatedTenant
) -> None:
    phone = {"phone": "+14155550132"}
    first = create(owner.secret_key, {"first_name": "Jane", "last_name": "Doe"} | phone)
    other = create(owner.secret_key, {"first_name": "Bob", "last_name": "Ray"} | phone)
    assert pointed_at(owner.secret_key, first["id"]) == [other["id"]]
    patch(owner.secret_key, other["id"], {"phone": None})
    assert pointed_at(owner.secret_key, first["id"]) == []


def test_a_pair_that_somebody_declined_is_not_pointed_at_again(
    stack: Stack, owner: CreatedTenant
) -> None:
    name = {"first_name": "Ann", "last_name": "Lee"}
    one = create(owner.secret_key, name | {"email": "ann@acme.com"})
    two = create(owner.secret_key, name | {"email": "lee@acme.com"})
    assert pointed_at(owner.secret_key, one["id"]) == [two["id"]]
    wanted = {"survivor_id": one["id"], "merged_id": two["id"], "reason": "one"}
    status, merge = ask("POST", "/v1/merges", owner.secret_key, wanted)
    assert status == 201
    assert pointed_at(owner.secret_key, one["id"]) == []
    assert ask("POST", f"/v1/merges/{merge['id']}/undo", owner.secret_key)[0] == 200
    for lead in (one, two):
        assert pointed_at(owner.secret_key, lead["id"]) == []


def test_leads_of_another_tenant_are_never_pointed_at(stack: Stack, new_tenant: NewTenant) -> None:
    same = {"first_name": "Ann", "last_name": "Lee", "phone": "+14155550132"}
    ours, theirs = new_tenant(), new_tenant()
    for owner in (ours, theirs):
        lead = create(owner.secret_key, same | {"company": {"name": "Acme"}})
        assert lead["potential_duplicate_id"] is None
        assert pointed_at(owner.secret_key, lead["id"]) == []
