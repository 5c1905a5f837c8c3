"""Signed cursors: a position in one list, good for one tenant, route and sort, for one day."""

import base64
import binascii
import hashlib
import hmac
import json

from leadsignal.errors import MalformedInputError
from leadsignal.models.instants import DAY_MS, Instant

LIFETIME_MS = DAY_MS
MAC_BYTES = 16


def _mac(key: bytes, scope: str, payload: bytes) -> bytes:
    return hmac.digest(key, scope.encode() + b"\n" + payload, hashlib.sha256)[:MAC_BYTES]


def encode(position: str, *, scope: str, key: bytes, now: Instant) -> str:
    """Return the cursor of a position; ``scope`` names route and sort, ``key`` is the tenant's."""
    payload = json.dumps([position, now + LIFETIME_MS], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(key, scope, payload) + payload).decode().rstrip("=")


def decode(cursor: str, *, scope: str, key: bytes, now: Instant) -> str:
    """Return the position inside a cursor.

    Raises:
        MalformedInputError: ``invalid-cursor``: not ours, changed, of another list, or expired.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != cursor:
        raise _invalid()  # another spelling of the same bytes
    mac, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, scope, payload)):
        raise _invalid()
    position, expires_at = json.loads(payload)
    if expires_at <= now:
        raise _invalid()
    return str(position)


def _invalid() -> MalformedInputError:
    return MalformedInputError("invalid-cursor", "the cursor is not valid for this list")
