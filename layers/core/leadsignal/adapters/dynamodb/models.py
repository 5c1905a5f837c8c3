"""A tenant's models of who is won, as stored in ConfigTable, and the leads of known outcome."""

import zlib
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Item, Put, Table
from leadsignal.errors import TooLargeError
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.predictions import Model

MAX_BYTES = 380 * 1024  # an item holds 400 KB
KEPT_MS = 90 * DAY_MS  # that long one stays that never ran
PAGE = 1_000


class DynamoModels:
    """The models of one tenant, each in an item of its own."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def all(self) -> Sequence[Model]:
        """Return every model, the newest first."""
        items = self._table.query(keys.model(self._tenant_id, "").pk, consistent=True)
        found = [_model(item) for item in items]
        return sorted(found, key=lambda model: (-model.trained_at, model.id))

    def get(self, model_id: str) -> Model | None:
        """Return the model (a consistent read), or None."""
        item = self._table.get(keys.model(self._tenant_id, model_id), consistent=True)
        return _model(item) if item else None

    def keep(self, model: Model) -> None:
        """Write a model; doing it again changes nothing. One that was promoted stays for good.

        Raises:
            TooLargeError: it does not fit into an item.
        """
        packed = zlib.compress(model.model_dump_json(exclude_defaults=True).encode())
        if len(packed) > MAX_BYTES:
            raise TooLargeError("too-large", "the model does not fit into one item")
        item: dict[str, str | int | bytes] = {"data": packed}
        if model.promoted_at is None:
            item["expires_at"] = (model.trained_at + KEPT_MS) // 1000
        self._table.put(Put(keys.model(self._tenant_id, model.id), item))


def _model(item: Mapping[str, Any]) -> Model:
    return Model.model_validate_json(zlib.decompress(bytes(item["data"])))


class DynamoDecided:
    """The leads of one tenant of which somebody said what became of them."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def newest(self, most: int) -> list[tuple[Instant, str]]:
        """Return when it was decided and the lead's id, newest first. A lead may have been merged
        away or deleted a moment ago."""
        pk = keys.outcome(self._tenant_id, 0, "").pk
        items = self._table.query(pk, ascending=False, page_size=min(most, PAGE))
        return [_decided(item) for item in islice(items, most)]


def _decided(item: Item) -> tuple[Instant, str]:
    at, _, lead_id = str(item["sk"]).partition("#")
    return int(at), lead_id


class DynamoTrainees:
    """The tenants whose models are trained daily. Not bound to one: it finds them."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> Sequence[str]:
        """Return the ids of all of them."""
        return [str(item["sk"]) for item in self._table.query(keys.trainee("").pk)]

    def add(self, tenant_id: str) -> None:
        """Add a tenant; doing it again changes nothing."""
        self._table.put(Put(keys.trainee(tenant_id), {}))
