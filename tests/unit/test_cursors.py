"""Cursors: good for one position in one list of one tenant for a day, and nothing else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.cursors import LIFETIME_MS, decode, encode
from leadsignal.errors import MalformedInputError

KEY, SCOPE, NOW = bytes(32), "/v1/leads?sort=-score", 1_000_000
CURSOR = encode("045#lead", scope=SCOPE, key=KEY, now=NOW)


def refused(cursor: str, *, scope: str = SCOPE, key: bytes = KEY, now: int = NOW) -> None:
    with pytest.raises(MalformedInputError) as error:
        decode(cursor, scope=scope, key=key, now=now)
    assert error.value.slug == "invalid-cursor"


@given(position=st.text(max_size=120))
def test_a_cursor_gives_back_its_position_until_it_expires(position: str) -> None:
    cursor = encode(position, scope=SCOPE, key=KEY, now=NOW)
    assert decode(cursor, scope=SCOPE, key=KEY, now=NOW + LIFETIME_MS - 1) == position
    refused(cursor, now=NOW + LIFETIME_MS)


def test_another_scope_or_another_tenants_key_is_refused() -> None:
    refused(CURSOR, scope="/v1/leads?sort=score")
    refused(CURSOR, scope=SCOPE + "\n")
    refused(CURSOR, key=bytes([1]) * 32)


@pytest.mark.parametrize("bit", range(len(CURSOR) * 6 // 8 * 8))
def test_a_flipped_bit_is_refused(bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(CURSOR + "=" * (-len(CURSOR) % 4)))
    raw[bit // 8] ^= 1 << bit % 8
    refused(base64.urlsafe_b64encode(raw).decode().rstrip("="))


def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    odd = next(
        cursor
        for text in ("1", "12", "123")
        if len(cursor := encode(text, scope=SCOPE, key=KEY, now=NOW)) % 4
    )
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    tail = alphabet[alphabet.index(odd[-1]) ^ 1]
    padded = odd + "=" * (-len(odd) % 4)
    for other in (odd[:-1] + tail, padded, odd + "\n", f" {odd}"):
        refused(other)


@given(text=st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    refused(text)
