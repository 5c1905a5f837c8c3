"""The stores of keys, of their use and of settings, on the fake of DynamoDB and in moto."""

from typing import Any

import pytest

from leadsignal.adapters.dynamodb.config import DynamoApiKeys, DynamoSettings, DynamoTenants
from leadsignal.adapters.dynamodb.key_usage import KEPT_DAYS, DynamoKeyUsage
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.instants import DAY_MS
from leadsignal.models.keys import KeyMarks
from leadsignal.models.tenants import ApiKey
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.events import tenant

AT = 1_768_478_400_000
KEY = ApiKey(
    key_id="Kx7Qm2Rt9LpZ",
    tenant_id="ten_one",
    name="é",
    kind="sk",
    env="live",
    hash="h",
    scopes=("admin",),
    created_at=AT,
)
OTHER = KEY.model_copy(update={"key_id": "4dWq8NbV1sYc", "created_at": AT - 1})


@pytest.fixture(params=["fake", "moto"])
def client(request: pytest.FixtureRequest) -> Any:
    """A client of DynamoDB with the tables of the template."""
    if request.param == "fake":
        return FakeDynamoDB.from_template()
    return request.getfixturevalue("stack").dynamodb


@pytest.fixture
def config(client: Any) -> Table:
    return Table(client, "ConfigTable")


@pytest.fixture
def keys(config: Table) -> DynamoApiKeys:
    return DynamoApiKeys(config, "ten_one")


@pytest.fixture
def usage(client: Any) -> DynamoKeyUsage:
    return DynamoKeyUsage(Table(client, "CacheTable"), "ten_one")


def test_a_key_is_listed_under_its_tenant_and_found_by_its_id(
    config: Table, keys: DynamoApiKeys
) -> None:
    saved = keys.save(KEY)
    assert saved == KEY.model_copy(update={"version": 1})
    assert keys.get(KEY.key_id) == DynamoTenants(config).key(KEY.key_id) == saved
    assert DynamoTenants(config).key_again(KEY.key_id) == saved
    keys.save(OTHER)
    assert [key.key_id for key in keys.all()] == [OTHER.key_id, KEY.key_id]
    others = DynamoApiKeys(config, "ten_two")
    assert (list(others.all()), others.get(KEY.key_id)) == ([], None)


def test_a_change_is_seen_at_both_places(config: Table, keys: DynamoApiKeys) -> None:
    saved = keys.save(KEY)
    changed = keys.save(saved.model_copy(update={"name": "New"}))
    assert (changed.name, changed.version) == ("New", 2)
    assert keys.get(KEY.key_id) == DynamoTenants(config).key(KEY.key_id) == changed


def test_a_stale_change_is_refused_at_both_places(config: Table, keys: DynamoApiKeys) -> None:
    saved = keys.save(KEY)
    current = keys.save(saved.model_copy(update={"name": "First"}))
    for stale in (KEY, saved.model_copy(update={"name": "Second"})):
        with pytest.raises(ConflictError):
            keys.save(stale)
    assert keys.get(KEY.key_id) == DynamoTenants(config).key(KEY.key_id) == current


def test_the_id_of_another_tenants_key_is_not_taken_over(
    config: Table, keys: DynamoApiKeys
) -> None:
    saved = keys.save(KEY)
    others = DynamoApiKeys(config, "ten_two")
    with pytest.raises(ConflictError):
        others.save(KEY.model_copy(update={"tenant_id": "ten_two"}))
    assert DynamoTenants(config).key(KEY.key_id) == saved
    assert list(others.all()) == []


def test_a_change_stands_only_beside_a_key_that_is_as_it_was_read(keys: DynamoApiKeys) -> None:
    mine, beside = keys.save(KEY), keys.save(OTHER)
    newer = keys.save(beside.model_copy(update={"revoked_at": AT}))
    change = mine.model_copy(update={"revoked_at": AT})
    with pytest.raises(ConflictError):
        keys.save(change, beside=beside)
    assert keys.get(KEY.key_id) == mine
    assert keys.save(change, beside=newer).version == 2


def test_a_revoked_key_is_forgotten_in_the_end(config: Table, keys: DynamoApiKeys) -> None:
    keys.save(keys.save(KEY).model_copy(update={"revoked_at": AT}))
    items = [
        item
        for pk in ("T#ten_one#KEYS", f"KEY#{KEY.key_id}")
        for item in config.query(pk, consistent=True)
    ]
    assert [item["expires_at"] for item in items] == [(AT + 400 * DAY_MS) // 1000] * 2


def test_settings_are_changed_by_whoever_read_them_last(config: Table) -> None:
    settings = DynamoSettings(config, "ten_one")
    with pytest.raises(NotFoundError):
        settings.get()
    first = settings.save(tenant())
    assert settings.get() == DynamoTenants(config).tenant("ten_one") == first
    second = settings.save(first.model_copy(update={"name": "New"}))
    assert second.version == 2
    for stale in (tenant(), first):
        with pytest.raises(ConflictError):
            settings.save(stale)
    assert settings.get() == second


def test_use_is_counted_by_day_and_route(usage: DynamoKeyUsage) -> None:
    usage.add(KEY.key_id, "2026-01-15", {"GET /v1/leads 2xx": 2})
    usage.add(KEY.key_id, "2026-01-15", {"GET /v1/leads 2xx": 3, "POST /v1/t 4xx": 1})
    usage.add(KEY.key_id, "2026-01-16", {"GET /v1/leads 2xx": 1})
    usage.add(KEY.key_id, "2026-02-01", {"GET /v1/leads 5xx": 9})
    usage.add(OTHER.key_id, "2026-01-15", {"GET /v1/leads 2xx": 100})

    def days(limit: int = 10, first: str = "2026-01-01", before: str = "2026-01-31~") -> list[Any]:
        return list(usage.days(KEY.key_id, limit, first=first, before=before))

    newest = ("2026-01-16", {"GET /v1/leads 2xx": 1})
    older = ("2026-01-15", {"GET /v1/leads 2xx": 5, "POST /v1/t 4xx": 1})
    assert days() == [newest, older]
    assert days(limit=1) == [newest]
    assert days(before="2026-01-16") == [older]
    assert days(first="2026-01-16") == [newest]
    assert days(first="2026-01-17") == []


def test_a_days_counts_are_kept_for_a_year_and_more(client: Any, usage: DynamoKeyUsage) -> None:
    usage.add(KEY.key_id, "1970-01-11", {"GET /v1/leads 2xx": 1})
    [item] = Table(client, "CacheTable").query(f"T#ten_one#USED#{KEY.key_id}")
    assert item["expires_at"] == (10 + KEPT_DAYS) * 86_400


def test_the_last_use_and_the_first_exposure_are_marked(client: Any, usage: DynamoKeyUsage) -> None:
    for at in (AT, AT + 5, AT + 3):
        usage.mark_used(KEY.key_id, at)
        usage.mark_exposed(KEY.key_id, at)
    usage.mark_exposed(OTHER.key_id, AT + 9)
    assert usage.marks([KEY.key_id, OTHER.key_id, "000000000000"]) == {
        KEY.key_id: KeyMarks(last_used_at=AT + 5, exposed_at=AT),
        OTHER.key_id: KeyMarks(exposed_at=AT + 9),
    }
    assert usage.marks([]) == {}
    assert DynamoKeyUsage(Table(client, "CacheTable"), "ten_two").marks([KEY.key_id]) == {}
