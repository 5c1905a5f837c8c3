"""Counts every AWS call of a boto3 session, and what it bills; the code under test knows nothing.

Hooks of botocore see each request and its answer. Write units are taken from the answers
(``ReturnConsumedCapacity`` is added to every request) when the emulator can be trusted with them,
and are computed from the items as well; where the two differ, the larger counts and the difference
is kept to be printed. Read units are computed from the items, because MiniStack answers reads
without regard to their size and batch reads not at all.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import Any

import boto3

from tests.bench.sizes import (
    ITEM_OVERHEAD,
    Index,
    Typed,
    bus_entries,
    item_size,
    read_units,
    sqs_requests,
    write_steps,
    write_units,
)
from tests.template import resources

BOOKS = ("UpdateItem", "CacheTable")
"""What functions count of keys. It goes by the minute, key and worker, not by the event: it is
counted apart, and no event is charged with it."""

type Place = tuple[str, str, str]  # table, pk, sk


@dataclass
class Counts:
    """What was used in some stretch of work."""

    events: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    write_units: float = 0
    dearest: float = 0  # write units of the request that took most
    read_units: float = 0
    conditional_writes: int = 0
    failed_conditions: int = 0
    sqs_requests: Counter[str] = field(default_factory=Counter)  # send, receive, delete
    bus_entries: int = 0
    http_requests: int = 0
    invocations: Counter[str] = field(default_factory=Counter)
    waits: Counter[str] = field(
        default_factory=Counter
    )  # calls by the function that waits for them
    cpu_seconds: float = 0  # of the handlers
    log_bytes: int = 0
    answer_bytes: int = 0
    stored_bytes: int = 0
    writes: Counter[str] = field(default_factory=Counter)  # write units by table and index
    books: Counter[str] = field(default_factory=Counter)  # writes by function, see ``BOOKS``
    differences: list[str] = field(default_factory=list)

    def add(self, other: "Counts") -> None:
        """Add what another stretch of work used."""
        dearest = max(self.dearest, other.write_units)
        for each in fields(self):
            if isinstance(getattr(self, each.name), Counter):
                getattr(self, each.name).update(getattr(other, each.name))
            else:
                setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
        self.dearest = dearest

    @property
    def all_calls(self) -> int:
        """AWS calls that our functions made."""
        return self.calls.total()

    @property
    def all_sqs(self) -> int:
        """SQS requests billed, those of the Lambda service included."""
        return self.sqs_requests.total()


def _place(table: str, item: Typed) -> Place:
    return table, item["pk"]["S"], item["sk"]["S"]


class Meter:
    """Hooks on a session, and the counts that they add to."""

    def __init__(self, *, answers_bill: bool) -> None:
        self.counts = Counts()
        self.function = ""  # which one is running
        self.light = False  # pass messages on, count no units: what is timed should do little else
        self.sent: dict[str, list[str]] = {}  # queue URL → bodies that it took
        self.told: list[dict[str, Any]] = []  # entries that the bus took
        self.items: dict[Place, Typed] = {}
        self._answers_bill = answers_bill
        self._indexes: dict[str, list[Index]] = {}
        self._lock = Lock()  # handlers may call from several threads

    def know_tables(self, extra: Mapping[str, str]) -> None:
        """Learn the indexes of the template's tables; ``extra`` maps a copy's name to its model."""
        tables = resources("AWS::DynamoDB::Table")
        models = {name: name for name in tables} | dict(extra)
        for name, model in models.items():
            self._indexes[name] = [
                Index(index["IndexName"], tuple(k["AttributeName"] for k in index["KeySchema"]))
                for index in tables[model].get("GlobalSecondaryIndexes", [])
            ]

    def attach(self, session: boto3.Session) -> None:
        """Count the calls of every client that the session makes from now on."""
        before: Any = self._before  # the stubs know no hook that returns something
        session.events.register("provide-client-params", before)
        session.events.register("after-call", self._after)

    @contextmanager
    def counting(self) -> Iterator[Counts]:
        """Count into fresh counts, and hand them out."""
        outer, self.counts = self.counts, Counts()
        try:
            yield self.counts
        finally:
            self.counts = outer

    def _before(
        self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any
    ) -> dict[str, Any] | None:
        context["metered"] = params
        if (
            self.light
            or model.service_model.service_name != "dynamodb"
            or "ReturnConsumedCapacity" in params
        ):
            return None
        more = {"ReturnConsumedCapacity": "INDEXES"}
        if model.name == "UpdateItem" and "ReturnValues" not in params:
            more["ReturnValues"] = "ALL_NEW"  # the new item is needed to compute its units
        return params | more

    def _after(self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        params = context["metered"]
        service = model.service_model.service_name
        with self._lock:
            self._count(service, model.name, params, parsed)

    def _count(
        self, service: str, operation: str, params: dict[str, Any], parsed: dict[str, Any]
    ) -> None:
        if self.light and service == "dynamodb":
            return
        if (operation, params.get("TableName")) == BOOKS:
            self.counts.books[self.function] += 1
            return
        tries = 1 + parsed["ResponseMetadata"].get("RetryAttempts", 0)
        self.counts.calls[f"{service}:{operation}"] += tries
        self.counts.waits[self.function] += tries
        failed = "Error" in parsed
        if service == "dynamodb":
            self._dynamodb(operation, params, parsed, failed=failed)
        elif service == "sqs" and not failed:
            self._sqs(operation, params)
        elif service == "events" and not failed:
            entries = params["Entries"]
            self.told += entries
            self.counts.bus_entries += bus_entries(entry["Detail"] for entry in entries)

    def _sqs(self, operation: str, params: Mapping[str, Any]) -> None:
        entries = [params] if operation == "SendMessage" else params["Entries"]
        bodies = [entry["MessageBody"] for entry in entries]
        self.sent.setdefault(params["QueueUrl"], []).extend(bodies)
        self.counts.sqs_requests["send"] += sqs_requests(bodies)

    def _dynamodb(
        self, operation: str, params: dict[str, Any], parsed: dict[str, Any], *, failed: bool
    ) -> None:
        if operation in ("GetItem", "Query", "BatchGetItem"):
            if not failed:
                self.counts.read_units += _reading(operation, params, parsed)
            return
        if operation == "TransactWriteItems":
            puts = [entry["Put"] for entry in params["TransactItems"]]
        else:
            puts = [params]
        self.counts.conditional_writes += sum("ConditionExpression" in put for put in puts)
        if failed:
            self.counts.failed_conditions += 1
            self.counts.write_units += sum(
                self._refused(put) * (2 if len(puts) > 1 else 1) for put in puts
            )
            return
        computed: Counter[str] = Counter()
        for put in puts:
            computed += self._written(
                put, parsed.get("Attributes"), transaction=operation == "TransactWriteItems"
            )
        answered = _answered_units(parsed)
        units = float(computed.total())
        if self._answers_bill and answered != units:
            self.counts.differences.append(
                f"{operation} on {puts[0]['TableName']}: answered {answered}, computed {units}"
            )
            units = max(units, answered)
        self.counts.write_units += units
        self.counts.writes += computed

    def _refused(self, put: Mapping[str, Any]) -> int:
        """Return the units of a write whose condition failed: of the larger of the two items."""
        item = put.get("Item") or put["Key"]
        held = self.items.get(_place(put["TableName"], item))
        return write_steps(max(item_size(item), item_size(held)))

    def _written(
        self, put: Mapping[str, Any], attributes: Typed | None, *, transaction: bool
    ) -> Counter[str]:
        """Keep the item as it is now, and return the units by table and index."""
        table = put["TableName"]
        after = put.get("Item") or attributes
        if after is None:
            raise ValueError(f"nothing here is written to {table} but by put and update")
        place = _place(table, after)
        before = self.items.get(place)
        self.items[place] = after
        grown = item_size(after) - item_size(before) + (0 if before else ITEM_OVERHEAD)
        self.counts.stored_bytes += grown
        units = Counter({table: write_units(before, after, (), transaction=transaction)})
        for index in self._indexes[table]:
            if spent := index.units(before, after):
                units[f"{table}.{index.name}"] = spent
        return units


def _answered_units(parsed: Mapping[str, Any]) -> float:
    consumed = parsed.get("ConsumedCapacity") or []
    entries = consumed if isinstance(consumed, list) else [consumed]
    return float(sum(entry["CapacityUnits"] for entry in entries))


def _reading(operation: str, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> float:
    if operation == "GetItem":
        sizes = [item_size(parsed.get("Item"))]
        return read_units(sizes, consistent=params.get("ConsistentRead", False))
    if operation == "Query":
        total = sum(item_size(item) for item in parsed["Items"])
        return read_units([total], consistent=params.get("ConsistentRead", False))
    units = 0.0
    for table, request in params["RequestItems"].items():
        sizes = [item_size(item) for item in parsed["Responses"].get(table, [])]
        sizes += [0] * (len(request["Keys"]) - len(sizes))
        units += read_units(sizes, consistent=request.get("ConsistentRead", False))
    return units
