"""Process memory in front of slow-changing configuration: at most 30 seconds old."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from leadsignal.models.tenants import ApiKey, Tenant
from leadsignal.ports import KeyStore, SettingsStore, TenantStore

MAX_AGE = timedelta(seconds=30)  # a revoked key stops working everywhere within this time
AGAIN = timedelta(seconds=1)  # whoever guesses at secrets has a key read once in this time
MAX_ENTRIES = 10_000


class Remembered[V]:
    """Values by key, each asked for again when older than ``MAX_AGE``. None is remembered too.

    Of more than ``MAX_ENTRIES`` the oldest are forgotten.
    """

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._entries: dict[str, tuple[datetime, V]] = {}

    def get(self, key: str, load: Callable[[str], V], *, max_age: timedelta = MAX_AGE) -> V:
        """Return the value of ``key``, loading it when it is missing or older than ``max_age``."""
        now = self._now()
        entry = self._entries.get(key)
        if entry is not None and now - entry[0] < max_age:
            return entry[1]
        value = load(key)
        self._keep(key, value, now)
        return value

    def put(self, key: str, value: V) -> None:
        """Remember what was just written."""
        self._keep(key, value, self._now())

    def _keep(self, key: str, value: V, now: datetime) -> None:
        self._entries.pop(key, None)
        if len(self._entries) >= MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (now, value)


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

    def key_again(self, key_id: str) -> ApiKey | None:
        """Return the key of that public id, or None; at most a second old."""
        return self._keys.get(key_id, self._store.key_again, max_age=AGAIN)

    def add_tenant(self, tenant: Tenant) -> None:
        """Store a new tenant."""
        self._store.add_tenant(tenant)

    def add_key(self, key: ApiKey) -> None:
        """Store a new key."""
        self._store.add_key(key)

    def remember_tenant(self, tenant: Tenant) -> None:
        """Know a tenant as it was just written."""
        self._tenants.put(tenant.tenant_id, tenant)

    def remember_key(self, key: ApiKey) -> None:
        """Know a key as it was just written."""
        self._keys.put(key.key_id, key)


class RememberedKeys:
    """A ``KeyStore`` whose changes hold at once in this process."""

    def __init__(self, store: KeyStore, tenants: CachedTenants) -> None:
        self._store = store
        self._tenants = tenants

    def all(self) -> Sequence[ApiKey]:
        """Return every key as it is now."""
        return self._store.all()

    def get(self, key_id: str) -> ApiKey | None:
        """Return the key as it is now, or None."""
        return self._store.get(key_id)

    def save(self, key: ApiKey, *, beside: ApiKey | None = None) -> ApiKey:
        """Write a key and return it with its new version."""
        saved = self._store.save(key, beside=beside)
        self._tenants.remember_key(saved)
        return saved


class RememberedSettings:
    """A ``SettingsStore`` whose changes hold at once in this process."""

    def __init__(self, store: SettingsStore, tenants: CachedTenants) -> None:
        self._store = store
        self._tenants = tenants

    def get(self) -> Tenant:
        """Return the tenant as it is now."""
        return self._store.get()

    def save(self, tenant: Tenant) -> Tenant:
        """Write the settings and return them with their new version."""
        saved = self._store.save(tenant)
        self._tenants.remember_tenant(saved)
        return saved
