"""What a tenant reads of its credits, through the real handlers."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from leadsignal.domain import credentials
from leadsignal.domain.credits import HOLD_MS
from leadsignal.models.credits import Reservation
from leadsignal.runtime import lookup_wiring, wiring
from leadsignal.services import credits
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.credits import ACME, purchase
from tests.fakes.flow import problem
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import Json, Stack

NOTHING: Json = {"data": [], "has_more": False, "next_cursor": None}


class Shop:
    """Look-ups that one tenant's key pays for, and what its API says of them."""

    def __init__(self, stack: Stack, owner: CreatedTenant) -> None:
        self.clock = stack.clock
        self.owner = owner
        self.key_id = credentials.parse_key(owner.secret_key).key_id
        tenant = wiring.tenant_store().tenant(owner.tenant_id)
        assert tenant is not None
        self.cashier = lookup_wiring.cashier(tenant)

    def reserve(self, name: str, price: int = 1, **more: Any) -> Reservation:
        bought = purchase(name, price, **{"key_id": self.key_id} | more)
        return credits.reserve(bought, cashier=self.cashier, now=self.clock.now)

    def spend(self, name: str, price: int = 1, **more: Any) -> None:
        held = self.reserve(name, price, **more)
        credits.charge(held, price, cashier=self.cashier, now=self.clock.now)

    def get(self, path: str, **query: str) -> Any:
        answer = ask("GET", path, self.owner.secret_key, query=query)
        assert answer["statusCode"] == 200, answer
        return json.loads(answer["body"])


@pytest.fixture
def shop(stack: Stack, owner: CreatedTenant) -> Shop:
    return Shop(stack, owner)


def test_a_new_tenant_has_its_allowance(shop: Shop) -> None:
    found = shop.get("/v1/credits")
    assert found == {
        "balance": 1_000,
        "reserved": 0,
        "monthly_allowance": 1_000,
        "resets_at": "2026-02-01T00:00:00.000Z",
        "granted": 0,
        "charged": 0,
        "today": {"daily_credits": None, "spent": 0},
        "key": {"daily_credits": None, "spent": 0},
    }


def test_what_is_spent_and_reserved_is_shown(shop: Shop) -> None:
    shop.spend("a", 3)
    shop.spend("b", 2, key_id=None)
    shop.reserve("c", 4)
    found = shop.get("/v1/credits")
    assert (found["balance"], found["reserved"], found["charged"]) == (991, 4, 5)
    assert (found["today"]["spent"], found["key"]["spent"]) == (9, 7)
    shop.clock.move(days=1)
    tomorrow = shop.get("/v1/credits")
    assert (tomorrow["balance"], tomorrow["reserved"]) == (995, 0)
    assert (tomorrow["today"]["spent"], tomorrow["key"]["spent"]) == (0, 0)


def test_who_reads_releases_what_nobody_settled(shop: Shop) -> None:
    shop.reserve("a", 4)
    shop.clock.move(milliseconds=HOLD_MS)
    assert shop.get("/v1/credits")["balance"] == 1_000
    entry = shop.get("/v1/credits/ledger")["data"][0]
    assert (entry["kind"], entry["credits"], entry["expired"]) == ("refund", 4, True)


def test_the_ledger_is_listed_page_by_page_newest_first(shop: Shop) -> None:
    shop.spend("a", 3, company_id="cmp_acme")
    credits.refund(shop.reserve("b"), "miss", cashier=shop.cashier, now=shop.clock.now)
    first = shop.get("/v1/credits/ledger", limit="3")
    rest = shop.get("/v1/credits/ledger", limit="3", cursor=first["next_cursor"])
    assert (first["has_more"], rest["has_more"], rest["next_cursor"]) == (True, False, None)
    listed = first["data"] + rest["data"]
    assert [entry["kind"] for entry in listed] == [
        "refund",
        "reserve",
        "charge",
        "reserve",
        "reset",
    ]
    assert [entry["balance"] for entry in listed] == [997, 996, 997, 997, 1_000]
    assert listed[2] == {
        "id": "crl_000000000003",
        "at": "2026-01-15T12:00:00.000Z",
        "kind": "charge",
        "credits": 3,
        "balance": 997,
        "reserved": 0,
        "reservation_id": "rsv_a",
        "key_id": shop.key_id,
        "provider": ACME,
        "lookup": "domain",
        "company_id": "cmp_acme",
    }
    assert listed[4].keys() == {"id", "at", "kind", "credits", "balance", "reserved"}


