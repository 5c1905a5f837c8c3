"""What DynamoDB and SQS bill, by their documented rules: sizes of items, units of calls.

DynamoDB: an item's size is that of its attribute names and values; a write bills 1 KB steps of the
larger of the item before and after, and of each index entry that changes (an entry whose key
changes is removed and put: both bill); a read bills 4 KB steps, half when eventually consistent,
also for what is not there. A transaction doubles the table's part. A write whose condition fails
bills like the write that it would have been, without indexes.
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any

WRITE_STEP = 1024
READ_STEP = 4096
SQS_STEP = 64 * 1024
ITEM_OVERHEAD = 100  # bytes that storage bills for each item beside its content

type Typed = Mapping[str, Any]
"""Attribute values as boto3's client has them: ``{"pk": {"S": "…"}, …}``."""


def _number_size(text: str) -> int:
    digits = text.lstrip("+-").partition("e")[0].replace(".", "").strip("0")
    return ceil(len(digits) / 2) + 1 + text.startswith("-")


def value_size(typed: Typed) -> int:
    """Return the size of one attribute value."""
    [(kind, value)] = typed.items()
    if kind == "S":
        return len(value.encode())
    if kind == "N":
        return _number_size(value)
    if kind == "B":
        return len(value)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "M":
        return 3 + sum(len(k.encode()) + 1 + value_size(v) for k, v in value.items())
    if kind == "L":
        return 3 + sum(1 + value_size(v) for v in value)
    raise ValueError(f"no item here has values of kind {kind}")


def item_size(item: Typed | None) -> int:
    """Return the size of an item; 0 for none."""
    return sum(len(k.encode()) + value_size(v) for k, v in item.items()) if item else 0


def write_steps(size: int) -> int:
    """Return the write units of so many bytes; an empty write is one too."""
    return max(1, ceil(size / WRITE_STEP))


def read_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """Return the read units of items that are billed each by itself; 0 bytes: not there."""
    return sum(max(1, ceil(size / READ_STEP)) for size in sizes) * (1.0 if consistent else 0.5)


class Index:
    """One index of a table that holds the keys only, as the template has them."""

    def __init__(self, name: str, keys: tuple[str, ...]) -> None:
        self.name = name
        self._keys = keys

    def _entry(self, item: Typed | None) -> dict[str, Any] | None:
        if item is None or any(key not in item for key in self._keys):
            return None
        return {key: item[key] for key in {*self._keys, "pk", "sk"}}

    def units(self, before: Typed | None, after: Typed | None) -> int:
        """Return the write units that a change of an item costs this index."""
        old, new = self._entry(before), self._entry(after)
        if old == new:
            return 0
        return sum(write_steps(item_size(entry)) for entry in (old, new) if entry is not None)


def write_units(
    before: Typed | None,
    after: Typed | None,
    indexes: Iterable[Index],
    *,
    transaction: bool = False,
) -> int:
    """Return the write units of one put, update or delete."""
    table = write_steps(max(item_size(before), item_size(after))) * (2 if transaction else 1)
    return table + sum(index.units(before, after) for index in indexes)


def sqs_requests(bodies: Iterable[str]) -> int:
    """Return the requests that one call on a queue is billed as."""
    return max(1, ceil(sum(len(body.encode()) for body in bodies) / SQS_STEP))


def bus_entries(details: Iterable[str]) -> int:
    """Return the events that entries on a bus are billed as: 64 KB each, begun ones whole."""
    return sum(max(1, ceil(len(detail.encode()) / SQS_STEP)) for detail in details)
