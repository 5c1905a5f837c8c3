"""Deals and outcomes of leads over HTTP: shapes, refusals, whose they are, and what is told."""

import json
from typing import Any

import pytest

from leadsignal.models.instants import rfc3339
from leadsignal.models.outcomes import MAX_AMOUNT
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.clock import Clock
from tests.fakes.flow import drain, headers_of, send
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import Json, Stack
from tests.integration.test_merges_api import NewTenant, listen, persons, scoped

UNKNOWN = "lead_" + "a" * 26
NO_DEAL = "/v1/deals/deal_" + "0" * 24
TYPES = ["deal.created", "deal.updated", "deal.won", "deal.lost"]
FIELDS = {
    "id", "name", "lead_ids", "company_id", "amount", "currency", "stage", "outcome", "closed_at",
    "created_at", "updated_at",
}  # fmt: skip


class Desk:
    """One tenant who sells something to Ada and Bob."""

    def __init__(self, stack: Stack, owner: CreatedTenant) -> None:
        self.stack = stack
        self.owner = owner
        self.ada, self.bob = persons(stack, owner, "ada", "bob")

    def call(self, method: str, path: str, body: object = None, **more: Any) -> tuple[int, Any]:
        answer = ask(method, path, self.owner.secret_key, body, **more)
        return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else None

    def deal(self, **fields: Any) -> Json:
        status, made = self.call("POST", "/v1/deals", {"name": "Forty seats"} | fields)
        assert status == 201, made
        self.stack.clock.move(seconds=1)
        found: Json = made
        return found

    def patch(self, deal: Json, **fields: Any) -> Json:
        status, changed = self.call("PATCH", f"/v1/deals/{deal['id']}", fields)
        assert status == 200, changed
        found: Json = changed
        return found

    def found(self, **query: str) -> list[str]:
        """Return the ids of the deals that a list names."""
        status, page = self.call("GET", "/v1/deals", query=query)
        assert status == 200, page
        return [deal["id"] for deal in page["data"]]

    def outcome(self, lead_id: str) -> tuple[str, str | None]:
        """Return what became of a lead, and who tells."""
        status, told = self.call("GET", f"/v1/leads/{lead_id}/outcome")
        assert status == 200, told
        return told["outcome"], told["source"]

    def merge(self, kept: str, taken: str) -> str:
        body = {"survivor_id": kept, "merged_id": taken}
        status, made = self.call("POST", "/v1/merges", body)
        assert status == 201, made
        return str(made["id"])

    def refused(self, method: str, path: str, body: object) -> list[tuple[str, str]]:
        status, problem = self.call(method, path, body)
        assert status == 422, problem
        return [(error["pointer"], error["code"]) for error in problem["errors"]]


@pytest.fixture
def desk(stack: Stack, owner: CreatedTenant) -> Desk:
    return Desk(stack, owner)


# ─── Deals ───────────────────────────────────────────────────────────────────────────────────────


def test_a_deal_is_made_read_changed_and_removed(desk: Desk, clock: Clock) -> None:
    body = {"name": "Forty seats", "lead_ids": [desk.ada], "amount": 5, "currency": "euro"}
    answer = ask("POST", "/v1/deals", desk.owner.secret_key, body | {"stage": "proposal"})
    deal = json.loads(answer["body"])
    assert answer["statusCode"] == 201
    assert set(deal) == FIELDS
    assert (deal["currency"], deal["outcome"], deal["closed_at"]) == ("EUR", "open", None)
    path = headers_of(answer)["location"]
    assert path == f"/v1/deals/{deal['id']}"
    assert desk.call("GET", path) == (200, deal)

    clock.move(seconds=5)
    changed = desk.patch(deal, outcome="won", stage=None)
    now = rfc3339(clock.instant)
    assert (changed["outcome"], changed["closed_at"], changed["updated_at"]) == ("won", now, now)
    assert (changed["stage"], changed["created_at"]) == (None, deal["created_at"])

    assert desk.call("DELETE", path) == (204, None)
    assert desk.call("GET", path)[0] == 404
    assert desk.call("DELETE", path)[0] == 404
    assert desk.found() == []


