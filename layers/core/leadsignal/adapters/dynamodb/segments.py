"""A tenant's sets of segments, as stored in ConfigTable, and their members, in LeadTable."""

import zlib

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.errors import TooLargeError
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.segments import SegmentSet

MAX_BYTES = 380 * 1024  # an item holds 400 KB
KEPT_MS = DAY_MS  # for which a set is kept that another one took the place of


class DynamoSegmentSets:
    """The sets of segments of one tenant, each in an item that never changes."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def get(self, mark: str) -> SegmentSet | None:
        """Return the set of that mark, or None."""
        item = self._table.get(keys.segment_set(self._tenant_id, mark), consistent=True)
        if item is None:
            return None
        return SegmentSet.model_validate_json(zlib.decompress(bytes(item["data"])))

    def keep(self, held: SegmentSet) -> None:
        """Store a set under its mark; doing it again changes nothing.

        Raises:
            TooLargeError: it does not fit into an item.
        """
        key = keys.segment_set(self._tenant_id, held.mark)
        self._table.put(Put(key, {"data": _packed(held)}))

    def retire(self, held: SegmentSet, at: Instant) -> None:
        """Let a set go by itself, a day after another one took its place."""
        key = keys.segment_set(self._tenant_id, held.mark)
        expires_at = (at + KEPT_MS) // 1000
        self._table.put(Put(key, {"data": _packed(held), "expires_at": expires_at}))


def _packed(held: SegmentSet) -> bytes:
    packed = zlib.compress(held.model_dump_json().encode())
    if len(packed) > MAX_BYTES:
        raise TooLargeError("payload-too-large", "all segments together do not fit into one item")
    return packed
