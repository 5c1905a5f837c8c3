"""A tenant's providers of company data in ConfigTable, and how they fare in CacheTable."""

from collections.abc import Mapping, Sequence

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Put, Table, Value
from leadsignal.models.instants import DAY_MS
from leadsignal.models.providers import Breaker, Provider

FORGOTTEN_MS = DAY_MS  # after its last failure, or after it may be tried again


class DynamoProviders:
    """The providers of one tenant that were set up by hand, each in an item of its own."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def all(self) -> Sequence[Provider]:
        """Return every provider as it is now, in the order of creation."""
        items = self._table.query(keys.provider(self._tenant_id, "").pk, consistent=True)
        found = [Provider.model_validate_json(item["data"]) for item in items]
        return sorted(found, key=lambda provider: (provider.created_at, provider.id))

    def get(self, provider_id: str) -> Provider | None:
        """Return the provider as it is now, or None."""
        item = self._table.get(keys.provider(self._tenant_id, provider_id), consistent=True)
        return Provider.model_validate_json(item["data"]) if item else None

    def save(self, provider: Provider) -> Provider:
        """Write a new or changed provider and return it with its new version.

        Raises:
            ConflictError: it changed since it was read, or was deleted, or (new) is there already.
        """
        saved = provider.model_copy(update={"version": provider.version + 1})
        item: dict[str, Value] = {
            "data": saved.model_dump_json(exclude_none=True),
            "version": saved.version,
        }
        key, new = keys.provider(self._tenant_id, provider.id), provider.version == 0
        self._table.put(Put(key, item, if_absent=new, if_version=provider.version or None))
        return saved

    def delete(self, provider_id: str, *, version: int) -> None:
        """Remove the provider in that version.

        Raises:
            ConflictError: it is in another version, or gone already.
        """
        self._table.delete(keys.provider(self._tenant_id, provider_id), if_version=version)


class DynamoBreakers:
    """The breakers of one tenant, by name; forgotten a day after they last mattered."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def all(self) -> Mapping[str, Breaker]:
        """Return every breaker that is known, by name."""
        items = self._table.query(keys.breaker(self._tenant_id, "").pk)
        return {item["sk"]: Breaker.model_validate_json(item["data"]) for item in items}

    def get(self, name: str, *, consistent: bool = False) -> Breaker | None:
        """Return the breaker of that name, or None."""
        item = self._table.get(keys.breaker(self._tenant_id, name), consistent=consistent)
        return Breaker.model_validate_json(item["data"]) if item else None

    def save(self, name: str, breaker: Breaker) -> Breaker:
        """Write a breaker and return it with its new version.

        Raises:
            ConflictError: it changed since it was read.
        """
        saved = breaker.model_copy(update={"version": breaker.version + 1})
        matters = max(breaker.failed_at, breaker.retry_at or 0)
        item: dict[str, Value] = {
            "data": saved.model_dump_json(exclude_none=True),
            "version": saved.version,
            "expires_at": (matters + FORGOTTEN_MS) // 1_000,
        }
        key, new = keys.breaker(self._tenant_id, name), breaker.version == 0
        self._table.put(Put(key, item, if_absent=new, if_version=breaker.version or None))
        return saved
