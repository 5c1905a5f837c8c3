"""Failed events through the real handlers: kept, listed, shown whole, and replayed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.collect import app as collect
from functions.quarantine import app as quarantine
from functions.replay import app as replay
from leadsignal.models.events import EventsMessage
from leadsignal.models.instants import rfc3339
from leadsignal.runtime import wiring
from leadsignal.services.failures import conflict, failure_key, keep_rejections
from leadsignal.services.quarantine import OPERATOR
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.events import event, message
from tests.fakes.flow import headers_of, problem
from tests.fakes.lambda_side import CONTEXT, Stack, http_event, load_event, sqs_event

type Json = dict[str, Any]

NOTHING: Json = {"batchItemFailures": []}


@pytest.fixture
def other(new_tenant: Callable[[], CreatedTenant]) -> CreatedTenant:
    return new_tenant()


def call(method: str, path: str, key: str | None, body: object = None, **query: str) -> Json:
    answer: Json = replay.handler(
        http_event(method, path, key=key, body=body, query=query), CONTEXT
    )
    return answer


def got(answer: Json, status: int = 200) -> Any:
    assert answer["statusCode"] == status, answer
    return json.loads(answer["body"])


def refuse(stack: Stack, owner: CreatedTenant, *items: object) -> EventsMessage:
    """Send items to the door and keep what it refuses, as ingest does."""
    answer = collect.handler(
        http_event("POST", "/v1/batch", key=owner.write_key, body={"batch": items}), CONTEXT
    )
    assert answer["statusCode"] == 200
    [body] = stack.take("EventsQueue")
    queued = EventsMessage.model_validate_json(body)
    tenant = wiring.tenant_of(owner.tenant_id)
    store = wiring.failures(owner.tenant_id)
    keep_rejections([queued], key=failure_key(tenant), failures=store, now=wiring.now())
    return queued


def bury(queue: str, *bodies: str) -> Json:
    answer: Json = quarantine.handler(sqs_event(*bodies, queue=queue, received=6), CONTEXT)
    return answer


def dead(owner: CreatedTenant, *numbers: int) -> str:
    events = [event(f"m{n}", received_at=event().received_at + n) for n in numbers]
    return message(*events, tenant_id=owner.tenant_id, env="test").model_dump_json()


def test_refused_items_are_listed_newest_first_with_their_originals(
    stack: Stack, owner: CreatedTenant
) -> None:
    bad = {"type": "track", "userId": "u", "messageId": "m1"}
    large = {"type": "track", "event": "e", "userId": "u", "messageId": "m2", "x": "y" * 50_000}
    refuse(stack, owner, bad)
    stack.clock.move(seconds=1)
    refuse(stack, owner, large)

    listed = got(call("GET", "/v1/failed-events", owner.secret_key))
    whole = got(call("GET", f"/v1/failed-events/{listed['data'][0]['id']}", owner.secret_key))

    assert [row["message_id"] for row in listed["data"]] == ["m2", "m1"]
    second, first = listed["data"]
    assert first == {
        "id": first["id"],
        "message_id": "m1",
        "code": "invalid_event",
        "detail": "is needed in a track call",
        "pointer": "/batch/0/event",
        "received_at": rfc3339(stack.clock.instant - 1_000),
        "failed_at": rfc3339(stack.clock.instant - 1_000),
        "source": "collect",
        "event": bad,
    }
    assert (second["code"], second["event"]) == ("too_large", None)
    assert second["original_bytes"] > 50_000
    assert whole == second | {"event": large}
    assert len(stack.originals()) == 1


def test_the_list_has_pages_and_a_filter_by_code(stack: Stack, owner: CreatedTenant) -> None:
    bury("EventsDlq", dead(owner, *range(5)))
    bury("EnrichDlq", json.dumps({"tenant_id": owner.tenant_id}))
    path, key = "/v1/failed-events", owner.secret_key
    assert [row["code"] for row in got(call("GET", path, key, code="malformed"))["data"]] == [
        "malformed"
    ]
    first = call("GET", path, key, code="apply_failed", limit="2")
    page = got(first)
    assert [row["message_id"] for row in page["data"]] == ["m4", "m3"]
    assert "code=apply_failed" in headers_of(first)["link"]
    rest = got(call("GET", path, key, code="apply_failed", cursor=page["next_cursor"]))
    assert [row["message_id"] for row in rest["data"]] == ["m2", "m1", "m0"]
    assert not rest["has_more"]
    assert problem(call("GET", path, key, cursor=page["next_cursor"])) == (400, "invalid-cursor")
    assert problem(call("GET", path, key, code="nothing")) == (422, "invalid-request")


def test_a_dead_message_of_events_is_replayed_once_and_by_code(
    stack: Stack, owner: CreatedTenant
) -> None:
    for _ in range(2):
        assert bury("EventsDlq", dead(owner, 1, 2)) == NOTHING
    rows = got(call("GET", "/v1/failed-events", owner.secret_key))["data"]
    stack.clock.move(minutes=1)
    path = f"/v1/failed-events/{rows[0]['id']}/replay"
    done = got(call("POST", path, owner.secret_key), 202)
    assert done["replayed_at"] == rfc3339(stack.clock.instant)
    assert done["replay"] == {"id": rows[0]["id"], "status": "queued"}
    assert done["event"] == rows[0]["event"]

    request = {"code": "apply_failed"}
    many = got(call("POST", "/v1/failed-events/replay", owner.secret_key, request), 202)
    assert (many["replayed"], many["has_more"]) == (1, False)
    assert many["results"] == [{"id": rows[1]["id"], "status": "queued"}]
    queued = [EventsMessage.model_validate_json(body) for body in stack.take("EventsQueue")]
    assert sorted(one.events[0].message_id for one in queued) == ["m1", "m2"]
    assert {one.env for one in queued} == {"test"}


def test_a_refused_item_that_is_still_wrong_is_answered_with_its_verdict(
    stack: Stack, owner: CreatedTenant
) -> None:
    refuse(stack, owner, {"type": "track", "userId": "u", "messageId": "m1"})
    [row] = got(call("GET", "/v1/failed-events", owner.secret_key))["data"]
    done = got(call("POST", f"/v1/failed-events/{row['id']}/replay", owner.secret_key), 202)
    verdict = done.pop("replay")
    assert done == row
    assert (verdict["status"], verdict["code"]) == ("rejected", "invalid_event")
    assert verdict["pointer"] == "/event"
    assert stack.take("EventsQueue") == []


@pytest.mark.parametrize(
    ("queue", "body", "target"),
    [
        ("EnrichDlq", {"lead_id": "l", "company_id": "c", "domain": "a.com"}, "EnrichQueue"),
        ("DeliverDlq", {"v": 2}, "DeliverQueue"),
        ("AlertDlq", {"v": 2}, "AlertQueue"),
    ],
)
def test_a_dead_message_of_each_queue_goes_back_to_it(
    stack: Stack, owner: CreatedTenant, queue: str, body: Json, target: str
) -> None:
    sent = body | {"tenant_id": owner.tenant_id}
    assert bury(queue, json.dumps(sent)) == NOTHING
    [row] = got(call("GET", "/v1/failed-events", owner.secret_key))["data"]
    assert row["event"] == sent
    got(call("POST", f"/v1/failed-events/{row['id']}/replay", owner.secret_key), 202)
    assert [json.loads(taken) for taken in stack.take(target)] == [sent]


def test_the_sample_events_of_quarantine_are_kept(stack: Stack, owner: CreatedTenant) -> None:
    for name in ("events", "unreadable", "company", "fact_of_the_bus"):
        assert quarantine.handler(load_event(f"quarantine/{name}"), CONTEXT) == NOTHING
    rows = wiring.failures("ten_SampleTenant0001").newest(10)
    assert {row.code for row in rows} == {"unknown_key"}
    assert {row.source for row in rows} == {"ingest", "enrich", "bus"}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("list", 403),
        ("replay_by_code", 403),
        ("unknown_failed_event_404", 403),
        ("ids_and_code_422", 403),
    ],
)
def test_the_sample_events_of_replay_are_answered(stack: Stack, name: str, status: int) -> None:
    assert replay.handler(load_event(f"replay/{name}"), CONTEXT)["statusCode"] == status


def test_a_message_that_names_no_tenant_is_kept_for_the_operator(stack: Stack) -> None:
    assert bury("EventsDlq", "{") == NOTHING
    [row] = wiring.failures(OPERATOR).newest(10)
    assert (row.code, row.event) == ("malformed", "{")


def test_a_dead_letter_that_cannot_be_kept_stays_alone(stack: Stack, owner: CreatedTenant) -> None:
    client = wiring.dynamodb()
    made: list[str] = []

    def lose_the_first(**_: Any) -> None:
        made.append("write")
        if len(made) == 1:
            raise EndpointConnectionError(endpoint_url="storage")

    client.meta.events.register("before-call.dynamodb.BatchWriteItem", lose_the_first)
    done = bury("EventsDlq", dead(owner, 1), dead(owner, 2))
    assert done == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert bury("EventsDlq", dead(owner, 1)) == NOTHING
    assert len(got(call("GET", "/v1/failed-events", owner.secret_key))["data"]) == 2


def test_changes_that_were_not_announced_are_read_from_the_stream(
    stack: Stack, owner: CreatedTenant
) -> None:
    for number in range(3):
        news: Json = {} if number == 1 else {"news": {"S": "1"}}
        key: Json = {"pk": {"S": f"T#{owner.tenant_id}#L#lead_{number}"}, "sk": {"S": "LEAD"}}
        item = key | news | {"data": {"B": bytes([number])}, "version": {"N": "1"}}
        stack.dynamodb.put_item(TableName="LeadTable", Item=item)
    for _ in range(2):
        assert bury("StreamDlq", json.dumps(stack.stretch())) == NOTHING
    rows = got(call("GET", "/v1/failed-events", owner.secret_key))["data"]
    assert {row["code"] for row in rows} == {"announce_failed"}
    images = [row["event"]["NewImage"] for row in rows]
    assert sorted(image["data"]["B"] for image in images) == ["AA==", "Ag=="]


def test_only_keys_with_the_scope_read_and_replay(
    stack: Stack, owner: CreatedTenant, other: CreatedTenant
) -> None:
    bury("EventsDlq", dead(owner, 1))
    [row] = got(call("GET", "/v1/failed-events", owner.secret_key))["data"]
    path = f"/v1/failed-events/{row['id']}"
    assert problem(call("GET", path, None)) == (401, "missing-credential")
    assert problem(call("GET", path, owner.write_key)) == (403, "insufficient-scope")
    for method, place in (("GET", path), ("POST", f"{path}/replay")):
        assert problem(call(method, place, other.secret_key)) == (404, "not-found")
    request = {"ids": [row["id"]]}
    many = got(call("POST", "/v1/failed-events/replay", other.secret_key, request), 202)
    assert many["results"] == [{"id": row["id"], "status": "not_found"}]
    assert got(call("GET", "/v1/failed-events", other.secret_key))["data"] == []
    refused = call("POST", f"{path}/replay", owner.write_key)
    assert json.loads(refused["body"])["required_scope"] == "events:write"
    refused = call("GET", path, owner.write_key)
    assert json.loads(refused["body"])["required_scope"] == "events:read"
    assert stack.take("EventsQueue") == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": ["x"] * 101},
        {"ids": ["x"], "code": "malformed"},
        {"code": "nothing"},
        {"id": "x"},
        [],
    ],
)
def test_a_request_to_replay_many_is_checked(owner: CreatedTenant, body: Any) -> None:
    answer = call("POST", "/v1/failed-events/replay", owner.secret_key, body)
    assert problem(answer) == (422, "invalid-request")


def test_the_path_of_many_is_not_a_failed_event_of_that_name(owner: CreatedTenant) -> None:
    answer = call("GET", "/v1/failed-events/replay", owner.secret_key)
    assert problem(answer) == (405, "method-not-allowed")
    assert headers_of(answer)["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("name", ["", "x", "fail_", "x" * 3_000, "a#b", "😀"])
def test_what_is_no_id_is_not_found(owner: CreatedTenant, name: str) -> None:
    answer = call("POST", "/v1/failed-events/replay", owner.secret_key, {"ids": [name]})
    assert got(answer, 202)["results"] == [{"id": name, "status": "not_found"}]


def test_the_failures_of_one_message_are_found_by_its_id(
    stack: Stack, owner: CreatedTenant
) -> None:
    tenant = wiring.tenant_of(owner.tenant_id)
    row = conflict(event("m1"), key=failure_key(tenant), env="test", now=wiring.now())
    store = wiring.failures(owner.tenant_id)
    store.keep(row)
    bury("EventsDlq", dead(owner, 1))
    assert [found.code for found in store.of_message("m1")] == ["id_conflict", "apply_failed"]
