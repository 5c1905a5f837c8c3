"""Process memory in front of slow-changing configuration: at most 30 seconds old, secrets five
minutes."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from leadsignal.models.providers import Provider
from leadsignal.models.tenants import ApiKey, Tenant
from leadsignal.ports import KeyStore, ProviderStore, SecretStore, SettingsStore, TenantStore

MAX_AGE = timedelta(seconds=30)  # a revoked key stops working everywhere within this time
AGAIN = timedelta(seconds=1)  # whoever guesses at secrets has a key read once in this time
SECRETS_AGE = timedelta(minutes=5)
AT_ONCE = timedelta(0)
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

    def forget(self, key: str) -> None:
        """Ask again for the value of ``key`` the next time."""
        self._entries.pop(key, None)

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

    def tenant_now(self, tenant_id: str) -> Tenant | None:
        """Return the tenant as it is now, or None."""
        return self._tenants.get(tenant_id, self._store.tenant_now, max_age=AT_ONCE)

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


class RememberedProviders:
    """A ``ProviderStore`` whose changes hold at once in this process, and elsewhere in 30 seconds
    for who asks with ``remembered``."""

    def __init__(
        self, store: ProviderStore, tenant_id: str, memory: Remembered[tuple[Provider, ...]]
    ) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._memory = memory

    def remembered(self, *, max_age: timedelta = MAX_AGE) -> Sequence[Provider]:
        """Return every provider, as it was at most 30 seconds ago, or less."""
        return self._memory.get(
            self._tenant_id, lambda _: tuple(self._store.all()), max_age=max_age
        )

    def all(self) -> Sequence[Provider]:
        """Return every provider as it is now."""
        return self._store.all()

    def get(self, provider_id: str) -> Provider | None:
        """Return the provider as it is now, or None."""
        return self._store.get(provider_id)

    def save(self, provider: Provider) -> Provider:
        """Write a provider and return it with its new version."""
        saved = self._store.save(provider)
        self._memory.forget(self._tenant_id)
        return saved

    def delete(self, provider_id: str, *, version: int) -> None:
        """Remove the provider in that version."""
        self._store.delete(provider_id, version=version)
        self._memory.forget(self._tenant_id)


class RememberedSecrets:
    """A ``SecretStore`` that asks another one at most every five minutes per secret."""

    def __init__(self, store: SecretStore, tenant_id: str, memory: Remembered[str | None]) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._memory = memory

    def get(self, name: str) -> str | None:
        """Return a secret, or None when it is not there."""
        key = f"{self._tenant_id}/{name}"
        return self._memory.get(key, lambda _: self._store.get(name), max_age=SECRETS_AGE)

    def put(self, name: str, secret: str) -> None:
        """Keep a secret."""
        self._store.put(name, secret)
        self._memory.forget(f"{self._tenant_id}/{name}")

    def delete(self, name: str) -> None:
        """Forget a secret."""
        self._memory.forget(f"{self._tenant_id}/{name}")
        self._store.delete(name)
