"""Cursors: a position in one list, good for one tenant, route, filter and sort, for one day.

A cursor is sealed with a key that follows from the tenant's secret and the week; the week's last
byte stands in front, and besides the current week's key the one before is taken. Sealed means
encrypted and signed: the signature is the nonce of the key stream (a synthetic IV), so that the
same position is the same cursor, and any change to it is found.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import NamedTuple

from leadsignal.errors import MalformedInputError
from leadsignal.models.instants import DAY_MS, Instant

LIFETIME_MS = DAY_MS
ROTATION_MS = 7 * DAY_MS
MAX_LENGTH = 512

MAC_BYTES = 16
SCOPE_BYTES = 8
TIME_BYTES = 6

type KeyOf = Callable[[str], bytes]
"""Gives a tenant's 32-byte key for a purpose."""


class Place(NamedTuple):
    """What an opened cursor says: a position, and the hash of the list that it is one of."""

    position: str
    scope: bytes


def scope_hash(scope: str) -> bytes:
    """Return what a cursor keeps of the list it belongs to: of its filter and sort."""
    return hashlib.sha256(scope.encode()).digest()[:SCOPE_BYTES]


def seal(position: str, *, route: str, scope: str, key_of: KeyOf, now: Instant) -> str:
    """Return the cursor of a position; ``route`` is the path, ``scope`` says filter and sort.

    Raises:
        ValueError: the position is too long: over 300 bytes.
    """
    week = now // ROTATION_MS
    expires_at = (now + LIFETIME_MS).to_bytes(TIME_BYTES, "big")
    payload = expires_at + scope_hash(scope) + position.encode()
    front = bytes([week % 256])
    mac = _mac(key_of, week, route, payload)
    sealed = front + mac + _masked(payload, key_of, week, mac)
    cursor = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    if len(cursor) > MAX_LENGTH:
        raise ValueError(f"a position of {len(position)} characters is too long")
    return cursor


def unseal(cursor: str, *, route: str, key_of: KeyOf, now: Instant) -> Place:
    """Return what is inside a cursor.

    Raises:
        MalformedInputError: ``invalid-cursor``: not ours, changed, of another route, or expired.
    """
    raw = _decoded(cursor)
    this_week = now // ROTATION_MS
    week = next((w for w in (this_week, this_week - 1) if w % 256 == raw[0]), None)
    if week is None:
        raise invalid()
    mac = raw[1 : 1 + MAC_BYTES]
    payload = _masked(raw[1 + MAC_BYTES :], key_of, week, mac)
    if not hmac.compare_digest(mac, _mac(key_of, week, route, payload)):
        raise invalid()
    if int.from_bytes(payload[:TIME_BYTES], "big") <= now:
        raise invalid()
    scope, position = payload[TIME_BYTES:][:SCOPE_BYTES], payload[TIME_BYTES + SCOPE_BYTES :]
    return Place(position.decode(), scope)


def invalid() -> MalformedInputError:
    """Return the error for a cursor that is not one of the list: the same for all reasons."""
    return MalformedInputError("invalid-cursor", "the cursor is not valid for this list")


def _decoded(cursor: str) -> bytes:
    if not 0 < len(cursor) <= MAX_LENGTH:
        raise invalid()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid() from error
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != cursor:
        raise invalid()  # another spelling of the same bytes
    return raw


def _mac(key_of: KeyOf, week: int, route: str, payload: bytes) -> bytes:
    key = key_of(f"cursors/{week}/sign")
    return hmac.digest(key, route.encode() + b"\n" + payload, hashlib.sha256)[:MAC_BYTES]


def _masked(payload: bytes, key_of: KeyOf, week: int, mac: bytes) -> bytes:
    """Return the payload under the key stream that follows from ``mac``, or back from it."""
    key = key_of(f"cursors/{week}/hide")
    blocks = range(-(-len(payload) // 32))
    stream = b"".join(hmac.digest(key, mac + bytes([n]), hashlib.sha256) for n in blocks)
    return bytes(ours ^ theirs for ours, theirs in zip(payload, stream, strict=False))
