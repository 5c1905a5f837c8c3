"""Definitions of attributes as their owner writes them, checked and in the form in which they are
kept."""

import math
from collections.abc import Iterator
from typing import Any

from leadsignal.domain.attributes import (
    bound,
    compiled_pattern,
    is_of,
    is_scalar,
    kept,
    problems,
    same,
)
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.attributes import (
    MAX_ITEMS,
    MAX_TEXT,
    Attribute,
    AttributePatch,
    AttributeRequest,
    AttributeType,
)
from leadsignal.models.free_form import is_name
from leadsignal.models.instants import Instant

_PARTS = ("required", "default", "enum", "min", "max", "pattern")
_SIZES = {"text": MAX_TEXT, "list": MAX_ITEMS}


def defined(
    given: AttributeRequest, *, attribute_id: str, index: str | None, at: Instant
) -> Attribute:
    """Return the definition that was given; ``index`` is the id of its index, if it has one.

    Raises:
        InvalidInputError: names every part that is not valid.
    """
    if not is_name(given.name):
        raise _wrong("/name", "reserved", "is a name that means something else")
    parts: dict[str, Any] = {part: getattr(given, part) for part in _PARTS}
    made = _made(given.type, parts)
    return Attribute(
        id=attribute_id,
        name=given.name,
        type=given.type,
        index=index,
        created_at=at,
        updated_at=at,
        **made,
    )


def changed(attribute: Attribute, patch: AttributePatch, *, index: str | None) -> Attribute:
    """Return a definition under a merge patch, ``index`` the id of the index that it has then.

    Raises:
        InvalidInputError: names every part that is not valid, cannot be changed, or would allow
            less than before.
    """
    said = patch.model_fields_set
    fixed = [
        FieldProblem(f"/{part}", "immutable", "cannot be changed; define another attribute")
        for part in ("name", "type")
        if part in said and getattr(patch, part) != getattr(attribute, part)
    ]
    if fixed:
        raise InvalidInputError(tuple(fixed))
    parts = {part: getattr(patch if part in said else attribute, part) for part in _PARTS}
    parts["required"] = bool(parts["required"])
    made = _made(attribute.type, parts)
    if narrower := list(_narrower(attribute, made)):
        raise InvalidInputError(tuple(narrower))
    return attribute.model_copy(update=made | {"index": index})


def _wrong(at: str, code: str, detail: str) -> InvalidInputError:
    return InvalidInputError((FieldProblem(at, code, detail),))


def _made(kind: AttributeType, parts: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a definition in the form in which they are kept.

    Raises:
        InvalidInputError: names every part that is not valid.
    """
    found = [*_bounds(kind, parts), *_pattern(kind, parts), *_enum(kind, parts)]
    if found:
        raise InvalidInputError(tuple(found))
    made = dict(parts)
    for end in ("min", "max"):
        if made[end] is not None:
            made[end] = kept(made[end], kind) if kind == "date" else made[end]
    if made["enum"] is not None:
        made["enum"] = tuple(kept(each, kind) if kind == "date" else each for each in made["enum"])
    found = [*_unfit(kind, made), *_default(kind, made)]
    if found:
        raise InvalidInputError(tuple(found))
    if made["default"] is not None:
        value = kept(made["default"], kind)
        made["default"] = tuple(value) if kind == "list" else value
    return made


def _bounds(kind: AttributeType, parts: dict[str, Any]) -> Iterator[FieldProblem]:
    given = [(end, parts[end]) for end in ("min", "max") if parts[end] is not None]
    for end, value in given:
        if kind == "bool":
            yield FieldProblem(f"/{end}", "unexpected", "makes no sense of a bool")
        elif kind in _SIZES:
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or not 0 <= value <= _SIZES[kind]:
                detail = f"must be a whole number from 0 to {_SIZES[kind]}"
                yield FieldProblem(f"/{end}", "invalid_value", detail)
        elif not is_of(value, kind) or (isinstance(value, float) and not math.isfinite(value)):
            what = "a number" if kind == "number" else "an RFC 3339 date, or a time with an offset"
            yield FieldProblem(f"/{end}", f"{kind}_type", f"must be {what}")


def _pattern(kind: AttributeType, parts: dict[str, Any]) -> Iterator[FieldProblem]:
    if parts["pattern"] is None:
        return
    if kind != "text":
        yield FieldProblem("/pattern", "unexpected", "makes sense of a text only")
    elif compiled_pattern(parts["pattern"]) is None:
        detail = "is no regular expression without look-around and back-references, or too large"
        yield FieldProblem("/pattern", "invalid_pattern", detail)


def _enum(kind: AttributeType, parts: dict[str, Any]) -> Iterator[FieldProblem]:
    if parts["enum"] is None:
        return
    if kind == "bool":
        yield FieldProblem("/enum", "unexpected", "makes no sense of a bool")
        return
    known: set[object] = set()
    for number, value in enumerate(parts["enum"]):
        fits = is_scalar(value) if kind == "list" else is_of(value, kind)
        if not fits or (isinstance(value, str) and not 0 < len(value.strip()) <= MAX_TEXT):
            what = "scalar" if kind == "list" else kind
            yield FieldProblem(f"/enum/{number}", f"{what}_type", f"must be a {what}")
        elif same(value, kind) in known:
            yield FieldProblem(f"/enum/{number}", "duplicate", "is there already")
        else:
            known.add(same(value, kind))


def _unfit(kind: AttributeType, made: dict[str, Any]) -> Iterator[FieldProblem]:
    """Yield bounds that leave no value between them, and values to choose from that are not in."""
    low, high = made["min"], made["max"]
    if low is not None and high is not None and bound(low, kind) > bound(high, kind):
        yield FieldProblem("/min", "invalid_value", "must not be above max")
    if kind != "list" and made["enum"] is not None:
        rest = _as_is(kind, made | {"enum": None, "default": None})
        for number, value in enumerate(made["enum"]):
            yield from problems(value, rest, f"/enum/{number}")


def _default(kind: AttributeType, made: dict[str, Any]) -> Iterator[FieldProblem]:
    if made["default"] is not None:
        yield from problems(made["default"], _as_is(kind, made | {"default": None}), "/default")


def _as_is(kind: AttributeType, made: dict[str, Any]) -> Attribute:
    return Attribute(id="", name="", type=kind, created_at=0, updated_at=0, **made)


def _narrower(before: Attribute, made: dict[str, Any]) -> Iterator[FieldProblem]:
    """Yield the parts by which values would not be valid any more that were so far."""
    kind, detail = before.type, "would allow less than before; leads may have such values"
    old, new = before.enum, made["enum"]
    if new is not None and (
        old is None or not {same(v, kind) for v in old} <= {same(v, kind) for v in new}
    ):
        yield FieldProblem("/enum", "narrower", detail)
    for end, sign in (("min", 1), ("max", -1)):
        was, is_ = getattr(before, end), made[end]
        if is_ is not None and (was is None or sign * bound(is_, kind) > sign * bound(was, kind)):
            yield FieldProblem(f"/{end}", "narrower", detail)
    if made["pattern"] is not None and made["pattern"] != before.pattern:
        yield FieldProblem("/pattern", "narrower", detail)
