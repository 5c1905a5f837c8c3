"""Process memory in front of slow-changing configuration: at most 30 seconds old."""

from collections.abc import Callable
from datetime import datetime, timedelta

from leadsignal.models.tenants import ApiKey, Tenant
from leadsignal.ports import TenantStore

MAX_AGE = timedelta(seconds=30)  # a revoked key stops working everywhere within this time
MAX_ENTRIES = 10_000


class Remembered[V]:
    """Values by key, each asked for again when older than ``MAX_AGE``. None is remembered too."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._entries: dict[str, tuple[datetime, V]] = {}

    def get(self, key: str, load: Callable[[str], V]) -> V:
        """Return the value of ``key``, loading it when it is missing or too old."""
        now = self._now()
        entry = self._entries.get(key)
        if entry is not None and now - entry[0] < MAX_AGE:
            return entry[1]
        value = load(key)
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.clear()
        self._entries[key] = (now, value)
        return value


class CachedTenants:
    """A ``TenantStore`` that asks another one at most every 30 seconds per key and tenant."""

    def __init__(self, store: TenantStore, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._tenants: Remembered[Tenant | None] = Remembered(now=now)
        self._keys: Remembered[ApiKey | None] = Remembered(now=now)

    def tenant(self, tenant_id: str) -> Tenant | None:
        """Return the tenant, or None."""
        return self._tenants.get(tenant_id, self._store.tenant)

    def key(self, key_id: str) -> ApiKey | None:
        """Return the key of that public id, or None."""
        return self._keys.get(key_id, self._store.key)

    def add_tenant(self, tenant: Tenant) -> None:
        """Store a new tenant."""
        self._store.add_tenant(tenant)

    def add_key(self, key: ApiKey) -> None:
        """Store a new key."""
        self._store.add_key(key)
