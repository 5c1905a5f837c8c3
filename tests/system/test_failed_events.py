"""Nothing is dropped without a row: what failed is listed with its original, and replayed."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from local.stack import Stack
from tests.system.conftest import Api, eventually

type Json = dict[str, Any]


@pytest.fixture(scope="session")
def bury(stack: Stack) -> Callable[[str, str], None]:
    """Put a message on a dead-letter queue, where SQS does after five attempts."""
    sqs = boto3.client(
        "sqs",
        endpoint_url=stack.aws_endpoint,
        region_name=stack.region,
        aws_access_key_id="000000000000",
        aws_secret_access_key="local",
    )

    def send(queue: str, body: str) -> None:
        sqs.send_message(QueueUrl=stack.queues[queue], MessageBody=body)

    return send


@pytest.fixture(scope="session")
def tenant_id(api: Api, stack: Stack) -> str:
    """The id behind the tenant's keys, as a queue message has it."""
    from leadsignal.adapters.dynamodb.config import DynamoTenants
    from leadsignal.adapters.dynamodb.table import Table
    from leadsignal.domain.credentials import parse_key
    from local.aws import client

    tenants = DynamoTenants(Table(client("dynamodb"), stack.tables["config"]))
    key = tenants.key(parse_key(stack.tenants[0].secret_key).key_id)
    assert key is not None
    return key.tenant_id


def failed(api: Api, message_id: str | None, **query: str) -> Json | None:
    """Return the newest failed event of a message, if it is there."""
    rows = api.get("/v1/failed-events", limit="100", **query).json()["data"]
    return next((row for row in rows if row["message_id"] == message_id), None)


def replay(api: Api, row: Json) -> Json:
    answer = api.post(f"/v1/failed-events/{row['id']}/replay", {})
    assert answer.status_code == 202, answer.text
    done: Json = answer.json()
    return done


def test_a_rejected_item_is_kept_and_a_replay_says_that_it_is_still_wrong(
    api: Api, unique: str
) -> None:
    nameless = {"type": "track", "userId": unique, "messageId": f"bad-{unique}"}
    [verdict] = api.track(nameless)

    row = eventually(lambda: failed(api, f"bad-{unique}", code="invalid_event"))
    done = replay(api, row)

    assert (row["detail"], row["pointer"]) == (verdict["detail"], verdict["pointer"])
    assert row["event"] == nameless
    assert done["replay"]["status"] == "rejected"
    assert done["replay"]["pointer"] == "/event"
    assert "replayed_at" not in done


def test_a_large_rejected_item_is_kept_whole(api: Api, unique: str) -> None:
    large: Json = {"type": "track", "event": "x", "userId": unique, "messageId": unique}
    large["properties"] = {"text": "y" * 100_000}
    [verdict] = api.track(large)

    row = eventually(lambda: failed(api, unique, code="too_large"))

    assert verdict["code"] == "too_large"
    assert row["event"] is None
    assert row["original_bytes"] > 100_000
    assert api.get(f"/v1/failed-events/{row['id']}").json()["event"] == large


def test_a_conflict_is_kept_and_a_replay_of_it_changes_nothing(api: Api, unique: str) -> None:
    first = {"type": "track", "event": "first", "userId": unique, "messageId": unique}
    first["timestamp"] = "2026-11-20T10:00:00Z"
    api.track(first)
    lead = api.lead_of(unique)
    api.track(first | {"event": "second"})

    row = eventually(lambda: failed(api, unique, code="id_conflict"))
    done = replay(api, row)
    again = eventually(lambda: _failed_again(api, row["id"]))

    assert row["event"]["event"] == "second"
    assert done["replay"]["status"] == "queued"
    assert again["failed_at"] > again["replayed_at"]
    assert api.get(f"/v1/events/{unique}").json()["event"] == "first"
    assert api.lead_of(unique)["version"] == lead["version"]


def _failed_again(api: Api, failed_id: str) -> Json | None:
    row: Json = api.get(f"/v1/failed-events/{failed_id}").json()
    return row if row.get("replayed_at") and row["failed_at"] > row["replayed_at"] else None


