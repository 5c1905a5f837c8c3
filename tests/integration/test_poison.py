"""Messages that cannot be handled fail alone; what storage cannot do now comes back whole."""

import json
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from functions.enrich import app as enrich
from functions.ingest import app as ingest
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.events import event, message
from tests.fakes.flow import get
from tests.fakes.lambda_side import CONTEXT, Stack, sqs_event

type Json = dict[str, Any]


def good(owner: CreatedTenant, number: int) -> str:
    sent = event(f"m{number}", anonymous_id=f"visitor-{number}", minutes=number)
    body: str = message(sent, tenant_id=owner.tenant_id).model_dump_json(exclude_defaults=False)
    return body


BAD = {
    "not JSON": "{",
    "another version": '{"v": 2, "tenant_id": "t", "key_id": "k", "env": "live", "events": []}',
    "a field missing": '{"v": 1, "tenant_id": "t", "env": "live", "events": []}',
    "an unknown tenant": message(event("m1"), tenant_id="ten_gone").model_dump_json(),
}


@pytest.mark.parametrize("received", [1, 2], ids=["at first", "again"])
@pytest.mark.parametrize("position", [0, 4, 9])
@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_message_fails_alone(
    stack: Stack, owner: CreatedTenant, bad: str, position: int, received: int
) -> None:
    bodies = [good(owner, number) for number in range(9)]
    bodies.insert(position, bad)

    result = ingest.handler(sqs_event(*bodies, received=received), CONTEXT)

    assert result == {"batchItemFailures": [{"itemIdentifier": f"m{position}"}]}
    leads = get("/v1/leads", owner.secret_key)["data"]
    assert [lead["event_count"] for lead in leads] == [1] * 9


def test_a_batch_of_nothing_but_bad_messages_fails_whole_without_an_error(stack: Stack) -> None:
    result = ingest.handler(sqs_event("{", "["), CONTEXT)
    assert [failed["itemIdentifier"] for failed in result["batchItemFailures"]] == ["m0", "m1"]


def test_a_message_that_came_back_does_not_hold_up_fresh_ones(
    stack: Stack, owner: CreatedTenant
) -> None:
    records = sqs_event(good(owner, 1), "{")["Records"]
    records[1]["attributes"]["ApproximateReceiveCount"] = "4"
    result = ingest.handler({"Records": records}, CONTEXT)
    assert result == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert len(get("/v1/leads", owner.secret_key)["data"]) == 1


def test_when_storage_fails_everything_comes_back_and_is_applied_once(
    stack: Stack, owner: CreatedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadsignal.runtime import wiring

    broken = {"left": 1}

    def fail(**_: Any) -> None:
        if broken["left"]:
            broken["left"] -= 1
            raise ConnectTimeoutError(endpoint_url="https://dynamodb")

    wiring.dynamodb().meta.events.register("after-call.dynamodb.PutItem", fail)
    batch = sqs_event(good(owner, 1), good(owner, 1))

    first = ingest.handler(batch, CONTEXT)
    again = ingest.handler(sqs_event(*(r["body"] for r in batch["Records"]), received=2), CONTEXT)

    assert len(first["batchItemFailures"]) == 2
    assert again == {"batchItemFailures": []}
    [lead] = get("/v1/leads", owner.secret_key)["data"]
    assert lead["event_count"] == 1


def test_a_request_for_a_lead_that_is_gone_is_done(stack: Stack, owner: CreatedTenant) -> None:
    request = {
        "tenant_id": owner.tenant_id,
        "lead_id": "lead_gone",
        "company_id": "cmp_1",
        "domain": "siemens.com",
    }
    result = enrich.handler(sqs_event(json.dumps(request), "{"), CONTEXT)
    assert result == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