def test_a_patch_that_is_sent_again_changes_nothing(desk: Desk, clock: Clock) -> None:
    deal = desk.deal(lead_ids=[desk.ada])
    fields = {"outcome": "won", "amount": 10, "currency": "USD", "closed_at": None}
    first = ask("PATCH", f"/v1/deals/{deal['id']}", desk.owner.secret_key, fields)
    clock.move(hours=1)
    again = ask("PATCH", f"/v1/deals/{deal['id']}", desk.owner.secret_key, fields)
    assert again["body"] == first["body"]
    assert headers_of(again)["etag"] == headers_of(first)["etag"]


def test_what_is_open_again_is_not_closed_and_what_is_lost_then_was_closed_then(
    desk: Desk, clock: Clock
) -> None:
    early = "2025-11-01T00:00:00.000Z"
    deal = desk.deal(outcome="won", closed_at=early)
    assert deal["closed_at"] == early
    assert desk.patch(deal, amount=7, currency="JPY")["closed_at"] == early
    assert desk.patch(deal, outcome="open")["closed_at"] is None
    assert desk.patch(deal, outcome="lost")["closed_at"] == rfc3339(clock.instant)
    assert desk.patch(deal, closed_at=early)["closed_at"] == early
    assert desk.patch(deal, outcome=None)["outcome"] == "open"


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"name": None}, [("/name", "string_type")]),
        ({"name": " "}, [("/name", "string_pattern_mismatch")]),
        ({"amount": -1}, [("/amount", "greater_than_equal")]),
        ({"amount": 1.5, "currency": "EUR"}, [("/amount", "int_type")]),
        ({"amount": True, "currency": "EUR"}, [("/amount", "int_type")]),
        ({"amount": 5}, [("/currency", "missing")]),
        ({"amount": 5, "currency": "XXY"}, [("/currency", "unknown_currency")]),
        ({"outcome": "maybe"}, [("/outcome", "literal_error")]),
        ({"closed_at": "2026-01-01T00:00:00Z"}, [("/closed_at", "not_closed")]),
        (
            {"outcome": "won", "closed_at": "2999-01-01T00:00:00Z"},
            [("/closed_at", "invalid_time")],
        ),
        ({"outcome": "won", "closed_at": "yesterday"}, [("/closed_at", "value_error")]),
        (
            {"lead_ids": [UNKNOWN, "lead_x"]},
            [("/lead_ids/0", "unknown_lead"), ("/lead_ids/1", "unknown_lead")],
        ),
        ({"lead_ids": [UNKNOWN] * 51}, [("/lead_ids", "too_long")]),
        ({"company_id": "cmp_" + "a" * 26}, [("/company_id", "unknown_company")]),
        ({"company_id": "x"}, [("/company_id", "unknown_company")]),
        ({"id": "deal_1"}, [("/id", "extra_forbidden")]),
    ],
)
def test_a_deal_that_is_not_valid_is_refused(
    desk: Desk, fields: Json, problems: list[tuple[str, str]]
) -> None:
    assert desk.refused("POST", "/v1/deals", {"name": "x"} | fields) == problems
    deal = desk.deal()
    assert desk.refused("PATCH", f"/v1/deals/{deal['id']}", fields) == problems
    assert desk.found() == [deal["id"]]


def test_storage_holds_the_largest_amount(desk: Desk) -> None:
    deal = desk.deal(amount=MAX_AMOUNT, currency="KWD", outcome="won", lead_ids=[desk.ada])
    assert desk.call("GET", f"/v1/deals/{deal['id']}")[1]["amount"] == MAX_AMOUNT
    _, told = desk.call("GET", f"/v1/leads/{desk.ada}/outcome")
    assert told["amount"] == MAX_AMOUNT
    body = {"name": "x", "amount": MAX_AMOUNT + 1, "currency": "KWD"}
    assert desk.call("POST", "/v1/deals", body)[0] == 422


def test_a_deal_in_another_version_is_left_alone(desk: Desk) -> None:
    path = f"/v1/deals/{desk.deal()['id']}"
    tag = headers_of(ask("GET", path, desk.owner.secret_key))["etag"]
    fits, stale = {"if-match": tag}, {"if-match": '"7"'}
    assert desk.call("PATCH", path, {"stage": "x"}, headers=stale)[0] == 412
    assert desk.call("DELETE", path, headers=stale)[0] == 412
    assert desk.call("PATCH", path, {"stage": "x"}, headers=fits)[0] == 200
    assert desk.call("DELETE", path, headers=fits)[0] == 412


