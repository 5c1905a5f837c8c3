"""Filtered lists, companies, and a lead's sessions and events over HTTP."""

import json
from typing import Any

import pytest

from leadsignal.models.instants import rfc3339
from leadsignal.services import accounts
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import call, drain, get, headers_of, problem, send
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import Stack
from tests.integration.test_leads_api import walk

UNKNOWN = "cmp_" + "a" * 26
HOUR = 3_600_000


def people(stack: Stack, key: str, *names: str, domain: str = "ibm.com") -> None:
    """Let people of a company say who they are, and view two pages an hour apart."""
    batch: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        now = stack.clock.instant - (9 - number) * 60_000
        who = {"userId": name, "traits": {"email": f"{name}@{domain}", "title": f"Head {number}"}}
        batch.append(
            {"type": "identify", "messageId": f"{name}-i", "timestamp": rfc3339(now)} | who
        )
        for view in range(2):
            batch.append(
                {
                    "type": "page",
                    "messageId": f"{name}-p{view}",
                    "userId": name,
                    "timestamp": rfc3339(now - view * HOUR),
                    "context": {"page": {"url": "https://site.test/pricing"}},
                }
            )
    assert send(key, "/v1/batch", {"batch": batch})["statusCode"] == 200
    drain(stack)


def filtered(condition: object) -> str:
    return json.dumps(condition)


def test_a_filter_by_company_and_by_pricing_visits_finds_who_is_meant(
    stack: Stack, owner: CreatedTenant
) -> None:
    people(stack, owner.write_key, "ann", "bob")
    people(stack, owner.write_key, "eve", domain="initech-tests.com")
    condition = {
        "all": [
            {"field": "company.domain", "op": "eq", "value": "ibm.com"},
            {
                "performed": {
                    "event": "page_view",
                    "where": {"field": "page.path", "op": "starts_with", "value": "/pricing"},
                },
                "count": {"op": "gte", "value": 2},
                "within": {"days": 14, "time_zone": "Europe/Amsterdam"},
            },
        ]
    }
    for limit in ("1", "100"):
        found = walk(owner.secret_key, "/v1/leads", filter=filtered(condition), limit=limit)
        assert sorted(lead["email"] for lead in found) == ["ann@ibm.com", "bob@ibm.com"]
    email = filtered({"field": "email", "op": "eq", "value": "eve@initech-tests.com"})
    answer = call("GET", "/v1/leads", owner.secret_key, filter=email)
    assert [lead["title"] for lead in json.loads(answer["body"])["data"]] == ["Head 0"]
    assert headers_of(answer)["leadsignal-examined"] == "1"


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/companies"])
@pytest.mark.parametrize("text", ["", "x", "{", "{'a': 1}", '{"a": NaN}', '{"a":1,"a":2}'])
def test_a_filter_that_is_no_json_cannot_be_parsed(
    stack: Stack, owner: CreatedTenant, path: str, text: str
) -> None:
    answer = call("GET", path, owner.secret_key, filter=text)
    assert problem(answer) == (400, "malformed-json")


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/companies"])
@pytest.mark.parametrize(
    ("condition", "code", "where"),
    [
        ([], "object_type", "/"),
        (5, "object_type", "/"),
        (
            {"all": [{"field": "secret-name", "op": "eq", "value": 1}]},
            "unknown_field",
            "/all/0/field",
        ),
        ({"field": "company.name", "op": "like", "value": "x"}, "unknown_operator", "/op"),
    ],
)
def test_a_filter_that_is_no_condition_is_refused_with_the_place(
    stack: Stack, owner: CreatedTenant, path: str, condition: object, code: str, where: str
) -> None:
    answer = call("GET", path, owner.secret_key, filter=filtered(condition))
    assert problem(answer) == (422, "invalid-request")
    [told] = json.loads(answer["body"])["errors"]
    assert (told["parameter"], told["code"]) == ("filter", code)
    assert told["detail"].startswith(f"{where}: ")
    assert "secret" not in answer["body"]


