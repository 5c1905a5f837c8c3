"""The form of keys, and who stands behind one."""

import re
import zlib
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain import credentials
from leadsignal.errors import InvalidCredentialError
from leadsignal.models.instants import to_instant
from leadsignal.models.tenants import ApiKey, KeyEnv, KeyKind, Principal
from leadsignal.runtime.cached import CachedTenants
from leadsignal.services.tenants import CreatedTenant, authenticate, create_tenant
from tests.fakes.clock import NOW, Clock
from tests.fakes.events import tenant
from tests.fakes.stores import InMemoryTenants

PUBLISHED = re.compile(r"ls_(wk|sk)_(live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]+")
KEY = credentials.format_key("sk", "live", "abcdefABCDEF", "s" * 32)
BASE62 = st.text(credentials.ALPHABET, min_size=1, max_size=40)


def made() -> tuple[InMemoryTenants, CreatedTenant]:
    store, numbers = InMemoryTenants(), count(1)
    created = create_tenant(
        "Acme",
        env="live",
        config=store,
        token=lambda length: f"{next(numbers):0{length}d}",
        secret=bytes(32),
        now=NOW,
    )
    store.calls.log.clear()
    return store, created


def test_a_new_tenant_has_a_write_key_and_an_owners_key_that_are_stored_as_hashes() -> None:
    store, created = made()
    write = authenticate(created.write_key, config=store, now=NOW)
    secret = authenticate(created.secret_key, config=store, now=NOW)
    assert (write.kind, write.trusted, write.scopes) == ("wk", False, ())
    assert (secret.kind, secret.trusted, secret.scopes) == ("sk", True, ("owner",))
    assert write.tenant == secret.tenant
    for key in (created.write_key, created.secret_key):
        assert PUBLISHED.fullmatch(key)
        stored = store.key(credentials.parse_key(key).key_id)
        assert stored is not None
        assert key.rpartition("_")[2][:-6] not in stored.model_dump_json()


@given(text=BASE62)
def test_the_checksum_is_the_crc_in_base_62(text: str) -> None:
    digits = credentials.checksum(text)
    assert len(digits) == 6
    value = 0
    for digit in digits:
        value = value * 62 + credentials.ALPHABET.index(digit)
    assert value == zlib.crc32(text.encode())


@pytest.mark.parametrize("kind", ["wk", "sk"])
@pytest.mark.parametrize("env", ["live", "test"])
def test_a_key_says_its_kind_environment_and_id(kind: KeyKind, env: KeyEnv) -> None:
    key = credentials.format_key(kind, env, "abcdefABCDEF", "s" * 32)
    assert credentials.parse_key(key) == (kind, env, "abcdefABCDEF")


@pytest.mark.parametrize("place", range(len(KEY)))
def test_a_changed_character_is_refused_before_anything_is_read(place: int) -> None:
    store, _ = made()
    other = "a" if KEY[place] != "a" else "b"
    with pytest.raises(InvalidCredentialError):
        authenticate(KEY[:place] + other + KEY[place + 1 :], config=store, now=NOW)
    assert store.reads == 0


@pytest.mark.parametrize(
    "text",
    ["", " ", "ls", "Bearer", KEY[:-1], KEY + "0", f" {KEY}", f"{KEY}\n", "ü" * 60, "a" * 10_240,
     KEY.replace("_sk_", "_rk_"), KEY.upper(), "ls_sk_live_" + "٣" * 12 + "_" + "s" * 38],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidCredentialError):
        credentials.parse_key(text)


@given(text=st.text(max_size=140))
def test_any_text_is_a_key_or_refused(text: str) -> None:
    with pytest.raises(InvalidCredentialError):
        credentials.parse_key(text)


def stored(**changes: object) -> ApiKey:
    fields = {
        "key_id": "abcdefABCDEF",
        "tenant_id": "ten_one",
        "kind": "sk",
        "env": "live",
        "hash": credentials.hash_key(KEY),
        "created_at": 1,
    }
    return ApiKey.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"revoked_at": to_instant(NOW)}, False),
        ({"revoked_at": to_instant(NOW) + 1}, True),
        ({"expires_at": to_instant(NOW)}, False),
        ({"expires_at": to_instant(NOW) + 1}, True),
        ({"hash": credentials.hash_key("another")}, False),
        ({"hash": "x" * 64, "previous_hash": credentials.hash_key(KEY)}, False),
        (
            {
                "hash": "x" * 64,
                "previous_hash": credentials.hash_key(KEY),
                "previous_until": to_instant(NOW),
            },
            False,
        ),
        (
            {
                "hash": "x" * 64,
                "previous_hash": credentials.hash_key(KEY),
                "previous_until": to_instant(NOW) + 1,
            },
            True,
        ),
        ({"tenant_id": "ten_gone"}, False),
    ],
    ids=str,
)
def test_a_key_is_good_until_it_is_revoked_or_expires(
    changes: dict[str, object], good: bool
) -> None:
    store = InMemoryTenants()
    store.add_tenant(tenant())
    store.add_key(stored(**changes))
    if good:
        assert authenticate(KEY, config=store, now=NOW).key_id == "abcdefABCDEF"
        return
    with pytest.raises(InvalidCredentialError, match="^the key is not valid$"):
        authenticate(KEY, config=store, now=NOW)


def test_a_known_id_with_a_wrong_secret_costs_what_an_unknown_id_does() -> None:
    wrong = credentials.format_key("sk", "live", "abcdefABCDEF", "t" * 32)
    seen = []
    for keys in ([stored()], []):
        store, clock = InMemoryTenants(), Clock()
        store.add_tenant(tenant())
        for key in keys:
            store.add_key(key)
        cached = CachedTenants(store, now=clock.read)
        for _ in range(5):
            with pytest.raises(InvalidCredentialError):
                authenticate(wrong, config=cached, now=NOW)
        seen.append(store.calls.log[store.calls.log.index("GetItem") :])
    assert seen == [["GetItem"], ["GetItem"]]


def test_no_key_matches_nothing() -> None:
    assert not credentials.matches(KEY, None, now=0)


def test_an_unknown_key_is_refused_in_the_same_words() -> None:
    with pytest.raises(InvalidCredentialError, match="^the key is not valid$"):
        authenticate(KEY, config=InMemoryTenants(), now=NOW)


@pytest.mark.parametrize(
    ("scopes", "scope", "allowed"),
    [
        (("owner",), "leads:write", True),
        (("leads:read",), "leads:read", True),
        (("leads:write",), "leads:read", True),
        (("leads:read",), "leads:write", False),
        (("events:write",), "leads:read", False),
        ((), "leads:read", False),
    ],
)
def test_writing_includes_reading_and_the_owner_may_everything(
    scopes: tuple[str, ...], scope: str, allowed: bool
) -> None:
    principal = Principal(tenant=tenant(), key_id="k", kind="sk", env="live", scopes=scopes)
    assert principal.may(scope) is allowed
