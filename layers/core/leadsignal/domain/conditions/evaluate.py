"""Decides conditions: a tree becomes a function once, which then decides about each subject."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import eq, ge, gt, le, lt, ne
from typing import Protocol
from urllib.parse import urlsplit

from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.dated import Dated, moment_of
from leadsignal.domain.conditions.globs import glob
from leadsignal.domain.conditions.selectors import MOST, Selector, name_of
from leadsignal.domain.conditions.windows import start_of
from leadsignal.domain.wire import parse_time
from leadsignal.errors import InvalidInputError
from leadsignal.models.conditions import (
    All,
    AnyOf,
    Comparison,
    Condition,
    Count,
    Not,
    Performed,
    Scalar,
)
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant


class Valued(Protocol):
    """Something with fields; None is a field that has no value."""

    def value(self, field: str) -> object: ...


class Subject(Valued, Protocol):
    """Whom a condition is about.

    ``times`` is how many of the events that a person caused are meant, from ``since`` on (None:
    from the first) to ``until``, both in. It is asked for only when the condition cannot be decided
    without.
    """

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int: ...


type Decide[S] = Callable[[S, Instant], bool]
"""Decides a condition for a subject at an instant, at which its windows end."""

type Read[S] = Callable[[str], Callable[[S], object]]
"""Returns what reads a field of subjects; None is a field that has no value."""

type Test = Callable[[object], bool]
"""Decides about a value that is there."""

_ORDERINGS = {"gt": gt, "gte": ge, "lt": lt, "lte": le, "before": lt, "after": gt}
_NEGATED = {"ne": "eq", "not_in": "in", "not_contains": "contains", "not_exists": "exists"}


def _by_name(field: str) -> Callable[[Subject], object]:
    return lambda subject: subject.value(field)


def compiled(condition: Condition) -> Decide[Subject]:
    """Return what decides the condition for a subject at an instant.

    What is cheap to decide is decided first: events are counted only when fields alone do not say.
    """
    return compiled_with(condition, _by_name)


def compiled_with[S: Subject](condition: Condition, read: Read[S]) -> Decide[S]:
    """Return what decides the condition for subjects whose fields are read so."""
    if isinstance(condition, Performed):
        return _performed(condition)
    if isinstance(condition, All):
        return _every([compiled_with(part, read) for part in _cheap_first(condition.all)])
    if isinstance(condition, AnyOf):
        return _some([compiled_with(part, read) for part in _cheap_first(condition.any)])
    if isinstance(condition, Not):
        inner = compiled_with(condition.condition, read)
        return lambda subject, now: not inner(subject, now)
    return _comparison(condition, read)


def _every[S](parts: Sequence[Decide[S]]) -> Decide[S]:
    def decide(subject: S, now: Instant) -> bool:
        for part in parts:  # noqa: SIM110 - faster than all() by half
            if not part(subject, now):
                return False
        return True

    return decide


def _some[S](parts: Sequence[Decide[S]]) -> Decide[S]:
    def decide(subject: S, now: Instant) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if part(subject, now):
                return True
        return False

    return decide


def performed_leaves(condition: Condition) -> Iterator[Performed]:
    """Yield what a condition asks to have been done."""
    if isinstance(condition, Performed):
        yield condition
    elif isinstance(condition, Not):
        yield from performed_leaves(condition.condition)
    elif isinstance(condition, All | AnyOf):
        for part in condition.all if isinstance(condition, All) else condition.any:
            yield from performed_leaves(part)


def comparisons(condition: Condition) -> Iterator[Comparison]:
    """Yield the comparisons of a subject's own fields in a condition."""
    if isinstance(condition, Comparison):
        yield condition
    elif isinstance(condition, Not):
        yield from comparisons(condition.condition)
    elif isinstance(condition, All | AnyOf):
        for part in condition.all if isinstance(condition, All) else condition.any:
            yield from comparisons(part)


