"""The form of an API key: ``ls_<kind>_<env>_<id>_<secret><crc>``; made, taken apart, compared."""

import hashlib
import hmac
import re
import zlib
from typing import NamedTuple

from leadsignal.errors import InvalidCredentialError
from leadsignal.models.instants import Instant
from leadsignal.models.tenants import ApiKey, KeyEnv, KeyKind

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH = 12
SECRET_LENGTH = 32  # 190 bits: a fast hash is enough to keep it
CRC_LENGTH = 6

_NOBODYS = "0" * 64  # the hash of no key

_ID = re.compile(r"[0-9A-Za-z]{12}", re.ASCII)
_FORM = re.compile(r"ls_(wk|sk)_(live|test)_([0-9A-Za-z]{12})_([0-9A-Za-z]{30,64})", re.ASCII)


class KeyParts(NamedTuple):
    """What a well-formed key says of itself; ``key_id`` is safe to log."""

    kind: KeyKind
    env: KeyEnv
    key_id: str


def checksum(text: str) -> str:
    """Return the CRC-32 of ``text`` in base 62, six digits, most significant first."""
    value = zlib.crc32(text.encode())
    digits = ""
    for _ in range(CRC_LENGTH):
        value, digit = divmod(value, 62)
        digits = ALPHABET[digit] + digits
    return digits


def format_key(kind: KeyKind, env: KeyEnv, key_id: str, secret: str) -> str:
    """Return the key as a client sends it."""
    body = f"ls_{kind}_{env}_{key_id}_{secret}"
    return body + checksum(body)


def prefix_of(key: ApiKey) -> str:
    """Return what the key begins with: all of it that is no secret."""
    return f"ls_{key.kind}_{key.env}_{key.key_id}"


def parse_key(text: str) -> KeyParts:
    """Return what the key says of itself, after its checksum was found right.

    Raises:
        InvalidCredentialError: not of the form, or the checksum is wrong.
    """
    match = _FORM.fullmatch(text) if len(text) <= 128 else None
    if match is None or checksum(text[:-CRC_LENGTH]) != text[-CRC_LENGTH:]:
        raise InvalidCredentialError("the key is not valid")
    return KeyParts(match[1], match[2], match[3])  # type: ignore[arg-type]


def hash_key(text: str) -> str:
    """Return the SHA-256 of the whole key, hex: what is stored in its place."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_key_id(text: str) -> bool:
    """Return whether ``text`` has the form of a key's public id."""
    return _ID.fullmatch(text) is not None


def matches(text: str, stored: ApiKey | None, *, now: Instant) -> bool:
    """Return whether ``text`` is the key behind ``stored``, in constant time.

    A replaced secret matches while its overlap lasts. With no stored key the same is compared.
    """
    sent = hash_key(text).encode()
    current, previous, until = _NOBODYS, _NOBODYS, now
    if stored is not None:
        current, previous = stored.hash, stored.previous_hash or _NOBODYS
        until = stored.previous_until or now
    is_current = hmac.compare_digest(sent, current.encode())
    is_previous = hmac.compare_digest(sent, previous.encode())
    return is_current or (is_previous and now < until)
