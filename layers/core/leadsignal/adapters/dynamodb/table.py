"""One DynamoDB table: plain Python values in and out, conditions by intent, errors translated.

Values are ``str``, ``int``, ``bytes`` and ``bool``; structured data is stored as one JSON string
or one compressed blob, so no item needs DynamoDB's nested types.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from botocore.exceptions import BotoCoreError, ClientError

from leadsignal.adapters.dynamodb.keys import Key
from leadsignal.errors import ConflictError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Value = str | int | bytes | bool
type Item = Mapping[str, Value]

BATCH_GET_LIMIT = 100  # BatchGetItem accepts at most 100 keys
BATCH_WRITE_LIMIT = 25  # BatchWriteItem accepts at most 25 items
TRANSACTION_LIMIT = 100  # TransactWriteItems accepts at most 100 actions
UNPROCESSED_ROUNDS = 5

_CONFLICTS = {"ConditionalCheckFailedException", "TransactionCanceledException"}
_PASSING = {
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}


def encode(item: Item) -> dict[str, Any]:
    """Return the item as DynamoDB attribute values."""
    encoded: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, bool):
            encoded[name] = {"BOOL": value}
        elif isinstance(value, int):
            encoded[name] = {"N": str(value)}
        elif isinstance(value, bytes):
            encoded[name] = {"B": value}
        else:
            encoded[name] = {"S": value}
    return encoded


def decode(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain values of DynamoDB attribute values."""
    item: dict[str, Any] = {}
    for name, typed in attributes.items():
        [(kind, value)] = typed.items()
        item[name] = int(value) if kind == "N" else value
    return item


def translate(error: BotoCoreError | ClientError) -> Exception:
    """Return our error for a failed call; an error of unknown meaning comes back as it is."""
    if isinstance(error, BotoCoreError):
        return TransientError(f"storage could not be reached: {type(error).__name__}")
    code = error.response["Error"]["Code"]
    if code in _CONFLICTS:
        return ConflictError("the item changed since it was read")
    if code in _PASSING:
        return TransientError(f"storage answered {code}")
    return error


def _is_version(version: int) -> Any:
    """Return the condition that an item is there in this version."""
    return {
        "ConditionExpression": "version = :version",
        "ExpressionAttributeValues": {":version": {"N": str(version)}},
    }


def _is_below(version: int) -> Any:
    """Return the condition that an item has no such version, nor a later one."""
    return {
        "ConditionExpression": "attribute_not_exists(version) OR version < :version",
        "ExpressionAttributeValues": {":version": {"N": str(version)}},
    }


class Put:
    """One conditional put, to be done alone or within a transaction."""

    def __init__(
        self,
        key: Key,
        item: Item,
        *,
        if_absent: bool = False,
        if_version: int | None = None,
        if_holds: Item | None = None,
    ) -> None:
        self.item = {"pk": key.pk, "sk": key.sk, **item}
        self.condition: dict[str, Any] = {}
        if if_absent:
            self.condition = {"ConditionExpression": "attribute_not_exists(pk)"}
        elif if_version is not None:
            self.condition = _is_version(if_version)
        elif if_holds is not None:
            self.condition = _holds(if_holds)


def _holds(values: Item) -> dict[str, Any]:
    """Return the condition that an item has just these values of these attributes."""
    names = list(values)
    return {
        "ConditionExpression": " AND ".join(f"#a{n} = :a{n}" for n in range(len(names))),
        "ExpressionAttributeNames": {f"#a{n}": name for n, name in enumerate(names)},
        "ExpressionAttributeValues": encode({f":a{n}": values[k] for n, k in enumerate(names)}),
    }


class Check(NamedTuple):
    """The version that an item must still have, within a transaction."""

    key: Key
    version: int


class Delete(NamedTuple):
    """An item to be removed, if it is there, within a transaction; apart from one only where its
    version is ``below``, if that is given."""

    key: Key
    below: int | None = None


