"""Providers and their secrets, with every single call of storage broken once."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

from leadsignal.adapters.dynamodb.providers import DynamoProviders
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.adapters.ssm import SsmSecrets
from leadsignal.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
    TransientError,
)
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.models.providers import EMBEDDED_ID, Provider, ProviderPatch, ProviderRequest
from leadsignal.models.tenants import Tenant
from leadsignal.runtime.cached import Remembered, RememberedProviders, RememberedSecrets
from leadsignal.services import providers
from leadsignal.services.providers import Counter
from tests.fakes.clock import NOW, Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.faults import Calls
from tests.fakes.ssm import FakeSsm

TENANT = Tenant(tenant_id="ten_1", name="one", secret="", created_at=1)
REQUEST = ProviderRequest(name="Paid", kind="apollo", secret="first")
RENEWAL = ProviderPatch(secret="second")


class World:
    """One tenant's providers and secrets in memory, with calls that can be broken."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.ssm = FakeSsm(self.calls)
        self._table = Table(FakeDynamoDB.from_template(self.calls).client, "ConfigTable")
        self._numbers = count(1)
        self.counter = Counter(
            tenant=TENANT,
            providers=DynamoProviders(self._table, "ten_1"),
            secrets=SsmSecrets(lambda: self.ssm.client, "/stack/providers", "ten_1"),
            allowed=frozenset(),
        )

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):024d}"

    def create(self, request: ProviderRequest = REQUEST) -> Provider:
        return providers.create_provider(request, counter=self.counter, new_id=self.new_id, now=NOW)

    def change(
        self, provider: Provider, patch: ProviderPatch, demand: Precondition = ANY_VERSION
    ) -> Provider:
        return providers.change_provider(
            provider.id,
            patch,
            demand=demand,
            counter=self.counter,
            new_id=self.new_id,
            now=NOW,
        )

    def remove(self, provider: Provider) -> None:
        providers.remove(provider.id, demand=ANY_VERSION, counter=self.counter)

    def secret_of(self, provider: Provider) -> str | None:
        found = providers.find(provider.id, counter=self.counter)
        assert found.secret_ref is not None
        return self.counter.secrets.get(f"{found.id}/{found.secret_ref}")

    @property
    def secrets(self) -> list[str]:
        return sorted(self.ssm.held.values())


def each_call(act: Callable[[World, Provider], Any]) -> int:
    """Return how many calls something takes when nothing goes wrong."""
    world = World()
    made = world.create()
    before = world.calls.made
    act(world, made)
    return world.calls.made - before


FAULTS = pytest.mark.parametrize("after", [False, True], ids=["unreached", "unanswered"])


@FAULTS
@pytest.mark.parametrize("at", range(1, 9))
def test_a_renewal_broken_at_any_call_leaves_one_secret_that_is_good(
    at: int, *, after: bool
) -> None:
    world = World()
    made = world.create()
    world.calls.fail(at=at, after=after)
    with suppress(TransientError):
        world.change(made, RENEWAL)
    world.calls.stop()
    assert world.secret_of(made) in ("first", "second")

    world.change(made, ProviderPatch(secret="third"))
    assert world.secret_of(made) == "third"
    world.remove(made)
    assert set(world.secrets) <= {"second"}  # one that no provider ever said it had


@FAULTS
@pytest.mark.parametrize("at", range(1, 9))
def test_a_deletion_broken_at_any_call_ends_when_it_is_done_again(at: int, *, after: bool) -> None:
    world = World()
    made = world.create()
    world.calls.fail(at=at, after=after)
    with suppress(TransientError):
        world.remove(made)
    world.calls.stop()
    if world.counter.providers.get(made.id) is not None:
        world.remove(made)
    assert world.counter.providers.all() == []
    assert world.secrets == []


@FAULTS
@pytest.mark.parametrize("at", range(1, 5))
def test_a_creation_broken_at_any_call_shows_no_half_of_a_provider(at: int, *, after: bool) -> None:
    world = World()
    world.calls.fail(at=at, after=after)
    with suppress(TransientError):
        world.create()
    world.calls.stop()
    for found in world.counter.providers.all():
        assert world.secret_of(found) == "first"


def test_the_sweeps_above_reach_every_call() -> None:
    assert each_call(lambda world, made: world.change(made, RENEWAL)) <= 8
    assert each_call(lambda world, made: world.remove(made)) <= 8
    world = World()
    world.create()
    assert world.calls.made <= 4


def test_a_creation_that_is_done_again_makes_the_same_provider() -> None:
    world = World()
    ids = iter(["prv_" + "a" * 24, "sec_" + "b" * 24] * 2)
    world.new_id = lambda prefix: next(ids)  # type: ignore[method-assign]
    assert world.create() == world.create()
    assert len(world.counter.providers.all()) == len(world.secrets) == 1


def test_a_creation_whose_place_was_taken_and_left_is_a_conflict() -> None:
    world = World()
    world.calls.refuse("ConditionalCheckFailedException", at=1, operation="PutItem")
    with pytest.raises(ConflictError):
        world.create()


