"""Faults stand at real boto3 clients as they do at the fakes."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.fakes.faults import Calls, KilledError
from tests.fakes.lambda_side import Stack

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}


@pytest.fixture
def calls(stack: Stack) -> Calls:
    """The calls of the stack's client of DynamoDB."""
    attached = Calls()
    attached.attach(stack.dynamodb)
    return attached


def put(stack: Stack, **condition: Any) -> None:
    stack.dynamodb.put_item(TableName="LeadTable", Item=KEY, **condition)


def stored(stack: Stack) -> bool:
    return "Item" in stack.dynamodb.get_item(TableName="LeadTable", Key=KEY)


def test_calls_and_writes_are_counted(stack: Stack, calls: Calls) -> None:
    put(stack)
    with pytest.raises(ClientError):
        put(stack, ConditionExpression="attribute_not_exists(pk)")
    assert stored(stack)
    assert calls.log == ["PutItem", "PutItem", "GetItem"]
    assert (calls.made, calls.writes) == (3, 1)


@pytest.mark.parametrize("after", [False, True])
def test_a_call_fails_before_or_after_it_took_effect(
    stack: Stack, calls: Calls, after: bool
) -> None:
    calls.fail(at=1, after=after, operation="PutItem")
    with pytest.raises(BotoCoreError):
        put(stack)
    assert stored(stack) is after


def test_a_throttled_call_takes_no_effect(stack: Stack, calls: Calls) -> None:
    calls.throttle(at=1)
    with pytest.raises(ClientError) as caught:
        put(stack)
    assert caught.value.response["Error"]["Code"] == "ProvisionedThroughputExceededException"
    assert not stored(stack)


def test_the_process_may_end_at_a_call(stack: Stack, calls: Calls) -> None:
    calls.kill(at=1, after=True)
    with pytest.raises(KilledError):
        put(stack)
    assert stored(stack)


def test_another_worker_comes_in_between(stack: Stack, calls: Calls) -> None:
    calls.interrupt(lambda: put(stack), at=1)
    with pytest.raises(ClientError):
        put(stack, ConditionExpression="attribute_not_exists(pk)")
    assert calls.log == ["PutItem", "PutItem"]


def test_queue_and_bus_are_counted_too(stack: Stack, calls: Calls) -> None:
    sqs, bus = boto3.client("sqs"), boto3.client("events")
    calls.attach(sqs)
    calls.attach(bus)
    url = stack.queues["EventsQueue"]
    for broken in (1, 3):
        calls.throttle(at=broken)
    with pytest.raises(ClientError):
        sqs.send_message(QueueUrl=url, MessageBody="1")
    sqs.send_message(QueueUrl=url, MessageBody="2")
    with pytest.raises(ClientError):
        bus.put_events(Entries=[{"Source": "s", "DetailType": "t", "Detail": "{}"}])
    assert stack.take("EventsQueue") == ["2"]
