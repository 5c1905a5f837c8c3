"""What failed, as stored in ActivityTable: a row, its place in time, and a pointer by messageId."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Put, Table, get_many
from leadsignal.errors import ConflictError
from leadsignal.models.instants import DAY_MS, Instant, to_instant
from leadsignal.models.records import FailedEvent, FailureCode

KEPT_MS = 90 * DAY_MS
_TIMES = {"failed_at", "replayed_at"}  # attributes of their own: they change, the rest never does


def _expires_at(failed: FailedEvent) -> int:
    return (max(failed.received_at, failed.failed_at) + KEPT_MS) // 1000


class DynamoFailures:
    """The failed events of one tenant.

    Place and pointer are written before the row, and mean nothing without it: a crash in between
    leaves what no reader sees, and keeping the failure again completes it.
    """

    def __init__(self, table: Table, tenant_id: str, *, now: Callable[[], datetime]) -> None:
        self._table = table
        self._tenant_id = tenant_id
        self._now = now

    def keep(self, *failed: FailedEvent) -> int:
        """Keep failures and return how many are new. Of several copies of one event the one that
        was received first is kept. One that is kept already is not written again, unless it was
        replayed: then the row is told that it failed after that.

        Raises:
            TransientError: storage failed; keep them again.
        """
        by_id: dict[str, FailedEvent] = {}
        for each in failed:
            by_id[each.id] = min(each, by_id.get(each.id, each), key=lambda row: row.received_at)
        held = self._rows(by_id, consistent=True)
        new = [each for each in by_id.values() if each.id not in held]
        earlier = {i for i, row in held.items() if by_id[i].received_at < row.received_at}
        put = [*new, *(by_id[each] for each in sorted(earlier))]
        self._table.write_many([entry for each in put for entry in self._entries(each)])
        self._table.write_many([self._row(each) for each in put])
        for row in held.values():
            again = by_id[row.id].failed_at
            if row.id in earlier or row.waiting or row.replayed_at is None:
                continue
            if row.replayed_at <= again:
                self._set(row.id, "failed_at", max(again, row.replayed_at + 1))
        return len(new)

    def get(self, failed_id: str) -> FailedEvent | None:
        """Return the failure of that id (a consistent read), or None."""
        return self._rows([failed_id], consistent=True).get(failed_id)

    def find(self, ids: Sequence[str]) -> Mapping[str, FailedEvent]:
        """Return those failures that there are, by id (consistent reads)."""
        return self._rows(ids, consistent=True)

    def newest(
        self, limit: int, *, before: str | None = None, code: FailureCode | None = None
    ) -> Sequence[FailedEvent]:
        """Return up to ``limit`` failures, those received last first.

        ``before`` is the position of a failure: only those after it in this order are returned.
        """
        return list(islice(self._newest(limit, before, code), limit))

    def of_message(self, message_id: str) -> Sequence[FailedEvent]:
        """Return the failures of one ``messageId``, those received first first."""
        key = keys.failed_message(self._tenant_id, keys.message_hash(message_id), "")
        pointers = self._table.query(key.pk, prefix=key.sk)
        ids = [pointer["sk"].removeprefix(keys.FAILURE_SK) for pointer in pointers]
        return sorted(self._rows(ids).values(), key=lambda failed: failed.position)

    def mark_replayed(self, failed_id: str, at: Instant) -> None:
        """Say when a failure was last replayed; one that is gone is left alone."""
        self._set(failed_id, "replayed_at", at)

    def _set(self, failed_id: str, name: str, at: Instant) -> None:
        with suppress(ConflictError):
            self._table.set_attribute(keys.failed_event(self._tenant_id, failed_id), name, at)

    def _entries(self, failed: FailedEvent) -> Iterator[Put]:
        expires = {"expires_at": _expires_at(failed)}
        yield Put(keys.failed_at(self._tenant_id, failed.position), expires | {"code": failed.code})
        if failed.message_id is not None:
            hashed = keys.message_hash(failed.message_id)
            yield Put(keys.failed_message(self._tenant_id, hashed, failed.id), expires)

    def _row(self, failed: FailedEvent) -> Put:
        item: dict[str, str | int] = {
            "data": failed.model_dump_json(exclude_defaults=True, exclude=_TIMES),
            "failed_at": failed.failed_at,
            "expires_at": _expires_at(failed),
        }
        return Put(keys.failed_event(self._tenant_id, failed.id), item)

    def _newest(
        self, limit: int, before: str | None, code: FailureCode | None
    ) -> Iterator[FailedEvent]:
        key = keys.failed_at(self._tenant_id, "")
        places = (
            place["sk"]
            for place in self._table.query(key.pk, before=before, ascending=False)
            if code is None or place["code"] == code
        )
        while positions := list(islice(places, limit)):
            rows = self._rows([position.partition("#")[2] for position in positions])
            by_position = {row.position: row for row in rows.values()}
            yield from (by_position[place] for place in positions if place in by_position)

    def _rows(self, ids: Iterable[str], *, consistent: bool = False) -> dict[str, FailedEvent]:
        wanted = [(self._table, keys.failed_event(self._tenant_id, each)) for each in ids]
        found = get_many(wanted, consistent=consistent)
        now = to_instant(self._now()) // 1000
        rows = [_decode(found[t.name, k]) for t, k in wanted if (t.name, k) in found]
        return {row.id: row for row, expires_at in rows if expires_at > now}


def _decode(item: Mapping[str, Any]) -> tuple[FailedEvent, int]:
    times = {name: item[name] for name in _TIMES if name in item}
    failed = FailedEvent.model_validate_json(item["data"])
    return failed.model_copy(update=times), item["expires_at"]
