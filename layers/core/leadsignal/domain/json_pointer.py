"""JSON pointers (RFC 6901): how a place within a JSON value is named."""

import re
from typing import Any

MAX_LENGTH = 256

_FORM = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


def is_pointer(text: str) -> bool:
    """Return whether a text is a pointer; the empty one is, and names the whole value."""
    return len(text) <= MAX_LENGTH and _FORM.fullmatch(text) is not None


def resolve(value: object, pointer: str) -> Any:
    """Return what stands at a pointer, None when there is nothing."""
    found: Any = value
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and _INDEX.fullmatch(name):
            found = found[int(name)] if int(name) < len(found) else None
        else:
            return None
    return found
