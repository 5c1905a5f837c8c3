"""Standard Webhooks v1: HMAC-SHA256 over ``id.timestamp.body``, one entry per valid secret."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

from leadsignal.errors import PermanentError

PREFIX = "whsec_"
MIN_SECRET_BYTES = 24  # what the specification asks for at least


def format_secret(raw: bytes) -> str:
    """Return the secret as a receiver configures it."""
    return PREFIX + base64.b64encode(raw).decode()


def read_secret(secret: str) -> bytes:
    """Return the key behind a ``whsec_`` secret.

    Raises:
        PermanentError: not of that form, or too short to sign with.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or len(key) < MIN_SECRET_BYTES:
        raise PermanentError("a signing secret is not readable")
    return key


def sign(secrets: Iterable[str], *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``; ``timestamp`` is in seconds since 1970.

    Raises:
        PermanentError: there is no secret, or one is not readable.
    """
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    digests = [hmac.digest(read_secret(s), content, hashlib.sha256) for s in secrets]
    if not digests:
        raise PermanentError("there is no signing secret")
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
