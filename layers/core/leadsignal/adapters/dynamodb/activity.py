"""Activity days and event records, as stored in ActivityTable; bound to one tenant."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from pydantic import TypeAdapter

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.packing import pack_events, unpack
from leadsignal.adapters.dynamodb.table import Put, Table, get_many
from leadsignal.errors import ConflictError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.records import EventRecord
from leadsignal.models.snapshots import DayKey

# An open part with its keys stays within one write unit (1 KB), so that adding an event to a day
# costs one unit however long the day is.
OPEN_PART_BYTES = 860
QUERIED_PARTS = 3
# So does the list of a day's closed parts: from so many names on it is an item of its own.
LISTED_PARTS = 8
INDEX = "~"  # begins the name of a list, which may begin with the name of the list before it
PART_BYTES = 300 * 1024  # of JSON; an item holds at most 400 KB

type Place = tuple[str, keys.Key]
"""A table by name, and a key in it."""

_EVENTS = TypeAdapter(tuple[Event, ...])


def _pack(events: Iterable[Event]) -> bytes:
    dumped = [event.model_dump(mode="json", exclude_defaults=True) for event in events]
    return pack_events(json.dumps(dumped, separators=(",", ":"), ensure_ascii=False))


def _unpack(blob: bytes) -> dict[str, Event]:
    return {event.message_id: event for event in _EVENTS.validate_json(unpack(blob))}


def _chunks(events: Iterable[Event]) -> list[tuple[Event, ...]]:
    """Return the events in lists that each fit into one item; one empty list of none."""
    chunks: list[tuple[Event, ...]] = [()]
    size = 0
    for event in events:
        length = len(event.model_dump_json(exclude_defaults=True).encode())
        if chunks[-1] and size + length > PART_BYTES:
            chunks.append(())
            size = 0
        chunks[-1] += (event,)
        size += length
    return chunks


def _any(goes: Callable[[Event], bool], blob: bytes) -> bool:
    return any(map(goes, _unpack(blob).values()))


def _name_of(content: bytes) -> str:
    """Return a part's name, which follows from its content: two workers cannot take it from each
    other."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()[:6]).decode()


def _is_index(name: str) -> bool:
    return name.startswith(INDEX)


