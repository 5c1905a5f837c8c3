"""Cursors: good for one position in one list of one tenant for a day, and nothing else."""

import base64
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.cursors import (
    LIFETIME_MS,
    MAX_LENGTH,
    ROTATION_MS,
    KeyOf,
    _mac,
    _masked,
    scope_hash,
    seal,
    unseal,
)
from leadsignal.domain.secrets import derive
from leadsignal.errors import MalformedInputError
from leadsignal.models.tenants import Tenant
from leadsignal.services.listing import Listing

ROUTE, SCOPE, NOW = "/v1/leads", "sort=-score", 100 * ROTATION_MS + 1_000_000


def tenant(number: int) -> Tenant:
    secret = base64.b64encode(bytes([number]) * 32).decode()
    return Tenant(tenant_id=f"ten_{number}", name="t", secret=secret, created_at=0)


KEY_OF: KeyOf = partial(derive, tenant(1))
LEAD = "045#lead_abcdefghijklmnopqrstuvwxyz"


def sealed(position: str = LEAD, *, route: str = ROUTE, now: int = NOW) -> str:
    return seal(position, route=route, scope=SCOPE, key_of=KEY_OF, now=now)


CURSOR = sealed()


def refused(cursor: str, *, route: str = ROUTE, key_of: KeyOf = KEY_OF, now: int = NOW) -> None:
    with pytest.raises(MalformedInputError) as error:
        unseal(cursor, route=route, key_of=key_of, now=now)
    assert error.value.slug == "invalid-cursor"


@given(position=st.text(max_size=75), now=st.integers(0, 2**44))
def test_a_cursor_gives_back_its_position_until_it_expires(position: str, now: int) -> None:
    cursor = sealed(position, now=now)
    last = now + LIFETIME_MS - 1
    assert unseal(cursor, route=ROUTE, key_of=KEY_OF, now=last).position == position
    refused(cursor, now=now + LIFETIME_MS)


def test_another_route_or_another_tenants_key_is_refused() -> None:
    refused(CURSOR, route="/v1/companies")
    refused(CURSOR, route=ROUTE + "\n")
    refused(CURSOR, key_of=partial(derive, tenant(2)))


def test_another_filter_or_sort_is_refused() -> None:
    def at(scope: str) -> str | None:
        return Listing(tenant(1), 25, CURSOR, NOW, ROUTE).position(scope)

    assert at(SCOPE) == LEAD
    for scope in ("sort=score", SCOPE + " ", ""):
        with pytest.raises(MalformedInputError, match="not valid for this list"):
            at(scope)


def test_keys_rotate_each_week_and_a_cursor_outlives_the_change() -> None:
    before = sealed(now=101 * ROTATION_MS - 1)
    after = sealed(now=101 * ROTATION_MS)
    assert before[:2] != after[:2]
    for cursor in (before, after):
        later = 101 * ROTATION_MS + LIFETIME_MS // 2
        assert unseal(cursor, route=ROUTE, key_of=KEY_OF, now=later).position == LEAD


def test_the_key_of_another_week_is_not_taken() -> None:
    raw = bytearray(opened(CURSOR))
    for week in (raw[0] - 1, raw[0] + 1, raw[0] - 2):
        raw[0] = week % 256
        refused(spelled(bytes(raw)))
    payload = (NOW + LIFETIME_MS).to_bytes(6, "big") + scope_hash(SCOPE) + LEAD.encode()
    for weeks, taken in ((0, True), (1, True), (2, False), (-1, False)):
        key_of, week = KEY_OF, NOW // ROTATION_MS - weeks
        mac = _mac(key_of, week, ROUTE, payload)
        cursor = spelled(bytes([week % 256]) + mac + _masked(payload, key_of, week, mac))
        if taken:
            assert unseal(cursor, route=ROUTE, key_of=key_of, now=NOW).position == LEAD
        else:
            refused(cursor)


def test_nothing_in_a_cursor_can_be_read() -> None:
    for cursor in (CURSOR, sealed("ada@acme.com", now=NOW + 1)):
        raw = opened(cursor)
        assert b"lead" not in raw
        assert b"acme" not in raw
        assert (NOW + LIFETIME_MS).to_bytes(6, "big")[:4] not in raw
    assert len({opened(sealed(now=NOW + n))[:8] for n in range(50)}) == 50


def test_a_cursor_has_at_most_512_characters() -> None:
    assert len(sealed("x" * 300)) <= MAX_LENGTH
    with pytest.raises(ValueError, match="too long"):
        sealed("x" * 400)
    refused("A" * (MAX_LENGTH + 1))


def opened(cursor: str) -> bytes:
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("bit", range(len(CURSOR) * 6 // 8 * 8))
def test_a_flipped_bit_is_refused(bit: int) -> None:
    raw = bytearray(opened(CURSOR))
    raw[bit // 8] ^= 1 << bit % 8
    refused(spelled(bytes(raw)))


def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    odd = next(cursor for text in ("1", "12", "123") if len(cursor := sealed(text)) % 4)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    tail = alphabet[alphabet.index(odd[-1]) ^ 1]
    padded = odd + "=" * (-len(odd) % 4)
    for other in (odd[:-1] + tail, padded, odd + "\n", f" {odd}"):
        refused(other)


@given(text=st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    refused(text)
