"""DynamoDB in memory, as boto3's client sees it: the real adapters run on it.

It does what the service does and emulators do not: it bounds answers, leaves keys unprocessed,
reads late, refuses what the service refuses and gives no hint of an order that is not promised.
Threads may share it: each write is done whole before the next one.
The contract tests hold it to moto and MiniStack. Keys are strings, as in all our tables; a
parameter or a kind of value that no adapter uses is an error of Python.
"""

import random
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from zlib import crc32

from botocore.exceptions import ParamValidationError

from tests.bench.sizes import item_size
from tests.fakes.attributes import Answer, Item, MismatchError, RefusedError, Typed, freeze, thaw
from tests.fakes.dynamodb_requests import (
    Condition,
    condition_of,
    guard_of,
    ranges_of,
    update_of,
)
from tests.fakes.dynamodb_table import (
    INVALID,
    Change,
    Index,
    Place,
    StoredTable,
    check_item,
    key_of,
)
from tests.fakes.expressions import Term, holds
from tests.fakes.faults import Calls, operation, refusal
from tests.tables import create_tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ITEM_BYTES = 400 * 1024
PAGE_BYTES = 1024 * 1024
BATCH_BYTES = 16 * 1024 * 1024
TRANSACTION_BYTES = 4 * 1024 * 1024
BATCH_KEYS = 100
BATCH_WRITES = 25
TRANSACTION_ACTIONS = 100

_NOWHERE = "Requested resource not found"
_CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons"
_MINIMUM = "1 validation error detected: Value at '{}' failed to satisfy constraint: Member must "


class _Action(NamedTuple):
    """One action of a transaction: ``item`` is what it writes, None for nothing or a removal."""

    table: StoredTable
    key: tuple[str, str]
    writes: bool
    item: Item | None
    size: int
    condition: "Condition | None"
    show_item: bool


