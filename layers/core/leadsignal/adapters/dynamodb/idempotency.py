"""Runs of requests with an ``Idempotency-Key``, in CacheTable."""

from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Table, Value
from leadsignal.models.idempotency import Run
from leadsignal.models.instants import Instant

SECOND_MS = 1_000


class DynamoRuns:
    """The runs of one tenant. One that is over its time does not count, though it may be there."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def claim(self, place: str, run: Run, *, now: Instant) -> Run | None:
        """Put a run where none is; return None, or the run that is there."""
        held = self._table.put_or_see(
            keys.idempotent_run(self._tenant_id, place),
            _item(run),
            condition="attribute_not_exists(pk) OR expires_at <= :now",
            values={":now": now // SECOND_MS},
        )
        return _run(held) if held else None

    def replace(self, place: str, held: Run, run: Run) -> bool:
        """Put a run in the place of another, if that is still as it was read."""
        refused = self._table.put_or_see(
            keys.idempotent_run(self._tenant_id, place),
            _item(run),
            condition="mark = :mark",
            values={":mark": held.mark},
        )
        return refused is None


def _item(run: Run) -> dict[str, Value]:
    item: dict[str, Value] = run.model_dump(exclude_none=True)
    return item | {"expires_at": run.expires_at // SECOND_MS}


def _run(item: dict[str, Any]) -> Run:
    return Run.model_validate(item | {"expires_at": item["expires_at"] * SECOND_MS})