def test_what_somebody_did_is_no_question_to_companies(stack: Stack, owner: CreatedTenant) -> None:
    condition = filtered({"performed": {"event": "page_view"}})
    answer = call("GET", "/v1/companies", owner.secret_key, filter=condition)
    assert problem(answer) == (422, "invalid-request")


def test_companies_are_listed_with_what_is_known_of_them(
    stack: Stack, owner: CreatedTenant
) -> None:
    for domain in ("ibm.com", "initech-tests.com", "acme-tests.com"):
        people(stack, owner.write_key, f"ann-{domain}", f"bob-{domain}", domain=domain)
        stack.clock.move(seconds=1)
    key = owner.secret_key
    for limit in ("1", "2", "100"):
        found = walk(key, "/v1/companies", limit=limit)
        assert [company["domain"] for company in found] == [
            "acme-tests.com", "initech-tests.com", "ibm.com",
        ]  # fmt: skip
    oldest = walk(key, "/v1/companies", sort="created_at", limit="2")
    assert oldest == found[::-1]
    assert set(oldest[0]) >= {
        "id", "domain", "name", "legal_name", "industry", "employee_count", "employee_range",
        "annual_revenue_usd", "founded_year", "country", "region", "city", "address",
        "technologies", "funding", "linkedin_url", "phone", "logo_url",
    }  # fmt: skip
    assert (oldest[0]["name"], oldest[0]["country"]) == ("IBM", "US")
    assert oldest[1]["enriched_at"] is not None
    answer = call("GET", f"/v1/companies/{oldest[0]['id']}", key)
    assert json.loads(answer["body"]).items() >= oldest[0].items()
    for field, op, value, expected in [
        ("domain", "eq", "Ibm.com", ["ibm.com"]),
        ("company.domain", "eq", "none-tests.com", []),
        ("id", "eq", oldest[0]["id"], ["ibm.com"]),
        ("id", "ne", oldest[0]["id"], ["acme-tests.com", "initech-tests.com"]),
        ("country", "eq", "us", ["ibm.com"]),
        ("created_at", "after", oldest[0]["created_at"], ["acme-tests.com", "initech-tests.com"]),
    ]:
        condition = filtered({"field": field, "op": op, "value": value})
        for limit in ("1", "100"):
            some = walk(key, "/v1/companies", filter=condition, limit=limit)
            assert [company["domain"] for company in some] == expected, field


def test_a_company_that_is_only_a_name_is_listed_too(stack: Stack, owner: CreatedTenant) -> None:
    call_body = {"userId": "u1", "groupId": "g1", "traits": {"name": "Initech", "employees": 60}}
    for number in range(2):
        stack.clock.move(seconds=1)
        said = call_body | {"messageId": f"m{number}"}
        assert send(owner.write_key, "/v1/group", said)["statusCode"] == 200
        drain(stack)
    [company] = walk(owner.secret_key, "/v1/companies")
    assert (company["domain"], company["name"]) == (None, "Initech")
    assert (company["employee_range"], company["enriched_at"]) == ("51-200", None)
    [lead] = get(f"/v1/companies/{company['id']}/leads", owner.secret_key)["data"]
    assert lead["company"]["id"] == company["id"]


