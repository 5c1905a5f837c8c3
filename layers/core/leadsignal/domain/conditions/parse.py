"""Reads conditions: strict, bounded, and with the place of everything that is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, cast, get_args

from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.evaluate import instant_of, time_in
from leadsignal.domain.conditions.fields import Catalogue
from leadsignal.domain.conditions.globs import MAX_PATTERN
from leadsignal.domain.conditions.kept import as_kept
from leadsignal.domain.conditions.windows import MAX_DAYS, fits, is_time_zone
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.conditions import (
    All,
    AnyOf,
    Comparison,
    Condition,
    Count,
    CountOperator,
    Not,
    Operator,
    Performed,
    Scalar,
    Unit,
    Window,
)

MAX_DEPTH = 8  # combinators on the way to a leaf, the leaf included
MAX_NODES = 200
MAX_TEXT = 1024
MAX_VALUES = 100
MAX_EVENT = 200
MAX_COUNT = 1_000_000_000

_OPERATORS = frozenset(get_args(Operator.__value__))
_COUNT_OPERATORS = frozenset(get_args(CountOperator.__value__))
_LISTED = {"in", "not_in"}
_EXACT = {"eq", "ne", "in", "not_in"}
_TEXTUAL = {"starts_with", "ends_with", "matches_glob"}
_TIMES = {"before", "after"}
_VALUELESS = {"exists", "not_exists"}
_KINDS = ("all", "any", "not", "field", "performed")
_UNITS: tuple[Unit, ...] = ("days", "hours", "minutes")


def parse(value: object, catalogue: Catalogue, *, events: bool = True, at: str = "") -> Condition:
    """Return the condition that a JSON value says.

    ``catalogue`` knows the fields; ``events`` is whether ``performed`` makes sense here; ``at`` is
    the JSON pointer of the value.

    Raises:
        InvalidInputError: names each part that is not a condition, and why.
    """
    return _Parser(catalogue, events=events, nodes=count(1)).condition(value, at, 1)


def _wrong(at: str, code: str, detail: str) -> InvalidInputError:
    return InvalidInputError((FieldProblem(at, code, detail),))


class _Parser:
    """Reads one condition; ``nodes`` numbers its nodes."""

    def __init__(self, catalogue: Catalogue, *, events: bool, nodes: Iterator[int]) -> None:
        self._catalogue = catalogue
        self._events = events
        self._nodes = nodes

    def condition(self, value: object, at: str, depth: int) -> Condition:
        """Return the condition at a place, that many levels deep."""
        if next(self._nodes) > MAX_NODES:
            detail = f"a condition has at most {MAX_NODES} nodes"
            raise _wrong(at, "too_many_nodes", detail)
        if depth > MAX_DEPTH:
            raise _wrong(at, "too_deep", f"a condition is at most {MAX_DEPTH} levels deep")
        said = _object(value, at)
        kinds = [kind for kind in _KINDS if kind in said]
        if len(kinds) != 1:
            detail = f"must have exactly one of {', '.join(_KINDS)}"
            raise _wrong(at, "not_a_condition", detail)
        [kind] = kinds
        if kind == "field":
            return self._comparison(said, at)
        if kind == "performed":
            return self._performed(said, at, depth)
        _only(said, (kind,), at)
        if kind == "not":
            return Not(condition=self.condition(said["not"], f"{at}/not", depth + 1))
        parts = self._parts(said[kind], f"{at}/{kind}", depth + 1)
        return All(all=parts) if kind == "all" else AnyOf(any=parts)

    def _parts(self, listed: object, at: str, depth: int) -> tuple[Condition, ...]:
        if not isinstance(listed, list) or not listed:
            raise _wrong(at, "list_type", "must be a list of at least one condition")
        parts: list[Condition] = []
        problems: list[FieldProblem] = []
        for number, each in enumerate(listed[:MAX_NODES]):
            try:
                parts.append(self.condition(each, f"{at}/{number}", depth))
            except InvalidInputError as error:
                problems += error.problems
        if problems:
            raise InvalidInputError(tuple(problems))
        return tuple(parts)

    def _comparison(self, leaf: Mapping[str, Any], at: str) -> Comparison:
        _only(leaf, ("field", "op", "value"), at)
        field, op = leaf["field"], leaf.get("op")
        kind = self._catalogue(field) if isinstance(field, str) else None
        if kind is None:
            raise _wrong(f"{at}/field", "unknown_field", "there is no such field here")
        if not isinstance(op, str) or op not in _OPERATORS:
            raise _wrong(f"{at}/op", "unknown_operator", "there is no such operator")
        values = _values(op, leaf, f"{at}/value")
        if op in _EXACT:
            values = tuple(as_kept(field, value) for value in values)
        return Comparison(field=field, kind=kind, op=cast(Operator, op), values=values)

    def _performed(self, leaf: Mapping[str, Any], at: str, depth: int) -> Performed:
        if not self._events:
            raise _wrong(f"{at}/performed", "unexpected", "performed is not possible here")
        _only(leaf, ("performed", "count", "within"), at)
        said = _object(leaf["performed"], f"{at}/performed")
        _only(said, ("event", "where"), f"{at}/performed")
        event, where = said.get("event"), None
        if not isinstance(event, str) or not 1 <= len(event) <= MAX_EVENT:
            detail = f"must be a name of 1 to {MAX_EVENT} characters"
            raise _wrong(f"{at}/performed/event", "invalid_value", detail)
        if "where" in said:
            inner = _Parser(fields.of_event, events=False, nodes=self._nodes)
            where = inner.condition(said["where"], f"{at}/performed/where", depth + 1)
        often = _count(leaf["count"], f"{at}/count") if "count" in leaf else Count()
        within = parse_window(leaf["within"], f"{at}/within") if "within" in leaf else None
        return Performed(event=event, where=where, count=often, within=within)


def _object(value: object, at: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(at, "object_type", "must be an object")
    return value


def _only(said: Mapping[str, Any], known: Sequence[str], at: str) -> None:
    if said.keys() - set(known):
        raise _wrong(at, "unknown_member", f"only {', '.join(known)} can be here")


def _values(op: str, leaf: Mapping[str, Any], at: str) -> tuple[Scalar, ...]:
    """Return what a field is compared with."""
    if op in _VALUELESS:
        if leaf.get("value", True) is not True:
            raise _wrong(at, "unexpected", f"{op} takes no value")
        return ()
    if "value" not in leaf:
        raise _wrong(at, "missing", "is needed by this operator")
    if op == "between" or op in _LISTED:
        return _several(op, leaf["value"], at)
    return (_one(op, leaf["value"], at, dates=leaf["field"].startswith(fields.ATTRIBUTE)),)


def _one(op: str, value: object, at: str, *, dates: bool) -> Scalar:
    """Return the one value; where ``dates`` is true a date may stand for a time."""
    scalar = _scalar(value, at)
    if op in _TEXTUAL and not isinstance(scalar, str):
        raise _wrong(at, "string_type", "must be a text")
    if op == "matches_glob" and len(str(scalar)) > MAX_PATTERN:
        raise _wrong(at, "too_long", f"a pattern has at most {MAX_PATTERN} characters")
    if op in _TIMES and (time_in if dates else instant_of)(scalar) is None:
        what = "date, or a time" if dates else "time"
        raise _wrong(at, "invalid_time", f"must be an RFC 3339 {what} with an offset")
    return scalar


def _several(op: str, value: object, at: str) -> tuple[Scalar, ...]:
    if not isinstance(value, list):
        raise _wrong(at, "list_type", "must be a list")
    if op == "between" and len(value) != 2:
        raise _wrong(at, "invalid_value", "must be the two ends")
    if not 1 <= len(value) <= MAX_VALUES:
        raise _wrong(at, "invalid_value", f"must be 1 to {MAX_VALUES} values")
    return tuple(_scalar(each, f"{at}/{number}") for number, each in enumerate(value))


def _scalar(value: object, at: str) -> Scalar:
    if not isinstance(value, bool | int | float | str):
        raise _wrong(at, "scalar_type", "must be a text, a number, true or false")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise _wrong(at, "too_long", f"a text has at most {MAX_TEXT} characters")
    return value


def _count(value: object, at: str) -> Count:
    said = _object(value, at)
    _only(said, ("op", "value"), at)
    op, wanted = said.get("op"), said.get("value")
    if not isinstance(op, str) or op not in _COUNT_OPERATORS:
        raise _wrong(f"{at}/op", "unknown_operator", "there is no such operator of counts")
    values = wanted if op == "between" and isinstance(wanted, list) else [wanted]
    if len(values) != (2 if op == "between" else 1) or not all(map(_is_whole, values)):
        what = "two whole numbers" if op == "between" else "a whole number"
        raise _wrong(f"{at}/value", "invalid_value", f"must be {what} from 0 on")
    return Count(op=cast(CountOperator, op), values=tuple(values))


def parse_window(value: object, at: str) -> Window:
    """Return the window that a JSON value says; ``at`` is its JSON pointer.

    Raises:
        InvalidInputError: names what is wrong with it.
    """
    said = _object(value, at)
    _only(said, (*_UNITS, "time_zone"), at)
    units = [unit for unit in _UNITS if unit in said]
    if len(units) != 1:
        raise _wrong(at, "invalid_value", "must have one of days, hours and minutes")
    [unit] = units
    length, zone = said[unit], said.get("time_zone")
    if "time_zone" in said and not (isinstance(zone, str) and is_time_zone(zone)):
        detail = "must be a name of the IANA time zone database"
        raise _wrong(f"{at}/time_zone", "invalid_time_zone", detail)
    if not _is_whole(length) or length == 0:
        raise _wrong(f"{at}/{unit}", "invalid_value", "must be a whole number from 1 on")
    window = Window(unit=unit, length=length, time_zone=zone)
    if not fits(window):
        raise _wrong(f"{at}/{unit}", "invalid_value", f"is over {MAX_DAYS} days")
    return window


def _is_whole(value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and 0 <= cast(int, value) <= MAX_COUNT
