"""Custom attributes: what values may be, what lists and conditions see, and the keys of values."""

import base64
import hashlib
import hmac
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from leadsignal.domain.conditions.dated import Dated, is_date, moment_of
from leadsignal.domain.conditions.evaluate import folded
from leadsignal.errors import FieldProblem
from leadsignal.models.attributes import MAX_ITEMS, MAX_TEXT, Attribute, AttributeType
from leadsignal.models.instants import Instant, rfc3339

MAX_MATCHED = 1_024  # characters of a text that a pattern is looked for in
MAX_LISTED = 10  # items of a list that have an entry each; a longer one has one for all
LONG_LIST = "~"
"""The key of a list that is too long to have a key for each of its items."""

_YEAR_ONE = 62_135_596_800_000  # milliseconds from the year 1 to 1970
_BOUNDED = {"number": "", "date": "", "text": " characters", "list": " items"}


@lru_cache(maxsize=512)
def compiled_pattern(pattern: str) -> Callable[[str], bool] | None:
    """Return what finds a pattern in a text, in time linear in its length; None when it is no
    pattern, needs more than that (look-around, back-references), or is too large."""
    schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex")
    try:
        validator = SchemaValidator(schema)
    except SchemaError:
        return None

    def matches(text: str) -> bool:
        try:
            validator.validate_python(text)
        except ValidationError:
            return False
        return True

    return matches


def is_of(value: object, kind: AttributeType) -> bool:
    """Return whether a value is of a type, whatever else its definition asks for."""
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "date":
        return moment_of(value) is not None
    if kind == "list":
        return isinstance(value, list | tuple) and all(map(is_scalar, value))
    return isinstance(value, str)


def is_scalar(value: object) -> bool:
    """Return whether a value may be an item of a list."""
    return isinstance(value, bool | int | float | str)


def kept(value: Any, kind: AttributeType) -> Any:
    """Return a value of a type in the form in which it is kept: a time in UTC, a list as one."""
    if kind == "date" and not is_date(value):
        return rfc3339(moment_of(value) or 0)
    return list(value) if kind == "list" else value


def measure(value: Any, kind: AttributeType) -> Instant | int | float:
    """Return what ``min`` and ``max`` bound of a value of a type."""
    if kind == "date":
        return moment_of(value) or 0
    return len(value) if kind in ("text", "list") else value


def bound(value: float | str, kind: AttributeType) -> Instant | int | float:
    """Return what a ``min`` or ``max`` of a definition stands for."""
    return (moment_of(value) or 0) if isinstance(value, str) else value


def problems(value: Any, attribute: Attribute, at: str) -> Iterator[FieldProblem]:
    """Yield what is wrong with a value, by its definition; ``at`` is its JSON pointer."""
    kind = attribute.type
    if not is_of(value, kind):
        what = {"date": "an RFC 3339 date, or a time with an offset", "list": "a list of scalars"}
        yield FieldProblem(at, f"{kind}_type", f"must be {what.get(kind, f'a {kind}')}")
        return
    if kind == "text" and not value.strip():
        yield FieldProblem(at, "blank", "must not be blank; null takes the value away")
        return
    if kind == "list" and attribute.required and not value:
        yield FieldProblem(at, "blank", "must have an item; it is required")
        return
    longest = {"text": MAX_TEXT, "list": MAX_ITEMS}.get(kind)
    if longest is not None and len(value) > longest:
        yield FieldProblem(at, "too_long", f"has more than {longest}{_BOUNDED[kind]}")
        return
    yield from _out_of_bounds(value, attribute, at)
    yield from _not_allowed(value, attribute, at)


def _out_of_bounds(value: Any, attribute: Attribute, at: str) -> Iterator[FieldProblem]:
    kind, size = attribute.type, measure(value, attribute.type)
    unit = _BOUNDED.get(kind, "")
    least, greatest = attribute.min, attribute.max
    if least is not None and size < bound(least, kind):
        yield FieldProblem(at, "too_small", f"must be at least {least}{unit}")
    if greatest is not None and size > bound(greatest, kind):
        yield FieldProblem(at, "too_large", f"must be at most {greatest}{unit}")


def _not_allowed(value: Any, attribute: Attribute, at: str) -> Iterator[FieldProblem]:
    if attribute.enum is not None:
        allowed = {same(each, attribute.type) for each in attribute.enum}
        items = value if attribute.type == "list" else [value]
        for number, item in enumerate(items):
            if same(item, attribute.type) not in allowed:
                place = f"{at}/{number}" if attribute.type == "list" else at
                yield FieldProblem(place, "not_in_enum", "is none of the values that are allowed")
    if attribute.pattern is not None:
        matches = compiled_pattern(attribute.pattern)
        if len(value) > MAX_MATCHED:
            yield FieldProblem(at, "too_long", f"has more than {MAX_MATCHED} characters")
        elif matches is None or not matches(value):
            yield FieldProblem(at, "pattern_mismatch", "does not match the pattern")