class FakeDynamoDB:
    """Tables in memory.

    ``calls`` counts and breaks calls; ``calls.lagging`` makes reads that are not consistent, and
    all reads of indexes, see every item as it was one write ago, until ``settle``.
    """

    service = "dynamodb"

    def __init__(self, calls: Calls | None = None) -> None:
        self.calls = calls or Calls()
        self._tables: dict[str, StoredTable] = {}
        self._tokens: dict[str, str] = {}
        self._one_at_a_time = RLock()
        self._leave: Callable[[int], int] = lambda asked: 0

    def aside(self) -> "FakeDynamoDB":
        """Return another client of the same tables, whose calls are not counted, broken or late."""
        other = FakeDynamoDB()
        other._tables = self._tables
        other._one_at_a_time = self._one_at_a_time
        return other

    @classmethod
    def from_template(cls, calls: Calls | None = None) -> "FakeDynamoDB":
        """Return one that has the tables of the template, by their logical ids."""
        made = cls(calls)
        create_tables(made.client)
        return made

    @property
    def client(self) -> "DynamoDBClient":
        """Itself, in the place of a client of boto3."""
        return cast("DynamoDBClient", self)

    # What only tests do; none of it counts as a call.

    def settle(self) -> None:
        """Let every read see the last write."""
        for table in self._tables.values():
            for row in table.rows():
                row.settled = True
            table.writes += 1

    def items(self, table: str) -> list[Answer]:
        """Return every item of a table as it is now, as boto3 would."""
        rows = self._table(table).rows()
        return [thaw(row.now) for row in rows if row.now is not None]

    def leave_unprocessed(
        self, rounds: int = 1, *, share: float = 1.0, seed: int | None = None
    ) -> None:
        """Let the next ``rounds`` BatchGetItem or BatchWriteItem leave a share of theirs undone.

        With a seed the share of each round is random, up to the one given.
        """
        chance, left = random.Random(seed), count()

        def leave(asked: int) -> int:
            if next(left) >= rounds:
                return 0
            return round(asked * share * (chance.random() if seed is not None else 1))

        self._leave = leave

    def stream(self, table: str) -> "FakeStream":
        """Return a reader of a table's changes, from the first one on."""
        return FakeStream(self._table(table))

    # What boto3's client does; making tables does not count either.

    def create_table(
        self,
        *,
        TableName: str,
        KeySchema: Sequence[Mapping[str, str]],
        AttributeDefinitions: Sequence[Mapping[str, str]],
        BillingMode: str = "PAY_PER_REQUEST",
        GlobalSecondaryIndexes: Sequence[Mapping[str, Any]] = (),
        StreamSpecification: Mapping[str, Any] | None = None,
    ) -> Answer:
        if TableName in self._tables:
            code = "ResourceInUseException"
            raise refusal("CreateTable", code, f"Table already exists: {TableName}")
        kinds = {each["AttributeName"]: each["AttributeType"] for each in AttributeDefinitions}
        if set(kinds.values()) != {"S"}:
            raise NotImplementedError("keys are strings here")
        indexes = []
        for each in GlobalSecondaryIndexes:
            projection = each["Projection"]["ProjectionType"]
            if projection not in ("ALL", "KEYS_ONLY"):
                raise NotImplementedError(projection)
            keys_only = projection == "KEYS_ONLY"
            indexes.append(Index(each["IndexName"], *_schema(each), keys_only))
        pk, sk = _schema({"KeySchema": KeySchema})
        self._tables[TableName] = StoredTable(TableName, pk, sk, indexes)
        return {"TableDescription": {"TableName": TableName, "TableStatus": "ACTIVE"}}

    def delete_table(self, *, TableName: str) -> Answer:
        with _Named("DeleteTable"):
            self._table(TableName)
        del self._tables[TableName]
        return {"TableDescription": {"TableName": TableName, "TableStatus": "DELETING"}}

    @operation
    def get_item(self, *, TableName: str, Key: Typed, ConsistentRead: bool = False) -> Answer:
        with _Named("GetItem"):
            table = self._table(TableName)
            item = self._view(table, key_of(table, freeze(Key, "Key")), ConsistentRead)
            return _answer() if item is None else _answer(Item=thaw(item))

    @operation
    def put_item(
        self,
        /,
        *,
        TableName: str,
        Item: Typed,
        ReturnValues: str = "NONE",
        **condition: Any,
    ) -> Answer:
        with _Named("PutItem"), self._one_at_a_time:
            action = self._put(TableName, Item, condition)
            return self._single(action, ReturnValues)

    @operation
    def delete_item(
        self, /, *, TableName: str, Key: Typed, ReturnValues: str = "NONE", **condition: Any
    ) -> Answer:
        with _Named("DeleteItem"), self._one_at_a_time:
            action = self._keyed(TableName, Key, condition, writes=True)
            return self._single(action, ReturnValues)

    @operation
    def batch_get_item(self, *, RequestItems: Mapping[str, Mapping[str, Any]]) -> Answer:
        with _Named("BatchGetItem"):
            wanted = self._wanted(RequestItems)
        leave = self._leave(len(wanted))
        responses: dict[str, list[Answer]] = {name: [] for name in RequestItems}
        left: dict[str, Answer] = {}
        size = 0
        for number, (table, key, consistent) in enumerate(reversed(wanted)):
            row = table.row(key)
            item = table.view(row, late=self.calls.lagging and not consistent)
            size += row.size if row else 0
            if number >= len(wanted) - leave or size > BATCH_BYTES:
                entry = left.setdefault(table.name, {"Keys": [], "ConsistentRead": consistent})
                entry["Keys"].append({table.pk: {"S": key[0]}, table.sk: {"S": key[1]}})
            elif item is not None:
                responses[table.name].append(thaw(item))
        return _answer(Responses=responses, UnprocessedKeys=left)

    @operation
    def batch_write_item(
        self, *, RequestItems: Mapping[str, Sequence[Mapping[str, Any]]]
    ) -> Answer:
        with _Named("BatchWriteItem"):
            asked = [(name, each) for name, requests in RequestItems.items() for each in requests]
            if not 1 <= len(asked) <= BATCH_WRITES:
                raise RefusedError(_MINIMUM.format("RequestItems") + "have length between 1 and 25")
            actions = [self._write_request(name, each) for name, each in asked]
            targets = [(action.table.name, action.key) for action in actions]
            if len(set(targets)) < len(targets):
                raise RefusedError("Provided list of item keys contains duplicates")
        left: dict[str, list[Any]] = {}
        leave = self._leave(len(actions))
        for number, (action, (name, each)) in enumerate(zip(actions, asked, strict=True)):
            if number < leave:
                left.setdefault(name, []).append(each)
            else:
                action.table.write(action.key, action.item, action.size)
        return _answer(UnprocessedItems=left)

    @operation
    def update_item(
        self,
        /,
        *,
        TableName: str,
        Key: Typed,
        UpdateExpression: str,
        ReturnValues: str = "NONE",
        **condition: Any,
    ) -> Answer:
        with _Named("UpdateItem"), self._one_at_a_time:
            action, changed = self._updating(TableName, Key, UpdateExpression, condition)
            row = action.table.row(action.key)
            held = row.now if row else None
            _check_condition(action, held)
            action.table.write(action.key, action.item, action.size)
            shown = {"NONE": {}, "ALL_OLD": held or {}, "UPDATED_NEW": changed}
            attributes = (shown | {"ALL_NEW": action.item or {}})[ReturnValues]
            return _answer(Attributes=thaw(attributes)) if attributes else _answer()

    @operation
    def transact_write_items(
        self, *, TransactItems: Sequence[Mapping[str, Any]], ClientRequestToken: str | None = None
    ) -> Answer:
        if not TransactItems:
            raise ParamValidationError(report="Invalid length for parameter TransactItems")
        with _Named("TransactWriteItems"), self._one_at_a_time:
            if len(TransactItems) > TRANSACTION_ACTIONS:
                raise RefusedError(
                    _MINIMUM.format("TransactItems") + "have length less than or equal to 100"
                )
            if ClientRequestToken is not None:
                asked, before = repr(TransactItems), self._tokens.get(ClientRequestToken)
                if before == asked:
                    return _answer()
                if before is not None:
                    raise RefusedError("", "IdempotentParameterMismatchException")
            self._transact(TransactItems)
            if ClientRequestToken is not None:
                self._tokens[ClientRequestToken] = asked
        return _answer()

    @operation
    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        ExpressionAttributeValues: Typed,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        IndexName: str | None = None,
        ScanIndexForward: bool = True,
        ConsistentRead: bool = False,
        Limit: int | None = None,
        ExclusiveStartKey: Typed | None = None,
        Select: str | None = None,
    ) -> Answer:
        with _Named("Query"):
            table = self._table(TableName)
            index = index_of(table, IndexName)
            if index is not None and ConsistentRead:
                raise RefusedError("Consistent reads are not supported on global secondary indexes")
            _check_limit(Limit)
            asked = {
                "KeyConditionExpression": KeyConditionExpression,
                "ExpressionAttributeValues": ExpressionAttributeValues,
                "ExpressionAttributeNames": ExpressionAttributeNames,
            }
            condition = condition_of(asked, "KeyConditionExpression")
            assert condition is not None
            partition, bounds = ranges_of(condition, *_names(table, index))
            late = self.calls.lagging and not ConsistentRead
            places = table.places(index, partition, late=late)
            start = _start(table, index, ExclusiveStartKey, partition, condition, bounds)
            if start is not None:
                at = bisect_left(places, start)
                places = (
                    places[at + (places[at : at + 1] == [start]) :]
                    if ScanIndexForward
                    else places[:at]
                )
            ordered = places if ScanIndexForward else reversed(places)
            entries = (
                table.entry(item, index)
                for place in ordered
                if (item := table.view(table.row((place.pk, place.table_sk)), late=late))
                if bounds is None or holds(bounds, item, condition.scope)
            )
            page = _page(table, index, entries, Limit)
            return {name: page[name] for name in page if Select != "COUNT" or name != "Items"}

    @operation
    def scan(
        self, *, TableName: str, Limit: int | None = None, ExclusiveStartKey: Typed | None = None
    ) -> Answer:
        with _Named("Scan"):
            table = self._table(TableName)
            _check_limit(Limit)
            last = key_of(table, freeze(ExclusiveStartKey, "Key")) if ExclusiveStartKey else None
            late = self.calls.lagging
            keys = sorted((pk, sk) for pk, each in table.partitions.items() for sk in each.rows)
            entries = (
                item
                for key in keys
                if last is None or key > last
                if (item := table.view(table.row(key), late=late))
            )
            return _page(table, None, entries, Limit)

    def _table(self, name: str) -> StoredTable:
        if name not in self._tables:
            raise RefusedError(_NOWHERE, "ResourceNotFoundException")
        return self._tables[name]

    def _view(self, table: StoredTable, key: tuple[str, str], consistent: bool) -> Item | None:
        return table.view(table.row(key), late=self.calls.lagging and not consistent)

    def _put(self, table_name: str, item: Typed, condition: Mapping[str, Any]) -> _Action:
        table = self._table(table_name)
        frozen, size = freeze(item, "Item"), item_size(item)
        check_item(table, frozen)
        if size > ITEM_BYTES:
            raise RefusedError("Item size has exceeded the maximum allowed size")
        key = (frozen[table.pk][1], frozen[table.sk][1])
        return _Action(table, key, True, frozen, size, *guard_of(condition))

    def _keyed(
        self, table_name: str, key: Typed, condition: Mapping[str, Any], *, writes: bool
    ) -> _Action:
        table = self._table(table_name)
        of = key_of(table, freeze(key, "Key"))
        return _Action(table, of, writes, None, item_size(key), *guard_of(condition))

    def _write_request(self, table_name: str, asked: Mapping[str, Any]) -> _Action:
        [(kind, fields)] = asked.items()
        if kind == "PutRequest":
            return self._put(table_name, fields["Item"], {})
        return self._keyed(table_name, fields["Key"], {}, writes=True)

    def _updating(
        self, table_name: str, key: Typed, expression: str, condition: Mapping[str, Any]
    ) -> tuple[_Action, Item]:
        """Return the action of an update, and the attributes that it changes.

        Where its condition does not hold it changes nothing, and whoever does it finds that out.
        """
        action = self._keyed(table_name, key, {}, writes=True)
        names = condition.get("ExpressionAttributeNames") or {}
        values = condition.get("ExpressionAttributeValues") or {}
        update = update_of(expression, names, values)
        guard, show = guard_of(condition, used=update.placeholders)
        guarded = action._replace(condition=guard, show_item=show)
        row = action.table.row(action.key)
        held = row.now if row else None
        pk, sk = action.key
        for each in update.assignments:
            if each.target in (action.table.pk, action.table.sk):
                raise RefusedError(
                    f"{INVALID}Cannot update attribute {each.target}. "
                    "This attribute is part of the key"
                )
        if guard is not None and not guard.met_by(held):
            return guarded, {}
        base: Item = held or {action.table.pk: ("S", pk), action.table.sk: ("S", sk)}
        changed = update.applied(base, freeze(values, "ExpressionAttributeValues"))
        item = base | changed
        check_item(action.table, item)
        size = item_size(thaw(item))
        if size > ITEM_BYTES:
            raise RefusedError("Item size to update has exceeded the maximum allowed size")
        return guarded._replace(item=item, size=size), changed

    def _single(self, action: _Action, values: str) -> Answer:
        row = action.table.row(action.key)
        held = row.now if row else None
        _check_condition(action, held)
        action.table.write(action.key, action.item, action.size)
        if values == "ALL_OLD" and held is not None:
            return _answer(Attributes=thaw(held))
        return _answer()

    def _wanted(
        self, request: Mapping[str, Mapping[str, Any]]
    ) -> list[tuple[StoredTable, tuple[str, str], bool]]:
        number = sum(len(entry["Keys"]) for entry in request.values())
        if not number:
            name = f"RequestItems.{next(iter(request))}.member.Keys" if request else "RequestItems"
            raise RefusedError(_MINIMUM.format(name) + "have length greater than or equal to 1")
        if number > BATCH_KEYS:
            raise RefusedError("Too many items requested for the BatchGetItem call")
        wanted = []
        for name, entry in request.items():
            table = self._table(name)
            keys = [key_of(table, freeze(key, "Key")) for key in entry["Keys"]]
            if len(set(keys)) < len(keys):
                raise RefusedError("Provided list of item keys contains duplicates")
            wanted += [(table, key, entry.get("ConsistentRead", False)) for key in keys]
        return wanted

    def _transact(self, asked: Sequence[Mapping[str, Any]]) -> None:
        actions: list[_Action | None] = []
        reasons: list[Answer] = []
        for each in asked:
            try:
                actions.append(self._action(each))
                reasons.append({"Code": "None"})
            except MismatchError as error:
                actions.append(None)
                reasons.append({"Code": "ValidationError", "Message": str(error)})
        known = [action for action in actions if action is not None]
        targets = [(action.table.name, action.key) for action in known]
        if len(set(targets)) < len(targets):
            message = "Transaction request cannot include multiple operations on one item"
            raise RefusedError(message)
        if sum(action.size for action in known) > TRANSACTION_BYTES:
            raise RefusedError("The aggregate size of the items exceeds 4 MB")
        if len(known) == len(actions):
            reasons = [_reason(action) for action in known]
        _cancel_for(reasons)
        for action in known:
            if action.writes:
                action.table.write(action.key, action.item, action.size)

    def _action(self, asked: Mapping[str, Any]) -> _Action:
        [(kind, fields)] = asked.items()
        condition = dict(fields)
        name = condition.pop("TableName")
        if kind == "Put":
            return self._put(name, condition.pop("Item"), condition)
        if kind in ("Delete", "ConditionCheck"):
            return self._keyed(name, condition.pop("Key"), condition, writes=kind == "Delete")
        if kind == "Update":
            key, expression = condition.pop("Key"), condition.pop("UpdateExpression")
            return self._updating(name, key, expression, condition)[0]
        raise NotImplementedError(f"no adapter uses {kind}")


