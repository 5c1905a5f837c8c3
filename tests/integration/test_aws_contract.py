"""What our adapters rely on in DynamoDB, SQS and EventBridge, true of the fakes and of emulators.

A test that an emulator fails, because it does less than AWS, says so in its ``untrue`` and does
not run there. `tests/system` runs the same tests against MiniStack.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.bench.sizes import item_size
from tests.fakes.accounts import Account, in_memory, in_moto

type Json = dict[str, Any]

EMULATORS: dict[str, Callable[[], Iterator[Account]]] = {
    "fake": in_memory,
    "moto": in_moto,
}
ITEM_BYTES = 400 * 1024
LARGE_BYTES = 390 * 1024


def untrue[F: Callable[..., object]](**why: str) -> Callable[[F], F]:
    """Say of which emulators a test is not true, and why."""

    def mark(test: F) -> F:
        vars(test)["untrue"] = why
        return test

    return mark


def lies(test: Callable[..., object]) -> Mapping[str, str]:
    """Return the emulators that a test is not true of, with the reasons."""
    why: Mapping[str, str] = vars(test).get("untrue", {})
    return why


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "aws" in metafunc.fixturenames:
        truthful = [name for name in EMULATORS if name not in lies(metafunc.function)]
        metafunc.parametrize("aws", truthful, indirect=True)


@pytest.fixture
def aws(request: pytest.FixtureRequest) -> Iterator[Account]:
    """A small account, in memory and in moto."""
    yield from EMULATORS[request.param]()


@contextmanager
def refused(code: str) -> Iterator[list[Json]]:
    """Expect the service's refusal; the answer is in the list at the end."""
    answers: list[Json] = []
    with pytest.raises(ClientError) as caught:
        yield answers
    assert caught.value.response["Error"]["Code"] == code
    answers.append(dict(caught.value.response))


def s(text: str) -> Json:
    return {"S": text}


def n(number: int | str) -> Json:
    return {"N": str(number)}


def key(pk: str = "p", sk: str = "s") -> Json:
    return {"pk": s(pk), "sk": s(sk)}


def put(aws: Account, pk: str = "p", sk: str = "s", **more: Json) -> Json:
    item = key(pk, sk) | more
    aws.dynamodb.put_item(TableName=aws.table, Item=item)
    return item


def get(aws: Account, pk: str = "p", sk: str = "s") -> Json | None:
    answer = aws.dynamodb.get_item(TableName=aws.table, Key=key(pk, sk), ConsistentRead=True)
    found: Json | None = answer.get("Item")
    return found


def filled(pk: str, sk: str, size: int) -> Json:
    """Return an item of exactly so many bytes."""
    item = key(pk, sk) | {"data": s("")}
    return item | {"data": s("x" * (size - item_size(item)))}


# Items


def test_an_item_reads_back_as_it_was_written(aws: Account) -> None:
    written = put(
        aws,
        text=s("ü"),
        empty=s(""),
        number=n(7),
        negative=n(-12),
        data={"B": b"\x00\xff"},
        yes={"BOOL": True},
        nothing={"NULL": True},
        listed={"L": [s("a"), n(1)]},
        mapped={"M": {"a": s("b"), "c": {"L": []}}},
    )
    assert get(aws) == written
    assert get(aws, sk="other") is None


def test_what_a_caller_does_to_an_item_does_not_change_what_is_stored(aws: Account) -> None:
    written = put(aws, text=s("a"), mapped={"M": {"a": s("b")}})
    written["text"]["S"] = "b"
    written["mapped"]["M"]["a"]["S"] = "c"
    read = get(aws)
    assert read is not None
    read["text"]["S"] = "c"
    read["mapped"]["M"]["a"]["S"] = "d"
    again = get(aws)
    assert again is not None
    assert again["text"] == s("a")
    assert again["mapped"]["M"]["a"] == s("b")


def test_a_put_replaces_the_whole_item_and_a_deletion_removes_it(aws: Account) -> None:
    put(aws, a=n(1))
    answer = aws.dynamodb.put_item(
        TableName=aws.table, Item=key() | {"b": n(2)}, ReturnValues="ALL_OLD"
    )
    assert answer["Attributes"] == key() | {"a": n(1)}
    assert get(aws) == key() | {"b": n(2)}
    for _ in range(2):
        aws.dynamodb.delete_item(TableName=aws.table, Key=key())
        assert get(aws) is None


def test_a_table_that_is_not_there_is_an_error_of_its_own(aws: Account) -> None:
    calls: list[Callable[[str], Any]] = [
        lambda name: aws.dynamodb.get_item(TableName=name, Key=key()),
        lambda name: aws.dynamodb.put_item(TableName=name, Item=key()),
        lambda name: aws.dynamodb.delete_item(TableName=name, Key=key()),
        lambda name: aws.dynamodb.batch_get_item(RequestItems={name: {"Keys": [key()]}}),
        lambda name: transact(aws, {"Put": {"TableName": name, "Item": key()}}),
        lambda name: query(aws, TableName=name),
    ]
    for call in calls:
        with refused("ResourceNotFoundException"):
            call("nowhere")


@untrue(moto="it keeps a number as it was written")
@pytest.mark.parametrize(
    ("written", "read"),
    [("007", "7"), ("1.50", "1.5"), ("1e3", "1000"), ("-0", "0"), ("9" * 38, "9" * 38)],
)
def test_a_number_is_kept_in_its_shortest_form(aws: Account, written: str, read: str) -> None:
    put(aws, number=n(written))
    found = get(aws)
    assert found is not None
    assert found["number"] == n(read)


@untrue(moto="it takes most of what Python reads as a number, of any length")
@pytest.mark.parametrize("number", ["", "x", "1_000", "9" * 39, "1e126", "1e-131", "NaN"])
def test_a_number_that_is_none_or_too_long_is_refused(aws: Account, number: str) -> None:
    with refused("ValidationException"):
        put(aws, number=n(number))


def test_a_value_of_another_python_type_does_not_leave_the_client(aws: Account) -> None:
    for value in ({"S": 1}, {"N": 1}, {"BOOL": "yes"}, {"B": 1}):
        with pytest.raises(ParamValidationError):
            put(aws, value=value)


