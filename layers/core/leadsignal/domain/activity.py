"""Activity days as sets of events, and the summary that a lead keeps of one."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from leadsignal.domain.channel import ReferrerLookup, touch_mark
from leadsignal.domain.conditions.selectors import (
    OTHERS,
    Tracked,
    bounded_marks,
    marks_of,
    merged_marks,
)
from leadsignal.domain.pages import VIEWS, page_key
from leadsignal.domain.scanners import Findings, strongest
from leadsignal.domain.sessions import runs_of, sessions_of
from leadsignal.models.activity import ActivityDay, DaySummary, MarkedTouch, Run, Tally
from leadsignal.models.events import Event
from leadsignal.models.instants import utc_day


class Limits(NamedTuple):
    """How much a summary keeps by itself: names, pages, touches and runs."""

    names: int = 50
    pages: int = 50
    touches: int = 20
    runs: int = 50


OF_DAY = Limits()
OF_PERIOD = Limits(touches=4, runs=2)


class Folded(NamedTuple):
    """A day with events added: the day, which of them are new, which contradict what was there."""

    day: ActivityDay
    applied: tuple[Event, ...]
    conflicts: tuple[Event, ...]


def day_of(event: Event) -> str:
    """Return the UTC day an event is stored under: that of the client's own clock.

    A re-send repeats the client's time, while the corrected one may differ by the network's
    jitter; so this and not ``at`` finds the first copy again.
    """
    return utc_day(event.received_at if event.client_at is None else event.client_at)


def _arrival(event: Event) -> tuple[int, str, bool, bool, str]:
    trust = (not event.trusted, not event.signed, event.key_id or "")
    return (event.received_at, event.fingerprint, *trust)


def _first(one: Event, other: Event) -> tuple[Event, Event]:
    """Return the two copies, the one that arrived first in front; arrival breaks no ties."""
    ordered = sorted((one, other), key=_arrival)
    return ordered[0], ordered[1]


def add_events(day: ActivityDay, events: Iterable[Event]) -> Folded:
    """Add events to the day's set.

    An event that is there already changes nothing. Of two events that share a ``messageId`` but
    not their content, the one received first stays and the other is a conflict; so the result
    does not depend on the order in which they are added.
    """
    kept = dict(day.open)
    applied: dict[str, Event] = {}
    conflicts: list[Event] = []
    replaced = 0
    for event in events:
        there = kept.get(event.message_id) or day.sealed.get(event.message_id)
        if there is None:
            kept[event.message_id] = applied[event.message_id] = event
            continue
        winner, loser = _first(there, event)
        if winner.fingerprint != loser.fingerprint:
            conflicts.append(loser)
        if winner is not there:
            replaced += day.find(event.message_id) is there
            kept[event.message_id] = applied[event.message_id] = winner
    changed = {"open": kept, "replaced": day.replaced + replaced}
    after = day.model_copy(update=changed) if applied else day
    return Folded(after, tuple(applied.values()), tuple(conflicts))


def _tallies(events: Iterable[Event], key: Callable[[Event], str | None]) -> dict[str, Tally]:
    counts: Counter[str] = Counter()
    last: dict[str, int] = {}
    for event in events:
        if name := key(event):
            counts[name] += 1
            last[name] = max(last.get(name, event.at), event.at)
    return {name: Tally(count=count, last=last[name]) for name, count in counts.items()}


def _bounded(tallies: dict[str, Tally], most: int) -> dict[str, Tally]:
    kept = set(sorted(tallies, key=lambda name: (-tallies[name].count, name))[:most])
    bounded = {name: tallies[name] for name in sorted(kept)}
    rest = [tally for name, tally in tallies.items() if name not in kept]
    return bounded | {OTHERS: _sum(rest)} if rest else bounded


def _sum(tallies: Sequence[Tally]) -> Tally:
    return Tally(count=sum(t.count for t in tallies), last=max(t.last for t in tallies))


def _touches(events: Iterable[Event], referrers: ReferrerLookup) -> tuple[MarkedTouch, ...]:
    found = (
        (event.at, touch_mark(event.context.page, event.context.campaign, referrers=referrers))
        for event in events
    )
    return _distinct(MarkedTouch(at=at, mark=mark) for at, mark in found if mark is not None)


def _distinct(touches: Iterable[MarkedTouch]) -> tuple[MarkedTouch, ...]:
    """Return the touches without those that are marked as the one before."""
    kept: list[MarkedTouch] = []
    for touch in touches:
        if not kept or kept[-1].mark != touch.mark:
            kept.append(touch)
    return tuple(kept)


def _ends[T](found: tuple[T, ...], most: int) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """Return the first and last half of what may be kept, and what is between these."""
    half = most // 2
    return (found, ()) if len(found) <= most else (found[:half] + found[-half:], found[half:-half])


def _runs(events: Iterable[Event], gap_ms: int) -> tuple[Run, ...]:
    points = [(e.at, page_key(e) if e.event == "page_view" else None) for e in events]
    return runs_of(points, gap_ms=gap_ms)


def whole_summary(
    events: Sequence[Event],
    found: Findings,
    *,
    gap_ms: int,
    referrers: ReferrerLookup,
    tracked: Tracked,
) -> DaySummary:
    """Return all that a summary could say of a day's events, oldest first, with no limit.

    ``found`` is what all events of that member and day say of scanners; ``tracked`` is what rules
    and segments count. What crawlers and scanners
    did is counted apart and gives nothing else.
    """
    people = [e for e in events if e.bot is None and e.message_id not in found.caught]
    mine = {event.message_id for event in people}
    machines = [event for event in events if event.message_id not in mine]
    views = [event for event in people if event.event in VIEWS]
    return DaySummary(
        events=len(people),
        bots=len(machines),
        caught=sum(event.message_id in found.caught for event in events),
        scanner=found.reason,
        runs=_runs(people, gap_ms),
        bot_runs=_runs(machines, gap_ms),
        names=_tallies(people, lambda event: event.event),
        pages=_tallies(views, page_key),
        touches=_touches(people, referrers),
        marks=marks_of(people, tracked),
    )


def combined(days: Iterable[DaySummary], *, gap_ms: int) -> DaySummary:
    """Return the whole summary of several days from their whole ones: of disjoint sets of
    events."""
    parts = list(days)
    touches = [touch for part in parts for touch in part.touches]
    return DaySummary(
        events=sum(part.events for part in parts),
        bots=sum(part.bots for part in parts),
        caught=sum(part.caught for part in parts),
        scanner=strongest(part.scanner for part in parts),
        runs=_joined((run for part in parts for run in part.runs), gap_ms),
        bot_runs=_joined((run for part in parts for run in part.bot_runs), gap_ms),
        names=merge_tallies(part.names for part in parts),
        pages=merge_tallies(part.pages for part in parts),
        touches=_distinct(sorted(touches, key=lambda t: (t.at, t.mark.model_dump_json()))),
        marks=merged_marks(part.marks for part in parts),
    )


def _joined(runs: Iterable[Run], gap_ms: int) -> tuple[Run, ...]:
    return tuple(
        Run.model_validate(session.model_dump()) for session in sessions_of(runs, gap_ms=gap_ms)
    )


def merge_tallies(tallies: Iterable[dict[str, Tally]]) -> dict[str, Tally]:
    """Return counts added and last instants taken over disjoint sets of events."""
    merged: dict[str, list[Tally]] = {}
    for tally in tallies:
        for name, value in tally.items():
            merged.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else _sum(found) for name, found in merged.items()}


def bounded_summary(
    whole: DaySummary, limits: Limits, *, tracked: Tracked, version: int = 0
) -> DaySummary:
    """Return what of a summary is kept: the most frequent names and pages, the first and last
    touches and runs, the newest instants of what is tracked. What is not kept by itself is
    counted."""
    runs, between = _ends(whole.runs, limits.runs)
    bot_runs, bots_between = _ends(whole.bot_runs, limits.runs)
    touches, _ = _ends(whole.touches, limits.touches)
    return whole.model_copy(
        update={
            "version": version,
            "runs": runs,
            "bot_runs": bot_runs,
            "more_sessions": len(between),
            "more_visits": sum(run.entry is not None for run in between),
            "more_bot_runs": len(bots_between),
            "names": _bounded(whole.names, limits.names),
            "pages": _bounded(whole.pages, limits.pages),
            "touches": touches,
            "marks": bounded_marks(whole.marks, tracked),
        }
    )
