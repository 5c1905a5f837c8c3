"""Tenants and keys, as stored in ConfigTable."""

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.models.tenants import ApiKey, Tenant


class DynamoTenants:
    """Tenants and their keys. The one repository that is not bound to a tenant: it finds it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Return the tenant, or None."""
        item = self._table.get(keys.tenant(tenant_id))
        return Tenant.model_validate_json(item["data"]) if item else None

    def key(self, key_id: str) -> ApiKey | None:
        """Return the key of that public id, or None."""
        item = self._table.get(keys.api_key(key_id))
        return ApiKey.model_validate_json(item["data"]) if item else None

    def add_tenant(self, tenant: Tenant) -> None:
        """Store a new tenant.

        Raises:
            ConflictError: there is one of that id.
        """
        key = keys.tenant(tenant.tenant_id)
        self._table.put(Put(key, {"data": tenant.model_dump_json()}, if_absent=True))

    def add_key(self, key: ApiKey) -> None:
        """Store a new key.

        Raises:
            ConflictError: there is one of that id.
        """
        item = {"data": key.model_dump_json(exclude_none=True)}
        self._table.put(Put(keys.api_key(key.key_id), item, if_absent=True))