@untrue(moto="it refuses a little less")
def test_an_item_holds_400_kilobytes_of_names_and_values(aws: Account) -> None:
    aws.dynamodb.put_item(TableName=aws.table, Item=filled("p", "s", ITEM_BYTES))
    transact(aws, {"Put": {"TableName": aws.table, "Item": filled("p", "t", ITEM_BYTES)}})
    with refused("ValidationException"):
        aws.dynamodb.put_item(TableName=aws.table, Item=filled("p", "u", ITEM_BYTES + 1))


def test_an_item_too_large_for_a_transaction_is_refused_and_does_not_cancel_it(
    aws: Account,
) -> None:
    item = filled("p", "u", ITEM_BYTES + 1)
    with refused("ValidationException"):
        transact(aws, {"Put": {"TableName": aws.table, "Item": item}})


def test_keys_have_their_lengths(aws: Account) -> None:
    put(aws, pk="p" * 2048, sk="s" * 1024)
    assert get(aws, pk="p" * 2048, sk="s" * 1024) is not None
    for pk, sk in (("p" * 2049, "s"), ("p", "s" * 1025), ("é" * 1025, "s"), ("p", "é" * 513)):
        with refused("ValidationException"):
            put(aws, pk, sk)


WRONG_KEYS = [
    pytest.param({"pk": s(""), "sk": s("s")}, id="empty partition"),
    pytest.param({"pk": s("p"), "sk": s("")}, id="empty sort"),
    pytest.param({"pk": n(1), "sk": s("s")}, id="a number"),
    pytest.param({"pk": s("p")}, id="half a key"),
    pytest.param({"pk": s("p"), "sk": {"B": b"s"}}, id="bytes"),
]


@pytest.mark.parametrize("wrong", WRONG_KEYS)
def test_what_is_put_has_a_key_of_texts_that_are_not_empty(aws: Account, wrong: Json) -> None:
    with refused("ValidationException"):
        aws.dynamodb.put_item(TableName=aws.table, Item=wrong)


@untrue(moto="it looks for an empty key, and for one of another type")
@pytest.mark.parametrize("wrong", WRONG_KEYS)
def test_what_is_named_has_a_key_of_texts_that_are_not_empty(aws: Account, wrong: Json) -> None:
    for call in (aws.dynamodb.get_item, aws.dynamodb.delete_item):
        with refused("ValidationException"):
            call(TableName=aws.table, Key=wrong)


def test_a_key_names_no_other_attribute(aws: Account) -> None:
    for call in (aws.dynamodb.get_item, aws.dynamodb.delete_item):
        with refused("ValidationException"):
            call(TableName=aws.table, Key=key() | {"a": s("b")})


@untrue(moto="it takes numbers")
def test_an_index_key_is_a_text_that_is_not_empty(aws: Account) -> None:
    for name in ("by_score", "list"):
        for wrong in (n(1), s("")):
            with refused("ValidationException"):
                aws.dynamodb.put_item(TableName=aws.table, Item=key() | {name: wrong})


@untrue(ministack="it takes keys of any length")
def test_an_index_key_has_the_length_of_a_key(aws: Account) -> None:
    put(aws, list=s("l"), by_score=s("x" * 1024))
    with refused("ValidationException"):
        put(aws, list=s("l"), by_score=s("x" * 1025))


# Conditions

HELD = key() | {"a": s("abc"), "amount": n(10), "packed": {"B": b"xyz"}, "flag": {"BOOL": True}}


@pytest.mark.parametrize(
    ("condition", "values", "holds", "holds_of_none"),
    [
        ("attribute_exists(pk)", {}, True, False),
        ("attribute_not_exists(pk)", {}, False, True),
        ("attribute_not_exists(gone)", {}, True, True),
        ("a = :v", {":v": s("abc")}, True, False),
        ("a = :v", {":v": s("ab")}, False, False),
        ("a <> :v", {":v": s("ab")}, True, True),
        ("a <> :v", {":v": s("abc")}, False, True),
        ("gone <> :v", {":v": s("x")}, True, True),
        ("gone = :v", {":v": s("x")}, False, False),
        ("flag = :v", {":v": {"BOOL": True}}, True, False),
        ("amount = :v", {":v": n("10.0")}, True, False),
        ("amount < :v", {":v": n(9)}, False, False),
        ("amount < :v", {":v": n(11)}, True, False),
        ("amount <= :v", {":v": n(10)}, True, False),
        ("amount > :v", {":v": n(9)}, True, False),
        ("amount >= :v", {":v": n(11)}, False, False),
        ("a < :v", {":v": s("b")}, True, False),
        ("gone < :v", {":v": n(5)}, False, False),
        ("packed > :v", {":v": {"B": b"xy"}}, True, False),
        ("begins_with(a, :v)", {":v": s("ab")}, True, False),
        ("begins_with(a, :v)", {":v": s("b")}, False, False),
        ("begins_with(gone, :v)", {":v": s("b")}, False, False),
        ("amount BETWEEN :a AND :b", {":a": n(10), ":b": n(12)}, True, False),
        ("amount BETWEEN :a AND :b", {":a": n(11), ":b": n(12)}, False, False),
        ("a IN (:a, :b)", {":a": s("x"), ":b": s("abc")}, True, False),
        ("NOT a = :v", {":v": s("abc")}, False, True),
        ("not a = :v and attribute_exists(a)", {":v": s("x")}, True, False),
        ("a = :a AND amount = :b", {":a": s("abc"), ":b": n(10)}, True, False),
        ("a = :a AND amount = :b", {":a": s("abc"), ":b": n(11)}, False, False),
        ("a = :a OR amount = :b", {":a": s("x"), ":b": n(10)}, True, False),
        ("a = :a OR a = :b AND attribute_exists(c)", {":a": s("abc"), ":b": n(1)}, True, False),
        ("(a = :a OR a = :b) AND attribute_exists(c)", {":a": s("abc"), ":b": n(1)}, False, False),
        ("attribute_not_exists(pk) OR amount < :v", {":v": n(11)}, True, True),
    ],
)  # fmt: skip
def test_a_write_is_done_if_its_condition_holds(
    aws: Account, condition: str, values: Json, holds: bool, holds_of_none: bool
) -> None:
    asked: Json = {"ConditionExpression": condition}
    if values:
        asked["ExpressionAttributeValues"] = values
    aws.dynamodb.put_item(TableName=aws.table, Item=HELD)
    for pk, expected in (("p", holds), ("none", holds_of_none)):
        item = HELD | {"pk": s(pk), "written": n(1)}
        if expected:
            aws.dynamodb.put_item(TableName=aws.table, Item=item, **asked)
        else:
            with refused("ConditionalCheckFailedException"):
                aws.dynamodb.put_item(TableName=aws.table, Item=item, **asked)
        assert ("written" in (get(aws, pk) or {})) is expected