def test_what_events_say_is_shown_and_found_in_one_form(stack: Stack, owner: CreatedTenant) -> None:
    address = {"country": "Niederlande"}
    traits = {"name": "van der Berg, Jan", "phone": "020 765 4321", "address": address}
    group = {"name": "INITECH HOLDINGS B.V.", "industry": "Hospital & Health Care",
             "employees": "51 - 200 employees", "address": address}  # fmt: skip
    for route, body in [("identify", {"traits": traits}), ("group", {"traits": group})]:
        stack.clock.move(seconds=1)
        sent = {"userId": "u1", "groupId": "g1", "messageId": route} | body
        assert send(owner.write_key, f"/v1/{route}", sent)["statusCode"] == 200
        drain(stack)
    for field, value in [
        ("company.country", "The Netherlands"),
        ("company.industry", "Health Care"),
        ("company.name", "Initech Holdings BV"),
        ("company.employee_range", "51-200 employees"),
        ("phone", "+31 20 765 4321"),
    ]:
        condition = filtered({"field": field, "op": "eq", "value": value})
        [lead] = walk(owner.secret_key, "/v1/leads", filter=condition)
    assert (lead["first_name"], lead["last_name"]) == ("Jan", "van der Berg")
    assert lead["phone"] == "+31207654321"
    assert lead["traits"] == traits
    company = lead["company"]
    assert (company["name"], company["legal_name"]) == (
        "Initech Holdings", "INITECH HOLDINGS B.V."
    )  # fmt: skip
    assert (company["industry"], company["country"]) == ("Healthcare", "NL")
    [listed] = walk(owner.secret_key, "/v1/companies")
    assert (listed["name"], listed["industry"]) == ("Initech Holdings", "Healthcare")


def test_what_is_said_of_leads_is_filtered_by_too(stack: Stack, owner: CreatedTenant) -> None:
    people(stack, owner.write_key, "ann")
    said = {
        "email": "bob@ibm.com",
        "status": "working",
        "owner": "sam",
        "tags": ["vip", "webinar"],
        "attributes": {"size": {"eu": 12}},
        "company": {"domain": "ibm.com", "name": "Big Blue"},
    }
    answer = ask("POST", "/v1/leads", owner.secret_key, said)
    assert answer["statusCode"] == 201, answer
    for field, op, value in [
        ("tags", "contains", "VIP"),
        ("status", "eq", "working"),
        ("owner", "starts_with", "s"),
        ("attributes.size.eu", "gte", 12),
        ("company.name", "eq", "big blue"),
    ]:
        condition = filtered({"field": field, "op": op, "value": value})
        found = walk(owner.secret_key, "/v1/leads", filter=condition)
        assert [lead["email"] for lead in found] == ["bob@ibm.com"], field
    condition = filtered({"field": "tags", "op": "not_contains", "value": "vip"})
    found = walk(owner.secret_key, "/v1/leads", filter=condition)
    assert [lead["email"] for lead in found] == ["ann@ibm.com"]
    recorded = filtered({"performed": {"event": "lead_recorded"}})
    assert walk(owner.secret_key, "/v1/leads", filter=recorded) == []


def test_a_company_that_somebody_names_is_listed(stack: Stack, owner: CreatedTenant) -> None:
    said = {"first_name": "Ann", "company": {"name": "Initech", "country": "NL"}}
    assert ask("POST", "/v1/leads", owner.secret_key, said)["statusCode"] == 201
    [company] = walk(owner.secret_key, "/v1/companies")
    assert (company["name"], company["country"], company["domain"]) == ("Initech", "NL", None)
    [lead] = walk(owner.secret_key, f"/v1/companies/{company['id']}/leads")
    assert lead["first_name"] == "Ann"


def test_a_company_shows_its_leads_and_what_they_did(stack: Stack, owner: CreatedTenant) -> None:
    people(stack, owner.write_key, "ann", "bob", "cid")
    stack.clock.move(seconds=1)
    people(stack, owner.write_key, "eve", domain="initech-tests.com")
    key = owner.secret_key
    [_, company] = walk(key, "/v1/companies")
    path = f"/v1/companies/{company['id']}"
    for limit in ("1", "2", "100"):
        found = walk(key, f"{path}/leads", limit=limit)
        assert [lead["email"] for lead in found] == [f"{n}@ibm.com" for n in ("cid", "bob", "ann")]
    for limit in ("1", "4", "100"):
        sessions = walk(key, f"{path}/activity", limit=limit)
        assert [event["message_id"] for s in sessions for event in s["events"]] == [
            "cid-i", "cid-p0", "bob-i", "bob-p0", "ann-i", "ann-p0", "cid-p1", "bob-p1", "ann-p1",
        ]  # fmt: skip
        assert {s["lead_id"] for s in sessions} == {lead["id"] for lead in found}
    of_one = get(f"/v1/leads/{found[0]['id']}/timeline", key)["data"]
    assert [s | {"lead_id": found[0]["id"]} for s in of_one] == [
        s for s in sessions if s["lead_id"] == found[0]["id"]
    ]
    stack.clock.move(days=31)
    assert walk(key, f"{path}/activity") == []


