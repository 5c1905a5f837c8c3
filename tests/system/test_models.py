"""A model as a user has one: leads are won and lost, it is trained, new leads are predicted."""

from random import Random
from typing import Any

import httpx
import pytest

from local.stack import Stack
from tests.system.conftest import Api, eventually, new_tenant

LEADS = 208


def _batch(api: Api, operations: list[dict[str, Any]]) -> list[str]:
    answer = api.post("/v1/leads/batch", {"operations": operations})
    assert answer.status_code in (200, 207), answer.text
    results = answer.json()["results"]
    assert {row["status"] for row in results} <= {200, 201}, answer.text
    return [row["id"] for row in results]


def test_a_model_is_trained_from_what_became_of_leads_and_predicts_new_ones(
    stack: Stack, http: httpx.Client, unique: str
) -> None:
    api = Api(http, new_tenant(stack, unique))
    draw = Random(4)
    seats = [draw.choice((1, 2, 5, 20, 40)) for _ in range(LEADS)]
    made = [
        {"op": "create", "lead": {"email": f"p{n}@{unique}{n}.com", "attributes": {"seats": size}}}
        for n, size in enumerate(seats)
    ]
    ids = [lead_id for start in range(0, LEADS, 52) for lead_id in _batch(api, made[start:][:52])]
    statuses = [
        "won" if draw.random() < (0.9 if size >= 20 else 0.08) else "lost" for size in seats
    ]
    said = [
        {"op": "update", "id": lead_id, "lead": {"status": status}}
        for lead_id, status in zip(ids, statuses, strict=True)
    ]
    for start in range(0, LEADS, 52):
        _batch(api, said[start:][:52])

    answer = api.post("/v1/scoring/models", {"monotone": {"attributes.seats": "increasing"}})
    assert answer.status_code == 202, answer.text

    def done() -> dict[str, Any] | None:
        job: dict[str, Any] = api.get(f"/v1/jobs/{answer.json()['job_id']}").json()
        return job if job["status"] == "succeeded" else None

    result = eventually(done)["result"]
    assert result["verdict"] == "better", result
    model = api.get(f"/v1/scoring/models/{result['model_id']}").json()
    assert (model["status"], model["outcomes"]) == ("running", LEADS)
    assert model["measures"]["auc_low"] > 0.5

    keen, cool = (
        api.post("/v1/leads", {"email": f"{n}@new{unique}.com", "attributes": {"seats": n}}).json()
        for n in (40, 1)
    )
    assert keen["probability"] > cool["probability"]
    told = api.get(f"/v1/leads/{keen['id']}/probability").json()
    total = told["average_log_odds"] + sum(each["log_odds"] for each in told["contributions"])
    assert total == pytest.approx(told["log_odds"])
