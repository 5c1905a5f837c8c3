"""E-mail addresses in the form in which they are compared."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254  # RFC 5321: longer addresses cannot be delivered to


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
