"""Free-form maps that a client fills: traits, attributes, properties; bounded in every direction.

A name has 1 to 64 characters. It begins with a letter or digit of any script, ``_`` or ``$``; then
space and ``. - : /`` may follow too, and it does not end with a space. A map has at most 100
entries, a list 100 items, a string 8,192 characters; maps and lists are nested at most 5 deep, the
map itself included; and all of it is at most 32 KB of JSON.
"""

import json
from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, JsonValue
from pydantic_core import PydanticCustomError

from leadsignal.models.pointers import pointer_token

MAX_NAME = 64
MAX_ENTRIES = 100
MAX_DEPTH = 5
MAX_STRING = 8_192
MAX_BYTES = 32 * 1024

_FIRST, _LATER = frozenset("_$"), frozenset("_$ .-:/")
_RESERVED = frozenset({"__proto__", "constructor", "prototype"})  # what breaks clients' objects


def is_name(text: str) -> bool:
    """Return whether ``text`` may be the name of a trait, an attribute or a property."""
    return (
        0 < len(text) <= MAX_NAME
        and text not in _RESERVED
        and (text[0].isalnum() or text[0] in _FIRST)
        and all(_may_follow(character) for character in text[1:])
        and text[-1] != " "
    )


def _may_follow(character: str) -> bool:
    marks = ("Mn", "Mc")  # accents and vowel signs, where a script writes them apart
    return character.isalnum() or character in _LATER or category(character) in marks


def check_map(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a map that keeps to the bounds above.

    Raises:
        PydanticCustomError: it does not; ``pointer`` of its context says where within the map.
    """
    _check(value, "", depth=1)
    if len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_BYTES:
        raise _refused("too_large", f"is more than {MAX_BYTES} bytes as JSON", "")
    return value


def _check(value: JsonValue, pointer: str, *, depth: int) -> None:
    if isinstance(value, dict):
        _check_shape(len(value), pointer, depth)
        for name, item in value.items():
            if not is_name(name):
                raise _refused("name", "has a name that is not allowed", pointer)
            _check(item, f"{pointer}/{pointer_token(name)}", depth=depth + 1)
    elif isinstance(value, list):
        _check_shape(len(value), pointer, depth)
        for number, item in enumerate(value):
            _check(item, f"{pointer}/{number}", depth=depth + 1)
    elif isinstance(value, str) and len(value) > MAX_STRING:
        raise _refused("too_long", f"is longer than {MAX_STRING} characters", pointer)


def _check_shape(entries: int, pointer: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _refused("too_deep", f"is nested more than {MAX_DEPTH} deep", pointer)
    if entries > MAX_ENTRIES:
        raise _refused("too_many", f"has more than {MAX_ENTRIES} entries", pointer)


def _refused(code: str, detail: str, pointer: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{detail}", {"detail": detail, "pointer": pointer})


FreeForm = Annotated[dict[str, JsonValue], AfterValidator(check_map)]
"""A map that a client fills as it likes, within the bounds above."""