class DynamoActivity:
    """What happened at one tenant, member by member and day by day."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self.table = table
        self.tenant_id = tenant_id

    def key(self, member: str, day: str) -> keys.Key:
        """Return the primary key of a day's open part."""
        return keys.day(self.tenant_id, member, day)

    def days(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], ActivityDay]:
        """Return the days that exist among the wanted (member, day) pairs."""
        pairs = {self.key(member, day): (member, day) for member, day in wanted}
        found = get_many([(self.table, key) for key in pairs])
        return self.decode_days(
            {pairs[key]: item for (_, key), item in found.items()}, consistent=False
        )

    def member_days(self, member: str, *, period: str = "") -> dict[str, ActivityDay]:
        """Return all of a member's days by name, or those whose name begins with ``period``
        (``2026``, ``2026-11``), read consistently."""
        return {found.day: found for found in self.each_day(member, period=period)}

    def each_day(self, member: str, *, period: str = "") -> Iterator[ActivityDay]:
        """Yield the same days one by one, so that the events of one at a time are in memory."""
        first = self.key(member, period)
        items = self.table.query(first.pk, prefix=first.sk, consistent=True)
        for day, found in groupby(items, key=lambda item: str(item["sk"]).split("#")[1]):
            head, *parts = found
            if head["sk"] == self.key(member, day).sk:  # else a part whose head is not written yet
                known = {self._named(part): part for part in parts}
                [content] = self.decode_days(
                    {(member, day): head}, consistent=True, known=known
                ).values()
                yield content

    def decode_days(
        self,
        items: Mapping[DayKey, Mapping[str, Any]],
        *,
        consistent: bool,
        known: Mapping[Place, dict[str, Any]] | None = None,
    ) -> dict[DayKey, ActivityDay]:
        """Return the days of these open parts, with the events of their closed parts, which are
        read too as far as they are not ``known``."""
        listed = {
            pair: tuple(str(item["parts"]).split(",")) if item.get("parts") else ()
            for pair, item in items.items()
        }
        closed = dict(known) if known is not None else self._queried(listed, consistent=consistent)
        names = self._read_parts(listed, closed, consistent=consistent)
        days: dict[DayKey, ActivityDay] = {}
        for pair, item in items.items():
            sealed: dict[str, Event] = {}
            for part in names[pair]:
                sealed |= _unpack(closed[self._place(pair, part)]["data"])
            days[pair] = ActivityDay(
                member=pair[0],
                day=pair[1],
                version=item["version"],
                replaced=item.get("replaced", 0),
                parts=listed[pair],
                sealed=sealed,
                open=_unpack(item["data"]),
            )
        return days

    def _place(self, pair: DayKey, part: str) -> Place:
        return self.table.name, keys.closed_part(self.tenant_id, *pair, part)

    def _named(self, item: Mapping[str, Any]) -> Place:
        return self.table.name, keys.Key(item["pk"], item["sk"])

    def _queried(
        self, listed: Mapping[DayKey, Sequence[str]], *, consistent: bool
    ) -> dict[Place, dict[str, Any]]:
        """Return the closed parts of days that have many.

        A query bills the sum of what it reads in steps of 4 KB, a read by key a step for each
        part. So a day of many parts is read by a query, all other parts in one call.
        """
        found: dict[Place, dict[str, Any]] = {}
        for pair, parts in listed.items():
            if len(parts) >= QUERIED_PARTS or any(map(_is_index, parts)):
                prefix = keys.closed_part(self.tenant_id, *pair, "")
                for item in self.table.query(prefix.pk, prefix=prefix.sk, consistent=consistent):
                    found[self._named(item)] = item
        return found

    def _read_parts(
        self,
        listed: Mapping[DayKey, Sequence[str]],
        closed: dict[Place, dict[str, Any]],
        *,
        consistent: bool,
    ) -> dict[DayKey, list[str]]:
        """Return the names of the parts of each day in the order of closing, with the names in
        indexes in their place; what is not among ``closed`` is read into it.

        Each part and index was stored before anything named it.
        """
        names = {pair: list(parts) for pair, parts in listed.items()}
        while True:
            wanted = [(pair, name) for pair, parts in names.items() for name in parts]
            missing = [
                place for pair, name in wanted if (place := self._place(pair, name)) not in closed
            ]
            closed |= get_many([(self.table, key) for _, key in missing], consistent=consistent)
            late = [key for name, key in missing if (name, key) not in closed]
            closed |= get_many([(self.table, key) for key in late], consistent=True)
            if not any(_is_index(name) for _, name in wanted):
                return names
            for pair, parts in names.items():
                names[pair] = [
                    inner
                    for name in parts
                    for inner in (
                        str(closed[self._place(pair, name)]["parts"]).split(",")
                        if _is_index(name)
                        else (name,)
                    )
                ]

    def save_day(self, before: ActivityDay, after: ActivityDay) -> ActivityDay:
        """Write the open part of ``after`` over that of ``before`` and return what is stored.

        When the open part grows too large, what ``before`` held of it is first stored as a closed
        part under a name of its own; until the new open part lists that name, nobody reads it.
        So are all but the last of new events that are too many for one item. When the list of
        closed parts grows long, it is first stored in the same way, and its name takes its place.

        Raises:
            ConflictError: the stored day is no longer ``before``.
        """
        stored, blob = self._closed(before, after)
        self.table.put(self._put(before, stored, blob))
        return stored

    def prepare(self, before: ActivityDay, after: ActivityDay) -> ActivityDay:
        """Return the day as it is when ``day_put`` is written; what nobody reads until then is
        stored already."""
        return self._closed(before, after)[0]

    def day_put(self, before: ActivityDay, stored: ActivityDay) -> Put:
        """Return what writes the open part of a prepared day over that of ``before``."""
        return self._put(before, stored, _pack(stored.open.values()))

    def _closed(self, before: ActivityDay, after: ActivityDay) -> tuple[ActivityDay, bytes]:
        """Return the day to be stored with what is too much for its open part closed, and the open
        part packed."""
        sealed, parts, still_open = after.sealed, after.parts, dict(after.open)
        blob = _pack(still_open.values())
        if len(blob) > OPEN_PART_BYTES:
            old = {message_id: still_open.pop(message_id) for message_id in before.open}
            *whole, last = _chunks(still_open.values())
            for closing in filter(None, (tuple(old.values()), *whole)):
                parts = (*parts, self._close(after, closing))
                sealed = sealed | {event.message_id: event for event in closing}
            still_open = {event.message_id: event for event in last}
            blob = _pack(last)
        if len(parts) >= LISTED_PARTS and parts != after.parts:
            parts = (self._index(after, parts),)
        stored = after.model_copy(
            update={
                "version": before.version + 1,
                "parts": parts,
                "sealed": sealed,
                "open": still_open,
            }
        )
        return stored, blob

    def _put(self, before: ActivityDay, stored: ActivityDay, blob: bytes) -> Put:
        item: dict[str, str | int | bytes] = {"version": stored.version, "data": blob}
        if stored.parts:
            item["parts"] = ",".join(stored.parts)
        if stored.replaced:
            item["replaced"] = stored.replaced
        first = before.version == 0
        return Put(
            self.key(stored.member, stored.day),
            item,
            if_absent=first,
            if_version=None if first else before.version,
        )

    def _close(self, day: ActivityDay, events: Iterable[Event]) -> str:
        closing = _pack(events)
        name = _name_of(closing)
        key = keys.closed_part(self.tenant_id, day.member, day.day, name)
        self.table.put(Put(key, {"data": closing}))
        return name

    def _index(self, day: ActivityDay, parts: Sequence[str]) -> str:
        listed = ",".join(parts)
        name = INDEX + _name_of(listed.encode())
        key = keys.closed_part(self.tenant_id, day.member, day.day, name)
        self.table.put(Put(key, {"parts": listed}))
        return name

    def forget(
        self,
        member: str,
        goes: Callable[[Event], bool],
        *,
        at: Instant,
        still: Callable[[], None],
    ) -> None:
        """Remove those events of a member that ``goes`` says, with their records, from all days.

        ``still`` is called once the days are read, and raises when ``goes`` holds no longer.
        Doing it again removes what an attempt before left. Of a day without any event its version
        stays for a day after ``at``: a worker that holds the day from before cannot write it.

        Raises:
            ConflictError: somebody else wrote one of the days meanwhile.
        """
        first = self.key(member, "")
        items = list(self.table.query(first.pk, prefix=first.sk, consistent=True))
        still()
        for day, found in groupby(items, key=lambda item: str(item["sk"]).split("#")[1]):
            head, *parts = found
            if head["sk"] == self.key(member, day).sk:  # else a part whose head is not written yet
                self._forget((member, day), head, parts, goes, at)

    def _forget(
        self,
        pair: DayKey,
        head: Mapping[str, Any],
        parts: Sequence[dict[str, Any]],
        goes: Callable[[Event], bool],
        at: Instant,
    ) -> None:
        """Remove events of one day. Closed parts go after the head that leads to them, which keeps
        their names until they are gone."""
        known = {self._named(part): part for part in parts}
        [content] = self.decode_days({pair: head}, consistent=True, known=known).values()
        going = [event for event in content.events if goes(event)]
        dropped = list(filter(None, str(head.get("dropped", "")).split(",")))
        if not going and not dropped:
            return
        self._forget_records(pair, going)
        staying = [event for event in content.events if not goes(event)]
        if going:
            stale = [
                str(part["sk"]).split("#", 2)[2]
                for part in parts
                if not staying or "data" not in part or _any(goes, part["data"])
            ]
            head = self._cut(content, head, staying, stale, at)
            dropped = list(filter(None, str(head.get("dropped", "")).split(",")))
        place = keys.day(self.tenant_id, *pair)
        self.table.delete_many([keys.Key(place.pk, f"{place.sk}#{name}") for name in dropped])

    def _forget_records(self, pair: DayKey, events: Sequence[Event]) -> None:
        wanted = [
            (self.table, keys.event_record(self.tenant_id, keys.message_hash(event.message_id)))
            for event in events
        ]
        for (_, key), item in get_many(wanted, consistent=True).items():
            record = EventRecord.model_validate_json(item["data"])
            if (record.member, record.day) == pair:
                self.table.delete(key, if_holds={"data": item["data"]})

    def _cut(
        self,
        content: ActivityDay,
        head: Mapping[str, Any],
        staying: Sequence[Event],
        stale: Sequence[str],
        at: Instant,
    ) -> Mapping[str, Any]:
        """Write the head of a day with only these events, and return it; ``stale`` are the names of
        the closed parts that must go."""
        *whole, last = _chunks(staying)
        closed = [self._close(content, chunk) for chunk in whole]
        item: dict[str, str | int | bytes] = {
            "version": content.version + 1,
            "data": _pack(last),
        }
        if dropped := sorted(set(stale) - set(closed)):
            item["dropped"] = ",".join(dropped)
        if closed:
            item["parts"] = ",".join(closed)
        if content.replaced:
            item["replaced"] = content.replaced
        if not staying:
            item["expires_at"] = (at + DAY_MS) // 1000
        was = {name: head[name] for name in ("version", "data")}
        self.table.put(Put(self.key(content.member, content.day), item, if_holds=was))
        return item

    def record(self, message_id: str) -> EventRecord | None:
        """Return where the event of that id is, if a record of it is kept."""
        item = self.table.get(keys.event_record(self.tenant_id, keys.message_hash(message_id)))
        return EventRecord.model_validate_json(item["data"]) if item else None

    def pin(self, record: EventRecord) -> EventRecord:
        """Store the record unless there is one, and return the one that is stored."""
        key = keys.event_record(self.tenant_id, keys.message_hash(record.message_id))
        try:
            self.table.put(Put(key, {"data": record.model_dump_json()}, if_absent=True))
        except ConflictError:
            item = self.table.get(key, consistent=True)
            if item is None:
                raise
            return EventRecord.model_validate_json(item["data"])
        return record
