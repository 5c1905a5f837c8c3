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


def opaque_id(prefix: str, key: bytes, *parts: str) -> str:
    """Return ``<prefix>_`` and 26 base-32 characters that follow from ``parts`` under ``key``.

    The same parts give the same id; without the key nothing can be learned from it.
    """
    message = b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)
    digest = hmac.digest(key, message, hashlib.sha256)[:16]
    return f"{prefix}_{base64.b32encode(digest).decode().rstrip('=').lower()}"
