"""The store of credits, on the fake of DynamoDB and in moto."""

from typing import Any

import pytest

from leadsignal.errors import ConflictError
from leadsignal.models.credits import Account, Book, Usage
from leadsignal.ports import CreditStore
from tests.fakes.credits import ACME, CreditWorld
from tests.fakes.dynamodb import FakeDynamoDB


@pytest.fixture(params=["fake", "moto"])
def world(request: pytest.FixtureRequest) -> CreditWorld:
    client: Any = FakeDynamoDB.from_template()
    if request.param == "moto":
        client = request.getfixturevalue("stack").dynamodb
    return CreditWorld(client=client)


@pytest.fixture
def store(world: CreditWorld) -> CreditStore:
    return world.store


def test_who_never_had_credits_has_an_empty_account(store: CreditStore) -> None:
    assert store.read(["rsv_a"], [("2026-01-15", "key_1")]) == Book(
        account=Account(), spent={("2026-01-15", "key_1"): 0}
    )
    assert (store.entries(10), store.usage(10, first="", before="~")) == ([], [])


def test_a_whole_day_of_look_ups_adds_up(world: CreditWorld) -> None:
    world.spend("a", 3, key_id="key_1", daily_credits=50)
    held = world.reserve("b", 4, key_id="key_1", daily_credits=50)
    world.charge(held, 1)
    world.refund(world.reserve("c", 5))
    world.reserve("d", 6)
    world.clock.move(minutes=2)
    world.grant(10)
    world.audit()
    book = world.store.read([held.id], [("2026-01-15", "key_1")])
    assert book.reservations[held.id].state == "charged"
    assert book.spent == {("2026-01-15", "key_1"): 4}
    assert (book.account.balance, book.account.charged) == (106, 4)


@pytest.mark.parametrize("moved", [0, 1], ids=["a new account", "an account"])
def test_an_account_that_changed_since_it_was_read_is_not_written(
    world: CreditWorld, moved: int
) -> None:
    for number in range(moved):
        world.spend(f"a{number}")
    before = world.store.read()
    # No entry of a ledger, whose number would be taken, stands in the way of these.
    world.store.write(before.account, before)
    with pytest.raises(ConflictError):
        world.store.write(before.account, before)
    assert world.account.version == before.account.version + 1


def test_of_a_movement_that_is_refused_nothing_is_written(world: CreditWorld) -> None:
    world.spend("a")
    before = world.store.read()
    counted = Usage(day="2026-01-15", key_id=None, provider=ACME, lookups=1, misses=1)
    world.spend("b")
    late = before.model_copy(update={"usage": (counted,)})
    with pytest.raises(ConflictError):
        world.store.write(before.account, late)
    [(_, used)] = world.store.usage(10, first="", before="~")
    assert (used.lookups, used.misses) == (2, 0)
    world.audit()


def test_entries_and_counts_are_read_in_stretches_newest_first(world: CreditWorld) -> None:
    for number in range(3):
        world.spend(f"a{number}", key_id=f"key_{number}")
        world.clock.move(days=1)
    assert [entry.number for entry in world.store.entries(2)] == [7, 6]
    assert [entry.number for entry in world.store.entries(10, before=3)] == [2, 1]
    days = [used.day for _, used in world.store.usage(2, first="2026-01-16", before="2026-01-17~")]
    assert days == ["2026-01-17", "2026-01-16"]
    [(place, _)] = world.store.usage(1, first="2026-01-16", before="2026-01-17")
    assert world.store.usage(10, first="2026-01-16", before=place) == []


def test_what_is_over_has_an_end_in_storage() -> None:
    world = CreditWorld()
    world.spend("a", key_id="key_1", daily_credits=50)
    world.reserve("b")
    items = {item["sk"]["S"]: item for item in world.db.items("LeadTable")}
    endless = {sk for sk, item in items.items() if "expires_at" not in item}
    assert endless == {"BALANCE", "RESERVATION#rsv_b"}