def test_a_deal_that_is_made_twice_with_one_key_is_one(desk: Desk) -> None:
    body, headers = {"name": "x", "lead_ids": [desk.ada]}, {"idempotency-key": "one"}
    first, again = (
        ask("POST", "/v1/deals", desk.owner.secret_key, body, headers=headers) for _ in range(2)
    )
    assert first["body"] == again["body"]
    assert headers_of(again)["idempotent-replayed"] == "true"
    assert len(desk.found()) == 1


def test_deals_are_listed_by_creation_and_in_pages(desk: Desk) -> None:
    made = [desk.deal(lead_ids=[desk.ada])["id"] for _ in range(5)]
    for order, expected in (("created_at", made), ("-created_at", made[::-1])):
        for more in ({}, {"lead_id": desk.ada}, {"outcome": "open"}):
            found: list[str] = []
            query = {"limit": "2", "sort": order} | more
            while True:
                _, page = desk.call("GET", "/v1/deals", query=query)
                found += [deal["id"] for deal in page["data"]]
                if not page["has_more"]:
                    break
                query["cursor"] = page["next_cursor"]
            assert found == expected
    other = {"cursor": page["next_cursor"] or "x", "sort": "created_at"}
    assert desk.call("GET", "/v1/deals", query=other)[0] == 400


def test_a_cursor_of_one_list_of_deals_is_none_of_another(desk: Desk) -> None:
    for _ in range(2):
        desk.deal(lead_ids=[desk.ada], outcome="won")
    query = {"limit": "1", "lead_id": desk.ada}
    cursor = desk.call("GET", "/v1/deals", query=query)[1]["next_cursor"]
    for other in ({}, {"lead_id": desk.bob}, query | {"outcome": "won"}):
        assert desk.call("GET", "/v1/deals", query=other | {"cursor": cursor})[0] == 400


def test_deals_are_found_by_lead_company_and_outcome(desk: Desk) -> None:
    sent = {"userId": "eve", "messageId": "eve", "traits": {"email": "eve@siemens.com"}}
    send(desk.owner.write_key, "/v1/identify", sent)
    drain(desk.stack)
    [eve] = desk.call("GET", "/v1/leads", query={"sort": "-created_at", "limit": "1"})[1]["data"]
    company = eve["company"]["id"]
    one = desk.deal(lead_ids=[desk.ada, eve["id"]])
    two = desk.deal(company_id=company, outcome="won")
    three = desk.deal(lead_ids=[desk.ada], outcome="lost")
    assert one["company_id"] == company
    assert desk.found() == [three["id"], two["id"], one["id"]]
    assert desk.found(lead_id=desk.ada) == [three["id"], one["id"]]
    assert desk.found(company_id=company) == [two["id"], one["id"]]
    assert desk.found(company_id=company, outcome="won") == [two["id"]]
    assert desk.found(lead_id=desk.ada, company_id=company) == [one["id"]]
    assert desk.found(outcome="lost") == [three["id"]]
    for nobody in ({"lead_id": UNKNOWN}, {"lead_id": "x"}, {"company_id": "x"}):
        assert desk.found(**nobody) == []
    assert desk.patch(one, company_id=None, lead_ids=[desk.ada])["company_id"] is None
    assert desk.found(lead_id=eve["id"]) == []
    assert desk.found(company_id=company) == [two["id"]]


