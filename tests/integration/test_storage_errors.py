"""What storage, cache and bus say when they cannot: translated once, never swallowed."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from leadsignal.adapters.dynamodb.cache import DynamoLookupCache
from leadsignal.adapters.dynamodb.keys import Key
from leadsignal.adapters.dynamodb.table import Put, Table, decode, encode, get_many
from leadsignal.adapters.eventbridge import EventBridgeBus
from leadsignal.errors import ConflictError, TransientError
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.facts import Fact, FactData
from leadsignal.models.lookups import Flight, Found
from tests.fakes.lambda_side import ALL_FACTS, BUS, Stack

KEY = Key("pk", "sk")
ACME = CompanyFacts(domain="acme.com", confidence=0.9, provider="p")

OPERATIONS: dict[str, Callable[[Table], object]] = {
    "GetItem": lambda table: table.get(KEY),
    "PutItem": lambda table: table.put(Put(KEY, {"a": 1})),
    "TransactWriteItems": lambda table: table.write_all([Put(KEY, {"a": 1})]),
    "UpdateItem": lambda table: table.add(KEY, {"a": 1}, also={"b": 2}),
    "DeleteItem": lambda table: table.delete(KEY),
    "Query": lambda table: list(table.query("pk")),
    "BatchGetItem": lambda table: get_many([(table, KEY)]),
}


def broken(table: Table, operation: str, code: str) -> None:
    """Let every call of an operation fail with this code."""

    def fail(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "injected"}}, operation)

    table.client.meta.events.register(f"before-call.dynamodb.{operation}", fail)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", TransientError),
        ("TransactionConflictException", TransientError),
        ("ProvisionedThroughputExceededException", TransientError),
        ("ConditionalCheckFailedException", ConflictError),
        ("TransactionCanceledException", ConflictError),
        ("ValidationException", ClientError),
    ],
)
def test_a_code_of_storage_becomes_our_error_or_stays_what_it_is(
    stack: Stack, code: str, error: type[Exception]
) -> None:
    table = Table(stack.dynamodb, "LeadTable")
    for operation, call in OPERATIONS.items():
        broken(table, operation, code)
        with pytest.raises(error):
            call(table)


def test_storage_that_cannot_be_reached_may_be_tried_again(stack: Stack) -> None:
    def fail(**_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="https://dynamodb")

    stack.dynamodb.meta.events.register("before-call.dynamodb", fail)
    for call in OPERATIONS.values():
        with pytest.raises(TransientError):
            call(Table(stack.dynamodb, "LeadTable"))


def test_plain_values_come_back_as_they_were() -> None:
    item: dict[str, str | int | bytes | bool] = {
        "text": "ü",
        "number": 10**37,
        "bytes": b"\x00\xff",
        "yes": True,
        "no": False,
    }
    assert decode(encode(item)) == item


def leave(stack: Stack, rounds: int) -> dict[str, int]:
    """Let BatchGetItem leave all keys but one unread, for some rounds."""
    left = {"rounds": rounds}

    def remember(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = json.loads(json.dumps(params["RequestItems"]))

    def cut(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        if left["rounds"]:
            left["rounds"] -= 1
            parsed["UnprocessedKeys"] = context["asked"]
            parsed["Responses"] = {}

    events = stack.dynamodb.meta.events
    events.register("provide-client-params.dynamodb.BatchGetItem", remember)
    events.register("after-call.dynamodb.BatchGetItem", cut)
    return left


@pytest.mark.parametrize(("rounds", "read"), [(1, True), (4, True), (5, False)])
def test_keys_that_storage_left_unread_are_asked_for_again(
    stack: Stack, rounds: int, read: bool
) -> None:
    table = Table(stack.dynamodb, "LeadTable")
    table.put(Put(KEY, {"a": 1}))
    leave(stack, rounds)
    if read:
        assert get_many([(table, KEY)])["LeadTable", KEY]["a"] == 1
    else:
        with pytest.raises(TransientError):
            get_many([(table, KEY)])


def test_more_keys_than_one_call_takes_are_read_in_several(stack: Stack) -> None:
    table = Table(stack.dynamodb, "LeadTable")
    keys = [Key("pk", f"{number:03d}") for number in range(205)]
    for key in keys[::2]:
        table.put(Put(key, {"a": 1}))
    found = get_many([(table, key) for key in [*keys, *keys]])
    assert [key for _, key in sorted(found)] == keys[::2]


def test_a_query_reads_every_page_within_its_bounds(stack: Stack) -> None:
    table = Table(stack.dynamodb, "LeadTable")
    for number in range(25):
        table.put(Put(Key("pk", f"a{number:02d}"), {"a": number}))
    table.put(Put(Key("pk", "b"), {"a": 99}))

    def numbers(**bounds: Any) -> list[int]:
        return [item["a"] for item in table.query("pk", page_size=7, **bounds)]

    assert numbers(prefix="a") == list(range(25))
    assert numbers(after="a19") == [20, 21, 22, 23, 24, 99]
    assert numbers(before="a03", ascending=False) == [2, 1, 0]
    assert numbers(prefix="a0", consistent=True) == list(range(10))
    table.delete(Key("pk", "b"))
    assert 99 not in numbers()


def test_what_was_found_is_kept_by_the_holder_of_the_lease_alone(stack: Stack) -> None:
    cache = DynamoLookupCache(Table(stack.dynamodb, "CacheTable"), "ten_one")
    assert cache.read("place") == Flight()
    assert cache.take_off("place", "one", until=2_000, now=1_000).holder == "one"
    assert cache.take_off("place", "other", until=3_000, now=1_999).holder == "one"
    assert cache.take_off("place", "other", until=3_000, now=2_000).holder == "other"
    found = Found(domain="acme.com", until=90_000)
    assert not cache.land("place", "one", found)
    assert cache.land("place", "other", found)
    assert cache.read("place") == Flight(found=found)
    assert cache.take_off("place", "third", until=5_000, now=4_000) == Flight(
        found=found, holder="third", lease_until=5_000
    )


def test_what_was_found_can_be_made_out_of_date(stack: Stack) -> None:
    cache = DynamoLookupCache(Table(stack.dynamodb, "CacheTable"), "ten_one")
    cache.outdate("place", now=5_000)
    assert cache.read("place") == Flight()
    cache.take_off("place", "one", until=2_000, now=1_000)
    cache.land("place", "one", Found(until=90_000))
    cache.outdate("place", now=5_000)
    assert cache.read("place").found == Found(until=5_000)


def fact(number: int) -> Fact:
    return Fact(
        id=f"msg_{number}",
        tenant_id="ten_one",
        type="lead.created",
        at=1,
        sequence=number,
        data=FactData(lead_id="lead_a", version=number),
    )


def test_facts_go_on_the_bus_in_order_ten_at_a_time(stack: Stack) -> None:
    EventBridgeBus(boto3.client("events"), BUS).tell([fact(number) for number in range(1, 24)])
    told = [json.loads(body) for body in stack.take(ALL_FACTS)]
    assert sorted(message["detail"]["sequence"] for message in told) == list(range(1, 24))
    assert {(m["source"], m["detail-type"]) for m in told} == {("leadsignal", "lead.created")}
    assert set(told[0]["detail"]["data"]) == {"lead_id", "version"}


def test_a_fact_that_the_bus_did_not_take_is_told_again(stack: Stack) -> None:
    client = boto3.client("events")

    def refuse(parsed: dict[str, Any], **_: Any) -> None:
        parsed["FailedEntryCount"] = 1

    client.meta.events.register("after-call.events.PutEvents", refuse)
    with pytest.raises(TransientError, match="1 of 2"):
        EventBridgeBus(client, BUS).tell([fact(1), fact(2)])


def test_a_bus_that_cannot_be_reached_is_a_passing_error(stack: Stack) -> None:
    client = boto3.client("events")

    def fail(**_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="https://events")

    client.meta.events.register("before-call.events", fail)
    with pytest.raises(TransientError):
        EventBridgeBus(client, BUS).tell([fact(1)])