class FakeStream:
    """A reader of one table's changes, shaped like the records of boto3's ``get_records``.

    The records of one item come in the order of its writes; a reader may be sent back, for a
    stream hands records out again after a failure.
    """

    def __init__(self, table: StoredTable) -> None:
        self._table = table
        self.position = 0

    def take(self, limit: int | None = None) -> list[Answer]:
        """Return the next records, all there are or ``limit``."""
        end = len(self._table.changes) if limit is None else self.position + limit
        changes = self._table.changes[self.position : end]
        self.position += len(changes)
        return [self._record(change) for change in changes]

    def rewind(self, by: int | None = None) -> None:
        """Go back by so many records, or to the first one."""
        self.position = 0 if by is None else max(0, self.position - by)

    def _record(self, change: Change) -> Answer:
        known = change.after or change.before
        assert known is not None
        images = {"OldImage": change.before, "NewImage": change.after}
        shown = {name: thaw(item) for name, item in images.items() if item is not None}
        kinds = {"OldImage": "REMOVE", "NewImage": "INSERT"}
        name = "MODIFY" if len(shown) > 1 else kinds[next(iter(shown))]
        keys = thaw({attribute: known[attribute] for attribute in (self._table.pk, self._table.sk)})
        return {
            "eventID": f"{self._table.name}-{change.number:032x}",
            "eventName": name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": datetime(2026, 1, 15, 12, tzinfo=UTC),
                "Keys": keys,
                **shown,
                "SequenceNumber": f"{change.number:021d}",
                "SizeBytes": item_size(keys) + sum(map(item_size, shown.values())),
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
        }


