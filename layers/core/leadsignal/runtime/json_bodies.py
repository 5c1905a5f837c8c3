"""Strict JSON: what is refused here never reaches storage.

Refused as malformed: duplicate keys, NaN and infinities (``1e999`` too), numbers too long to
convert, nesting over 32, lone surrogates, invalid UTF-8.
"""

import json
import math
from typing import Any, NoReturn

from leadsignal.domain.storable import read_float
from leadsignal.errors import MalformedInputError

MAX_DEPTH = 32
MAX_DIGITS = 4_300


def _refuse(detail: str) -> NoReturn:
    raise MalformedInputError("malformed-json", detail)


def _constant(_: str) -> NoReturn:
    _refuse("a number is not finite")


def _float(text: str) -> float:
    if len(text) > MAX_DIGITS:
        _refuse("a number has too many digits")
    value = read_float(text)
    if not math.isfinite(value):
        _refuse("a number is too large")
    return value


def _int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        _refuse("an integer has too many digits")
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        _refuse("an object has a key twice")
    return result


def _check_depth(value: Any, depth: int = 1) -> None:
    if depth > MAX_DEPTH:
        _refuse(f"nesting is deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        for item in value.values():
            _check_depth(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_depth(item, depth + 1)


def parse(body: bytes | str) -> Any:
    """Return the parsed JSON value.

    Raises:
        MalformedInputError: not JSON, or JSON of a kind named above.
    """
    try:
        text = body.decode("utf-8") if isinstance(body, bytes) else body
        text.encode("utf-8")
        value = json.loads(
            text,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
            object_pairs_hook=_object,
        )
    except UnicodeError:
        _refuse("the body is not valid UTF-8")
    except RecursionError:
        _refuse(f"nesting is deeper than {MAX_DEPTH}")
    except json.JSONDecodeError as error:
        _refuse(f"not JSON at character {error.pos}")
    _check_depth(value)
    if "\\u" in text or "\\U" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeError:
            _refuse("a string holds half of a surrogate pair")
    return value
