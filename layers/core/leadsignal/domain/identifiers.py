"""Which values can identify a person, and in which form they are compared."""

import re

BLOCKED = {
    "null", "undefined", "nan", "none", "nil", "true", "false", "anonymous", "guest",
    "[object object]", "unknown", "n/a", "na", "id", "distinct_id", "not_authenticated",
}  # fmt: skip
MAX_LENGTH = 256

EMAIL_NAMES = ("email",)
HASHED_EMAIL_NAMES = (
    "email_sha256", "emailSha256", "hashed_email", "hashedEmail", "sha256_email", "sha256Email",
)  # fmt: skip
CRM_ID_NAMES = ("crm_id", "crmId")
IN_TRAITS = frozenset((*EMAIL_NAMES, *HASHED_EMAIL_NAMES, *CRM_ID_NAMES))

_SPACES = " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
_EDGES = "\"'" + _SPACES + "".join(map(chr, range(0x2000, 0x200B)))
_ZEROS_OR_DASHES = re.compile(r"[0\-\s]*|-1")


def usable(value: object) -> str | None:
    """Return the identifier in the form it is compared in, or None when it identifies nobody.

    Numbers become their decimal form. Blank, all zeros or dashes, ``-1`` and the words that
    client bugs send for a missing value (``null``, ``undefined``, ``guest`` …) are never
    identifiers, nor is anything over ``MAX_LENGTH`` characters.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip(_EDGES)
    if len(text) > MAX_LENGTH or _ZEROS_OR_DASHES.fullmatch(text) or text.casefold() in BLOCKED:
        return None
    return text