def test_a_deal_follows_its_leads_through_merges_and_back(desk: Desk) -> None:
    deal = desk.deal(lead_ids=[desk.bob, desk.ada], outcome="won")
    merge = desk.merge(desk.ada, desk.bob)
    tag = headers_of(ask("GET", f"/v1/deals/{deal['id']}", desk.owner.secret_key))["etag"]
    assert desk.call("GET", f"/v1/deals/{deal['id']}")[1]["lead_ids"] == [desk.ada]
    for lead_id in (desk.ada, desk.bob):
        assert desk.found(lead_id=lead_id) == [deal["id"]]
        assert desk.outcome(lead_id) == ("won", "deal")
    later = desk.deal(lead_ids=[desk.bob])
    assert later["lead_ids"] == [desk.ada]

    assert desk.call("POST", f"/v1/merges/{merge}/undo")[0] == 200
    answer = ask("GET", f"/v1/deals/{deal['id']}", desk.owner.secret_key)
    assert json.loads(answer["body"])["lead_ids"] == [desk.bob, desk.ada]
    assert headers_of(answer)["etag"] != tag
    assert desk.found(lead_id=desk.ada) == [deal["id"]]
    assert desk.found(lead_id=desk.bob) == [later["id"], deal["id"]]


def test_a_deleted_lead_is_taken_out_of_its_deals_for_good(desk: Desk) -> None:
    shared = desk.deal(lead_ids=[desk.ada, desk.bob], outcome="won")
    merged = desk.deal(lead_ids=[desk.bob], outcome="won")
    listen(desk.owner, {"url": "https://receiver.test/hook", "types": TYPES})
    drain(desk.stack)
    desk.merge(desk.ada, desk.bob)
    assert desk.call("DELETE", f"/v1/leads/{desk.ada}")[0] == 204
    told = drain(desk.stack)
    left = [f for f in told if f["data"]["deal_id"] == merged["id"]]
    assert [(f["type"], f["data"]["lead_ids"]) for f in left] == [("deal.updated", [])]
    [ada, bob] = persons(desk.stack, desk.owner, "ada", "bob")
    assert (ada, bob) == (desk.ada, desk.bob)  # the same persons come again
    for deal in (shared, merged):
        assert desk.call("GET", f"/v1/deals/{deal['id']}")[1]["lead_ids"] == []
    for lead_id in (ada, bob):
        assert desk.outcome(lead_id) == ("open", None)
        assert desk.found(lead_id=lead_id) == []


def test_a_deleted_lead_cannot_be_named(desk: Desk) -> None:
    assert desk.call("DELETE", f"/v1/leads/{desk.ada}")[0] == 204
    body = {"name": "x", "lead_ids": [desk.bob, desk.ada]}
    assert desk.refused("POST", "/v1/deals", body) == [("/lead_ids/1", "unknown_lead")]


def test_the_world_is_told_what_becomes_of_a_deal(desk: Desk) -> None:
    listen(desk.owner, {"url": "https://receiver.test/hook", "types": TYPES})
    deal = desk.deal(lead_ids=[desk.ada], amount=5, currency="EUR")
    desk.patch(deal, stage="proposal")
    desk.patch(deal, stage="proposal")
    desk.patch(deal, outcome="won")
    desk.patch(deal, outcome="open")
    desk.patch(deal, outcome="lost", amount=None, currency=None)
    assert desk.call("DELETE", f"/v1/deals/{deal['id']}")[0] == 204
    told = drain(desk.stack)
    assert [(f["type"], f["sequence"], f["data"].get("previous_outcome")) for f in told] == [
        ("deal.created", 1, None),
        ("deal.updated", 2, "open"),
        ("deal.updated", 3, "open"),
        ("deal.won", 4, "open"),
        ("deal.updated", 5, "won"),
        ("deal.updated", 6, "open"),
        ("deal.lost", 7, "open"),
    ]
    assert told[3]["data"] == {
        "deal_id": deal["id"],
        "lead_ids": [desk.ada],
        "amount": 5,
        "currency": "EUR",
        "outcome": "won",
        "previous_outcome": "open",
        "version": 3,
    }
    assert len({fact["id"] for fact in told}) == 7


def test_a_deal_that_was_won_from_the_start_is_told_as_new_and_won(desk: Desk) -> None:
    listen(desk.owner, {"url": "https://receiver.test/hook", "types": TYPES})
    desk.deal(outcome="won")
    told = drain(desk.stack)
    assert [fact["type"] for fact in told] == ["deal.created", "deal.won"]


