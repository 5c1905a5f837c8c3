"""What the keys of a tenant were used for, as counted in CacheTable: statistics, not a ledger."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from itertools import islice, takewhile
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Table, get_many
from leadsignal.errors import ConflictError
from leadsignal.models.instants import Instant
from leadsignal.models.keys import KeyMarks

KEPT_DAYS = 400

_EPOCH = date(1970, 1, 1)
_OTHERS = {"pk", "sk", "expires_at"}  # what is not a count


class DynamoKeyUsage:
    """The counts by day and the marks of one tenant's keys."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def add(self, key_id: str, day: str, counts: Mapping[str, int]) -> None:
        """Add to what was counted on a day, in one write; it is kept for ``KEPT_DAYS``."""
        end = date.fromisoformat(day) + timedelta(days=KEPT_DAYS)
        key = keys.key_usage(self._tenant_id, key_id, day)
        self._table.add(key, counts, also={"expires_at": (end - _EPOCH).days * 86_400})

    def mark_used(self, key_id: str, at: Instant) -> None:
        """Keep that a key was used, unless a later use is kept."""
        with suppress(ConflictError):
            self._table.raise_value(self._key(key_id), "last_used_at", at)

    def mark_exposed(self, key_id: str, at: Instant) -> None:
        """Keep that a key was seen in a URL; the first time stays."""
        with suppress(ConflictError):
            self._table.set_once(self._key(key_id), "exposed_at", at)

    def marks(self, key_ids: Sequence[str]) -> Mapping[str, KeyMarks]:
        """Return what was noticed of those of the keys of which anything was."""
        found = get_many([(self._table, self._key(key_id)) for key_id in key_ids])
        return {item["sk"]: KeyMarks.model_validate(item) for item in found.values()}

    def days(
        self, key_id: str, limit: int, *, first: str, before: str
    ) -> Sequence[tuple[str, Mapping[str, int]]]:
        """Return the counts of up to ``limit`` days on which the key was used, newest first: from
        the day ``first`` on, and before the day ``before``."""
        pk = keys.key_usage(self._tenant_id, key_id, "").pk
        items = self._table.query(pk, before=before, ascending=False, page_size=limit)
        wanted = islice(takewhile(lambda item: item["sk"] >= first, items), limit)
        return [(item["sk"], _counts(item)) for item in wanted]

    def _key(self, key_id: str) -> keys.Key:
        return keys.key_marks(self._tenant_id, key_id)


def _counts(item: Mapping[str, Any]) -> dict[str, int]:
    return {name: value for name, value in item.items() if name not in _OTHERS}
