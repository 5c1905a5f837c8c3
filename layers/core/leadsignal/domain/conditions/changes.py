"""What a condition depends on, and when its result changes with nothing happening."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
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
from leadsignal.models.conditions import Condition, Performed, Window
from leadsignal.models.instants import DAY_MS, Instant, to_datetime, to_instant


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


def next_change[S: TimedSubject](
    condition: Condition, decide: Decide[S], subject: S, *, now: Instant
) -> Instant | None:
    """Return the first instant after ``now`` at which the result is another with no new event;
    None when it stays for ever.

    ``decide`` is the condition, compiled. Only windows move: fields are compared with fixed values.
    """
    current = decide(subject, now)
    for at in sorted(moments(condition, subject, now=now)):
        if decide(subject, at) != current:
            return at
    return None


def moments(condition: Condition, subject: TimedSubject, *, now: Instant) -> set[Instant]:
    """Return the instants after ``now`` at which one of the windows in a condition has enough in
    it, or no longer."""
    return {
        at for leaf in performed_leaves(condition) for at in _flips(leaf, subject, now) if at > now
    }


def _flips(leaf: Performed, subject: TimedSubject, now: Instant) -> Iterator[Instant]:
    if leaf.within is None:
        return
    what, window, enough = selector_of(leaf), leaf.within, enough_of(leaf.count)

    def holds(at: Instant) -> bool:
        return enough(subject.times(what, start_of(window, now=at), at))

    current = holds(now)
    for at in edges(subject.instants(what), window, now=now):
        if holds(at) != current:
            current = not current
            yield at


def edges(instants: Iterable[Instant], window: Window, *, now: Instant) -> list[Instant]:
    """Return every instant after ``now`` at which one of the instants can come into the window, or
    leave it."""
    found: set[Instant] = set()
    for instant in instants:
        found.add(instant)
        found.update(_leaving(instant, window))
    if found and window.time_zone is not None and window.unit == "days":
        found.update(_jumps(window, now, max(found)))
    return sorted(at for at in found if at > now)


def _leaving(instant: Instant, window: Window) -> Iterator[Instant]:
    """Yield when a window has just passed an instant, for each way to read the clocks."""
    if window.time_zone is None or window.unit != "days":
        yield instant + (instant - start_of(window, now=instant)) + 1
        return
    there = to_datetime(instant).astimezone(ZoneInfo(window.time_zone))
    ahead = there + timedelta(days=window.length)
    for fold in (0, 1):
        yield to_instant(ahead.replace(fold=fold).astimezone(UTC)) + 1


def _jumps(window: Window, now: Instant, last: Instant) -> Iterator[Instant]:
    """Yield the instants up to the last one at which the beginning of a window in a time zone
    jumps: where the clocks change, and where they changed as many days before."""
    zone = window.time_zone or ""
    span = timedelta(days=window.length)
    first, until = to_datetime(start_of(window, now=now)), to_datetime(last)
    for year in range(first.year - 1, until.year + 2):
        for change in changes_of_clocks(zone, year):
            yield change
            for side in (change - 1, change):
                there = to_datetime(side).astimezone(ZoneInfo(zone)) + span
                for fold in (0, 1):
                    at = to_instant(there.replace(fold=fold).astimezone(UTC))
                    yield from (at, at + 1)


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