def test_a_companys_people_come_to_one_account(
    stack: Stack, owner: CreatedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(stack, owner.write_key, "ann", "bob", domain="apple.com")
    visit = {
        "type": "page",
        "messageId": "v1",
        "anonymousId": "anon",
        "timestamp": rfc3339(stack.clock.instant - 30 * 24 * HOUR),
        "context": {"ip": "17.253.144.10", "page": {"url": "https://site.test/"}},
    }
    key = owner.secret_key
    [company] = walk(key, "/v1/companies")
    path = f"/v1/companies/{company['id']}"
    before = call("GET", path, key)
    stack.clock.move(seconds=1)
    assert send(owner.write_key, "/v1/batch", {"batch": [visit]})["statusCode"] == 200
    said = {"email": "cid@apple.com", "company": {"domain": "apple.com"}}
    assert ask("POST", "/v1/leads", key, said)["statusCode"] == 201
    drain(stack)
    answer = call("GET", path, key)
    account = json.loads(answer["body"])
    leads = walk(key, f"{path}/leads")
    assert account.items() >= company.items()
    assert (account["lead_count"], account["leads_complete"]) == (4, True)
    assert account["known_lead_count"] == sum(lead["is_known"] for lead in leads)
    assert account["anonymous_lead_count"] == sum(not lead["is_known"] for lead in leads)
    for name in ("session_count", "event_count"):
        assert account[name] == sum(lead[name] for lead in leads)
    assert account["first_seen_at"] == min(lead["first_seen_at"] for lead in leads)
    assert account["last_seen_at"] == max(lead["last_seen_at"] for lead in leads)
    best = max(leads, key=lambda lead: (lead["score"], lead["id"]))
    assert account["best_lead_id"] == best["id"]
    assert (account["best_score"], account["best_tier"]) == (best["score"], best["tier"])
    tags = [headers_of(each)["etag"] for each in (before, answer)]
    assert tags[0] != tags[1]
    monkeypatch.setattr(accounts, "COUNTED", 2)
    account = json.loads(call("GET", path, key)["body"])
    assert (account["lead_count"], account["leads_complete"]) == (2, False)


@pytest.mark.parametrize("part", ["", "/leads", "/activity"])
def test_an_unknown_company_is_not_found(
    stack: Stack, owner: CreatedTenant, new_tenant: Any, part: str
) -> None:
    people(stack, owner.write_key, "ann")
    [company] = walk(owner.secret_key, "/v1/companies")
    theirs = new_tenant().secret_key
    for company_id in (UNKNOWN, "cmp_1", "x" * 1025, company["id"]):
        answer = call("GET", f"/v1/companies/{company_id}{part}", theirs)
        assert problem(answer) == (404, "not-found")


def test_a_leads_sessions_and_events_come_newest_first(stack: Stack, owner: CreatedTenant) -> None:
    people(stack, owner.write_key, "ann")
    key = owner.secret_key
    [lead] = get("/v1/leads", key)["data"]
    path = f"/v1/leads/{lead['id']}"
    timeline = walk(key, f"{path}/timeline")
    for limit in ("1", "100"):
        sessions = walk(key, f"{path}/sessions", limit=limit)
        assert sessions == [
            {name: value for name, value in session.items() if name != "events"}
            for session in timeline
        ]
        events = walk(key, f"{path}/events", limit=limit)
        assert events == [
            event | {"session_id": session["session_id"]}
            for session in timeline
            for event in reversed(session["events"])
        ]
    assert len(events) == 3
    for part in ("sessions", "events"):
        missing = call("GET", f"/v1/leads/lead_{'a' * 26}/{part}", key)
        assert problem(missing) == (404, "not-found")
