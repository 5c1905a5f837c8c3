"""One table of the fake DynamoDB: its items now and before, its indexes, its changes, its keys."""

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

from tests.fakes.attributes import Item, MismatchError, RefusedError

PARTITION_KEY_BYTES = 2048
SORT_KEY_BYTES = 1024
INVALID = "One or more parameter values were invalid: "
EMPTY = "One or more parameter values are not valid. The AttributeValue for a key attribute "

_NO_KEY = "The provided key element does not match the schema"


@dataclass(slots=True)
class Row:
    """An item now and before its last write; None: there is or was none."""

    now: Item | None = None
    before: Item | None = None
    settled: bool = True
    size: int = 0


@dataclass(slots=True)
class Partition:
    rows: dict[str, Row] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)


class Index(NamedTuple):
    name: str
    pk: str
    sk: str
    keys_only: bool


class Place(NamedTuple):
    """The place of an item in a partition of a table or an index."""

    sk: str
    tie: int  # items of one index key come in no order that could be relied on
    pk: str
    table_sk: str


class Change(NamedTuple):
    number: int
    before: Item | None
    after: Item | None


class StoredTable:
    def __init__(self, name: str, pk: str, sk: str, indexes: Sequence[Index]) -> None:
        self.name = name
        self.pk = pk
        self.sk = sk
        self.indexes = {index.name: index for index in indexes}
        self.partitions: dict[str, Partition] = {}
        self.changes: list[Change] = []
        self.writes = 0
        self._listed: dict[tuple[str, bool], tuple[int, dict[str, list[Place]]]] = {}

    def row(self, key: tuple[str, str]) -> Row | None:
        partition = self.partitions.get(key[0])
        return partition.rows.get(key[1]) if partition else None

    def view(self, row: Row | None, *, late: bool) -> Item | None:
        if row is None:
            return None
        return row.before if late and not row.settled else row.now

    def write(self, key: tuple[str, str], item: Item | None, size: int) -> None:
        self.writes += 1
        partition = self.partitions.setdefault(key[0], Partition())
        row = partition.rows.get(key[1])
        if row is None:
            if item is None:
                return
            row = partition.rows[key[1]] = Row()
            insort(partition.order, key[1])
        row.before, row.now, row.settled, row.size = row.now, item, False, size
        if row.before != item:  # a write that changes nothing is not in the stream
            self.changes.append(Change(len(self.changes) + 1, row.before, item))

    def rows(self) -> Iterator[Row]:
        for partition in self.partitions.values():
            yield from partition.rows.values()

    def places(self, index: Index | None, pk: str, *, late: bool) -> list[Place]:
        """Return the places of a partition, ascending."""
        if index is None:
            partition = self.partitions.get(pk)
            return [Place(sk, 0, pk, sk) for sk in partition.order] if partition else []
        known, listed = self._listed.get((index.name, late), (-1, {}))
        if known != self.writes:
            listed = self._list(index, late=late)
            self._listed[index.name, late] = (self.writes, listed)
        return listed.get(pk, [])

    def _list(self, index: Index, *, late: bool) -> dict[str, list[Place]]:
        listed: dict[str, list[Place]] = {}
        for pk, partition in self.partitions.items():
            for sk, row in partition.rows.items():
                item = self.view(row, late=late)
                if item is not None and index.pk in item and index.sk in item:
                    tie = crc32(f"{pk}|{sk}".encode())
                    place = Place(item[index.sk][1], tie, pk, sk)
                    listed.setdefault(item[index.pk][1], []).append(place)
        for places in listed.values():
            places.sort()
        return listed

    def entry(self, item: Item, index: Index | None) -> Item:
        """Return what of an item is in an index."""
        if index is None or not index.keys_only:
            return item
        return {name: item[name] for name in (self.pk, self.sk, index.pk, index.sk)}


def key_of(table: StoredTable, key: Item) -> tuple[str, str]:
    """Return the key that was given for an item of a table."""
    if set(key) != {table.pk, table.sk} or any(kind != "S" for kind, _ in key.values()):
        raise MismatchError(_NO_KEY)
    _check_key(table, key)
    return key[table.pk][1], key[table.sk][1]


def _check_key(table: StoredTable, item: Item) -> None:
    for name in (table.pk, table.sk):
        if not item[name][1]:
            raise RefusedError(f"{EMPTY}cannot contain an empty string value. Key: {name}")
    _check_key_sizes(item[table.pk][1], item[table.sk][1])


def _check_key_sizes(pk: str, sk: str) -> None:
    if len(pk.encode()) > PARTITION_KEY_BYTES:
        raise RefusedError(
            f"{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes"
        )
    if len(sk.encode()) > SORT_KEY_BYTES:
        raise RefusedError(
            f"{INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
        )


def check_item(table: StoredTable, item: Item) -> None:
    for name in (table.pk, table.sk):
        if name not in item:
            raise RefusedError(f"{INVALID}Missing the key {name} in the item")
        if (kind := item[name][0]) != "S":
            message = f"{INVALID}Type mismatch for key {name} expected: S actual: {kind}"
            raise MismatchError(message)
    _check_key(table, item)
    for index in table.indexes.values():
        _check_index_keys(index, item)


def _check_index_keys(index: Index, item: Item) -> None:
    keys = {name: item[name] for name in (index.pk, index.sk) if name in item}
    for name, (kind, value) in keys.items():
        if kind != "S":
            raise MismatchError(
                f"{INVALID}Type mismatch for Index Key {name} Expected: S Actual: {kind} "
                f"IndexName: {index.name}"
            )
        if not value:
            raise RefusedError(
                "One or more parameter values are not valid. A value specified for a secondary "
                "index key is not supported. The AttributeValue for a key attribute cannot "
                f"contain an empty string value. IndexName: {index.name}, IndexKey: {name}"
            )
    if len(keys) == 2:
        _check_key_sizes(item[index.pk][1], item[index.sk][1])
