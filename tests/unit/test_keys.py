"""Keys under way with each other: whoever changes them at the same time, one can manage them."""

from collections.abc import Callable, Sequence

import pytest

from leadsignal.errors import ConflictError, LastAdminKeyError
from leadsignal.models.keys import KeyPatch, KeyRequest, RotateRequest
from leadsignal.models.preconditions import ANY_VERSION
from leadsignal.models.tenants import ApiKey, Principal
from leadsignal.services.keys import ATTEMPTS, change_key, create_key, revoke_key, rotate_key
from tests.fakes.clock import NOW
from tests.fakes.events import tenant
from tests.fakes.stores import InMemoryTenants

OWNER = Principal(tenant=tenant(), key_id="Owner0000000", kind="sk", env="live", scopes=("owner",))
REQUEST = KeyRequest(name="Admin", kind="sk", env="live", scopes=("admin",))


def fixed(word: str) -> Callable[[int], str]:
    return lambda length: word.ljust(length, "0")


class Busy:
    """A store in which something happens just before each of the next writes."""

    def __init__(self, happens: Callable[[], object], times: int = 1) -> None:
        self.store = InMemoryTenants().keys("ten_one")
        self.happens = happens
        self.left = 0
        self.times = times

    def all(self) -> Sequence[ApiKey]:
        return self.store.all()

    def get(self, key_id: str) -> ApiKey | None:
        return self.store.get(key_id)

    def save(self, key: ApiKey, *, beside: ApiKey | None = None) -> ApiKey:
        if self.left:
            self.left -= 1
            self.happens()
        return self.store.save(key, beside=beside)


def revoke(key_id: str, keys: Busy) -> None:
    revoke_key(key_id, precondition=ANY_VERSION, caller=OWNER, keys=keys, now=NOW)


def two_admins(happens: Callable[[Busy, str], object]) -> tuple[Busy, str, str]:
    busy = Busy(lambda: happens(busy, second))
    first, second = (
        create_key(REQUEST, caller=OWNER, keys=busy, token=fixed(word), now=NOW).key.key_id
        for word in ("A", "B")
    )
    return busy, first, second


def test_two_that_revoke_each_other_do_not_both_succeed() -> None:
    def the_other_is_first(busy: Busy, second: str) -> None:
        revoke(second, busy)

    busy, first, second = two_admins(the_other_is_first)
    busy.left = 1
    with pytest.raises(LastAdminKeyError):
        revoke(first, busy)
    held = {key.key_id: key.revoked_at is None for key in busy.all()}
    assert held == {first: True, second: False}


def test_a_change_of_the_key_beside_is_waited_out() -> None:
    def renamed(busy: Busy, second: str) -> None:
        change_key(
            second,
            KeyPatch(name=f"name {busy.left}"),
            precondition=ANY_VERSION,
            caller=OWNER,
            keys=busy,
            now=NOW,
        )

    busy, first, _ = two_admins(renamed)
    busy.left = 1
    revoke(first, busy)
    assert [key.revoked_at is None for key in busy.all()] == [False, True]


def test_a_change_that_never_finds_its_turn_is_a_conflict() -> None:
    def renamed(busy: Busy, second: str) -> None:
        current = busy.store.get(second)
        assert current is not None
        busy.store.save(current.model_copy(update={"name": f"name {busy.left}"}))

    busy, first, _ = two_admins(renamed)
    busy.left = ATTEMPTS
    with pytest.raises(ConflictError):
        revoke(first, busy)
    assert busy.left == 0


def test_a_repeated_creation_returns_the_key_that_it_made() -> None:
    keys = InMemoryTenants().keys("ten_one")
    made = [
        create_key(REQUEST, caller=OWNER, keys=keys, token=fixed("A"), now=NOW) for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len(keys.all()) == 1


def test_an_id_that_is_taken_by_another_key_is_a_conflict() -> None:
    keys = InMemoryTenants().keys("ten_one")
    create_key(REQUEST, caller=OWNER, keys=keys, token=fixed("A"), now=NOW)

    def token(length: int) -> str:
        return ("A" if length == 12 else "B").ljust(length, "0")

    with pytest.raises(ConflictError):
        create_key(REQUEST, caller=OWNER, keys=keys, token=token, now=NOW)


def test_a_repeated_rotation_keeps_the_secret_that_it_replaced() -> None:
    keys = InMemoryTenants().keys("ten_one")
    made = create_key(REQUEST, caller=OWNER, keys=keys, token=fixed("A"), now=NOW)
    rotated = [
        rotate_key(
            made.key.key_id,
            RotateRequest(overlap_seconds=60),
            precondition=ANY_VERSION,
            caller=OWNER,
            keys=keys,
            token=fixed("C"),
            now=NOW,
        )
        for _ in range(2)
    ]
    assert rotated[0] == rotated[1]
    assert rotated[1].key.previous_hash == made.key.hash
