"""A tenant's webhooks and alerts, as stored in ConfigTable."""

from collections.abc import Sequence
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.keys import Key
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.models.endpoints import Alert, Endpoint, Webhook

_PREFIX: dict[type[Endpoint], str] = {Webhook: "whe_", Alert: "alr_"}


class DynamoEndpoints[E: Endpoint]:
    """The endpoints of one kind and one tenant, each in an item of its own."""

    def __init__(self, table: Table, tenant_id: str, kind: type[E]) -> None:
        self._table = table
        self._tenant_id = tenant_id
        self._kind = kind

    def all(self) -> Sequence[E]:
        """Return every endpoint, in the order of creation."""
        items = self._table.query(self._key("").pk, prefix=_PREFIX[self._kind])
        found = [self._model(item) for item in items]
        return sorted(found, key=lambda endpoint: (endpoint.created_at, endpoint.id))

    def get(self, endpoint_id: str) -> E | None:
        """Return the endpoint as it is now (a consistent read), or None."""
        if not endpoint_id.startswith(_PREFIX[self._kind]):
            return None
        item = self._table.get(self._key(endpoint_id), consistent=True)
        return self._model(item) if item else None

    def save(self, endpoint: E) -> E:
        """Write a new or changed endpoint and return it with its new version.

        Raises:
            ConflictError: it changed since it was read, or was deleted, or (new) is there already.
        """
        saved = endpoint.model_copy(update={"version": endpoint.version + 1})
        item: dict[str, str | int] = {
            "data": saved.model_dump_json(exclude_none=True),
            "version": saved.version,
        }
        self._table.put(
            Put(
                self._key(endpoint.id),
                item,
                if_absent=endpoint.version == 0,
                if_version=endpoint.version or None,
            )
        )
        return saved

    def delete(self, endpoint_id: str, *, version: int | None = None) -> None:
        """Remove the endpoint, if there is one; with ``version`` only in that one.

        Raises:
            ConflictError: it is in another version, or gone already.
        """
        self._table.delete(self._key(endpoint_id), if_version=version)

    def _key(self, endpoint_id: str) -> Key:
        return keys.endpoint(self._tenant_id, endpoint_id)

    def _model(self, item: dict[str, Any]) -> E:
        return self._kind.model_validate_json(item["data"])


def listened_to(table: Table, tenant_id: str) -> frozenset[str]:
    """Return the fact types that a tenant's endpoints listen to right now (a consistent read)."""
    items = table.query(keys.endpoint(tenant_id, "").pk, consistent=True)
    types: set[str] = set()
    for item in items:
        if item["sk"].startswith(_PREFIX[Alert]):
            types.add("lead.tier_changed")
            continue
        webhook = Webhook.model_validate_json(item["data"])
        types |= set(webhook.types) if webhook.status == "enabled" else set()
    return frozenset(types)