def test_usage_is_listed_by_day_key_and_provider(shop: Shop) -> None:
    shop.spend("a", 3)
    shop.clock.move(days=1)
    shop.spend("b", 1)
    shop.spend("c", 1, provider="prv_other")
    shop.spend("d", 1, key_id=None)
    listed = shop.get("/v1/usage")["data"]
    places = [(row["day"], row["key_id"], row["provider"], row["credits"]) for row in listed]
    assert places == [
        ("2026-01-16", shop.key_id, "prv_other", 1),
        ("2026-01-16", shop.key_id, ACME, 1),
        ("2026-01-16", None, ACME, 1),
        ("2026-01-15", shop.key_id, ACME, 3),
    ]
    assert listed[3] == {
        "day": "2026-01-15",
        "key_id": shop.key_id,
        "provider": ACME,
        "lookups": 1,
        "hits": 1,
        "misses": 0,
        "failures": 0,
        "credits": 3,
    }
    assert shop.get("/v1/usage", **{"from": "2026-01-16"})["data"] == listed[:3]
    assert shop.get("/v1/usage", to="2026-01-15")["data"] == listed[3:]
    assert shop.get("/v1/usage", provider="prv_other")["data"] == listed[:1]
    assert shop.get("/v1/usage", key_id="-")["data"] == listed[2:3]
    assert shop.get("/v1/usage", key_id=shop.key_id, provider=ACME)["data"] == listed[1::2]
    assert shop.get("/v1/usage", **{"from": "2026-01-17"}) == NOTHING
    assert shop.get("/v1/usage", key_id="nobody") == NOTHING


def test_a_page_of_usage_goes_on_where_the_last_one_ended(shop: Shop) -> None:
    for number in range(7):
        shop.spend(f"a{number}", provider=f"prv_{number % 2}")
        shop.clock.move(days=1)
    for query in ({}, {"provider": "prv_1"}):
        pages, cursor = [], None
        while True:
            at: dict[str, str] = {"cursor": cursor} if cursor else {}
            page = shop.get("/v1/usage", limit="2", **query, **at)
            pages += page["data"]
            if (cursor := page["next_cursor"]) is None:
                break
        assert pages == shop.get("/v1/usage", **query)["data"]
    assert len(pages) == 3


def test_a_filter_looks_at_a_bounded_number_of_counts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadsignal.services.credit_reports.EXAMINED", 3)
    for number in range(6):
        shop.spend(f"a{number}", provider=f"prv_{number}")
    page = shop.get("/v1/usage", provider="prv_1")
    assert (page["data"], page["has_more"]) == ([], True)
    page = shop.get("/v1/usage", provider="prv_1", cursor=page["next_cursor"])
    assert [row["provider"] for row in page["data"]] == ["prv_1"]


@pytest.mark.parametrize("query", [{"from": "yesterday"}, {"to": "2026-02-30"}])
def test_what_is_no_day_is_refused(owner: CreatedTenant, query: dict[str, str]) -> None:
    answer = ask("GET", "/v1/usage", owner.secret_key, query=query)
    assert problem(answer) == (422, "invalid-request")
    [error] = json.loads(answer["body"])["errors"]
    assert {error["parameter"]} == query.keys()


@pytest.mark.parametrize("path", ["/v1/credits/ledger", "/v1/usage"])
def test_a_cursor_of_another_list_is_refused(shop: Shop, path: str) -> None:
    shop.spend("a")
    other = shop.get("/v1/credits/ledger" if path == "/v1/usage" else "/v1/usage", limit="1")
    query = {"cursor": other["next_cursor"] or "x"}
    answer = ask("GET", path, shop.owner.secret_key, query=query)
    assert answer["statusCode"] == 400


def test_credits_of_another_tenant_are_its_own(
    shop: Shop, new_tenant: Callable[..., CreatedTenant]
) -> None:
    shop.spend("a", 3)
    other = new_tenant()
    answer = ask("GET", "/v1/credits", other.secret_key)
    assert json.loads(answer["body"])["balance"] == 1_000
    rows = json.loads(ask("GET", "/v1/credits/ledger", other.secret_key)["body"])["data"]
    assert [row["kind"] for row in rows] == ["reset"]
    assert json.loads(ask("GET", "/v1/usage", other.secret_key)["body"]) == NOTHING
