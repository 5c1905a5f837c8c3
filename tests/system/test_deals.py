"""Deals as a user has them: a lead is won, told of, merged, and deleted."""

import json
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.system.capture import Capture
from tests.system.conftest import Api, eventually

TYPES = ["deal.created", "deal.updated", "deal.won"]


def _created(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(path, body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def _deals_of(api: Api, lead_id: str) -> list[str]:
    page = api.get("/v1/deals", lead_id=lead_id)
    assert page.status_code == 200, page.text
    return [deal["id"] for deal in page.json()["data"]]


def test_a_lead_is_won_by_a_deal_and_whoever_listens_is_told(
    api: Api, other_api: Api, receiver: Capture, unique: str
) -> None:
    one, other = (
        _created(api, "/v1/leads", {"email": f"{name}@acme-{unique}.com"})["id"]
        for name in ("ada", "bob")
    )
    hook = _created(api, "/v1/webhooks", {"url": f"{receiver.url}/hook", "types": TYPES})
    try:
        body = {"name": "Forty seats", "lead_ids": [one, other], "amount": 480_000}
        assert api.post("/v1/deals", body).status_code == 422
        deal = _created(api, "/v1/deals", body | {"currency": "eur", "outcome": "won"})
        assert deal["company_id"]
        told = api.get(f"/v1/leads/{one}/outcome").json()
        assert (told["outcome"], told["amount"], told["source"]) == ("won", 480_000, "deal")

        def both() -> list[dict[str, Any]]:
            mine = [json.loads(got.body) for got in receiver.of("/hook")]
            mine = [fact for fact in mine if fact["data"]["deal_id"] == deal["id"]]
            return mine if len(mine) == 2 else []

        facts = sorted(eventually(both), key=lambda fact: fact["sequence"])
        assert [fact["type"] for fact in facts] == ["deal.created", "deal.won"]
        for got in receiver.of("/hook"):
            Webhook(hook["secret"]).verify(got.body, got.headers)
    finally:
        api.delete(f"/v1/webhooks/{hook['id']}")

    said = {"outcome": "lost", "at": "2026-01-15T12:00:00Z"}
    assert api.post(f"/v1/leads/{one}/outcome", said).json()["source"] == "statement"
    assert api.delete(f"/v1/leads/{one}/outcome").json()["source"] == "deal"

    _created(api, "/v1/merges", {"survivor_id": one, "merged_id": other})
    assert api.get(f"/v1/deals/{deal['id']}").json()["lead_ids"] == [one]
    assert _deals_of(api, other) == [deal["id"]]
    assert deal["id"] in {
        each["id"] for each in api.get("/v1/deals", company_id=deal["company_id"]).json()["data"]
    }
    assert other_api.get(f"/v1/deals/{deal['id']}").status_code == 404
    assert _deals_of(other_api, one) == []

    assert api.delete(f"/v1/leads/{other}").status_code == 204
    assert api.get(f"/v1/deals/{deal['id']}").json()["lead_ids"] == []
    assert api.delete(f"/v1/deals/{deal['id']}").status_code == 204
    assert api.get(f"/v1/deals/{deal['id']}").status_code == 404
