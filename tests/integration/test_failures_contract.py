"""Both stores of failed events behave the same, or the fake is lying to the unit tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.failures import KEPT_MS, DynamoFailures
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.adapters.s3 import S3Originals
from leadsignal.errors import PermanentError, TransientError
from leadsignal.models.instants import to_instant
from leadsignal.models.records import FailedEvent
from leadsignal.ports import FailureStore
from tests.fakes.clock import NOW, Clock
from tests.fakes.failures import InMemoryFailures
from tests.fakes.lambda_side import BUCKET, Stack

AT = to_instant(NOW)


def failed(number: int = 1, **changes: Any) -> FailedEvent:
    fields = {
        "id": f"fail_{number}",
        "message_id": f"m{number}",
        "code": "id_conflict",
        "detail": "why",
        "received_at": AT + number,
        "failed_at": AT + 1_000,
        "event": {"event": "x", "properties": {"nothing": None}},
    }
    return FailedEvent.model_validate(fields | changes)


@pytest.fixture
def table(stack: Stack) -> Table:
    return Table(stack.dynamodb, "ActivityTable")


@pytest.fixture(params=["dynamodb", "in-memory"])
def store(
    request: pytest.FixtureRequest, stack: Stack, table: Table, clock: Clock
) -> Iterator[FailureStore]:
    if request.param == "dynamodb":
        yield DynamoFailures(table, "ten_1", now=lambda: clock.now)
    else:
        yield InMemoryFailures(now=lambda: clock.now)


def test_what_is_kept_is_found_as_it_was(store: FailureStore) -> None:
    row = failed(pointer="/event", source="collect", env="test", key_id="k", original_bytes=7)
    assert store.keep(row) == 1
    assert store.get(row.id) == row
    assert store.get("fail_2") is None
    assert store.find(["fail_2", row.id]) == {row.id: row}


def test_keeping_again_changes_nothing(store: FailureStore) -> None:
    first = failed()
    store.keep(first)
    assert store.keep(first.model_copy(update={"failed_at": AT + 9_000, "detail": "other"})) == 0
    assert store.get(first.id) == first
    assert list(store.newest(10)) == [first]


def test_of_several_copies_the_one_received_first_is_kept(store: FailureStore) -> None:
    first, later, last = (failed(received_at=AT + n, detail=str(n)) for n in (1, 2, 3))
    assert store.keep(last, later) == 1
    assert store.get("fail_1") == later
    store.mark_replayed("fail_1", AT + 5_000)

    assert store.keep(first) == 0
    assert store.keep(last) == 0

    assert store.get("fail_1") == first
    assert list(store.newest(10)) == [first]


def test_many_are_kept_at_once(store: FailureStore) -> None:
    rows = [failed(number) for number in range(130)]
    assert store.keep(*rows, rows[0]) == 130
    assert list(store.newest(200)) == rows[::-1]
    assert store.keep(*rows, failed(130)) == 1


def test_the_newest_come_first_page_by_page_and_by_code(store: FailureStore) -> None:
    rows = [failed(n, code="malformed" if n % 3 else "id_conflict") for n in range(12)]
    store.keep(*rows)
    assert [row.id for row in store.newest(2)] == ["fail_11", "fail_10"]
    after = store.newest(2, before=rows[10].position)
    assert [row.id for row in after] == ["fail_9", "fail_8"]
    found = store.newest(3, code="id_conflict")
    assert [row.id for row in found] == ["fail_9", "fail_6", "fail_3"]
    assert [row.id for row in store.newest(3, before=found[-1].position, code="id_conflict")] == [
        "fail_0"
    ]


def test_the_failures_of_one_message_are_found(store: FailureStore) -> None:
    store.keep(
        failed(2, message_id="m"), failed(1, message_id="m"), failed(3), failed(4, message_id=None)
    )
    assert [row.id for row in store.of_message("m")] == ["fail_1", "fail_2"]
    assert list(store.of_message("other")) == []


def test_a_replay_is_marked_and_a_failure_after_it_too(store: FailureStore) -> None:
    store.keep(failed())
    store.mark_replayed("fail_1", AT + 5_000)
    replayed = store.get("fail_1")
    assert replayed == failed(replayed_at=AT + 5_000)
    assert not replayed.waiting
    for _ in range(2):
        assert store.keep(failed(failed_at=AT + 7_000)) == 0
        again = store.get("fail_1")
        assert again == failed(replayed_at=AT + 5_000, failed_at=AT + 7_000)
        assert again.waiting


def test_what_is_gone_is_not_marked(store: FailureStore) -> None:
    store.mark_replayed("fail_1", AT)
    assert store.get("fail_1") is None
    assert list(store.newest(10)) == []


def test_nobody_sees_what_expired(store: FailureStore, clock: Clock) -> None:
    store.keep(failed())
    clock.move(milliseconds=KEPT_MS)
    assert store.get("fail_1") is not None
    clock.move(seconds=2)
    assert store.get("fail_1") is None
    assert list(store.newest(10)) == []
    assert list(store.of_message("m1")) == []


def test_tenants_do_not_meet(table: Table) -> None:
    first, other = (DynamoFailures(table, name, now=lambda: NOW) for name in ("ten_1", "ten_2"))
    first.keep(failed())
    assert other.get("fail_1") is None
    assert other.newest(10) == []
    assert other.of_message("m1") == []


def test_what_is_kept_already_costs_no_write(table: Table, calls: list[str]) -> None:
    store = DynamoFailures(table, "ten_1", now=lambda: NOW)
    store.keep(failed())
    assert calls == ["BatchGetItem", "BatchWriteItem", "BatchWriteItem"]
    calls.clear()
    store.keep(failed())
    assert calls == ["BatchGetItem"]


@pytest.fixture
def calls(table: Table) -> list[str]:
    made: list[str] = []

    def count(model: Any, **_: Any) -> None:
        made.append(model.name)

    table.client.meta.events.register("before-call.dynamodb", count)
    return made


@pytest.mark.parametrize("written", range(1, 3))
def test_a_crash_between_the_writes_shows_nothing_and_is_made_good(
    table: Table, written: int
) -> None:
    store = DynamoFailures(table, "ten_1", now=lambda: NOW)
    made: list[str] = []

    def crash(**_: Any) -> None:
        made.append("write")
        if len(made) == written:
            raise EndpointConnectionError(endpoint_url="storage")

    events = table.client.meta.events
    events.register("before-call.dynamodb.BatchWriteItem", crash, unique_id="crash")
    with pytest.raises(TransientError):
        store.keep(failed())
    events.unregister("before-call.dynamodb.BatchWriteItem", unique_id="crash")

    assert store.get("fail_1") is None
    assert store.newest(10) == []
    assert store.of_message("m1") == []
    assert store.keep(failed()) == 1
    assert store.newest(10) == store.of_message("m1") == [failed()]


def test_a_place_in_time_that_is_not_the_rows_own_shows_nothing(table: Table) -> None:
    store = DynamoFailures(table, "ten_1", now=lambda: NOW)
    early = failed(received_at=AT - 5)
    stray = keys.failed_at("ten_1", early.position)
    table.write_many([put for put in store._entries(early) if put.item["sk"] == stray.sk])
    store.keep(failed())
    assert store.newest(10) == [failed()]


def test_items_that_storage_leaves_are_written_again(table: Table) -> None:
    left: list[Any] = []

    def leave_one(parsed: Any, **_: Any) -> None:
        if not left:
            left.append(parsed)
            item = {"pk": {"S": "T#ten_1#LEFT"}, "sk": {"S": "1"}}
            parsed["UnprocessedItems"] = {table.name: [{"PutRequest": {"Item": item}}]}

    table.client.meta.events.register("after-call.dynamodb.BatchWriteItem", leave_one)
    DynamoFailures(table, "ten_1", now=lambda: NOW).keep(failed())
    assert table.get(keys.Key("T#ten_1#LEFT", "1")) is not None


def test_items_that_storage_keeps_leaving_are_trouble_that_may_pass(table: Table) -> None:
    def leave_all(parsed: Any, **_: Any) -> None:
        item = {"pk": {"S": "T#ten_1#LEFT"}, "sk": {"S": "1"}}
        parsed["UnprocessedItems"] = {table.name: [{"PutRequest": {"Item": item}}]}

    table.client.meta.events.register("after-call.dynamodb.BatchWriteItem", leave_all)
    with pytest.raises(TransientError):
        DynamoFailures(table, "ten_1", now=lambda: NOW).keep(failed())


def test_originals_are_kept_by_key(stack: Stack) -> None:
    store = S3Originals(lambda: stack.s3, BUCKET)
    store.put("originals/ten_1/a.json", b'{"a": 1}')
    store.put("originals/ten_1/a.json", b'{"a": 1}')
    assert store.get("originals/ten_1/a.json") == b'{"a": 1}'
    assert store.get("originals/ten_1/b.json") is None


def broken(code: str) -> Callable[..., Any]:
    def answer(**_: Any) -> tuple[Any, dict[str, Any]]:
        error = {"Error": {"Code": code, "Message": "no"}}
        return type("Http", (), {"status_code": 500})(), error

    return answer


@pytest.mark.parametrize(
    ("code", "error"), [("SlowDown", TransientError), ("AccessDenied", PermanentError)]
)
def test_trouble_of_the_bucket_is_named(stack: Stack, code: str, error: type[Exception]) -> None:
    store = S3Originals(lambda: stack.s3, BUCKET)
    stack.s3.meta.events.register("before-call.s3", broken(code))
    with pytest.raises(error):
        store.put("originals/a", b"1")
    with pytest.raises(error):
        store.get("originals/a")


def test_a_bucket_that_cannot_be_reached_is_trouble_that_may_pass(stack: Stack) -> None:
    def vanish(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="bucket")

    store = S3Originals(lambda: stack.s3, BUCKET)
    stack.s3.meta.events.register("before-call.s3", vanish)
    with pytest.raises(TransientError):
        store.put("originals/a", b"1")
    with pytest.raises(TransientError):
        store.get("originals/a")
