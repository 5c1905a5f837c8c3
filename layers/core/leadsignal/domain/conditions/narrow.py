"""What a condition says of one field at its top: enough to look in one place instead of all."""

import math
from collections.abc import Iterator

from leadsignal.domain.conditions.evaluate import folded, instant_of
from leadsignal.domain.scoring import MAX_SCORE, TIERS
from leadsignal.models.conditions import All, Comparison, Condition, Scalar
from leadsignal.models.lists import UNBOUNDED, Bounds

_MOST = 10**13  # milliseconds: the year 2286, and more than any score
_RAISED = ("gt", "after")
_LOWERED = ("lt", "before")


def _said_of(field: str, condition: Condition) -> Iterator[Comparison]:
    """Yield what must hold of a field whatever else holds."""
    if isinstance(condition, All):
        for part in condition.all:
            yield from _said_of(field, part)
    elif isinstance(condition, Comparison) and condition.field == field:
        yield condition


def equal_to(condition: Condition, field: str) -> str | None:
    """Return the one text that a field must be, folded; None when several would do."""
    for said in _said_of(field, condition):
        if said.op in ("eq", "in") and len(said.values) == 1 and isinstance(said.values[0], str):
            return folded(said.values[0])
    return None


def said_to_contain(condition: Condition, field: str) -> list[str]:
    """Return the texts that a field, a list, must have among its own."""
    return [
        value
        for said in _said_of(field, condition)
        if said.op == "contains"
        for value in said.values
        if isinstance(value, str)
    ]


def bounds_of(condition: Condition, field: str) -> Bounds:
    """Return the bounds that a condition sets to what leads are ordered by; every lead that it
    holds for is within. Of the score a tier sets bounds, too."""
    found = [_bounds(said) for said in _said_of(field, condition)]
    if field == "score":
        found += [_of_tiers(said) for said in _said_of("tier", condition)]
    least = max((b.least for b in found if b.least is not None), default=None)
    greatest = min((b.greatest for b in found if b.greatest is not None), default=None)
    return Bounds(least, greatest)


def _bounds(said: Comparison) -> Bounds:
    values = [_measure(value, said.kind) for value in said.values]
    known = [value for value in values if value is not None]
    if not known:
        return UNBOUNDED
    low, high = min(known), max(known)
    if said.op in ("eq", "in", "between"):
        return Bounds(_whole(math.ceil(low)), _whole(math.floor(high)))
    if said.op in _RAISED:
        return Bounds(least=_whole(math.floor(low) + 1))
    if said.op in _LOWERED:
        return Bounds(greatest=_whole(math.ceil(low) - 1))
    if said.op == "gte":
        return Bounds(least=_whole(math.ceil(low)))
    return Bounds(greatest=_whole(math.floor(low))) if said.op == "lte" else UNBOUNDED


def _whole(value: int) -> int:
    return min(max(value, 0), _MOST)


def _measure(value: Scalar, kind: str) -> int | float | None:
    if kind == "instant":
        return instant_of(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _of_tiers(said: Comparison) -> Bounds:
    wanted = {folded(value) for value in said.values if isinstance(value, str)}
    if said.op not in ("eq", "in") or not wanted:
        return UNBOUNDED
    above = [edge - 1 for edge, _ in TIERS]
    spans = [
        (edge, most)
        for (edge, tier), most in zip(TIERS, [MAX_SCORE, *above], strict=False)
        if tier in wanted
    ]
    edges = [edge for edge, _ in spans]
    return Bounds(min(edges), max(most for _, most in spans)) if spans else UNBOUNDED