class _Named:
    """Turns a refusal into the error of an operation."""

    def __init__(self, operation_name: str) -> None:
        self._operation = operation_name

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RefusedError):
            raise refusal(self._operation, error.code, str(error), **error.more) from error
        if isinstance(error, UnicodeEncodeError):
            raise refusal(self._operation, "SerializationException", "") from error


def _answer(**content: Any) -> Answer:
    return {**content, "ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}


def _schema(table: Mapping[str, Any]) -> tuple[str, str]:
    named = {each["KeyType"]: each["AttributeName"] for each in table["KeySchema"]}
    return named["HASH"], named["RANGE"]


def index_of(table: StoredTable, name: str | None) -> Index | None:
    if name is not None and name not in table.indexes:
        raise RefusedError(f"The table does not have the specified index: {name}")
    return table.indexes[name] if name is not None else None


def _names(table: StoredTable, index: Index | None) -> tuple[str, str]:
    return (index.pk, index.sk) if index else (table.pk, table.sk)


def _check_limit(limit: int | None) -> None:
    if limit is not None and limit < 1:
        raise ParamValidationError(report=f"Invalid value for parameter Limit, value: {limit}")


def _start(
    table: StoredTable,
    index: Index | None,
    given: Typed | None,
    partition: str,
    condition: Condition,
    bounds: Term | None,
) -> Place | None:
    """Return the place that an earlier page ended at."""
    if given is None:
        return None
    key = freeze(given, "ExclusiveStartKey")
    pk, sk = _names(table, index)
    if set(key) != {table.pk, table.sk, pk, sk} or any(kind != "S" for kind, _ in key.values()):
        raise RefusedError("The provided starting key is invalid")
    if key[pk][1] != partition:
        raise RefusedError(
            "The provided starting key is outside query boundaries based on provided conditions"
        )
    if bounds is not None and not holds(bounds, key, condition.scope):
        raise RefusedError("The provided starting key does not match the range key predicate")
    of = (key[table.pk][1], key[table.sk][1])
    return Place(key[sk][1], crc32("|".join(of).encode()) if index else 0, *of)


def _page(
    table: StoredTable, index: Index | None, entries: Iterator[Item], limit: int | None
) -> Answer:
    """Return entries up to a page's limits.

    A page that reached ``limit`` names its end, though nothing may come after it.
    """
    items: list[Answer] = []
    size, more = 0, False
    for entry in entries:
        item = thaw(entry)
        size += item_size(item)
        if items and size > PAGE_BYTES:
            more = True
            break
        items.append(item)
        if len(items) == limit:
            more = True
            break
    page = _answer(Items=items, Count=len(items), ScannedCount=len(items))
    if more:
        names = sorted({table.pk, table.sk, *_names(table, index)})
        page["LastEvaluatedKey"] = {name: dict(items[-1][name]) for name in names}
    return page


def _check_condition(action: _Action, held: Item | None) -> None:
    if action.condition is not None and not action.condition.met_by(held):
        more = {"Item": thaw(held)} if action.show_item and held is not None else {}
        message = "The conditional request failed"
        raise RefusedError(message, "ConditionalCheckFailedException", **more)


def _cancel_for(reasons: list[Answer]) -> None:
    codes = [reason["Code"] for reason in reasons]
    if set(codes) != {"None"}:
        raise RefusedError(
            f"{_CANCELLED} [{', '.join(codes)}]",
            "TransactionCanceledException",
            CancellationReasons=reasons,
        )


def _reason(action: _Action) -> Answer:
    row = action.table.row(action.key)
    held = row.now if row else None
    if action.condition is None or action.condition.met_by(held):
        return {"Code": "None"}
    shown = {"Item": thaw(held)} if action.show_item and held is not None else {}
    return {
        "Code": "ConditionalCheckFailed",
        "Message": "The conditional request failed",
        **shown,
    }
