"""A tenant's definitions of attributes, as stored in ConfigTable: every set of them in one item."""

import zlib
from collections.abc import Mapping
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.errors import TooLargeError
from leadsignal.models.attributes import AttributeMark, AttributeSet
from leadsignal.models.instants import Instant

MAX_BYTES = 380 * 1024  # an item holds 400 KB


class DynamoAttributes:
    """The definitions of one tenant: every set that held once, by its mark."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def get(self, mark_id: str) -> AttributeSet | None:
        """Return the set of a mark, or None; that never changes."""
        item = self._table.get(keys.attribute_set(self._tenant_id, mark_id), consistent=True)
        return _model(item) if item else None

    def keep(self, mark_id: str, attributes: AttributeSet) -> None:
        """Keep a set under its mark; doing it again changes nothing.

        Raises:
            TooLargeError: it does not fit into an item.
        """
        packed = zlib.compress(attributes.model_dump_json(exclude_defaults=True).encode())
        if len(packed) > MAX_BYTES:
            raise TooLargeError("payload-too-large", "the definitions do not fit into one item")
        key = keys.attribute_set(self._tenant_id, mark_id)
        self._table.put(Put(key, {"data": packed}))

    def record(self, mark: AttributeMark) -> None:
        """Remember since when the set of a mark holds; doing it again changes nothing."""
        key = keys.attributes_defined(self._tenant_id, mark.at)
        self._table.put(Put(key, {"data": mark.model_dump_json()}))

    def defined_at(self, at: Instant) -> AttributeMark | None:
        """Return the mark of what held at an instant, None where nothing was defined yet."""
        key = keys.attributes_defined(self._tenant_id, at + 1)
        found = self._table.query(key.pk, before=key.sk, ascending=False, page_size=1)
        item = next(iter(found), None)
        return AttributeMark.model_validate_json(item["data"]) if item else None


def _model(item: Mapping[str, Any]) -> AttributeSet:
    return AttributeSet.model_validate_json(zlib.decompress(bytes(item["data"])))