def same(value: Any, kind: AttributeType) -> tuple[str, object]:
    """Return what equal values share: a truth is no number, two spellings of a time are one."""
    if kind == "date":
        return ("date", moment_of(value))
    return ("bool" if isinstance(value, bool) else "", value)


def compared(value: Any, kind: AttributeType) -> object:
    """Return a value of a type as conditions see it."""
    if kind == "date":
        return Dated(moment_of(value) or 0, value)
    return value


class AttributeBook:
    """The definitions of a tenant, made ready.

    ``key`` is the tenant's, for the keys of texts.
    """

    def __init__(self, attributes: Iterable[Attribute], *, key: bytes) -> None:
        self._key = key
        self.by_name = {attribute.name: attribute for attribute in attributes}
        self._indexed = [each for each in self.by_name.values() if each.index is not None]
        self._defaults = {
            name: kept(each.default, each.type)
            for name, each in self.by_name.items()
            if each.default is not None
        }

    def by_id(self, attribute_id: str) -> Attribute | None:
        """Return the attribute of that id, or None."""
        return next((each for each in self.by_name.values() if each.id == attribute_id), None)

    def shown(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a lead shows: what was said, and the defaults of what was not."""
        return self._defaults | dict(said)

    def compared(self, said: Mapping[str, Any]) -> Mapping[str, object]:
        """Return what conditions see of a lead: what was said or is the default. A value that is
        not of its type counts as none."""
        if not self.by_name:
            return said
        found: dict[str, object] = dict(said)
        for name, attribute in self.by_name.items():
            if name not in found:
                if name in self._defaults:
                    found[name] = self._compared_defaults[name]
            elif not is_of(found[name], attribute.type):
                del found[name]
            elif attribute.type == "date":
                found[name] = compared(found[name], attribute.type)
        return found

    @cached_property
    def _compared_defaults(self) -> dict[str, object]:
        return {
            name: compared(value, self.by_name[name].type) for name, value in self._defaults.items()
        }

    def read(self, given: Mapping[str, Any], at: str) -> tuple[dict[str, Any], list[FieldProblem]]:
        """Return what was given in the form in which it is kept, and what is wrong with it; null
        takes a value away."""
        found = dict(given)
        wrong: list[FieldProblem] = []
        for name, value in given.items():
            attribute = self.by_name.get(name)
            if attribute is None or value is None:
                continue
            here = list(problems(value, attribute, f"{at}/{name}"))
            wrong += here
            if not here:
                found[name] = kept(value, attribute.type)
        return found, wrong

    def missing(self, said: Mapping[str, Any]) -> list[str]:
        """Return the names of what is required, has no default, and was not said."""
        return [
            name
            for name, attribute in self.by_name.items()
            if attribute.required and name not in self._defaults and name not in said
        ]

    def keys(self, said: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        """Return the keys of what was said of attributes that leads are found by, by the names of
        their indexes. A default has none: it would be next to every lead's."""
        if not self._indexed:
            return {}
        found = {}
        for attribute in self._indexed:
            value = said.get(attribute.name)
            if attribute.index is not None and value is not None and is_of(value, attribute.type):
                keys = self._keys(value, attribute.type, attribute.index)
                if keys:
                    found[attribute.index] = keys
        return found

    def _keys(self, value: Any, kind: AttributeType, index: str) -> tuple[str, ...]:
        if kind != "list":
            return (self.key_of(value, kind, index),)
        items = {self.key_of(item, None, index) for item in value}
        return tuple(sorted(items)) if len(items) <= MAX_LISTED else (LONG_LIST,)

    def key_of(self, value: Any, kind: AttributeType | None, index: str) -> str:
        """Return the key of a value: numbers, dates and truths sort as they do, texts are hashed.

        ``kind`` None is an item of a list, which is whatever it is.
        """
        if kind == "date":
            return date_key(moment_of(value) or 0)
        if isinstance(value, bool):
            return f"b{value:d}"
        if isinstance(value, int | float):
            return number_key(value)
        said = f"{index}\x00{folded(value)}".encode()
        digest = hmac.digest(self._key, said, hashlib.sha256)
        return f"t{base64.urlsafe_b64encode(digest[:16]).decode()[:22]}"


NO_ATTRIBUTES = AttributeBook((), key=b"")


def number_key(value: float) -> str:
    """Return 17 characters that sort as numbers do; neighbours beyond 53 bits may share them."""
    try:
        exact = float(value) + 0.0  # minus zero is zero
    except OverflowError:
        exact = float("inf") if value > 0 else float("-inf")
    [bits] = struct.unpack(">Q", struct.pack(">d", exact))
    flipped = bits ^ (0xFFFF_FFFF_FFFF_FFFF if bits >> 63 else 1 << 63)
    return f"n{flipped:016x}"


def date_key(at: Instant) -> str:
    """Return 16 characters that sort as instants from the year 1 to 9999 do."""
    return f"d{at + _YEAR_ONE:015d}"
