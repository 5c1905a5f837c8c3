"""The short tier of look-ups, and who is asking, in CacheTable; bound to one tenant."""

from collections.abc import Mapping
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Table, Value
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.lookups import Flight, Found

KEPT_MS = DAY_MS  # beyond what is in an item; DynamoDB removes it some time after
FREE = "attribute_not_exists(lease_until) OR lease_until <= :now"


class DynamoLookupCache:
    """One item for each look-up: what was found, and the lease of whoever asks.

    That both are one item makes sure that what was found is kept by the holder of the lease alone.
    """

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def read(self, place: str) -> Flight:
        """Return what is at a place, as it is now."""
        item = self._table.get(keys.looked_up(self._tenant_id, place), consistent=True)
        return _flight(item or {})

    def take_off(self, place: str, holder: str, *, until: Instant, now: Instant) -> Flight:
        """Let a holder ask until an instant, unless somebody else does; return what is there."""
        _, item = self._table.update_or_see(
            keys.looked_up(self._tenant_id, place),
            "SET holder = :holder, lease_until = :until, expires_at = :gone",
            condition=FREE,
            values={
                ":holder": holder,
                ":until": until,
                ":now": now,
                ":gone": (until + KEPT_MS) // 1000,
            },
        )
        return _flight(item)

    def land(self, place: str, holder: str, found: Found) -> bool:
        """Keep what was found and let go; return False when the holder is none any more."""
        item: dict[str, Value] = {
            "found": found.model_dump_json(exclude_none=True, exclude_defaults=True),
            "found_until": found.until,
            "expires_at": (found.until + KEPT_MS) // 1000,
        }
        refused = self._table.put_or_see(
            keys.looked_up(self._tenant_id, place),
            item,
            condition="holder = :holder",
            values={":holder": holder},
        )
        return refused is None

    def outdate(self, place: str, *, now: Instant) -> None:
        """Make what was found count no more."""
        self._table.update_or_see(
            keys.looked_up(self._tenant_id, place),
            "SET found_until = :now",
            condition="attribute_exists(found_until)",
            values={":now": now},
        )


def _flight(item: Mapping[str, Any]) -> Flight:
    found = None
    if "found" in item:
        found = Found.model_validate_json(item["found"])
        found = found.model_copy(update={"until": item["found_until"]})
    return Flight(found=found, holder=item.get("holder"), lease_until=item.get("lease_until", 0))