@lru_cache(maxsize=10_000)
def selector_of(leaf: Performed) -> Selector:
    """Return which events a leaf counts.

    Of the instants in a window one more than the count asks for says all: events beyond are more
    than enough, whichever they are.
    """
    keep = None
    if leaf.within is not None:
        keep = min(int(max(leaf.count.values)) + 1, MOST)
    elif leaf.where is not None:
        keep = 0
    return selector(event=leaf.event, where=leaf.where, keep=keep)


def selector(
    *,
    event: str | None,
    where: Condition | None = None,
    url: str | None = None,
    keep: int | None = None,
) -> Selector:
    """Return what is counted: events of a name, or views of a page, of which ``where`` holds."""
    meant: Callable[[Event], bool] | None = None
    if where is not None:
        decide = compiled(where)

        def holds(event: Event) -> bool:
            return decide(EventFields(event), event.at)

        meant = holds
    return Selector(name_of(event, url, where), event, url, meant, keep)


def _cheap_first(conditions: Sequence[Condition]) -> list[Condition]:
    return sorted(conditions, key=_reads_events)


def _reads_events(condition: Condition) -> bool:
    if isinstance(condition, Not):
        return _reads_events(condition.condition)
    if isinstance(condition, All | AnyOf):
        parts = condition.all if isinstance(condition, All) else condition.any
        return any(map(_reads_events, parts))
    return isinstance(condition, Performed)


class EventFields:
    """The fields of one event, for ``where``."""

    def __init__(self, event: Event) -> None:
        self._event = event

    def value(self, field: str) -> object:
        """Return the value of a field, None when it has none.

        The path and the query of a page are those of its URL where the event does not name them.
        """
        event = self._event
        head, _, name = field.partition(".")
        if head == "properties":
            return fields.within(event.properties, name)
        if head == "page":
            return self._page(name)
        if head == "campaign":
            return getattr(event.context.campaign, name, None)
        plain = {"timestamp": event.at, "received_at": event.received_at, "type": event.type}
        return event.context.locale if field == "locale" else plain[field]

    def _page(self, name: str) -> object:
        page = self._event.context.page
        if page is None:
            return None
        given: str | None = getattr(page, name)
        if given is not None or name not in ("path", "search") or page.url is None:
            return given
        try:
            parts = urlsplit(page.url)
        except ValueError:
            return None
        return (parts.path or "/") if name == "path" else parts.query and f"?{parts.query}"

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int:
        """Return 0: an event has done nothing itself."""
        del what, since, until
        return 0


def _performed(leaf: Performed) -> Decide[Subject]:
    what, window, enough = selector_of(leaf), leaf.within, enough_of(leaf.count)
    if window is None:
        return lambda subject, now: enough(subject.times(what, None, now))
    return lambda subject, now: enough(subject.times(what, start_of(window, now=now), now))


def enough_of(count: Count) -> Callable[[int], bool]:
    """Return whether something happened as often as it must have."""
    if count.op == "between":
        low, high = count.values
        return lambda found: low <= found <= high
    [wanted] = count.values
    compare = {"eq": eq, "ne": ne, "gt": gt, "gte": ge, "lt": lt, "lte": le}[count.op]
    return lambda found: bool(compare(found, wanted))


def _comparison[S: Subject](leaf: Comparison, read: Read[S]) -> Decide[S]:
    op = _NEGATED.get(leaf.op, leaf.op)
    test, value_of, negated = _test(leaf, op), read(leaf.field), op != leaf.op

    def decide(subject: S, now: Instant) -> bool:
        del now
        value = value_of(subject)
        return (not is_missing(value) and test(value)) != negated

    return decide


def _test(leaf: Comparison, op: str) -> Test:
    if leaf.kind == "instant":
        return _instant_test(op, leaf.values)
    plain = _value_test(op, leaf.values)
    if not leaf.field.startswith(fields.ATTRIBUTE):
        return plain
    dated = _dated_test(op, leaf.values)
    return lambda value: dated(value) if isinstance(value, Dated) else plain(value)


def is_missing(value: object) -> bool:
    """Return whether a field has no value: null, an empty text, an empty list or map."""
    return value is None or (isinstance(value, str | list | tuple | dict) and not value)


