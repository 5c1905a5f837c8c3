"""Where the entries of attributes are that a condition can hold for."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from leadsignal.domain.attributes import LONG_LIST, AttributeBook, date_key, is_of, number_key
from leadsignal.domain.conditions.dated import moment_of
from leadsignal.domain.conditions.evaluate import compiled
from leadsignal.domain.conditions.fields import ATTRIBUTE
from leadsignal.domain.conditions.selectors import Selector
from leadsignal.models.attributes import Attribute
from leadsignal.models.conditions import All, Comparison, Condition
from leadsignal.models.instants import Instant
from leadsignal.models.lists import Span

MAX_SPANS = 20  # places that are looked at for one condition
EVERYTHING = Span("!", "~")

_ENDS = {"number": (number_key(float("-inf")), number_key(float("inf"))), "date": ("d", "d~")}
_FROM, _TO = ("gt", "gte", "after"), ("lt", "lte", "before")
_ORDERED = (*_FROM, *_TO, "between")
_TIMES = ("before", "after")


class Place(NamedTuple):
    """An index of values, and the spans of it that leads may be in."""

    index_id: str
    spans: tuple[Span, ...]
    exact: bool


def places_of(condition: Condition, book: AttributeBook) -> Sequence[Place]:
    """Return places each of which every lead is in that the condition holds for, the most telling
    first. Where the default of an attribute would do, there is none: it has no entries."""
    found = [place for said in _conjuncts(condition) if (place := _place(said, book)) is not None]
    return sorted(found, key=lambda place: not place.exact)


def _conjuncts(condition: Condition) -> Iterator[Comparison]:
    """Yield the comparisons that must hold whatever else holds."""
    if isinstance(condition, All):
        for part in condition.all:
            yield from _conjuncts(part)
    elif isinstance(condition, Comparison):
        yield condition


def _place(said: Comparison, book: AttributeBook) -> Place | None:
    attribute = book.by_name.get(said.field.removeprefix(ATTRIBUTE))
    if not said.field.startswith(ATTRIBUTE) or attribute is None:
        return None
    if attribute.index is None or not attribute.indexed:
        return None
    spans = _spans(said, attribute, attribute.index, book)
    if spans is None or len(spans) > MAX_SPANS:
        return None
    if compiled(said)(_Unsaid(book.compared({}).get(attribute.name)), 0):
        return None
    return Place(attribute.index, spans, all(span.is_point for span in spans))


def _spans(
    said: Comparison, attribute: Attribute, index: str, book: AttributeBook
) -> tuple[Span, ...] | None:
    """Return where values are that a comparison can hold for; None: anywhere."""
    kind = attribute.type
    if said.op == "exists":
        return (EVERYTHING,)
    if said.op == "contains" and kind == "list":
        keys = [book.key_of(said.values[0], None, index), LONG_LIST]
    elif said.op in ("eq", "in") and kind != "list":
        keys = [book.key_of(value, kind, index) for value in said.values if is_of(value, kind)]
    elif said.op in _ORDERED and kind in _ENDS and (kind == "date" or said.op not in _TIMES):
        return _ordered(said, attribute)
    else:
        return None
    return tuple(Span(key, key) for key in sorted(set(keys)))


def _ordered(said: Comparison, attribute: Attribute) -> tuple[Span, ...]:
    if not all(is_of(value, attribute.type) for value in said.values):
        return ()
    keys = [
        date_key(moment_of(value) or 0) if isinstance(value, str) else number_key(value)
        for value in said.values
    ]
    first, last = _ENDS[attribute.type]
    return (Span(first if said.op in _TO else keys[0], last if said.op in _FROM else keys[-1]),)


class _Unsaid:
    """A lead of whom nothing is known but what one attribute is by default."""

    def __init__(self, default: object) -> None:
        self._default = default

    def value(self, field: str) -> object:
        """Return the default, for there is one field."""
        del field
        return self._default

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int:
        """Return 0: a comparison counts nothing."""
        del what, since, until
        return 0