def test_a_change_waits_for_others_and_then_gives_up() -> None:
    world = World()
    made = world.create()
    world.calls.refuse("ConditionalCheckFailedException", at=1, operation="PutItem", times=4)
    assert world.change(made, RENEWAL).version == 2
    assert world.secrets == ["second"]

    world.calls.refuse("ConditionalCheckFailedException", at=1, operation="PutItem", times=5)
    with pytest.raises(ConflictError):
        world.change(made, ProviderPatch(secret="third"))
    assert world.secrets == ["second"]


def test_a_renewal_overtaken_by_another_change_leaves_the_secret_of_that() -> None:
    world = World()
    made = world.create()
    overtaking = ProviderPatch(secret="other")

    def overtake() -> None:
        world.change(made, overtaking)

    world.calls.interrupt(overtake, at=1, operation="PutItem")
    with pytest.raises(PreconditionFailedError):
        world.change(made, RENEWAL, Precondition(versions=frozenset({1})))
    assert (world.secret_of(made), world.secrets) == ("other", ["other"])


def test_a_renewal_of_a_provider_that_went_meanwhile_leaves_nothing() -> None:
    world = World()
    made = world.create()
    world.calls.interrupt(lambda: world.remove(made), at=1, operation="PutItem")
    with pytest.raises(NotFoundError):
        world.change(made, RENEWAL)
    assert world.secrets == []


def test_a_change_whose_answer_was_lost_is_not_made_twice() -> None:
    world = World()
    made = world.create()
    world.calls.repeat(at=1, operation="PutItem")
    assert world.change(made, ProviderPatch(priority=7)).version == 2
    world.calls.repeat(at=1, operation="PutItem")
    renewed = world.change(made, RENEWAL)
    assert (renewed.version, world.secret_of(made), world.secrets) == (3, "second", ["second"])


def test_a_deletion_gives_up_where_others_keep_changing() -> None:
    world = World()
    made = world.create()
    world.calls.refuse("ConditionalCheckFailedException", at=1, operation="PutItem", times=9)
    with pytest.raises(ConflictError):
        world.remove(made)
    assert world.secret_of(made) == "first"


def test_the_built_in_provider_is_there_for_everybody() -> None:
    world = World()
    built_in = providers.find(EMBEDDED_ID, counter=world.counter)
    assert (built_in.version, built_in.enabled) == (0, True)
    assert world.change(built_in, ProviderPatch(priority=9)).version == 1
    for _ in range(2):
        with pytest.raises(ConflictError):
            world.remove(built_in)
        assert providers.find(EMBEDDED_ID, counter=world.counter).priority == 9


def test_a_secret_goes_to_no_other_host_than_it_was_given_for() -> None:
    world = World()
    one, other = "https://api.example.com/v1/{domain}", "https://api.example.net/v1/{domain}"
    mapping = {"name": "/name"}
    request = ProviderRequest(
        name="a", kind="generic_json", secret="first", endpoints={"domain": one}, mapping=mapping
    )
    made = world.create(request)
    elsewhere = ProviderPatch(endpoints={"ip": "https://API.example.com?q={ip}"})
    assert world.change(made, elsewhere).has_secret
    for kind, moved in (("domain", other), ("email", "https://api.example.com:8443/{email}")):
        with pytest.raises(InvalidInputError) as caught:
            world.change(made, ProviderPatch(endpoints={kind: moved}))
        assert [problem.where for problem in caught.value.problems] == ["/secret"]
    assert world.change(made, ProviderPatch(endpoints={"domain": other}, secret="new")).has_secret
    assert world.secrets == ["new"]
    assert not world.change(made, ProviderPatch(endpoints={"domain": one}, secret=None)).has_secret


def test_neither_requests_nor_changes_show_their_secret() -> None:
    assert "first" not in repr(REQUEST)
    assert "second" not in repr(RENEWAL)


def test_secrets_are_remembered_for_five_minutes_and_no_longer_than_they_are_there() -> None:
    clock, ssm = Clock(), FakeSsm()
    memory: Remembered[str | None] = Remembered(now=clock.read)

    def of(tenant: str) -> RememberedSecrets:
        store = SsmSecrets(lambda: ssm.client, "/stack/providers", tenant)
        return RememberedSecrets(store, tenant, memory)

    of("ten_1").put("prv_1/sec_1", "mine")
    for _ in range(5):
        assert of("ten_1").get("prv_1/sec_1") == "mine"
        assert of("ten_2").get("prv_1/sec_1") is None
    assert ssm.calls.made == 3
    clock.move(minutes=4, seconds=59)
    of("ten_1").get("prv_1/sec_1")
    assert ssm.calls.made == 3
    clock.move(seconds=1)
    of("ten_1").get("prv_1/sec_1")
    assert ssm.calls.made == 4
    of("ten_1").delete("prv_1/sec_1")
    assert of("ten_1").get("prv_1/sec_1") is None


def test_providers_are_remembered_for_thirty_seconds_and_changes_hold_at_once() -> None:
    world, clock = World(), Clock()
    memory: Remembered[tuple[Provider, ...]] = Remembered(now=clock.read)
    store = RememberedProviders(world.counter.providers, "ten_1", memory)
    assert list(store.remembered()) == []
    world.create()
    assert list(store.remembered()) == []
    clock.move(seconds=30)
    [found] = store.remembered()
    saved = store.save(found)
    assert list(store.remembered()) == [saved] == list(store.all())
    assert store.get(saved.id) == saved
    store.delete(saved.id, version=saved.version)
    assert list(store.remembered()) == []
