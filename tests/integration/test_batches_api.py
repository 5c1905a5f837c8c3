"""Many operations on leads at once, over HTTP."""

import json
from typing import Any

import pytest

from leadsignal.errors import TransientError
from leadsignal.services import edits
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import headers_of
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import Json, Stack
from tests.integration.test_merges_api import persons

UNKNOWN = "lead_" + "a" * 26


def send(owner: CreatedTenant, *operations: object, **headers: str) -> tuple[int, Any, Json]:
    body = {"operations": list(operations)}
    answer = ask("POST", "/v1/leads/batch", owner.secret_key, body, headers=headers)
    return answer["statusCode"], json.loads(answer["body"]), headers_of(answer)


def create(**lead: object) -> Json:
    return {"op": "create", "lead": lead}


def get(owner: CreatedTenant, lead: str) -> Json:
    found: Json = json.loads(ask("GET", f"/v1/leads/{lead}", owner.secret_key)["body"])
    return found


def test_each_operation_has_its_own_result_in_order(stack: Stack, owner: CreatedTenant) -> None:
    one, other = persons(stack, owner, "ada", "bob")
    status, answer, _ = send(
        owner,
        create(email="new@acme.com", first_name="New"),
        {"op": "update", "id": one, "lead": {"owner": "sam"}},
        {"op": "delete", "id": other},
        {"op": "upsert", "lead": {"email": "up@acme.com"}},
        {"op": "upsert", "id": one, "lead": {"title": "CTO"}},
        {"op": "delete", "id": UNKNOWN},
    )
    assert status == 207
    results = answer["results"]
    assert [r["index"] for r in results] == list(range(6))
    assert [r["status"] for r in results] == [201, 200, 204, 201, 200, 404]
    assert results[5]["problem"]["type"].endswith("/not-found")
    assert answer["summary"] == {
        "total": 6, "created": 2, "updated": 2, "deleted": 1, "failed": 1,
    }  # fmt: skip
    assert (get(owner, one)["owner"], get(owner, one)["title"]) == ("sam", "CTO")
    assert get(owner, results[0]["id"])["email"] == "new@acme.com"
    assert get(owner, other)["status"] == 404


def test_a_bad_operation_spoils_no_other(stack: Stack, owner: CreatedTenant) -> None:
    [one] = persons(stack, owner, "ada")
    _, answer, _ = send(
        owner,
        create(email="no address"),
        create(emial="typo@acme.com"),
        {"op": "explode"},
        "create",
        {"op": "update", "lead": {}},
        {"op": "create", "id": one, "lead": {}},
        {"op": "delete", "id": one, "lead": {}},
        {"op": "create"},
        create(email="good@acme.com"),
    )
    found = [
        [error.get("pointer") for error in result["problem"]["errors"]]
        for result in answer["results"][:8]
    ]
    assert found == [
        ["/operations/0/lead/email"],
        ["/operations/1/lead/emial"],
        ["/operations/2/op"],
        ["/operations/3"],
        ["/operations/4/id"],
        ["/operations/5/id"],
        ["/operations/6/lead"],
        ["/operations/7/lead"],
    ]
    assert [r["status"] for r in answer["results"]] == [422] * 8 + [201]
    assert "no address" not in json.dumps(answer)


def test_duplicates_inside_a_batch_end_as_one_lead(stack: Stack, owner: CreatedTenant) -> None:
    _, answer, _ = send(
        owner,
        create(email="x@acme.com", first_name="Ada"),
        create(first_name="Grace", last_name="Hopper", phone="+31 20 123 4567"),
        create(email=" X@acme.com ", title="CTO"),
        create(first_name="grace", last_name="hopper", phone="+31201234567", title="Admiral"),
    )
    results = answer["results"]
    assert [r["status"] for r in results] == [201, 201, 200, 200]
    assert [r.get("duplicate") for r in results] == [None, None, True, True]
    assert results[2]["id"] == results[0]["id"] != results[1]["id"] == results[3]["id"]
    assert get(owner, results[0]["id"])["title"] == "CTO"


def test_a_batch_of_too_many_is_refused(stack: Stack, owner: CreatedTenant) -> None:
    status, answer, _ = send(owner, *[{"op": "delete", "id": UNKNOWN}] * 501)
    assert (status, answer["type"].rpartition("/")[2]) == (413, "too-many-items")
    status, answer, _ = send(owner, *[{"op": "delete", "id": UNKNOWN}] * 500)
    assert (status, answer["summary"]["failed"]) == (207, 500)
    assert send(owner)[0] == 422


def test_what_failed_for_now_can_be_sent_again_with_the_same_key(
    stack: Stack, owner: CreatedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (create(first_name="Ada"), create(first_name="Grace"))
    real = edits.create_lead

    def broken(given: Any, **more: Any) -> Any:
        if given.first_name == "Grace":
            raise TransientError("storage is away")
        return real(given, **more)

    key = {"idempotency-key": "batch-1"}
    with monkeypatch.context() as patched:
        patched.setattr("leadsignal.services.batches.create_lead", broken)
        _, first, headers = send(owner, *whole, **key)
    assert [r["status"] for r in first["results"]] == [201, 503]
    assert first["results"][1]["problem"]["retryable"] is True
    assert "retry-after" in headers

    _, again, headers = send(owner, *whole, **key)
    assert [r["status"] for r in again["results"]] == [201, 201]
    assert again["results"][0]["id"] == first["results"][0]["id"]
    assert "idempotent-replayed" not in headers
    _, third, headers = send(owner, *whole, **key)
    assert third == again
    assert headers["idempotent-replayed"] == "true"


def test_what_is_not_begun_in_time_is_to_be_sent_again(
    stack: Stack, owner: CreatedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = edits.create_lead

    def slow(given: Any, **more: Any) -> Any:
        stack.clock.move(seconds=60)
        return real(given, **more)

    monkeypatch.setattr("leadsignal.services.batches.create_lead", slow)
    same = [create(email="x@acme.com"), create(email="x@acme.com", title="CTO")]
    _, answer, _ = send(owner, *same)
    assert [r["status"] for r in answer["results"]] == [201, 503]
    assert answer["results"][1]["problem"]["retryable"] is True
