"""What storage can hold of JSON: numbers within DynamoDB's range, strings without control codes."""

import math
import re
from collections.abc import Iterator

from leadsignal.errors import FieldProblem
from leadsignal.models.pointers import pointer_token

MAX_DIGITS = 38
LARGEST = 1e125

LONG_TEXTS = frozenset({"text", "reason", "traits", "attributes", "properties"})
"""Fields in which, and below which, a string may have tabs and line breaks."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINES = re.compile(r"[\t\n\r]")


class LongNumber(float):
    """A number that was written with more digits than storage keeps."""


def problems(value: object, pointer: str = "", *, lines: bool = False) -> Iterator[FieldProblem]:
    """Yield what storage cannot hold of a JSON value, each with its pointer.

    Control characters are never held. Tabs and line breaks are where ``lines`` is true or a field
    of ``LONG_TEXTS`` is above.
    """
    if isinstance(value, str):
        if not is_text(value, lines=lines):
            yield FieldProblem(pointer, "control_character", "holds a control character")
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from problems(name, pointer, lines=lines)
            below = lines or name in LONG_TEXTS
            yield from problems(item, f"{pointer}/{pointer_token(name)}", lines=below)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from problems(item, f"{pointer}/{index}", lines=lines)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_number(value, pointer)


def is_text(text: str, *, lines: bool = False) -> bool:
    """Return whether a text has no control characters, but for tabs and ends of ``lines``."""
    return not _CONTROL.search(text) and (lines or not _LINES.search(text))


def _of_number(value: float, pointer: str) -> Iterator[FieldProblem]:
    if isinstance(value, LongNumber) or (isinstance(value, int) and abs(value) >= 10**MAX_DIGITS):
        yield FieldProblem(pointer, "too_many_digits", f"has more than {MAX_DIGITS} digits")
    elif isinstance(value, float) and not (math.isfinite(value) and abs(value) <= LARGEST):
        yield FieldProblem(pointer, "out_of_range", "is out of range")


def read_float(text: str) -> float:
    """Return the number that a JSON text with a fraction or an exponent stands for."""
    mantissa = text.lower().partition("e")[0].lstrip("-").replace(".", "")
    return LongNumber(text) if len(mantissa.strip("0")) > MAX_DIGITS else float(text)