@untrue(moto="it breaks when it orders a text and a number, and takes yes for 1")
@pytest.mark.parametrize("condition", ["a = :v", "a < :v", "a > :v", "flag = :v", "flag >= :v"])
def test_values_of_two_types_are_neither_equal_nor_in_an_order(
    aws: Account, condition: str
) -> None:
    aws.dynamodb.put_item(TableName=aws.table, Item=HELD)
    with refused("ConditionalCheckFailedException"):
        aws.dynamodb.put_item(
            TableName=aws.table,
            Item=HELD,
            ConditionExpression=condition,
            ExpressionAttributeValues={":v": n(1)},
        )


def test_a_condition_may_name_attributes_by_placeholders(aws: Account) -> None:
    put(aws, data=s("a"))
    for value, expected in (("b", False), ("a", True)):
        asked = {
            "TableName": aws.table,
            "Key": key(),
            "ConditionExpression": "#d = :v AND #d <> :w",
            "ExpressionAttributeNames": {"#d": "data"},
            "ExpressionAttributeValues": {":v": s(value), ":w": s("z")},
        }
        if expected:
            aws.dynamodb.delete_item(**asked)
        else:
            with refused("ConditionalCheckFailedException"):
                aws.dynamodb.delete_item(**asked)
    assert get(aws) is None


@untrue(moto="it breaks or overlooks it")
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"ConditionExpression": ""}, id="empty"),
        pytest.param({"ConditionExpression": "a ="}, id="cut off"),
        pytest.param({"ConditionExpression": "a b"}, id="no operator"),
        pytest.param({"ConditionExpression": "(attribute_exists(a)"}, id="not closed"),
        pytest.param({"ConditionExpression": "attribute_exists(a, b)"}, id="too many arguments"),
        pytest.param({"ConditionExpression": "a = :v"}, id="value not given"),
        pytest.param({"ConditionExpression": "attribute_exists(#a)"}, id="name not given"),
        pytest.param(
            {
                "ConditionExpression": "attribute_exists(a)",
                "ExpressionAttributeValues": {":v": n(1)},
            },
            id="value not used",
        ),
        pytest.param(
            {
                "ConditionExpression": "attribute_exists(a)",
                "ExpressionAttributeNames": {"#a": "a"},
            },
            id="name not used",
        ),
        pytest.param({"ExpressionAttributeValues": {":v": n(1)}}, id="values for nothing"),
    ],
)
def test_a_condition_that_says_nothing_is_refused(aws: Account, asked: Json) -> None:
    with refused("ValidationException"):
        aws.dynamodb.put_item(TableName=aws.table, Item=key(), **asked)
    assert get(aws) is None


@pytest.mark.parametrize("word", ["data", "list", "Status", "ttl", "values"])
def test_a_reserved_word_names_no_attribute(aws: Account, word: str) -> None:
    with refused("ValidationException"):
        aws.dynamodb.put_item(
            TableName=aws.table, Item=key(), ConditionExpression=f"attribute_exists({word})"
        )


def test_a_refused_write_shows_the_item_that_stood_in_its_way(aws: Account) -> None:
    held = put(aws, a=n(1))
    with refused("ConditionalCheckFailedException") as answers:
        aws.dynamodb.put_item(
            TableName=aws.table,
            Item=key(),
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert answers[0]["Item"] == held
    assert get(aws) == held


# Reading many by key


def batch(aws: Account, *keys: Json, **more: Any) -> Json:
    asked = {"Keys": list(keys), "ConsistentRead": True} | more
    answer: Json = aws.dynamodb.batch_get_item(RequestItems={aws.table: asked})
    return answer


def test_many_items_are_read_by_key_and_what_is_not_there_is_left_out(aws: Account) -> None:
    for number in range(0, 100, 2):
        put(aws, "p", f"{number:03d}")
    answer = batch(aws, *(key("p", f"{number:03d}") for number in range(100)))
    found = sorted(item["sk"]["S"] for item in answer["Responses"][aws.table])
    assert found == [f"{number:03d}" for number in range(0, 100, 2)]
    assert answer["UnprocessedKeys"] == {}
    assert batch(aws, key("q"))["Responses"] == {aws.table: []}


def test_a_batch_has_1_to_100_keys_each_once(aws: Account) -> None:
    with refused("ValidationException"):
        batch(aws, *(key("p", f"{number}") for number in range(101)))
    with refused("ValidationException"):
        batch(aws, key(), key("q"), key())


@untrue(moto="it looks for an empty key, and for one of another type")
def test_a_batch_with_a_wrong_key_is_refused_whole(aws: Account) -> None:
    for wrong in ({"pk": s("p")}, {"pk": s("p"), "sk": n(1)}, key() | {"a": n(1)}, key(sk="")):
        with refused("ValidationException"):
            batch(aws, key("q"), wrong)


@untrue(ministack="it answers whole")
def test_an_answer_has_16_megabytes_and_says_which_keys_are_left(aws: Account) -> None:
    keys = [key("p", f"{number:02d}") for number in range(45)]
    for each in keys:
        item = filled("p", each["sk"]["S"], LARGE_BYTES)
        aws.dynamodb.put_item(TableName=aws.table, Item=item)
    first = batch(aws, *keys)
    left = first["UnprocessedKeys"][aws.table]
    assert 0 < len(left["Keys"]) < 45
    second = aws.dynamodb.batch_get_item(RequestItems=first["UnprocessedKeys"])
    found = [*first["Responses"][aws.table], *second["Responses"][aws.table]]
    assert sorted(item["sk"]["S"] for item in found) == [each["sk"]["S"] for each in keys]
    assert second["UnprocessedKeys"] == {}


# Writing many, and single attributes


def batch_write(aws: Account, *requests: Json) -> Json:
    answer: Json = aws.dynamodb.batch_write_item(RequestItems={aws.table: list(requests)})
    return answer


def test_many_items_are_written_and_removed_in_one_call(aws: Account) -> None:
    put(aws, sk="gone")
    new = [{"PutRequest": {"Item": key("p", f"{number:02d}")}} for number in range(24)]
    answer = batch_write(aws, *new, {"DeleteRequest": {"Key": key("p", "gone")}})
    assert answer["UnprocessedItems"] == {}
    assert listed(aws) == [[f"{number:02d}" for number in range(24)]]


@untrue(moto="it takes any number")
def test_a_batch_of_writes_has_1_to_25_items(aws: Account) -> None:
    new = [{"PutRequest": {"Item": key("p", f"{number}")}} for number in range(26)]
    with refused("ValidationException"):
        batch_write(aws, *new)
    assert listed(aws) == [[]]


@untrue(moto="it does them in turn")
def test_a_batch_of_writes_has_each_item_once(aws: Account) -> None:
    new: Json = {"PutRequest": {"Item": key()}}
    for other in (new, {"DeleteRequest": {"Key": key()}}):
        with refused("ValidationException"):
            batch_write(aws, new, other)


def set_to(aws: Account, value: Json, **more: Any) -> None:
    aws.dynamodb.update_item(
        **{
            "TableName": aws.table,
            "Key": key(),
            "UpdateExpression": "SET #name = :value",
            "ExpressionAttributeNames": {"#name": "data"},
            "ExpressionAttributeValues": {":value": value},
        }
        | more
    )


def test_an_attribute_is_set_and_the_others_stay(aws: Account) -> None:
    put(aws, a=n(1))
    for value in (n(1), s("x")):
        set_to(aws, value, ConditionExpression="attribute_exists(pk)")
        assert get(aws) == key() | {"a": n(1), "data": value}


def test_an_attribute_of_nothing_is_set_unless_there_must_be_something(aws: Account) -> None:
    with refused("ConditionalCheckFailedException"):
        set_to(aws, n(1), ConditionExpression="attribute_exists(pk)")
    assert get(aws) is None
    set_to(aws, n(1))
    assert get(aws) == key() | {"data": n(1)}


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"ExpressionAttributeNames": {"#name": "pk"}}, id="a key"),
        pytest.param({"ExpressionAttributeNames": {"#other": "a"}}, id="name not given"),
        pytest.param({"ExpressionAttributeValues": {":other": n(1)}}, id="value not given"),
        pytest.param(
            {"ExpressionAttributeValues": {":value": n(1), ":other": n(1)}}, id="value not used"
        ),
    ],
)
def test_an_update_that_says_nothing_is_refused(aws: Account, asked: Json) -> None:
    put(aws)
    with refused("ValidationException"):
        set_to(aws, n(2), **asked)
    assert get(aws) == key()


