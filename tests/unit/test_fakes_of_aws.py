"""What the fakes do that no emulator can: read late, leave keys, repeat, break at any call."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.eventbridge import FakeEventBridge
from tests.fakes.faults import KINDS, Calls, KilledError
from tests.fakes.lambda_side import stream_event
from tests.fakes.sqs import FakeSqs

TABLE = "LeadTable"

type Json = dict[str, Any]


def key(sk: str = "s") -> Json:
    return {"pk": {"S": "p"}, "sk": {"S": sk}}


def put(db: FakeDynamoDB, value: int, sk: str = "s", **more: Any) -> None:
    db.put_item(TableName=TABLE, Item=key(sk) | {"v": {"N": str(value)}}, **more)


def new(db: FakeDynamoDB) -> None:
    put(db, 1, ConditionExpression="attribute_not_exists(pk)")


def value(db: FakeDynamoDB, *, consistent: bool = False) -> int | None:
    answer = db.get_item(TableName=TABLE, Key=key(), ConsistentRead=consistent)
    return int(answer["Item"]["v"]["N"]) if "Item" in answer else None


def queried(db: FakeDynamoDB, *, consistent: bool = False) -> list[str]:
    answer = db.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p"}},
        ConsistentRead=consistent,
    )
    return [item["v"]["N"] for item in answer["Items"]]


@pytest.fixture
def db() -> FakeDynamoDB:
    return FakeDynamoDB.from_template()


def test_a_late_read_sees_each_item_as_it_was_one_write_ago(db: FakeDynamoDB) -> None:
    db.calls.lagging = True
    seen = []
    for number in (1, 2):
        put(db, number)
        seen.append((value(db), value(db, consistent=True), queried(db)))
    db.delete_item(TableName=TABLE, Key=key())
    seen.append((value(db), value(db, consistent=True), queried(db)))
    assert seen == [(None, 1, []), (1, 2, ["1"]), (2, None, ["2"])]
    assert queried(db, consistent=True) == []
    db.settle()
    assert (value(db), queried(db)) == (None, [])


def test_a_late_index_lists_items_where_they_were(db: FakeDynamoDB) -> None:
    db.calls.lagging = True

    def listed() -> list[str]:
        answer = db.query(
            TableName=TABLE,
            IndexName="by_score",
            KeyConditionExpression="#l = :l",
            ExpressionAttributeNames={"#l": "list"},
            ExpressionAttributeValues={":l": {"S": "l"}},
        )
        return [item["by_score"]["S"] for item in answer["Items"]]

    for score, seen in (("1", []), ("2", ["1"]), ("3", ["2"])):
        item = key() | {"list": {"S": "l"}, "by_score": {"S": score}}
        db.put_item(TableName=TABLE, Item=item)
        assert listed() == seen
    db.settle()
    assert listed() == ["3"]


def test_keys_are_left_unprocessed_for_so_many_rounds(db: FakeDynamoDB) -> None:
    keys = [key(str(number)) for number in range(10)]
    for number in range(10):
        put(db, number, str(number))
    db.leave_unprocessed(rounds=2, share=0.5)
    request: Json = {TABLE: {"Keys": keys, "ConsistentRead": True}}
    found, left = [], []
    while request:
        answer = db.batch_get_item(RequestItems=request)
        found += [item["sk"]["S"] for item in answer["Responses"][TABLE]]
        request = answer["UnprocessedKeys"]
        left.append(len(request[TABLE]["Keys"]) if request else 0)
    assert left == [5, 2, 0]
    assert sorted(found) == [str(number) for number in range(10)]


def test_writes_are_left_unprocessed_too(db: FakeDynamoDB) -> None:
    db.leave_unprocessed(share=0.5)
    request: Json = {TABLE: [{"PutRequest": {"Item": key(str(n))}} for n in range(10)]}
    rounds = []
    while request:
        request = db.batch_write_item(RequestItems=request)["UnprocessedItems"]
        rounds.append(len(db.items(TABLE)))
    assert rounds == [5, 10]


def test_a_client_aside_sees_the_same_tables_and_is_not_counted(db: FakeDynamoDB) -> None:
    db.calls.lagging = True
    put(db, 1)
    put(db, 2)
    aside = db.aside()
    assert (value(db), value(aside)) == (1, 2)
    assert db.calls.made == 3


def test_a_random_share_of_keys_is_left_the_same_each_time(db: FakeDynamoDB) -> None:
    keys = [key(str(number)) for number in range(100)]

    def left() -> list[int]:
        db.leave_unprocessed(rounds=3, seed=1)
        answers = [db.batch_get_item(RequestItems={TABLE: {"Keys": keys}}) for _ in range(4)]
        return [len(each["UnprocessedKeys"].get(TABLE, {"Keys": []})["Keys"]) for each in answers]

    first = left()
    assert first == left()
    assert len(set(first)) == 4
    assert first[3] == 0


def test_the_stream_can_be_read_again_and_handed_to_a_function(db: FakeDynamoDB) -> None:
    stream = db.stream(TABLE)
    for number in range(3):
        put(db, number)
    first = stream.take(2)
    stream.rewind(1)
    again = stream.take()
    assert first[1] == again[0]
    assert [r["dynamodb"]["NewImage"]["v"]["N"] for r in [*first, *again]] == ["0", "1", "1", "2"]
    assert stream.take() == []
    stream.rewind()
    assert len(stream.take()) == 3
    news = key("LEAD") | {"news": {"S": "1"}, "data": {"B": b"\x00"}}
    db.put_item(TableName=TABLE, Item=news)
    [record] = stream_event(stream.take())["Records"]
    assert record["dynamodb"]["NewImage"]["data"] == {"B": "AA=="}


def test_calls_and_writes_are_counted(db: FakeDynamoDB) -> None:
    new(db)
    with pytest.raises(ClientError):
        new(db)
    value(db)
    assert (db.calls.made, db.calls.writes) == (3, 1)
    assert db.calls.log == ["PutItem", "PutItem", "GetItem"]


@pytest.mark.parametrize("after", [False, True])
def test_a_call_fails_before_or_after_it_took_effect(db: FakeDynamoDB, after: bool) -> None:
    value(db)
    db.calls.fail(at=2, after=after)
    value(db)
    with pytest.raises(BotoCoreError):
        put(db, 1)
    assert value(db) == (1 if after else None)
    put(db, 2)


def test_an_answer_that_is_lost_may_have_been_a_refusal(db: FakeDynamoDB) -> None:
    new(db)
    db.calls.fail(at=1, after=True)
    with pytest.raises(BotoCoreError):
        new(db)


def test_the_calls_of_one_operation_are_counted_apart(db: FakeDynamoDB) -> None:
    db.calls.throttle(at=2, operation="PutItem", times=2)
    outcomes = []
    for number in range(5):
        value(db)
        try:
            put(db, number)
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
        else:
            outcomes.append("done")
    throttled = "ProvisionedThroughputExceededException"
    assert outcomes == ["done", throttled, throttled, "done", "done"]


def test_nothing_catches_the_end_of_the_process(db: FakeDynamoDB) -> None:
    def careful() -> None:
        try:
            put(db, 1)
        except Exception as error:  # noqa: BLE001
            pytest.fail(f"caught {error!r}")

    db.calls.kill(at=1, after=True)
    with pytest.raises(KilledError):
        careful()
    assert value(db) == 1


def test_another_worker_comes_in_between(db: FakeDynamoDB) -> None:
    db.calls.interrupt(lambda: put(db, 7), at=1)
    with pytest.raises(ClientError):
        new(db)
    assert value(db) == 7


def test_a_repeated_write_is_refused_by_its_own_condition(db: FakeDynamoDB) -> None:
    db.calls.repeat(at=1, operation="PutItem")
    with pytest.raises(ClientError) as caught:
        new(db)
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert value(db) == 1
    assert (db.calls.made, db.calls.writes) == (2, 1)


def test_a_repeated_transaction_is_done_once(db: FakeDynamoDB) -> None:
    db.calls.repeat(at=1)
    action = {
        "TableName": TABLE,
        "Item": key(),
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    db.transact_write_items(TransactItems=[{"Put": action}])
    assert len(db.items(TABLE)) == 1


def test_a_transaction_may_meet_another_one(db: FakeDynamoDB) -> None:
    db.calls.conflict(at=1)
    action = {"TableName": TABLE, "Item": key()}
    with pytest.raises(ClientError) as caught:
        db.transact_write_items(TransactItems=[{"Put": action}])
    response: Any = caught.value.response
    assert [reason["Code"] for reason in response["CancellationReasons"]] == ["TransactionConflict"]
    assert db.items(TABLE) == []


def outcomes(calls: Calls) -> Iterator[str]:
    db = FakeDynamoDB.from_template(calls)
    for number in range(60):
        try:
            put(db, number)
        except (Exception, KilledError) as error:  # noqa: BLE001
            yield type(error).__name__
        else:
            yield "done"


def test_random_faults_are_the_same_for_the_same_seed() -> None:
    runs = []
    for seed in (1, 1, 2):
        calls = Calls()
        calls.randomly(0.3, seed=seed, kinds=KINDS)
        runs.append(list(outcomes(calls)))
    assert runs[0] == runs[1] != runs[2]
    broken = {"EndpointConnectionError", "ReadTimeoutError", "ClientError", "KilledError"}
    assert {*runs[0], *runs[2]} == broken | {"done"}
    calls.stop()
    assert set(outcomes(calls)) == {"done"}


def test_one_count_has_the_calls_of_every_service() -> None:
    calls = Calls()
    db, sqs = FakeDynamoDB.from_template(calls), FakeSqs(calls)
    bus = FakeEventBridge(calls)
    url = sqs.create_queue(QueueName="Q")["QueueUrl"]
    entry = {"EventBusName": "FactsBus", "Source": "s", "DetailType": "t", "Detail": "{}"}
    work: list[Callable[[], object]] = [
        lambda: put(db, 1),
        lambda: sqs.send_message(QueueUrl=url, MessageBody="1"),
        lambda: bus.put_events(Entries=[entry]),
    ]
    for number, call in enumerate(work):
        calls.throttle(at=number + 1)
        for earlier in work[:number]:
            earlier()
        with pytest.raises(ClientError):
            call()
    assert calls.log[-3:] == ["PutItem", "SendMessage", "PutEvents"]
    assert calls.writes == 2
    assert sqs.bodies("Q") == ["1"]
    assert bus.told == []


def test_messages_come_again_by_the_clock_and_end_in_the_dead_letter_queue() -> None:
    clock = Clock()
    sqs = FakeSqs.from_template(clock=clock)
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/EventsQueue"
    sqs.send_message(QueueUrl=url, MessageBody="1", DelaySeconds=60)
    received = []
    for _ in range(20):
        clock.move(seconds=60)
        messages = sqs.receive_message(QueueUrl=url, AttributeNames=["All"]).get("Messages", [])
        received += [m["Attributes"]["ApproximateReceiveCount"] for m in messages]
    assert received == ["1", "2", "3", "4", "5"]  # each time hidden for three minutes
    assert sqs.bodies("EventsQueue") == []
    assert [sent.body for sent in sqs.take("EventsDlq")] == ["1"]
    assert sqs.bodies("EventsDlq") == []


def test_the_bus_takes_a_part_of_the_entries() -> None:
    bus = FakeEventBridge()
    entries = [
        {"EventBusName": "FactsBus", "Source": "s", "DetailType": str(n), "Detail": "{}"}
        for n in range(3)
    ]
    bus.refuse_next(2)
    answer = bus.put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 2
    assert ["ErrorCode" in each for each in answer["Entries"]] == [False, True, True]
    bus.put_events(Entries=entries[1:])
    assert [entry["DetailType"] for entry in bus.told] == ["0", "1", "2"]
