"""Attribute values of DynamoDB: read, checked, kept so that nobody can change them, given out."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from botocore.exceptions import ParamValidationError

from tests.fakes.expressions import Value

type Typed = Mapping[str, Mapping[str, Any]]
"""Attributes as boto3 takes and gives them: ``{"pk": {"S": "…"}, …}``."""

type Item = dict[str, Value]
"""Attributes as they are kept: nothing in it can be changed from outside."""

type Answer = dict[str, Any]

NUMBER_DIGITS = 38
NESTING = 32

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class RefusedError(Exception):
    """What an operation says when it refuses; the operation gives it its name."""

    def __init__(self, message: str, code: str = "ValidationException", **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.more = more


class MismatchError(RefusedError):
    """A key of another type than the table's, or none: in a transaction, what cancels it."""


def freeze(attributes: Typed, parameter: str) -> Item:
    return {name: _frozen(typed, f"{parameter}.{name}", 1) for name, typed in attributes.items()}


def _frozen(typed: Mapping[str, Any], path: str, depth: int) -> Value:
    if depth > NESTING:
        raise RefusedError("Nesting Levels have exceeded supported limits")
    if len(typed) != 1:
        message = (
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
            "the supported datatypes"
            if typed
            else "Supplied AttributeValue is empty, must contain exactly one of the supported "
            "datatypes"
        )
        raise RefusedError(message)
    [(kind, value)] = typed.items()
    if kind in ("S", "N") and isinstance(value, str):
        return (kind, value if kind == "S" else _number(value))
    if kind == "B" and isinstance(value, bytes | bytearray):
        return (kind, bytes(value))
    if kind in ("BOOL", "NULL") and isinstance(value, bool):
        return (kind, value)
    if kind == "L" and isinstance(value, list | tuple):
        return (kind, tuple(_frozen(each, path, depth + 1) for each in value))
    if kind == "M" and isinstance(value, Mapping):
        return (kind, {name: _frozen(each, path, depth + 1) for name, each in value.items()})
    raise ParamValidationError(report=f"Invalid type for parameter {path}.{kind}")


def _number(text: str) -> str:
    if text.isdecimal() and text.isascii() and text[0] != "0" and len(text) <= NUMBER_DIGITS:
        return text
    if not _NUMBER.fullmatch(text):
        _refuse(f"The parameter cannot be converted to a numeric value: {text}")
    number = Decimal(text)
    digits = number.as_tuple().digits
    significant = len(str(int("".join(map(str, digits)))).rstrip("0"))
    if significant > NUMBER_DIGITS:
        _refuse("Attempting to store more than 38 significant digits in a Number")
    if number and not -130 <= number.adjusted() <= 125:
        way = "overflow" if number.adjusted() > 0 else "underflow"
        _refuse(f"Number {way}. Attempting to store a number out of the supported range")
    plain = f"{number:f}" if number else "0"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _refuse(message: str) -> NoReturn:
    raise RefusedError(message)


def thaw(item: Item | dict[str, Value]) -> Answer:
    return {name: _thawed(value) for name, value in item.items()}


def _thawed(value: Value) -> Answer:
    kind, held = value
    if kind == "L":
        return {"L": [_thawed(each) for each in held]}
    return {kind: thaw(held) if kind == "M" else held}