@pytest.mark.parametrize(
    ("expression", "held", "new"),
    [
        ("SET amount = amount + :by, seen = :at", {"amount": n(40)}, {"amount": n(42)}),
        ("SET amount = amount - :by, seen = :at", {"amount": n(40)}, {"amount": n(38)}),
        ("SET amount = if_not_exists(amount, :at) + :by, seen = :at", {}, {"amount": n(9)}),
        ("SET seen = :at ADD amount :by", {}, {"amount": n(2)}),
        ("ADD amount :by SET seen = :at", {"amount": n(10**18)}, {"amount": n(10**18 + 2)}),
    ],
)
def test_a_number_is_counted_where_it_is_and_the_new_one_is_answered(
    aws: Account, expression: str, held: Json, new: Json
) -> None:
    put(aws, a=n(1), **held)
    answer = aws.dynamodb.update_item(
        TableName=aws.table,
        Key=key(),
        UpdateExpression=expression,
        ExpressionAttributeValues={":by": n(2), ":at": n(7)},
        ReturnValues="UPDATED_NEW",
    )
    assert answer["Attributes"] == new | {"seen": n(7)}
    assert get(aws) == key() | {"a": n(1), "seen": n(7)} | new


@untrue(ministack="it counts a text of digits")
@pytest.mark.parametrize("held", [{}, {"amount": s("4")}], ids=["nothing", "a text"])
def test_only_a_number_is_counted(aws: Account, held: Json) -> None:
    put(aws, **held)
    with refused("ValidationException"):
        aws.dynamodb.update_item(
            TableName=aws.table,
            Key=key(),
            UpdateExpression="SET amount = amount + :by",
            ExpressionAttributeValues={":by": n(2)},
        )
    assert get(aws) == key() | held


