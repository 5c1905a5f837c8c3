"""E-mail addresses in the form in which they are compared, plain or hashed."""

import hashlib
import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from leadsignal.domain.identifiers import BLOCKED, usable

MAX_LENGTH = 254  # RFC 5321: longer addresses cannot be delivered to
HASHED = "sha256:"

_HASH = re.compile(rf"(?:{HASHED})?([0-9a-f]{{64}})", re.ASCII)
_HASHES_OF_NOBODY = frozenset(
    hashlib.sha256(word.encode()).hexdigest()
    for word in {"", "NaN", "None", "NULL", "[object Object]", "Undefined", *BLOCKED}
)


def normalise_email(text: str) -> str | None:
    """Return an address trimmed, in Unicode NFC and lower case, or None when it is not valid.

    Only the syntax is checked, without a look-up; ``.test`` domains are welcome. The result is a
    fixed point: normalising it again changes nothing.
    """
    trimmed = text.strip()
    if not 3 <= len(trimmed) <= MAX_LENGTH or "@" not in trimmed:
        return None
    lowered = unicodedata.normalize("NFC", unicodedata.normalize("NFC", trimmed).lower())
    try:
        checked = validate_email(
            lowered, check_deliverability=False, test_environment=True, strict=True
        )
    except (EmailNotValidError, UnicodeError):
        return None
    return checked.normalized


def hashed_email(text: str) -> str | None:
    """Return ``sha256:`` and the hex digits in lower case of a SHA-256, or None when it is none.

    The prefix may be there already. The hash of an empty text or of a word that stands for a
    missing value identifies nobody.
    """
    found = _HASH.fullmatch(text.strip().lower())
    if found is None or found[1] in _HASHES_OF_NOBODY or usable(found[1]) is None:
        return None
    return HASHED + found[1]


def read_email(value: object) -> str | None:
    """Return an e-mail in the form of ``Event.email``: the normalised address, or ``sha256:`` and
    the hash of one. None when the value is neither. The result is a fixed point."""
    if not isinstance(value, str):
        return None
    return normalise_email(value) or hashed_email(value)


def email_hash(email: str) -> str:
    """Return the SHA-256 in hex of an address as ``read_email`` returns it, hashed or not.

    So the hash of an address and the address itself are one identifier.
    """
    if email.startswith(HASHED):
        return email.removeprefix(HASHED)
    return hashlib.sha256(email.encode()).hexdigest()


def email_host(email: str) -> str | None:
    """Return what stands behind the @; None for a hashed address, which shows no host."""
    return email.rpartition("@")[2] if "@" in email else None