class Add(NamedTuple):
    """Numbers to add to those of an item, and other attributes to set, to be done alone or within
    a transaction. What is not there is made: the item, and numbers as if they had been zero."""

    key: Key
    numbers: Mapping[str, int]
    also: Item

    @property
    def request(self) -> Any:
        """What an update is asked for."""
        added = {f"#a{place}": name for place, name in enumerate(self.numbers)}
        assigned = {f"#s{place}": name for place, name in enumerate(self.also)}
        values: dict[str, Value] = {
            f":{name[1:]}": self.numbers[number] for name, number in added.items()
        }
        values |= {f":{name[1:]}": self.also[other] for name, other in assigned.items()}
        return {
            "UpdateExpression": f"SET {_listed(assigned, ' = ')} ADD {_listed(added, ' ')}",
            "ExpressionAttributeNames": added | assigned,
            "ExpressionAttributeValues": encode(values),
        }


type Action = Put | Check | Delete | Add


class Table:
    """A table by name. Every method raises ``TransientError`` when a retry may help."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: Key, *, consistent: bool = False) -> dict[str, Any] | None:
        """Return the item at ``key``, or None."""
        try:
            answer = self.client.get_item(
                TableName=self.name, Key=encode(key._asdict()), ConsistentRead=consistent
            )
        except (BotoCoreError, ClientError) as error:
            raise translate(error) from error
        return decode(answer["Item"]) if "Item" in answer else None

    def put(self, put: Put) -> None:
        """Write one item.

        Raises:
            ConflictError: the condition of the put does not hold.
        """
        try:
            self.client.put_item(TableName=self.name, Item=encode(put.item), **put.condition)
        except (BotoCoreError, ClientError) as error:
            raise translate(error) from error

    def write_all(self, actions: Sequence[Action]) -> None:
        """Write up to 100 items in one transaction: all or none, and only if every check holds.

        Raises:
            ConflictError: a condition does not hold, or another write was under way.
        """
        write_together([(self, action) for action in actions])

    def action(self, action: Action) -> Any:
        """Return an action on this table as a transaction takes it."""
        if isinstance(action, Put):
            put = {"TableName": self.name, "Item": encode(action.item)}
            return {"Put": action.condition | put}
        if isinstance(action, Add):
            key = encode(action.key._asdict())
            return {"Update": {"TableName": self.name, "Key": key, **action.request}}
        if isinstance(action, Delete):
            return {"Delete": {"TableName": self.name, "Key": encode(action.key._asdict())}}
        return {
            "ConditionCheck": {
                "TableName": self.name,
                "Key": encode(action.key._asdict()),
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": {":version": {"N": str(action.version)}},
            }
        }

    def write_many(self, puts: Sequence[Put]) -> None:
        """Write items of different keys, in any order and without conditions; 25 in one call.

        Raises:
            TransientError: storage failed, or kept leaving items unwritten; some may be written.
        """
        self._write_batches([{"PutRequest": {"Item": encode(put.item)}} for put in puts])

    def delete_many(self, keys: Sequence[Key]) -> None:
        """Remove the items at different keys, those that there are; 25 in one call.

        Raises:
            TransientError: storage failed, or kept leaving items; some may be gone.
        """
        self._write_batches([{"DeleteRequest": {"Key": encode(key._asdict())}} for key in keys])

    def _write_batches(self, requests: Sequence[Any]) -> None:
        for batch in batched(requests, BATCH_WRITE_LIMIT, strict=False):
            request: Any = {self.name: list(batch)}
            for _ in range(UNPROCESSED_ROUNDS):
                try:
                    answer = self.client.batch_write_item(RequestItems=request)
                except (BotoCoreError, ClientError) as error:
                    raise translate(error) from error
                request = answer.get("UnprocessedItems")
                if not request:
                    break
            else:
                raise TransientError("storage left items unwritten")

    def set_attribute(self, key: Key, name: str, value: Value) -> None:
        """Set one attribute of an item, whatever else happens to it.

        Raises:
            ConflictError: there is no such item.
        """
        self._update(
            key,
            UpdateExpression="SET #name = :value",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues=encode({":value": value}),
        )

    def set_once(self, key: Key, name: str, value: Value) -> None:
        """Set one attribute of an item, which is made if there is none, unless it is set.

        Raises:
            ConflictError: it is set already.
        """
        self._update(
            key,
            UpdateExpression="SET #name = :value",
            ConditionExpression="attribute_not_exists(#name)",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues=encode({":value": value}),
        )

    def raise_value(self, key: Key, name: str, value: int | str) -> None:
        """Set one number or text of an item, which is made if there is none, to a larger value.

        Raises:
            ConflictError: it is as large already.
        """
        self._update(
            key,
            UpdateExpression="SET #name = :value",
            ConditionExpression="attribute_not_exists(#name) OR #name < :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues=encode({":value": value}),
        )

    def add(self, key: Key, numbers: Mapping[str, int], *, also: Item) -> None:
        """Add to numbers of an item and set other attributes of it, all at once.

        What is not there is made: the item, and numbers as if they had been zero.
        """
        self._update(key, **Add(key, numbers, also).request)

    def _update(self, key: Key, **request: Any) -> None:
        try:
            self.client.update_item(TableName=self.name, Key=encode(key._asdict()), **request)
        except (BotoCoreError, ClientError) as error:
            raise translate(error) from error

    def put_or_see(
        self, key: Key, item: Item, *, condition: str, values: Item
    ) -> dict[str, Any] | None:
        """Write one item if a condition holds; return None, or the item that stood in the way."""
        try:
            self.client.put_item(
                TableName=self.name,
                Item=encode({"pk": key.pk, "sk": key.sk, **item}),
                ConditionExpression=condition,
                ExpressionAttributeValues=encode(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (BotoCoreError, ClientError) as error:
            return _in_the_way(error)
        return None

    def update_or_see(
        self, key: Key, expression: str, *, condition: str, values: Item
    ) -> tuple[bool, dict[str, Any]]:
        """Change an item if a condition holds.

        Return True with what it is now, or False with the item that stood in the way; an item that
        is not there has no attributes.
        """
        try:
            answer = self.client.update_item(
                TableName=self.name,
                Key=encode(key._asdict()),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=encode(values),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except (BotoCoreError, ClientError) as error:
            return False, _in_the_way(error)
        return True, decode(answer["Attributes"])

    def delete(
        self,
        key: Key,
        *,
        if_version: int | None = None,
        if_below: int | None = None,
        if_holds: Item | None = None,
    ) -> None:
        """Remove the item at ``key``, if there is one; ``if_holds``: if it has these values;
        ``if_below``: if its version is, or it has none.

        Raises:
            ConflictError: it is not in the version, or has not the values, that were asked for.
        """
        condition = {} if if_version is None else _is_version(if_version)
        condition |= {} if if_below is None else _is_below(if_below)
        condition |= {} if if_holds is None else _holds(if_holds)
        try:
            self.client.delete_item(TableName=self.name, Key=encode(key._asdict()), **condition)
        except (BotoCoreError, ClientError) as error:
            raise translate(error) from error

    def query(
        self,
        pk: str,
        *,
        prefix: str | None = None,
        after: str | None = None,
        before: str | None = None,
        index: tuple[str, str, str] | None = None,
        ascending: bool = True,
        consistent: bool = False,
        page_size: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield the items of one partition in the order of their sort keys.

        ``prefix`` keeps sort keys that begin with it; ``after`` and ``before`` are exclusive
        bounds. ``index`` is (name, partition attribute, sort attribute). Pages are read as they
        are consumed.
        """
        index_name, pk_name, sk_name = index or (None, "pk", "sk")
        request: dict[str, Any] = {
            "TableName": self.name,
            "ScanIndexForward": ascending,
            **_key_condition(pk_name, pk, sk_name, prefix=prefix, after=after, before=before),
        }
        if index_name:
            request["IndexName"] = index_name
        elif consistent:
            request["ConsistentRead"] = True
        if page_size:
            request["Limit"] = page_size
        while request:
            try:
                answer = self.client.query(**request)
            except (BotoCoreError, ClientError) as error:
                raise translate(error) from error
            yield from map(decode, answer["Items"])
            start = answer.get("LastEvaluatedKey")
            request = request | {"ExclusiveStartKey": start} if start else {}

    def count(
        self, pk: str, *, most: int, index: tuple[str, str, str] | None = None
    ) -> tuple[int, bool]:
        """Return how many items a partition has, and whether these are all; no more than ``most``
        are counted. ``index`` is as for a query."""
        index_name, pk_name, sk_name = index or (None, "pk", "sk")
        request: dict[str, Any] = {
            "TableName": self.name,
            "Select": "COUNT",
            **_key_condition(pk_name, pk, sk_name, prefix=None, after=None, before=None),
        }
        if index_name:
            request["IndexName"] = index_name
        counted = 0
        while True:
            try:
                answer = self.client.query(**request, Limit=most + 1 - counted)
            except (BotoCoreError, ClientError) as error:
                raise translate(error) from error
            counted += answer["Count"]
            start = answer.get("LastEvaluatedKey")
            if not start or counted > most:
                return min(counted, most), counted <= most
            request["ExclusiveStartKey"] = start