def test_a_refused_update_shows_the_item_that_stood_in_its_way(aws: Account) -> None:
    held = put(aws, amount=n(5))
    with refused("ConditionalCheckFailedException") as answers:
        aws.dynamodb.update_item(
            TableName=aws.table,
            Key=key(),
            UpdateExpression="SET amount = amount + :by",
            ConditionExpression="amount BETWEEN :low AND :high",
            ExpressionAttributeValues={":by": n(1), ":low": n(6), ":high": n(9)},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert answers[0]["Item"] == held
    assert get(aws) == held


def test_an_item_does_not_grow_over_400_kilobytes(aws: Account) -> None:
    put(aws, a=s("x" * 200 * 1024))
    with refused("ValidationException"):
        set_to(aws, s("x" * 210 * 1024))


# Transactions


def transact(aws: Account, *actions: Json, **more: Any) -> Json:
    answer: Json = aws.dynamodb.transact_write_items(TransactItems=list(actions), **more)
    return answer


def putting(aws: Account, sk: str, condition: str | None = None, **more: Json) -> Json:
    put = {"TableName": aws.table, "Item": key("p", sk) | more}
    return {"Put": put | ({"ConditionExpression": condition} if condition else {})}


def keyed(aws: Account, kind: str, sk: str, condition: str | None = None) -> Json:
    action = {"TableName": aws.table, "Key": key("p", sk)}
    return {kind: action | ({"ConditionExpression": condition} if condition else {})}


def test_a_transaction_is_done_whole(aws: Account) -> None:
    put(aws, sk="gone")
    put(aws, sk="checked")
    transact(
        aws,
        putting(aws, "new", "attribute_not_exists(pk)"),
        keyed(aws, "Delete", "gone", "attribute_exists(pk)"),
        keyed(aws, "ConditionCheck", "checked", "attribute_exists(pk)"),
        keyed(aws, "Delete", "never there"),
    )
    assert get(aws, sk="new") == key("p", "new")
    assert get(aws, sk="gone") is None
    assert get(aws, sk="checked") == key("p", "checked")


def updating(aws: Account, sk: str, condition: str | None = None) -> Json:
    update = {
        "TableName": aws.table,
        "Key": key("p", sk),
        "UpdateExpression": "SET #s0 = :s0 ADD #a0 :a0",
        "ExpressionAttributeNames": {"#a0": "count", "#s0": "until"},
        "ExpressionAttributeValues": {":a0": n(-2), ":s0": n(9)},
    }
    return {"Update": update | ({"ConditionExpression": condition} if condition else {})}


def test_a_transaction_updates_items_and_makes_those_that_are_not_there(aws: Account) -> None:
    put(aws, sk="held", count=n(5), other=s("o"))
    transact(aws, updating(aws, "held"), updating(aws, "new"), putting(aws, "put"))
    assert get(aws, sk="held") == key("p", "held") | {"count": n(3), "until": n(9), "other": s("o")}
    assert get(aws, sk="new") == key("p", "new") | {"count": n(-2), "until": n(9)}


def test_an_update_of_a_cancelled_transaction_changes_nothing(aws: Account) -> None:
    held = put(aws, sk="held", count=n(5))
    with refused("TransactionCanceledException") as answers:
        transact(
            aws,
            updating(aws, "held"),
            updating(aws, "none", "attribute_exists(pk)"),
            putting(aws, "held too", "attribute_exists(pk)"),
        )
    codes = [reason["Code"] for reason in answers[0]["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]
    assert get(aws, sk="held") == held
    assert get(aws, sk="none") is None


def test_a_transaction_with_a_condition_that_fails_is_not_done_and_says_which(
    aws: Account,
) -> None:
    held = put(aws, sk="held", a=n(1))
    with refused("TransactionCanceledException") as answers:
        transact(
            aws,
            putting(aws, "new"),
            putting(aws, "held", "attribute_not_exists(pk)"),
            keyed(aws, "ConditionCheck", "none", "attribute_exists(pk)"),
            keyed(aws, "Delete", "other"),
        )
    codes = [reason["Code"] for reason in answers[0]["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed", "ConditionalCheckFailed", "None"]
    assert get(aws, sk="new") is None
    assert get(aws, sk="held") == held


def test_a_cancelled_transaction_shows_the_items_that_stood_in_its_way(aws: Account) -> None:
    held = put(aws, sk="held", a=n(1))
    action = putting(aws, "held", "attribute_not_exists(pk)")
    action["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    with refused("TransactionCanceledException") as answers:
        transact(aws, putting(aws, "new"), action)
    reasons = answers[0]["CancellationReasons"]
    assert [reason.get("Item") for reason in reasons] == [None, held]


def test_a_transaction_has_up_to_100_actions(aws: Account) -> None:
    transact(aws, *(putting(aws, f"{number}") for number in range(100)))
    with refused("ValidationException"):
        transact(aws, *(putting(aws, f"{number}") for number in range(101)))


def test_no_two_actions_of_a_transaction_are_on_one_item(aws: Account) -> None:
    for other in (
        putting(aws, "a", b=n(1)),
        keyed(aws, "Delete", "a"),
        keyed(aws, "ConditionCheck", "a", "attribute_exists(pk)"),
        updating(aws, "a"),
    ):
        with refused("ValidationException"):
            transact(aws, putting(aws, "a"), other)


@untrue(moto="it takes any size")
def test_a_transaction_has_4_megabytes(aws: Account) -> None:
    items = [filled("p", f"{number:02d}", LARGE_BYTES) for number in range(11)]
    actions = [{"Put": {"TableName": aws.table, "Item": item}} for item in items]
    transact(aws, *actions[:10])
    with refused("ValidationException"):
        transact(aws, *actions)


@untrue(moto="it refuses both alike")
def test_a_key_of_another_type_cancels_a_transaction_and_an_empty_one_is_refused(
    aws: Account,
) -> None:
    wrong = {"Put": {"TableName": aws.table, "Item": {"pk": n(1), "sk": s("s")}}}
    with refused("TransactionCanceledException") as answers:
        transact(aws, putting(aws, "a"), wrong)
    codes = [reason["Code"] for reason in answers[0]["CancellationReasons"]]
    assert codes == ["None", "ValidationError"]
    with refused("ValidationException"):
        transact(aws, putting(aws, "a"), putting(aws, ""))
    assert get(aws, sk="a") is None


@untrue(moto="it takes no notice of tokens")
def test_a_transaction_with_a_token_is_done_once(aws: Account) -> None:
    new = putting(aws, "a", "attribute_not_exists(pk)")
    for _ in range(2):
        transact(aws, new, ClientRequestToken="t1")
    with refused("IdempotentParameterMismatchException"):
        transact(aws, putting(aws, "b"), ClientRequestToken="t1")
    with refused("TransactionCanceledException"):
        transact(aws, new, ClientRequestToken="t2")


# Queries


def query(aws: Account, **asked: Any) -> Json:
    base = {
        "TableName": aws.table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": s("p")},
    }
    answer: Json = aws.dynamodb.query(**base | asked)
    return answer


def listed(aws: Account, **asked: Any) -> list[list[str]]:
    """Return the sort keys of every page."""
    pages: list[list[str]] = []
    while True:
        answer = query(aws, **asked)
        pages.append([item["sk"]["S"] for item in answer["Items"]])
        assert answer["Count"] == len(answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return pages
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def between(condition: str, *bounds: str) -> Json:
    values = {f":{number}": s(bound) for number, bound in enumerate(bounds)}
    return {
        "KeyConditionExpression": f"#pk = :pk AND {condition}",
        "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk"},
        "ExpressionAttributeValues": {":pk": s("p")} | values,
    }


def put_letters(aws: Account) -> None:
    """Make a partition of the sort keys a, ab, b, ba, c, é, and another partition."""
    for sk in ("b", "a", "é", "ab", "c", "ba"):
        put(aws, "p", sk)
    put(aws, "q", "b")


def test_a_query_has_one_partition_in_the_order_of_its_sort_keys(aws: Account) -> None:
    put_letters(aws)
    ascending = ["a", "ab", "b", "ba", "c", "é"]
    assert listed(aws) == [ascending]
    assert listed(aws, ScanIndexForward=False) == [ascending[::-1]]
    assert listed(aws, ExpressionAttributeValues={":pk": s("none")}) == [[]]


@pytest.mark.parametrize(
    ("condition", "bounds", "expected"),
    [
        ("begins_with(#sk, :0)", ["b"], "b ba"),
        ("#sk = :0", ["ba"], "ba"),
        ("#sk > :0", ["b"], "ba c é"),
        ("#sk >= :0", ["b"], "b ba c é"),
        ("#sk < :0", ["b"], "a ab"),
        ("#sk <= :0", ["b"], "a ab b"),
        ("#sk BETWEEN :0 AND :1", ["ab", "ba"], "ab b ba"),
    ],
)
def test_a_query_may_be_bounded(
    aws: Account, condition: str, bounds: list[str], expected: str
) -> None:
    put_letters(aws)
    assert listed(aws, **between(condition, *bounds)) == [expected.split()]
    paged = listed(aws, **between(condition, *bounds), Limit=2, ScanIndexForward=False)
    assert [sk for page in paged for sk in page] == expected.split()[::-1]


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6, 7])
def test_pages_have_every_item_once(aws: Account, limit: int, ascending: bool) -> None:
    put_letters(aws)
    pages = listed(aws, Limit=limit, ScanIndexForward=ascending)
    found = [sk for page in pages for sk in page]
    assert found == ["a", "ab", "b", "ba", "c", "é"][:: 1 if ascending else -1]
    assert all(len(page) == limit for page in pages[:-1])


@untrue(moto="it looks ahead")
def test_a_page_that_ends_at_its_limit_names_its_end_though_nothing_follows(
    aws: Account,
) -> None:
    put_letters(aws)
    answer = query(aws, Limit=6)
    assert answer["LastEvaluatedKey"] == key("p", "é")
    last = query(aws, Limit=6, ExclusiveStartKey=answer["LastEvaluatedKey"])
    assert last["Items"] == []
    assert "LastEvaluatedKey" not in last


def test_items_are_counted_without_being_sent(aws: Account) -> None:
    put_letters(aws)
    first = query(aws, Select="COUNT", Limit=4)
    rest = query(aws, Select="COUNT", ExclusiveStartKey=first["LastEvaluatedKey"])
    assert [answer["Count"] for answer in (first, rest)] == [4, 2]
    assert not {"Items", "LastEvaluatedKey"} & rest.keys()


def test_a_page_may_start_at_a_key_that_is_not_there(aws: Account) -> None:
    put_letters(aws)
    assert listed(aws, ExclusiveStartKey=key("p", "aa")) == [["ab", "b", "ba", "c", "é"]]
    descending = listed(aws, ExclusiveStartKey=key("p", "bb"), ScanIndexForward=False)
    assert descending == [["ba", "b", "ab", "a"]]


@untrue(moto="it starts wherever it is told")
def test_a_page_starts_within_its_query(aws: Account) -> None:
    put_letters(aws)
    for wrong in (key("q", "a"), {"pk": s("p")}):
        with refused("ValidationException"):
            query(aws, ExclusiveStartKey=wrong)
    with refused("ValidationException"):
        query(aws, **between("#sk > :0", "b"), ExclusiveStartKey=key("p", "a"))


def test_a_page_has_a_megabyte(aws: Account) -> None:
    for number in range(5):
        item = filled("p", f"{number}", LARGE_BYTES)
        aws.dynamodb.put_item(TableName=aws.table, Item=item)
    assert listed(aws) == [["0", "1"], ["2", "3"], ["4"]]


def wrong_queries() -> list[Any]:
    by_sk = {"KeyConditionExpression": "sk = :pk"}
    values = {":pk": s("p"), ":v": s("x")}
    return [
        pytest.param(by_sk, id="no partition"),
        pytest.param({"KeyConditionExpression": "pk > :pk"}, id="a range of partitions"),
        pytest.param(
            {"KeyConditionExpression": "pk = :pk AND a = :v", "ExpressionAttributeValues": values},
            id="another attribute",
        ),
        pytest.param({"ExpressionAttributeValues": {":pk": s("")}}, id="an empty key"),
    ]


@pytest.mark.parametrize("asked", wrong_queries())
def test_a_query_that_is_none_is_refused(aws: Account, asked: Json) -> None:
    put(aws)
    with refused("ValidationException"):
        query(aws, **asked)


@untrue(moto="it overlooks them")
@pytest.mark.parametrize(
    "values",
    [
        pytest.param({":pk": n(1)}, id="a number"),
        pytest.param({":pk": s("p"), ":v": s("x")}, id="one too many"),
    ],
)
def test_a_query_with_a_wrong_value_is_refused(aws: Account, values: Json) -> None:
    put(aws)
    with refused("ValidationException"):
        query(aws, ExpressionAttributeValues=values)


@untrue(moto="it understands them", ministack="it understands them")
@pytest.mark.parametrize("condition", ["pk = :pk AND sk <> :v", "pk = :pk OR sk = :v"])
def test_a_query_is_of_one_partition_and_one_range(aws: Account, condition: str) -> None:
    put(aws)
    values = {":pk": s("p"), ":v": s("x")}
    with refused("ValidationException"):
        query(aws, KeyConditionExpression=condition, ExpressionAttributeValues=values)


@untrue(moto="it answers as if a table were not there")
def test_an_index_that_is_not_there_is_not_queried(aws: Account) -> None:
    with refused("ValidationException"):
        query(aws, IndexName="nowhere")


def test_a_page_of_nothing_is_not_asked_for(aws: Account) -> None:
    with pytest.raises(ParamValidationError):
        query(aws, Limit=0)


def indexed(aws: Account, pk: str, score: str | None, of: str = "l", **more: Json) -> Json:
    keys = {"list": s(of)} | ({"by_score": s(score)} if score else {})
    return put(aws, pk, "LEAD", **keys, **more)


def by_score(aws: Account, of: str = "l", **asked: Any) -> list[list[str]]:
    pages: list[list[str]] = []
    base = {
        "IndexName": "by_score",
        "KeyConditionExpression": "#l = :l",
        "ExpressionAttributeNames": {"#l": "list"},
        "ExpressionAttributeValues": {":l": s(of)},
    }
    while True:
        answer = query(aws, **base | asked)
        pages.append([item["pk"]["S"] for item in answer["Items"]])
        if "LastEvaluatedKey" not in answer:
            return pages
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def test_an_index_has_the_items_that_have_its_keys_in_their_order(aws: Account) -> None:
    for pk, score in (("a", "3"), ("b", "1"), ("c", None), ("d", "2")):
        indexed(aws, pk, score)
    indexed(aws, "e", "0", of="other")
    assert by_score(aws) == [["b", "d", "a"]]
    assert by_score(aws, ScanIndexForward=False) == [["a", "d", "b"]]
    assert by_score(aws, "other") == [["e"]]
    assert by_score(aws, "none") == [[]]


def test_an_item_moves_in_its_index_and_leaves_it(aws: Account) -> None:
    for pk, score in (("a", "1"), ("b", "2")):
        indexed(aws, pk, score)
    indexed(aws, "a", "3")
    assert by_score(aws) == [["b", "a"]]
    indexed(aws, "b", None)
    aws.dynamodb.delete_item(TableName=aws.table, Key=key("a", "LEAD"))
    assert by_score(aws) == [[]]


def test_an_index_of_keys_has_keys_only(aws: Account) -> None:
    indexed(aws, "a", "1", more=s("b"))
    [item] = query(
        aws,
        IndexName="by_score",
        KeyConditionExpression="#l = :l AND by_score >= :s",
        ExpressionAttributeNames={"#l": "list"},
        ExpressionAttributeValues={":l": s("l"), ":s": s("1")},
    )["Items"]
    assert item == key("a", "LEAD") | {"list": s("l"), "by_score": s("1")}


@pytest.mark.parametrize("ascending", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 12])
def test_pages_of_an_index_have_every_item_once_also_those_of_one_key(
    aws: Account, limit: int, ascending: bool
) -> None:
    scores = {f"item {number}": str(number // 4) for number in range(12)}
    for pk, score in scores.items():
        indexed(aws, pk, score)
    pages = by_score(aws, Limit=limit, ScanIndexForward=ascending)
    found = [pk for page in pages for pk in page]
    assert sorted(found) == sorted(scores)
    assert [scores[pk] for pk in found] == sorted(scores.values(), reverse=not ascending)
    assert all(len(page) == limit for page in pages[:-1])


def test_a_page_of_an_index_ends_at_the_keys_of_index_and_table(aws: Account) -> None:
    for number in range(3):
        indexed(aws, f"{number}", f"{number}")
    asked = {
        "IndexName": "by_score",
        "KeyConditionExpression": "#l = :l",
        "ExpressionAttributeNames": {"#l": "list"},
        "ExpressionAttributeValues": {":l": s("l")},
    }
    end = query(aws, **asked, Limit=1)["LastEvaluatedKey"]
    assert end == key("0", "LEAD") | {"list": s("l"), "by_score": s("0")}


@untrue(moto="it breaks, or starts anywhere")
def test_a_page_of_an_index_starts_at_the_keys_of_index_and_table(aws: Account) -> None:
    indexed(aws, "a", "1")
    for start in (key("a", "LEAD"), {"list": s("l"), "by_score": s("1")}):
        with refused("ValidationException"):
            by_score(aws, ExclusiveStartKey=start)


def test_an_index_is_not_read_consistently(aws: Account) -> None:
    with refused("ValidationException"):
        by_score(aws, ConsistentRead=True)


# The stream


def test_the_stream_has_every_change_of_an_item_in_order_with_both_images(aws: Account) -> None:
    put(aws, a=n(1), data={"B": b"x"})
    put(aws, a=n(2))
    aws.dynamodb.delete_item(TableName=aws.table, Key=key())
    first, second, third = aws.changes()
    changes = [first, second, third]
    assert [change["eventName"] for change in changes] == ["INSERT", "MODIFY", "REMOVE"]
    assert all(change["dynamodb"]["Keys"] == key() for change in changes)
    assert len({change["eventID"] for change in changes}) == 3
    numbers = [int(change["dynamodb"]["SequenceNumber"]) for change in changes]
    assert numbers == sorted(set(numbers))
    assert first["dynamodb"]["NewImage"] == key() | {"a": n(1), "data": {"B": b"x"}}
    assert "OldImage" not in first["dynamodb"]
    assert second["dynamodb"]["OldImage"] == first["dynamodb"]["NewImage"]
    assert second["dynamodb"]["NewImage"] == key() | {"a": n(2)}
    assert third["dynamodb"]["OldImage"] == second["dynamodb"]["NewImage"]
    assert "NewImage" not in third["dynamodb"]


def test_transactions_are_in_the_stream_and_refused_writes_are_not(aws: Account) -> None:
    put(aws, sk="a")
    transact(aws, putting(aws, "b"), keyed(aws, "Delete", "a"))
    with refused("TransactionCanceledException"):
        transact(aws, putting(aws, "c"), putting(aws, "b", "attribute_not_exists(pk)"))
    with refused("ConditionalCheckFailedException"):
        aws.dynamodb.put_item(
            TableName=aws.table, Item=key(), ConditionExpression="attribute_exists(pk)"
        )
    aws.dynamodb.delete_item(TableName=aws.table, Key=key("none"))
    told = sorted((r["dynamodb"]["Keys"]["sk"]["S"], r["eventName"]) for r in aws.changes())
    assert told == [("a", "INSERT"), ("a", "REMOVE"), ("b", "INSERT")]


@untrue(moto="it tells of every write")
def test_a_write_that_changes_nothing_is_not_in_the_stream(aws: Account) -> None:
    for _ in range(2):
        put(aws, a=n(1))
        transact(aws, putting(aws, "t", a=n(1)))
    assert len(aws.changes()) == 2


# Queues


def receive(aws: Account, url: str, **asked: Any) -> list[Json]:
    answer = aws.sqs.receive_message(QueueUrl=url, **{"MaxNumberOfMessages": 10} | asked)
    messages: list[Json] = answer.get("Messages", [])
    return messages


def send(aws: Account, url: str, *bodies: str, **more: Any) -> Json:
    entries = [{"Id": str(i), "MessageBody": body, **more} for i, body in enumerate(bodies)]
    answer: Json = aws.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    return answer


def test_a_message_is_received_hidden_and_deleted(aws: Account) -> None:
    url = aws.queue()
    answer = send(aws, url, "1", "2", MessageGroupId="ten_one")
    assert sorted(entry["Id"] for entry in answer["Successful"]) == ["0", "1"]
    assert not answer.get("Failed")
    messages = receive(aws, url)
    assert sorted(message["Body"] for message in messages) == ["1", "2"]
    assert receive(aws, url) == []
    for message in messages:
        aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert counted(aws, url) == (0, 0, 0)


def counted(aws: Account, url: str) -> tuple[int, ...]:
    """Return how many messages are visible, hidden and delayed."""
    names = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    )
    found = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return tuple(int(found[name]) for name in names)


def test_a_message_that_is_not_deleted_comes_again_and_is_counted(aws: Account) -> None:
    url = aws.queue()
    aws.sqs.send_message(QueueUrl=url, MessageBody="1", MessageGroupId="ten_one")
    counts = []
    for _ in range(3):
        [message] = receive(aws, url, AttributeNames=["All"])
        counts.append(message["Attributes"]["ApproximateReceiveCount"])
        assert message["Attributes"]["MessageGroupId"] == "ten_one"
        aws.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    assert counts == ["1", "2", "3"]


def test_attributes_of_a_message_are_told_when_asked_for(aws: Account) -> None:
    url = aws.queue()
    aws.sqs.send_message(QueueUrl=url, MessageBody="1")
    [plain] = receive(aws, url, VisibilityTimeout=0)
    assert "Attributes" not in plain
    [message] = receive(aws, url, AttributeNames=["ApproximateReceiveCount"], VisibilityTimeout=0)
    assert message["Attributes"] == {"ApproximateReceiveCount": "2"}
    [message] = receive(aws, url, MessageSystemAttributeNames=["All"])
    assert int(message["Attributes"]["SentTimestamp"]) > 10**12


def test_a_message_that_is_received_too_often_goes_to_the_dead_letter_queue(aws: Account) -> None:
    url, dlq = aws.queue_with_dlq(2)
    send(aws, url, "poison")
    for _ in range(2):
        assert [message["Body"] for message in receive(aws, url, VisibilityTimeout=0)] == ["poison"]
        assert receive(aws, dlq) == []
    assert receive(aws, url, VisibilityTimeout=0) == []
    assert [message["Body"] for message in receive(aws, dlq)] == ["poison"]


def test_a_batch_of_messages_has_1_to_10_entries_with_names_of_their_own(aws: Account) -> None:
    url = aws.queue()
    send(aws, url, *"0123456789")
    prefix = "AWS.SimpleQueueService."
    for entries, code in (
        ([], "EmptyBatchRequest"),
        ([("a", "x")] * 2, "BatchEntryIdsNotDistinct"),
        ([(f"{i}", "x") for i in range(11)], "TooManyEntriesInBatchRequest"),
        ([("a b", "x")], "InvalidBatchEntryId"),
    ):
        with refused(prefix + code):
            aws.sqs.send_message_batch(
                QueueUrl=url, Entries=[{"Id": i, "MessageBody": body} for i, body in entries]
            )


def test_a_batch_of_messages_has_a_mebibyte(aws: Account) -> None:
    url = aws.queue()
    half = "x" * 512 * 1024
    send(aws, url, half, half)
    with refused("AWS.SimpleQueueService.BatchRequestTooLong"):
        send(aws, url, half, half, "x")


def test_a_message_has_a_mebibyte(aws: Account) -> None:
    url = aws.queue()
    aws.sqs.send_message(QueueUrl=url, MessageBody="x" * 1024 * 1024)
    with refused("InvalidParameterValue"):
        aws.sqs.send_message(QueueUrl=url, MessageBody="x" * (1024 * 1024 + 1))


@untrue(moto="it lets some of them pass")
def test_a_message_that_xml_cannot_hold_is_refused(aws: Account) -> None:
    url = aws.queue()
    for body in ("\x00", "a\x0b", "\uffff", "\ufffe"):
        with refused("InvalidMessageContents"):
            aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    aws.sqs.send_message(QueueUrl=url, MessageBody="\t\n\r\ufffdé😀")


@untrue(moto="it lets it pass")
def test_a_wrong_message_of_a_batch_fails_alone(aws: Account) -> None:
    url = aws.queue()
    answer = send(aws, url, "1", "a\uffff", "3")
    assert [entry["Id"] for entry in answer["Successful"]] == ["0", "2"]
    [failed] = answer["Failed"]
    assert (failed["Id"], failed["SenderFault"]) == ("1", True)
    assert sorted(message["Body"] for message in receive(aws, url)) == ["1", "3"]


def test_a_message_is_delayed(aws: Account) -> None:
    url = aws.queue()
    aws.sqs.send_message(QueueUrl=url, MessageBody="1", DelaySeconds=900)
    assert receive(aws, url) == []
    assert counted(aws, url) == (0, 0, 1)


@untrue(ministack="it takes any delay")
def test_a_message_is_delayed_up_to_15_minutes(aws: Account) -> None:
    url = aws.queue()
    with refused("InvalidParameterValue"):
        aws.sqs.send_message(QueueUrl=url, MessageBody="1", DelaySeconds=901)


def test_up_to_10_messages_are_received_at_once(aws: Account) -> None:
    url = aws.queue()
    for _ in range(2):
        send(aws, url, *"0123456789")
    assert len(receive(aws, url)) == 10
    for number in (0, 11):
        with refused("InvalidParameterValue"):
            receive(aws, url, MaxNumberOfMessages=number)


def test_a_queue_that_is_not_there_is_an_error_of_its_own(aws: Account) -> None:
    url = aws.queue() + "x"
    for call in (
        lambda: send(aws, url, "1"),
        lambda: aws.sqs.send_message(QueueUrl=url, MessageBody="1"),
        lambda: aws.sqs.receive_message(QueueUrl=url),
    ):
        with refused("AWS.SimpleQueueService.NonExistentQueue"):
            call()


# The bus


def entry(aws: Account, **more: str) -> Json:
    return {
        "EventBusName": aws.bus,
        "Source": "leadsignal",
        "DetailType": "lead.created",
        "Detail": '{"a": 1}',
    } | more


def test_the_bus_takes_up_to_10_entries(aws: Account) -> None:
    answer = aws.events.put_events(Entries=[entry(aws)] * 10)
    assert answer["FailedEntryCount"] == 0
    assert len({each["EventId"] for each in answer["Entries"]}) == 10
    with refused("ValidationException"):
        aws.events.put_events(Entries=[entry(aws)] * 11)


@untrue(ministack="it takes every entry")
def test_a_wrong_entry_fails_alone(aws: Account) -> None:
    wrong = [entry(aws, Detail="{"), entry(aws, Source=""), entry(aws, Detail="")]
    answer = aws.events.put_events(Entries=[entry(aws), *wrong, entry(aws)])
    assert answer["FailedEntryCount"] == 3
    codes = [each.get("ErrorCode") for each in answer["Entries"]]
    assert codes == [None, "MalformedDetail", "InvalidArgument", "InvalidArgument", None]


@untrue(ministack="it takes every entry")
def test_a_bus_that_is_not_there_takes_nothing(aws: Account) -> None:
    with refused("ResourceNotFoundException"):
        aws.events.put_events(Entries=[entry(aws, EventBusName="nowhere")])
