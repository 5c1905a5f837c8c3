"""Configuration in memory: never older than 30 seconds."""

from leadsignal.models.tenants import ApiKey
from leadsignal.runtime import cached
from leadsignal.runtime.cached import CachedTenants, Remembered
from tests.fakes.clock import Clock
from tests.fakes.events import tenant
from tests.fakes.stores import InMemoryTenants

KEY = ApiKey(key_id="k1", tenant_id="ten_one", kind="sk", env="live", hash="h", created_at=1)


def test_a_revoked_key_is_seen_as_such_after_30_seconds() -> None:
    clock, store = Clock(), InMemoryTenants()
    store.add_key(KEY)
    tenants = CachedTenants(store, now=lambda: clock.now)
    assert tenants.key("k1") == KEY
    store.replace_key(KEY.model_copy(update={"revoked_at": 1}))

    clock.move(seconds=29.999)
    assert tenants.key("k1") == KEY
    assert store.reads == 1
    clock.move(seconds=0.001)
    found = tenants.key("k1")
    assert found is not None
    assert found.revoked_at == 1


def test_that_there_is_nothing_is_remembered_too() -> None:
    clock, store = Clock(), InMemoryTenants()
    tenants = CachedTenants(store, now=lambda: clock.now)
    assert [tenants.tenant("ten_one") for _ in range(3)] == [None] * 3
    assert store.reads == 1
    tenants.add_tenant(tenant())
    tenants.add_key(KEY)
    clock.move(seconds=30)
    assert tenants.tenant("ten_one") == tenant()
    assert tenants.key("k1") == KEY


def test_memory_is_bounded() -> None:
    clock = Clock()
    loaded: list[str] = []
    memory: Remembered[int] = Remembered(now=lambda: clock.now)

    def load(key: str) -> int:
        loaded.append(key)
        return len(key)

    for number in range(cached.MAX_ENTRIES + 1):
        memory.get(str(number), load)
    memory.get("0", load)
    assert loaded.count("0") == 2
