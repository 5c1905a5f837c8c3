"""Sending to a queue: batches within the limits, and no failure unnoticed."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from leadsignal.adapters.sqs import SqsQueue, batches
from leadsignal.errors import PermanentError, TransientError
from tests.fakes.lambda_side import Stack


@pytest.fixture
def url(stack: Stack) -> str:
    return stack.queues["EventsQueue"]


@pytest.fixture
def client(stack: Stack) -> Any:
    """A client of its own, whose calls a test may interfere with."""
    return boto3.client("sqs")


def received(client: Any, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while messages := client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]
    ).get("Messages"):
        found += messages
    return found


@pytest.mark.parametrize("count", [0, 1, 10, 25])
def test_every_body_arrives_once_with_its_group(client: Any, url: str, count: int) -> None:
    SqsQueue(client, url).send([json.dumps(n) for n in range(count)], group="ten_1")
    messages = received(client, url)
    assert sorted(int(message["Body"]) for message in messages) == list(range(count))
    assert {message["Attributes"]["MessageGroupId"] for message in messages} <= {"ten_1"}


def test_a_delayed_message_is_hidden_and_the_delay_is_cut_at_15_minutes(
    client: Any, url: str
) -> None:
    seen: list[Any] = []
    client.meta.events.register(
        "before-parameter-build.sqs.SendMessageBatch", lambda params, **_: seen.append(params)
    )
    SqsQueue(client, url).send(["1"], group="ten_1", delay_seconds=86_400)
    assert [entry["DelaySeconds"] for entry in seen[0]["Entries"]] == [900]
    assert received(client, url) == []


def test_characters_that_the_queue_refuses_arrive_escaped(client: Any, url: str) -> None:
    body = json.dumps({"name": "a\uffff\ufffe\u0000é"}, ensure_ascii=False)
    SqsQueue(client, url).send([body], group="ten_1")
    [message] = received(client, url)
    assert json.loads(message["Body"]) == json.loads(body)
    assert not {"\uffff", "\ufffe"} & set(message["Body"])


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([1], [1]),
        ([3, 3, 3], [3]),
        ([6, 4, 1], [2, 1]),
        ([10, 10], [1, 1]),
        ([1] * 7, [3, 3, 1]),
    ],
)
def test_batches_are_as_few_as_the_limits_allow(sizes: list[int], expected: list[int]) -> None:
    made = list(batches(["x" * size for size in sizes], most=3, most_bytes=10))
    assert [len(batch) for batch in made] == expected


def test_bytes_are_counted_and_not_characters() -> None:
    assert len(list(batches(["é" * 3, "é" * 3], most=3, most_bytes=10))) == 2
    with pytest.raises(PermanentError):
        list(batches(["é" * 6], most_bytes=10))


@pytest.mark.parametrize(
    ("sender_fault", "error"), [(False, TransientError), (True, PermanentError)]
)
def test_a_partial_failure_is_not_a_success(
    client: Any, url: str, sender_fault: bool, error: type[Exception]
) -> None:
    def refuse_one(**_: Any) -> tuple[Any, dict[str, Any]]:
        failed = {"Id": "1", "Code": "InternalError", "SenderFault": sender_fault}
        return (type("Http", (), {"status_code": 200})(), {"Failed": [failed]})

    client.meta.events.register("before-call.sqs.SendMessageBatch", refuse_one)
    with pytest.raises(error):
        SqsQueue(client, url).send(["1", "2"], group="ten_1")


def test_a_queue_that_is_not_there_is_no_passing_trouble(client: Any, url: str) -> None:
    with pytest.raises(PermanentError):
        SqsQueue(client, url + "x").send(["1"], group="ten_1")


def test_a_throttled_or_unreachable_queue_is_worth_another_try(client: Any, url: str) -> None:
    def throttle(**_: Any) -> tuple[Any, dict[str, Any]]:
        error = {"Error": {"Code": "ThrottlingException", "Message": "slow down"}}
        return (type("Http", (), {"status_code": 400})(), error)

    client.meta.events.register("before-call.sqs.SendMessageBatch", throttle, unique_id="x")
    with pytest.raises(TransientError):
        SqsQueue(client, url).send(["1"], group="ten_1")
    client.meta.events.unregister("before-call.sqs.SendMessageBatch", unique_id="x")

    def vanish(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url=url)

    client.meta.events.register("before-call.sqs.SendMessageBatch", vanish)
    with pytest.raises(TransientError):
        SqsQueue(client, url).send(["1"], group="ten_1")
