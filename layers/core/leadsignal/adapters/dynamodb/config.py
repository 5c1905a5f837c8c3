"""Tenants and keys, as stored in ConfigTable."""

from collections.abc import Sequence

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Check, Put, Table, Value
from leadsignal.errors import NotFoundError
from leadsignal.models.instants import DAY_MS
from leadsignal.models.tenants import ApiKey, Tenant

REVOKED_KEPT_MS = 400 * DAY_MS  # that long a revoked key stays listed


class DynamoTenants:
    """Tenants and their keys. The one repository that is not bound to a tenant: it finds it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Return the tenant, or None."""
        item = self._table.get(keys.tenant(tenant_id))
        return Tenant.model_validate_json(item["data"]) if item else None

    def tenant_now(self, tenant_id: str) -> Tenant | None:
        """Return the tenant, or None (a consistent read)."""
        item = self._table.get(keys.tenant(tenant_id), consistent=True)
        return Tenant.model_validate_json(item["data"]) if item else None

    def key(self, key_id: str) -> ApiKey | None:
        """Return the key of that public id, or None (a consistent read)."""
        item = self._table.get(keys.api_key(key_id), consistent=True)
        return ApiKey.model_validate_json(item["data"]) if item else None

    def key_again(self, key_id: str) -> ApiKey | None:
        """Return the key of that public id as it is now, or None."""
        return self.key(key_id)

    def add_tenant(self, tenant: Tenant) -> None:
        """Store a new tenant.

        Raises:
            ConflictError: there is one of that id.
        """
        DynamoSettings(self._table, tenant.tenant_id).save(tenant)

    def add_key(self, key: ApiKey) -> None:
        """Store a new key.

        Raises:
            ConflictError: there is one of that id.
        """
        DynamoApiKeys(self._table, key.tenant_id).save(key)


class DynamoApiKeys:
    """The keys of one tenant. Each is two items, written together: one in the tenant's list, one
    under the public id, by which a credential finds it."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def all(self) -> Sequence[ApiKey]:
        """Return every key as it is now, in the order of creation."""
        pk = keys.tenant_key(self._tenant_id, "").pk
        items = self._table.query(pk, consistent=True)
        found = [ApiKey.model_validate_json(item["data"]) for item in items]
        return sorted(found, key=lambda key: (key.created_at, key.key_id))

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key as it is now, or None."""
        item = self._table.get(keys.tenant_key(self._tenant_id, key_id), consistent=True)
        return ApiKey.model_validate_json(item["data"]) if item else None

    def save(self, key: ApiKey, *, beside: ApiKey | None = None) -> ApiKey:
        """Write a new or changed key and return it with its new version.

        Raises:
            ConflictError: it, or the key ``beside`` it, changed since it was read; or (new) there
                is one of that id.
        """
        saved = key.model_copy(update={"version": key.version + 1})
        item: dict[str, Value] = {
            "data": saved.model_dump_json(exclude_none=True),
            "version": saved.version,
        }
        if saved.revoked_at is not None:
            item["expires_at"] = (saved.revoked_at + REVOKED_KEPT_MS) // 1000
        new = key.version == 0
        listed = keys.tenant_key(self._tenant_id, key.key_id)
        actions: list[Put | Check] = [
            Put(listed, item, if_absent=new, if_version=key.version or None),
            Put(keys.api_key(key.key_id), item, if_absent=new, if_version=key.version or None),
        ]
        if beside is not None:
            other = keys.tenant_key(self._tenant_id, beside.key_id)
            actions.append(Check(other, beside.version))
        self._table.write_all(actions)
        return saved


class DynamoSettings:
    """The settings of one tenant."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def get(self) -> Tenant:
        """Return the tenant as it is now (a consistent read).

        Raises:
            NotFoundError: there is none.
        """
        item = self._table.get(keys.tenant(self._tenant_id), consistent=True)
        if item is None:
            raise NotFoundError("tenant")
        return Tenant.model_validate_json(item["data"])

    def save(self, tenant: Tenant) -> Tenant:
        """Write new or changed settings and return them with their new version.

        Raises:
            ConflictError: they changed since they were read; or (new) there is such a tenant.
        """
        saved = tenant.model_copy(update={"version": tenant.version + 1})
        item: dict[str, Value] = {"data": saved.model_dump_json(), "version": saved.version}
        new = tenant.version == 0
        key = keys.tenant(self._tenant_id)
        self._table.put(Put(key, item, if_absent=new, if_version=tenant.version or None))
        return saved
