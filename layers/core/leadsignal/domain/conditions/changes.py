"""What a condition depends on, and when its result changes with nothing happening."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from heapq import merge
from itertools import product
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from leadsignal.domain.conditions.evaluate import (
    Decide,
    Subject,
    comparisons,
    enough_of,
    performed_leaves,
    selector_of,
)
from leadsignal.domain.conditions.selectors import Selector
from leadsignal.domain.conditions.windows import start_of
from leadsignal.models.conditions import All, AnyOf, Condition, Not, Performed, Window
from leadsignal.models.instants import DAY_MS, Instant, to_datetime, to_instant

MOST_PINNED = 3
_ALWAYS = All(all=())


class Dependencies(NamedTuple):
    """The fields of the lead and the names of events that a condition reads."""

    fields: frozenset[str]
    events: frozenset[str]


class TimedSubject(Subject, Protocol):
    """Somebody of whom it is known when they did what is counted."""

    def instants(self, what: Selector) -> Sequence[Instant]: ...


def dependencies(condition: Condition) -> Dependencies:
    """Return what a condition reads: a change of nothing among it leaves its result alone."""
    return Dependencies(
        fields=frozenset(leaf.field for leaf in comparisons(condition)),
        events=frozenset(leaf.event for leaf in performed_leaves(condition)),
    )


class Timed(NamedTuple):
    """What a condition counts in a window, and whether a number of it is enough."""

    what: Selector
    window: Window
    enough: Callable[[int], bool]


def timed_leaves(condition: Condition) -> tuple[Timed, ...]:
    """Return what a condition counts in windows: to be found once, and asked of many subjects."""
    return tuple(
        Timed(selector_of(leaf), leaf.within, enough_of(leaf.count))
        for leaf in performed_leaves(condition)
        if leaf.within is not None
    )


def pinned(condition: Condition) -> tuple[Condition, ...]:
    """Return a condition as it is when what it counts in windows is enough, or is not: one for each
    way in which that can be. Where all of them say the same, no window can change anything.

    None are returned of more than ``MOST_PINNED`` windows.
    """
    count = sum(leaf.within is not None for leaf in performed_leaves(condition))
    if count > MOST_PINNED:
        return ()
    return tuple(_pinned(condition, iter(way)) for way in product((True, False), repeat=count))


def _pinned(condition: Condition, enough: Iterator[bool]) -> Condition:
    if isinstance(condition, Performed) and condition.within is not None:
        return _ALWAYS if next(enough) else Not(condition=_ALWAYS)
    if isinstance(condition, Not):
        return Not(condition=_pinned(condition.condition, enough))
    if isinstance(condition, All):
        return All(all=tuple(_pinned(part, enough) for part in condition.all))
    if isinstance(condition, AnyOf):
        return AnyOf(any=tuple(_pinned(part, enough) for part in condition.any))
    return condition


def next_change[S: TimedSubject](
    counted: Sequence[Timed], decide: Decide[S], subject: S, *, now: Instant
) -> Instant | None:
    """Return the first instant after ``now`` at which the result of a condition is another with no
    new event; None when it stays for ever.

    ``counted`` is what the condition counts in windows, ``decide`` the condition, compiled. Only
    windows move: fields are compared with fixed values.
    """
    flips = [_flips(each, subject, now) for each in counted]
    current = decide(subject, now) if flips else False
    return next((at for at in merge(*flips) if decide(subject, at) != current), None)


def moments(counted: Iterable[Timed], subject: TimedSubject, *, now: Instant) -> set[Instant]:
    """Return the instants after ``now`` at which one of the windows has enough in it, or no
    longer."""
    return {at for each in counted for at in _flips(each, subject, now)}


def _flips(counted: Timed, subject: TimedSubject, now: Instant) -> Iterator[Instant]:
    """Yield the instants, ascending, at which a window has enough in it, or no longer."""
    what, window, enough = counted
    instants = newest(subject.instants(what), what.keep or 0, now=now)
    if not instants:
        return

    def holds(at: Instant) -> bool:
        return enough(subject.times(what, start_of(window, now=at), at))

    current = holds(now)
    for at in edges(instants, window, now=now):
        if holds(at) != current:
            current = not current
            yield at


def newest(instants: Sequence[Instant], most: int, *, now: Instant) -> Sequence[Instant]:
    """Return those of the instants, ascending, that are still to come, and up to ``most`` of the
    others: where no more than that are told apart, only these can decide anything."""
    return instants[max(0, bisect_right(instants, now) - most) :]


def edges(instants: Iterable[Instant], window: Window, *, now: Instant) -> list[Instant]:
    """Return every instant after ``now`` at which one of the instants can come into the window, or
    leave it."""
    gone = start_of(window, now=now) - DAY_MS  # no clocks go back by as much as a day
    found: set[Instant] = set()
    for instant in instants:
        if instant > gone:
            found.add(instant)
            found.update(_leaving(instant, window))
    if found and window.time_zone is not None and window.unit == "days":
        last = max(found)
        years = range(to_datetime(gone).year - 1, to_datetime(last).year + 2)
        jumps = (_jumps(window.time_zone, window.length, year) for year in years)
        found.update(at for each in jumps for at in each if at <= last)
    return sorted(at for at in found if at > now)


def _leaving(instant: Instant, window: Window) -> Sequence[Instant]:
    """Return when a window has just passed an instant, for each way to read the clocks."""
    if window.time_zone is None or window.unit != "days":
        return (instant + (instant - start_of(window, now=instant)) + 1,)
    return _ahead(instant, window.length, window.time_zone)


@lru_cache(maxsize=16_384)
def _ahead(instant: Instant, days: int, zone: str) -> tuple[Instant, ...]:
    """Return when a window of so many days has just passed an instant, by the clocks as they were
    then, and as they had been the day before: times that they jumped over are read so."""
    there, then = ZoneInfo(zone), to_datetime(instant)
    offsets = {side.astimezone(there).utcoffset() for side in (then, then - timedelta(days=1))}
    found: set[Instant] = set()
    for offset in offsets:
        shown = then.replace(tzinfo=None) + (offset or timedelta()) + timedelta(days=days)
        for fold in (0, 1):
            ahead = shown.replace(tzinfo=there, fold=fold)
            found.add(to_instant(ahead.astimezone(UTC)) + 1)
    return tuple(sorted(found))


@lru_cache(maxsize=4_096)
def _jumps(zone: str, days: int, year: int) -> tuple[Instant, ...]:
    """Return the instants at which the beginning of a window of so many days in a time zone jumps:
    where the clocks change in a year, and that many days after."""
    found: list[Instant] = []
    for change in changes_of_clocks(zone, year):
        found.append(change)
        for side in (change - 1, change):
            found += [at for end in _ahead(side, days, zone) for at in (end - 1, end)]
    return tuple(found)


@lru_cache(maxsize=512)
def changes_of_clocks(zone: str, year: int) -> tuple[Instant, ...]:
    """Return the instants of a year (UTC) from which on the clocks of a zone show another offset
    from UTC than just before."""
    there = ZoneInfo(zone)

    def offset(at: Instant) -> timedelta | None:
        return to_datetime(at).astimezone(there).utcoffset()

    found = []
    day = to_instant(datetime(year, 1, 1, tzinfo=UTC))
    end = to_instant(datetime(year + 1, 1, 1, tzinfo=UTC))
    while day < end:
        low, high = day, day + DAY_MS
        if offset(low) != offset(high):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
        day += DAY_MS
    return tuple(found)
