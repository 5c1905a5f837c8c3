"""Keyed hashes and derived secrets: one root secret per tenant, one key per purpose."""

import base64
import hashlib
import hmac
import re

from leadsignal.models.tenants import Tenant


def derive(tenant: Tenant, purpose: str) -> bytes:
    """Return the tenant's 32-byte key for one purpose (HMAC-SHA256 of its root secret)."""
    return hmac.digest(base64.b64decode(tenant.secret), purpose.encode(), hashlib.sha256)


def is_opaque_id(prefix: str, text: str) -> bool:
    """Return whether ``text`` has the form of what ``opaque_id`` returns for the prefix."""
    return re.fullmatch(rf"{prefix}_[a-z2-7]{{26}}", text, re.ASCII) is not None


def _joined(*parts: str) -> bytes:
    return b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)


def opaque_id(prefix: str, key: bytes, *parts: str) -> str:
    """Return ``<prefix>_`` and 26 base-32 characters that follow from ``parts`` under ``key``.

    The same parts give the same id; without the key nothing can be learned from it.
    """
    digest = hmac.digest(key, _joined(*parts), hashlib.sha256)[:16]
    return f"{prefix}_{base64.b32encode(digest).decode().rstrip('=').lower()}"


def digest_of(key: bytes, *parts: str) -> str:
    """Return 64 hexadecimal characters that follow from ``parts`` under ``key``."""
    return hmac.digest(key, _joined(*parts), hashlib.sha256).hex()


def derived_text(key: bytes, alphabet: str, length: int, *parts: str) -> str:
    """Return characters of an alphabet that follow from ``parts`` under ``key``.

    They are as good as random ones: each block of 32 is drawn from 512 bits.
    """
    text = ""
    while len(text) < length:
        block = hmac.digest(key, _joined(*parts, str(len(text))), hashlib.sha512)
        number = int.from_bytes(block, "big")
        for _ in range(min(32, length - len(text))):
            number, place = divmod(number, len(alphabet))
            text += alphabet[place]
    return text