def _listed(placeholders: Iterable[str], sign: str) -> str:
    return ", ".join(f"{name}{sign}:{name[1:]}" for name in placeholders)


def _in_the_way(error: BotoCoreError | ClientError) -> dict[str, Any]:
    """Return the item that did not meet a condition; raise whatever else went wrong."""
    translated = translate(error)
    if not isinstance(translated, ConflictError) or not isinstance(error, ClientError):
        raise translated from error
    held: Mapping[str, Any] = cast("Mapping[str, Any]", error.response).get("Item", {})
    return decode(held)


def _key_condition(
    pk_name: str,
    pk: str,
    sk_name: str,
    *,
    prefix: str | None,
    after: str | None,
    before: str | None,
) -> dict[str, Any]:
    """Return the part of a query that says which keys; at most one bound is given."""
    bounds = (("begins_with(#sk, :sk)", prefix), ("#sk > :sk", after), ("#sk < :sk", before))
    given = [(condition, value) for condition, value in bounds if value is not None]
    conditions, values, names = ["#pk = :pk"], {":pk": {"S": pk}}, {"#pk": pk_name}
    for condition, value in given:
        conditions.append(condition)
        values[":sk"], names["#sk"] = {"S": value}, sk_name
    return {
        "KeyConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def write_together(actions: Sequence[tuple[Table, Action]]) -> None:
    """Write up to 100 items of several tables in one transaction: all or none, and only if every
    check holds.

    Raises:
        ConflictError: a condition does not hold, or another write was under way.
    """
    items = [table.action(action) for table, action in actions]
    try:
        actions[0][0].client.transact_write_items(TransactItems=items)
    except (BotoCoreError, ClientError) as error:
        raise translate(error) from error


def get_many(
    wanted: Sequence[tuple[Table, Key]], *, consistent: bool = False
) -> dict[tuple[str, Key], dict[str, Any]]:
    """Return the items that exist among ``wanted``, by (table name, key); one call per 100 keys.

    Raises:
        TransientError: the service kept leaving keys unprocessed.
    """
    found: dict[tuple[str, Key], dict[str, Any]] = {}
    unique = list(dict.fromkeys((table.name, key) for table, key in wanted))
    if not unique:
        return found
    client = wanted[0][0].client
    for start in range(0, len(unique), BATCH_GET_LIMIT):
        request: dict[str, Any] = {}
        for name, key in unique[start : start + BATCH_GET_LIMIT]:
            entry = request.setdefault(name, {"Keys": [], "ConsistentRead": consistent})
            entry["Keys"].append(encode(key._asdict()))
        for name, item in _read_batch(client, request):
            found[name, Key(item["pk"], item["sk"])] = item
    return found


def _read_batch(
    client: "DynamoDBClient", request: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (table name, item) for the keys of one BatchGetItem, asking again for what is left."""
    for _ in range(UNPROCESSED_ROUNDS):
        try:
            answer = client.batch_get_item(RequestItems=request)
        except (BotoCoreError, ClientError) as error:
            raise translate(error) from error
        for name, items in answer["Responses"].items():
            yield from ((name, decode(item)) for item in items)
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return
    raise TransientError("storage left keys unread")