def _value_test(op: str, values: tuple[Scalar, ...]) -> Test:
    if op == "exists":
        return lambda value: True
    if op in ("eq", "in"):
        return _equal_test(values)
    if op == "contains":
        return _contains(values[0])
    if op in ("starts_with", "ends_with", "matches_glob"):
        return _text_test(op, str(values[0]))
    if op in ("before", "after"):
        return _time_test(op, values)
    return _ordering(op, [_number(value) for value in values], _number)


def _equal_test(values: tuple[Scalar, ...]) -> Test:
    texts = {folded(each) for each in values if isinstance(each, str)}
    if len(texts) == len(values):
        return lambda value: isinstance(value, str) and folded(value) in texts
    wanted = {_comparable(each) for each in values}
    return lambda value: _comparable(value) in wanted


def _instant_test(op: str, values: tuple[Scalar, ...]) -> Test:
    """Return the test of a field that holds an instant; texts that are no times equal none."""
    if op == "exists":
        return lambda value: True
    moments = [instant_of(value) for value in values]
    if op in ("eq", "in"):
        return lambda value: value in moments
    if op in _ORDERINGS or op == "between":
        return _ordering(op, moments, _number)
    return lambda value: False


def _dated_test(op: str, values: tuple[Scalar, ...]) -> Callable[[Dated], bool]:
    """Return the test of a date: what compares texts compares the one that says it."""
    if op == "exists":
        return lambda value: True
    moments = [moment_of(value) for value in values]
    if op in ("eq", "in"):
        return lambda value: value.at in moments
    if op in _ORDERINGS or op == "between":
        ordered = _ordering(op, moments, _number)
        return lambda value: ordered(value.at)
    plain = _value_test(op, values)
    return lambda value: plain(value.text)


def _time_test(op: str, values: tuple[Scalar, ...]) -> Test:
    """Return the test of a text that may be a time."""
    return _ordering(op, [time_in(value) for value in values], instant_of)


def _ordering(
    op: str,
    wanted: Sequence[int | float | None],
    read: Callable[[object], int | float | None],
) -> Test:
    """Return the test of an order; what ``read`` makes nothing of is in no order."""
    known = [each for each in wanted if each is not None]
    if len(known) < len(wanted):
        return lambda value: False
    low, high = known[0], known[-1]
    if op == "between":
        return lambda value: (number := read(value)) is not None and low <= number <= high
    compare = _ORDERINGS[op]
    return lambda value: (number := read(value)) is not None and bool(compare(number, low))


def _contains(wanted: Scalar) -> Test:
    """Return whether a list has the value, or a text the text, in it."""
    comparable = _comparable(wanted)
    text = folded(wanted) if isinstance(wanted, str) else None

    def test(value: object) -> bool:
        if isinstance(value, list | tuple):
            return any(_comparable(each) == comparable for each in value)
        return isinstance(value, str) and text is not None and text in folded(value)

    return test


def _text_test(op: str, wanted: str) -> Test:
    text = folded(wanted)
    if op == "starts_with":
        return lambda value: isinstance(value, str) and folded(value).startswith(text)
    if op == "ends_with":
        return lambda value: isinstance(value, str) and folded(value).endswith(text)
    matches = glob(text)
    return lambda value: isinstance(value, str) and matches(folded(value))


def folded(text: str) -> str:
    """Return a text in the form in which texts are compared: without regard to case, and in
    Unicode NFC."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _comparable(value: object) -> tuple[str, object]:
    """Return what equal values share: a truth, a number and a text are never equal."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, str):
        return ("text", folded(value))
    return ("other", None)


def _number(value: object) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def instant_of(value: object) -> Instant | None:
    """Return the instant of an RFC 3339 text with an offset, None when it is nothing of the
    kind."""
    try:
        return parse_time(value, "")
    except InvalidInputError:
        return None


def time_in(value: object) -> Instant | None:
    """Return the instant of what a condition calls a time: a date alone is its midnight UTC."""
    found = instant_of(value)
    return moment_of(value) if found is None else found