def test_deals_need_their_own_scope(desk: Desk) -> None:
    leads, reads = scoped(desk.owner, "leads:write"), scoped(desk.owner, "deals:read")
    assert ask("GET", "/v1/deals", leads)["statusCode"] == 403
    assert ask("GET", "/v1/deals", reads)["statusCode"] == 200
    assert ask("POST", "/v1/deals", reads, {"name": "x"})["statusCode"] == 403
    desk.deal(lead_ids=[desk.ada], outcome="won", amount=5, currency="EUR")
    told = json.loads(ask("GET", f"/v1/leads/{desk.ada}/outcome", leads)["body"])
    assert (told["outcome"], told["source"]) == ("won", "deal")
    assert (told["amount"], told["currency"], told["deal_id"]) == (None, None, None)


def test_a_deal_names_nobody_of_another_tenant(desk: Desk, new_tenant: NewTenant) -> None:
    other = Desk(desk.stack, new_tenant())
    deal = desk.deal(lead_ids=[desk.ada])
    foreign = other.refused("POST", "/v1/deals", {"name": "x", "lead_ids": [desk.ada]})
    assert foreign == [("/lead_ids/0", "unknown_lead")]
    assert other.found(lead_id=desk.ada) == []
    missing = ask("GET", NO_DEAL, other.owner.secret_key, headers={"x-request-id": "same-as-it"})
    path = f"/v1/deals/{deal['id']}"
    theirs = ask("GET", path, other.owner.secret_key, headers={"x-request-id": "same-as-it"})
    assert (theirs["statusCode"], theirs["body"]) == (404, missing["body"])
    assert other.call("GET", "/v1/deals/x")[0] == 404


# ─── Outcomes ────────────────────────────────────────────────────────────────────────────────────


def test_the_outcome_of_a_lead_follows_its_deals(desk: Desk) -> None:
    assert desk.outcome(desk.ada) == ("open", None)
    deal = desk.deal(lead_ids=[desk.ada, desk.bob], outcome="won", amount=9, currency="EUR")
    _, told = desk.call("GET", f"/v1/leads/{desk.bob}/outcome")
    assert told == {
        "lead_id": desk.bob,
        "outcome": "won",
        "at": deal["closed_at"],
        "amount": 9,
        "currency": "EUR",
        "source": "deal",
        "deal_id": deal["id"],
    }
    desk.patch(deal, lead_ids=[desk.ada])
    assert (desk.outcome(desk.ada), desk.outcome(desk.bob)) == (("won", "deal"), ("open", None))
    desk.patch(deal, outcome="lost")
    assert desk.outcome(desk.ada) == ("lost", "deal")
    desk.patch(deal, outcome="open")
    assert desk.outcome(desk.ada) == ("open", None)
    desk.patch(deal, outcome="won")
    assert desk.call("DELETE", f"/v1/deals/{deal['id']}")[0] == 204
    assert desk.outcome(desk.ada) == ("open", None)


def test_what_is_said_of_a_lead_stands_until_it_is_taken_back(desk: Desk, clock: Clock) -> None:
    path, early = f"/v1/leads/{desk.ada}/outcome", "2026-01-02T00:00:00.000Z"
    desk.call("PATCH", f"/v1/leads/{desk.ada}", {"status": "lost"})
    assert desk.outcome(desk.ada) == ("lost", "status")
    desk.deal(lead_ids=[desk.ada], outcome="lost")
    assert desk.outcome(desk.ada) == ("lost", "deal")
    body = {"outcome": "won", "at": early, "amount": 0, "currency": "€"}
    status, told = desk.call("POST", path, body)
    assert (status, told["outcome"], told["at"]) == (200, "won", early)
    assert (told["amount"], told["currency"], told["source"]) == (0, "EUR", "statement")
    clock.move(seconds=5)
    answer = ask("POST", path, desk.owner.secret_key, body)
    _, lead = desk.call("GET", f"/v1/leads/{desk.ada}")
    assert headers_of(answer)["etag"].startswith(f'"{lead["version"]}.')
    status, told = desk.call("POST", path, {"outcome": "lost", "at": early})
    assert (told["outcome"], told["amount"], told["currency"]) == ("lost", None, None)
    assert desk.call("DELETE", path)[1]["source"] == "deal"
    assert desk.call("DELETE", path)[0] == 200


