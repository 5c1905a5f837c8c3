"""Signed identify: a tenant's backend vouches for who is behind a browser's ``identify`` call.

The signature covers the identifiers that name a person, those left out included, and nothing else:
it proves nothing of traits, browsers and devices.
"""

import hashlib
import hmac
import re
from typing import Any

from leadsignal.domain.secrets import derive
from leadsignal.models.instants import Instant
from leadsignal.models.tenants import Tenant

SIGNATURE, EXPIRES = "signature", "signatureExpires"  # in the context of the call

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SECONDS = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)  # milliseconds have more digits


def identify_secret(tenant: Tenant) -> str:
    """Return the secret that a tenant's backend signs with: 64 hex digits, used as text."""
    return derive(tenant, "identify-signature").hex()


def signed_text(
    *, user_id: str | None, crm_id: str | None, email: str | None, expires: str = ""
) -> str:
    """Return what is signed: always these five lines, an empty value for what is left out."""
    values = ("v1", f"user_id={user_id or ''}", f"crm_id={crm_id or ''}", f"email={email or ''}")
    return "\n".join((*values, f"exp={expires}"))


def sign(secret: str, text: str) -> str:
    """Return the HMAC-SHA256 of a text in lower-case hex."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def verified(
    context: dict[str, Any],
    *,
    secret: str,
    user_id: str | None,
    crm_id: str | None,
    email: str | None,
    now: Instant,
) -> bool:
    """Return whether ``context`` holds a signature, not expired, over exactly these identifiers.

    Without a strong identifier there is nothing to vouch for. An identifier with a line break is
    never vouched for: it could pass for another line.
    """
    given = context.get(SIGNATURE)
    expires = _expiry(context.get(EXPIRES))
    named = [value for value in (user_id, crm_id, email) if value]
    if not isinstance(given, str) or not _HEX.fullmatch(given) or expires is None or not named:
        return False
    if any("\n" in value for value in named) or (expires and now >= int(expires) * 1_000):
        return False
    text = signed_text(user_id=user_id, crm_id=crm_id, email=email, expires=expires)
    return hmac.compare_digest(sign(secret, text), given)


def _expiry(value: object) -> str | None:
    """Return Unix seconds as text, an empty one for no expiry, None for anything else."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) if _SECONDS.fullmatch(str(value)) else None


def without_signature(context: object) -> object:
    """Return a call's context without its signature: None when it held nothing else."""
    if not isinstance(context, dict) or not {SIGNATURE, EXPIRES} & context.keys():
        return context
    return {k: v for k, v in context.items() if k not in (SIGNATURE, EXPIRES)} or None
