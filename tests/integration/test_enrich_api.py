"""What is known of companies, from whom and at what price, through the real handlers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import drain, headers_of, problem, send
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import Json, Stack
from tests.fakes.provider_server import FakeProviders, serving_providers

pytestmark = pytest.mark.usefixtures("stack")


@pytest.fixture
def server() -> Iterator[FakeProviders]:
    with serving_providers() as providers:
        yield providers


class Account:
    """One tenant with a paid provider, asked by its secret key."""

    def __init__(self, owner: CreatedTenant, server: FakeProviders) -> None:
        self.key = owner.secret_key
        self.server = server
        self.provider: str = self.done("POST", "/v1/providers", paid(server))["id"]

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> Json:
        return ask(method, path, self.key, body, **more)

    def done(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        answer = self.ask(method, path, body, **more)
        assert answer["statusCode"] in (200, 201), answer
        return json.loads(answer["body"])

    def identify(self, domain: str) -> Any:
        return self.done("GET", "/v1/identify", query={"domain": domain})

    def charged(self) -> int:
        charged: int = self.done("GET", "/v1/credits")["charged"]
        return charged


def paid(server: FakeProviders, **more: Any) -> Json:
    return {
        "name": "Paid",
        "kind": "generic_json",
        "credits": 2,
        "endpoints": {"domain": f"{server.url}/company/{{domain}}"},
        "mapping": {
            "name": "/company/name",
            "industry": "/company/industry",
            "employee_count": "/company/people",
            "country": "/company/hq/country",
            "confidence": "/match/score",
        },
    } | more


@pytest.fixture
def account(owner: CreatedTenant, server: FakeProviders) -> Account:
    return Account(owner, server)


def test_a_look_up_is_paid_once_and_says_who_said_what(account: Account) -> None:
    found = account.identify("initech.example.com")
    assert (found["company"]["domain"], found["credits_charged"]) == ("example.com", 2)
    assert account.identify("example.com")["credits_charged"] == 0
    assert (len(account.server.calls), account.charged()) == (1, 2)
    answer = account.ask("GET", f"/v1/enrich/{found['company']['id']}")
    company = json.loads(answer["body"])
    assert (company["industry"], company["employee_range"], company["country"]) == (
        "Software",
        "51-200",
        "NL",
    )
    told = company["provenance"]["employee_count"]
    assert (told["provider"], told["credits"], told["confidence"]) == (account.provider, 2, 0.9)
    assert told["fetched_at"] < told["expires_at"]
    assert headers_of(answer)["etag"]


def test_the_price_of_a_refresh_is_told_before_it_is_paid(account: Account, stack: Stack) -> None:
    path = f"/v1/enrich/{account.identify('example.com')['company']['id']}"
    answer = account.ask("GET", path, query={"dry_run": "true"})
    assert json.loads(answer["body"]) == {"credits_estimated": 2}
    assert headers_of(answer)["etag"]
    assert account.charged() == 2
    stack.clock.move(seconds=1)
    assert account.done("GET", path, query={"refresh": "true"})["credits_charged"] == 2
    assert (len(account.server.calls), account.charged()) == (2, 4)


def test_a_refresh_without_credits_is_refused_and_a_look_up_goes_on_without(
    account: Account, stack: Stack
) -> None:
    company_id = account.identify("example.com")["company"]["id"]
    account.done("PATCH", "/v1/settings", {"daily_credits": 3})
    stack.clock.move(seconds=30)  # for which settings are remembered
    refused = account.ask("GET", f"/v1/enrich/{company_id}", query={"refresh": "true"})
    assert problem(refused) == (402, "insufficient-credits")
    assert json.loads(refused["body"])["limit"] == "day"
    assert account.identify("another-example.com")["credits_charged"] == 0
    assert (len(account.server.calls), account.charged()) == (1, 2)


def test_what_reads_look_ups_alone_cannot_spend_on_a_refresh(account: Account) -> None:
    company_id = account.identify("example.com")["company"]["id"]
    body = {"name": "reader", "kind": "sk", "env": "test", "scopes": ["lookups:read"]}
    reader = account.done("POST", "/v1/keys", body)["key"]
    path = f"/v1/enrich/{company_id}"
    assert ask("GET", path, reader)["statusCode"] == 200
    refused = ask("GET", path, reader, query={"refresh": "true"})
    assert problem(refused) == (403, "insufficient-scope")


def test_each_look_up_of_a_batch_has_an_answer_of_its_own(account: Account) -> None:
    lookups = [{"domain": "example.com"}, {"ip": "8.8.8"}, {"email": "a@example.com"}, {}]
    [first, bad, same, none] = account.done("POST", "/v1/lookups/batch", {"lookups": lookups})[
        "results"
    ]
    assert (first["status"], first["company"]["domain"]) == (200, "example.com")
    assert (same["status"], same["company"]["id"]) == (200, first["company"]["id"])
    assert (bad["status"], none["status"]) == (422, 422)
    assert account.charged() == 2
    many = {"lookups": [{"domain": "example.com"}] * 101}
    assert problem(account.ask("POST", "/v1/lookups/batch", many)) == (413, "too-many-items")


def test_what_people_say_of_a_company_no_provider_overwrites(
    account: Account, stack: Stack
) -> None:
    company_id = account.identify("example.com")["company"]["id"]
    path = f"/v1/companies/{company_id}"
    lead = account.done("POST", "/v1/leads", {"email": "ada@example.com"})
    changed = account.ask("PATCH", path, {"industry": "Machinery", "employee_count": 40})
    assert changed["statusCode"] == 200, changed
    stack.clock.move(seconds=1)
    account.done("GET", f"/v1/enrich/{company_id}", query={"refresh": "true"})
    assert len(account.server.calls) == 2
    company = account.done("GET", f"/v1/enrich/{company_id}")
    assert (company["industry"], company["employee_count"]) == ("Machinery", 40)
    assert company["provenance"]["industry"]["provider"] == "api"
    shown = account.done("POST", f"/v1/leads/{lead['id']}/enrich")["company"]
    assert (shown["industry"], shown["employee_count"]) == ("Machinery", 40)
    stale = account.ask("PATCH", path, {"industry": None}, headers={"if-match": '"1"'})
    assert problem(stale) == (412, "precondition-failed")
    account.done("PATCH", path, {"industry": None})
    assert account.done("GET", f"/v1/enrich/{company_id}")["industry"] == "Software"


def test_a_lead_worth_it_has_its_company_looked_up_in_the_background(
    account: Account, stack: Stack, owner: CreatedTenant
) -> None:
    account.done("PATCH", "/v1/settings", {"enrichment_min_score": 60})
    stack.clock.move(seconds=30)  # for which settings are remembered
    said = {"userId": "ada", "traits": {"email": "ada@example.com", "title": "CTO"}}
    send(owner.write_key, "/v1/identify", said)
    drain(stack)
    assert account.server.calls == []
    for event in ("form_submitted", "demo_requested"):
        send(owner.write_key, "/v1/track", {"userId": "ada", "event": event})
    drain(stack)
    [lead] = account.done("GET", "/v1/leads")["data"]
    assert lead["score"] >= 60
    assert (lead["company"]["employee_count"], lead["company"]["country"]) == (120, "NL")
    assert (len(account.server.calls), account.charged()) == (1, 2)
