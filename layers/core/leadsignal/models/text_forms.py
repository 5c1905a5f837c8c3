"""Forms of texts as regular expressions, for the schemas of what a client sends.

The checks themselves are elsewhere: these say in a schema what they refuse.
"""

from typing import Any

_LINE = r"[^\x00-\x1f\x7f]"
_PROSE = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"

LINE = rf"^{_LINE}*$"
"""No control characters."""

FILLED_LINE = rf"^{_LINE}*[^\s\x00-\x1f\x7f]{_LINE}*$"
"""A line with something on it that is no blank."""

PROSE = rf"^{_PROSE}*$"
"""Lines, with tabs and the ends of lines between them."""

LEAD_ID = "^lead_[a-z2-7]{26}$"
FAILED_ID = "^fail_[a-z2-7]{26}$"
CURSOR = "^[A-Za-z0-9_-]+$"
MAX_CURSOR = 512

_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_REST = r"([/?#][^\x00-\x20\x7f-\xa0\\]*)?"
PUBLIC_URL = rf"^https://({_LABEL}\.)+[A-Za-z]{{2,63}}(:(443|8443))?{_REST}$"
"""A URL that a tenant may have called: https, a name of at least two parts, one of two ports."""

JSON_POINTER = "^(/([^~/]|~[01])*)*$"

SLACK_URL = rf"^https://hooks\.slack\.com(:443)?{_REST}$"

HEADER_NAME = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$"
HEADER_VALUE = r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$"


def url_template(name: str) -> str:
    """Return the form of a URL that a tenant may have called, with ``{name}`` in path or query."""
    part = r"[^\x00-\x20\x7f-\xa0\\{}#]"
    host = rf"https://({_LABEL}\.)+[A-Za-z]{{2,63}}(:(443|8443))?"
    return rf"^{host}[/?]{part}*\{{{name}\}}({part}|\{{{name}\}})*$"


def shown(pattern: str, **more: Any) -> dict[str, Any]:
    """Return what a schema is to say of a text beyond what is checked along with it."""
    return {"pattern": pattern, **more}