def test_an_event_that_nobody_could_apply_is_applied_by_its_replay(
    api: Api, bury: Callable[[str, str], None], tenant_id: str, unique: str
) -> None:
    event = {
        "message_id": unique,
        "type": "track",
        "event": "asked",
        "at": 1_763_719_200_000,
        "client_at": 1_763_719_200_000,
        "received_at": 1_763_719_200_000,
        "fingerprint": unique[:8],
        "user_id": unique,
    }
    body = {"v": 1, "tenant_id": tenant_id, "key_id": "k", "env": "test", "events": [event]}
    bury("events_dlq", json.dumps(body))

    row = eventually(lambda: failed(api, unique, code="apply_failed"))
    assert api.get(f"/v1/events/{unique}").json()["status"] == "quarantined"
    request = {"ids": [row["id"], "fail_" + "a" * 26]}
    done = api.post("/v1/failed-events/replay", request).json()
    lead = api.lead_of(unique)
    replay(api, row)

    assert (done["replayed"], done["has_more"]) == (1, False)
    assert [one["status"] for one in done["results"]] == ["queued", "not_found"]
    assert lead["event_count"] == api.lead_of(unique)["event_count"] == 1


def test_a_poison_message_is_kept_for_the_tenant_that_it_names(
    api: Api, other_api: Api, bury: Callable[[str, str], None], tenant_id: str, unique: str
) -> None:
    poison = {"v": 99, "tenant_id": tenant_id, "x": unique}
    for queue in ("events_dlq", "enrich_dlq", "deliver_dlq", "alert_dlq", "bus_dlq"):
        bury(queue, json.dumps(poison))
    bury("stream_dlq", "{")

    def found() -> list[Json] | None:
        listed = api.get("/v1/failed-events", code="malformed", limit="100").json()["data"]
        mine = [row for row in listed if row["event"] == poison]
        return mine if len(mine) == 5 else None

    rows = eventually(found)

    assert {row["source"] for row in rows} == {"ingest", "enrich", "deliver", "alert", "bus"}
    foreign = other_api.get(f"/v1/failed-events/{rows[0]['id']}")
    assert foreign.status_code == 404


def test_changes_that_were_not_announced_are_read_from_the_stream(
    api: Api, stack: Stack, bury: Callable[[str, str], None], unique: str
) -> None:
    from local.aws import client

    api.track({"type": "identify", "userId": unique, "messageId": unique})
    lead_id = api.lead_of(unique)["id"]
    arn = client("dynamodb").describe_table(TableName=stack.tables["lead"])["Table"]
    streams = client("dynamodbstreams")
    described = streams.describe_stream(StreamArn=arn["LatestStreamArn"])["StreamDescription"]
    [shard] = described["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn["LatestStreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    mine: list[Json] = []
    while page := streams.get_records(ShardIterator=iterator):
        mine += [r for r in page["Records"] if lead_id in r["dynamodb"]["Keys"]["pk"]["S"]]
        if not page["Records"]:
            break
        iterator = page["NextShardIterator"]
    info = {
        "shardId": shard["ShardId"],
        "startSequenceNumber": mine[0]["dynamodb"]["SequenceNumber"],
        "endSequenceNumber": mine[-1]["dynamodb"]["SequenceNumber"],
        "streamArn": arn["LatestStreamArn"],
    }
    bury("stream_dlq", json.dumps({"requestContext": {}, "DDBStreamBatchInfo": info}))

    def found() -> Json | None:
        listed = api.get("/v1/failed-events", code="announce_failed", limit="100").json()["data"]
        return next((row for row in listed if lead_id in json.dumps(row["event"])), None)

    row = eventually(found)
    done = replay(api, row)

    assert "NewImage" in row["event"]
    assert done["replay"] == {"id": row["id"], "status": "queued"}
    assert done["replayed_at"]


def test_what_is_not_there_is_not_replayed(api: Api) -> None:
    answer = api.post(f"/v1/failed-events/fail_{'a' * 26}/replay", {})
    assert answer.status_code == 404
    assert api.get("/v1/failed-events", code="nothing").status_code == 422
