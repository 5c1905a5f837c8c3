"""The form of an API key: ``ls_<kind>_<env>_<id>_<secret><crc>``; made, taken apart, compared."""

import hashlib
import hmac
import re
import zlib
from typing import NamedTuple

from leadsignal.errors import InvalidCredentialError
from leadsignal.models.tenants import ApiKey, KeyEnv, KeyKind

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH = 12
SECRET_LENGTH = 32  # 190 bits: a fast hash is enough to keep it
CRC_LENGTH = 6

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


def matches(text: str, stored: ApiKey) -> bool:
    """Return whether ``text`` is the key behind ``stored``, in constant time."""
    return hmac.compare_digest(hash_key(text).encode(), stored.hash.encode())
