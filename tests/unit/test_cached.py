"""Configuration in memory: never older than 30 seconds."""

from leadsignal.adapters.dynamodb.config import DynamoSettings, DynamoTenants
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.models.rules import Publication
from leadsignal.models.tenants import ApiKey
from leadsignal.runtime import cached
from leadsignal.runtime.cached import CachedTenants, Remembered, RememberedKeys, RememberedSettings
from tests.fakes.clock import NOW, Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.events import tenant
from tests.fakes.faults import Calls
from tests.fakes.stores import InMemoryTenants

KEY = ApiKey(
    key_id="k1",
    tenant_id="ten_one",
    kind="sk",
    env="live",
    hash="h",
    created_at=1,
)
STORED = KEY.model_copy(update={"version": 1})

RULES = Publication(id="rs_new", version=2, at=1)


def test_a_revoked_key_is_seen_as_such_after_30_seconds() -> None:
    clock, store = Clock(), InMemoryTenants()
    store.add_key(KEY)
    tenants = CachedTenants(store, now=lambda: clock.now)
    assert tenants.key("k1") == STORED
    store.replace_key(STORED.model_copy(update={"revoked_at": 1}))

    clock.move(seconds=29.999)
    assert tenants.key("k1") == STORED
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
    assert tenants.tenant("ten_one") == tenant(version=1)
    assert tenants.key("k1") == STORED


def test_a_key_is_looked_up_again_at_most_once_a_second() -> None:
    clock, store = Clock(), InMemoryTenants()
    tenants = CachedTenants(store, now=lambda: clock.now)
    assert [tenants.key_again("k1") for _ in range(3)] == [None] * 3
    clock.move(seconds=0.999)
    assert tenants.key_again("k1") is None
    assert store.reads == 1
    store.add_key(KEY)
    clock.move(seconds=0.001)
    assert tenants.key_again("k1") == STORED
    assert tenants.key("k1") == STORED
    assert store.reads == 2


def test_what_this_process_writes_it_knows_at_once() -> None:
    store = InMemoryTenants()
    tenants = CachedTenants(store, now=Clock().read)
    keys = RememberedKeys(store.keys("ten_one"), tenants)
    settings = RememberedSettings(store.settings("ten_one"), tenants)
    assert (tenants.key("k1"), tenants.tenant("ten_one")) == (None, None)
    assert keys.save(KEY) == STORED
    assert tenants.key("k1") == keys.get("k1") == STORED
    assert list(keys.all()) == [STORED]
    assert settings.save(tenant()) == settings.get() == tenants.tenant("ten_one")


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    clock = Clock()
    loaded: list[str] = []
    memory: Remembered[int] = Remembered(now=clock.read)

    def load(key: str) -> int:
        loaded.append(key)
        return len(key)

    for number in range(cached.MAX_ENTRIES):
        memory.get(str(number), load)
    memory.put("0", 1)
    memory.get("one more", load)
    memory.get("0", load)
    memory.get("2", load)
    assert loaded.count("0") == loaded.count("2") == 1
    memory.get("1", load)
    assert loaded.count("1") == 2


def test_what_a_tenant_is_now_no_late_read_says_otherwise() -> None:
    calls = Calls()
    table = Table(FakeDynamoDB.from_template(calls).client, "ConfigTable")
    tenants = CachedTenants(DynamoTenants(table), now=lambda: NOW)
    tenants.add_tenant(tenant())
    settings = DynamoSettings(table, "ten_one")
    settings.save(settings.get().model_copy(update={"published": RULES}))
    calls.lagging = True

    now = tenants.tenant_now("ten_one")

    assert now is not None
    assert now.published == RULES