def test_an_outcome_that_is_said_again_makes_no_version_and_another_one_is_told(
    desk: Desk,
) -> None:
    listen(desk.owner, {"url": "https://receiver.test/hook", "types": ["lead.updated"]})
    path, body = f"/v1/leads/{desk.ada}/outcome", {"outcome": "won", "at": "2026-01-02T00:00:00Z"}
    tags = [headers_of(ask("POST", path, desk.owner.secret_key, body))["etag"] for _ in range(2)]
    assert tags[0] == tags[1]
    assert len(drain(desk.stack)) == 1
    desk.call("POST", path, body | {"outcome": "lost"})
    assert len(drain(desk.stack)) == 1


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"at": None}, ("/at", "value_error")),
        ({"at": "2999-01-01T00:00:00Z"}, ("/at", "invalid_time")),
        ({"outcome": "open"}, ("/outcome", "literal_error")),
        ({"amount": -1}, ("/amount", "greater_than_equal")),
        ({"amount": 1.0}, ("/amount", "int_type")),
        ({"currency": "XXY"}, ("/currency", "unknown_currency")),
        ({"why": "x"}, ("/why", "extra_forbidden")),
    ],
)
def test_an_outcome_that_is_not_valid_is_refused(
    desk: Desk, fields: Json, problem: tuple[str, str]
) -> None:
    body = {"outcome": "won", "at": "2026-01-02T00:00:00Z"} | fields
    assert desk.refused("POST", f"/v1/leads/{desk.ada}/outcome", body) == [problem]
    assert desk.outcome(desk.ada) == ("open", None)


def test_an_outcome_is_said_of_a_lead_that_is_there_and_as_it_was_read(desk: Desk) -> None:
    body = {"outcome": "won", "at": "2026-01-02T00:00:00Z"}
    assert desk.call("GET", f"/v1/leads/{UNKNOWN}/outcome")[0] == 404
    assert desk.call("POST", f"/v1/leads/{UNKNOWN}/outcome", body)[0] == 404
    assert desk.call("DELETE", f"/v1/leads/{UNKNOWN}/outcome")[0] == 404
    path, stale = f"/v1/leads/{desk.ada}/outcome", {"if-match": '"99"'}
    assert desk.call("POST", path, body, headers=stale)[0] == 412
    assert desk.call("DELETE", path, headers=stale)[0] == 412
    fits = {"if-match": headers_of(ask("GET", path, desk.owner.secret_key))["etag"]}
    assert desk.call("POST", path, body, headers=fits)[0] == 200


def test_what_is_said_of_a_lead_goes_along_with_a_merge_and_back(desk: Desk, clock: Clock) -> None:
    body = {"outcome": "won", "at": "2026-01-02T00:00:00Z"}
    desk.call("POST", f"/v1/leads/{desk.bob}/outcome", body)
    clock.move(seconds=1)
    merge = desk.merge(desk.ada, desk.bob)
    assert desk.outcome(desk.ada) == ("won", "statement")
    desk.call("POST", f"/v1/merges/{merge}/undo")
    assert (desk.outcome(desk.ada), desk.outcome(desk.bob)) == (
        ("open", None),
        ("won", "statement"),
    )


def test_a_simulation_is_measured_by_statements_and_deals_before_statuses(desk: Desk) -> None:
    rule = {"name": "Known", "points": 30, "kind": "match", "field": "first_name", "value": "Ada"}
    body = {"name": "Mine", "rules": [rule]}
    _, ruleset = desk.call("POST", "/v1/scoring/rulesets", body)
    path = f"/v1/scoring/rulesets/{ruleset['id']}/simulate"
    desk.call("PATCH", f"/v1/leads/{desk.ada}", {"first_name": "Ada", "status": "lost"})
    assert "auc" not in desk.call("POST", path)[1]
    desk.deal(lead_ids=[desk.ada], outcome="won")
    said = {"outcome": "lost", "at": "2026-01-02T00:00:00Z"}
    desk.call("POST", f"/v1/leads/{desk.bob}/outcome", said)
    told = desk.call("POST", path)[1]
    assert (told["auc"], told["lift"]) == (1, 2)
    desk.call("POST", f"/v1/leads/{desk.ada}/outcome", said)
    desk.call("POST", f"/v1/leads/{desk.bob}/outcome", said | {"outcome": "won"})
    assert desk.call("POST", path)[1]["auc"] == 0
