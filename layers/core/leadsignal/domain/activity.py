"""Activity days as sets of events, and the summary that a lead keeps of one."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from leadsignal.domain.channel import ReferrerLookup, touch_mark
from leadsignal.domain.sessions import runs_of
from leadsignal.models.activity import ActivityDay, DaySummary, MarkedTouch, Run, Tally
from leadsignal.models.events import Event
from leadsignal.models.instants import utc_day

MAX_NAMES = 50
MAX_PAGES = 50
MAX_TOUCHES = 20
MAX_KEY = 200
OTHERS = "*"  # what is beyond the most frequent names or pages is counted here


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


def _first(one: Event, other: Event) -> tuple[Event, Event]:
    """Return the two copies, the one that arrived first in front; arrival breaks no ties."""
    ordered = sorted((one, other), key=lambda e: (e.received_at, e.fingerprint))
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
    for event in events:
        there = kept.get(event.message_id) or day.sealed.get(event.message_id)
        if there is None:
            kept[event.message_id] = applied[event.message_id] = event
            continue
        winner, loser = _first(there, event)
        if winner.fingerprint != loser.fingerprint:
            conflicts.append(loser)
        if winner is not there:
            kept[event.message_id] = applied[event.message_id] = winner
    changed = day.model_copy(update={"open": kept}) if applied else day
    return Folded(changed, tuple(applied.values()), tuple(conflicts))


def page_key(event: Event) -> str | None:
    """Return host and path of the event's page, in lower-case host, without a trailing slash."""
    page = event.context.page
    if page is None:
        return None
    try:
        parts = urlsplit(page.url or page.path or "")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    path = parts.path or page.path or "/"
    if not path.startswith("/"):
        path = f"/{path}"
    return (host + (path.rstrip("/") or "/"))[:MAX_KEY]


def _tallies(
    events: Iterable[Event], key: Callable[[Event], str | None], most: int
) -> dict[str, Tally]:
    counts: Counter[str] = Counter()
    last: dict[str, int] = {}
    for event in events:
        if name := key(event):
            counts[name] += 1
            last[name] = max(last.get(name, event.at), event.at)
    kept = set(sorted(counts, key=lambda name: (-counts[name], name))[:most])
    tallies = {name: Tally(count=counts[name], last=last[name]) for name in sorted(kept)}
    rest = [name for name in counts if name not in kept]
    if rest:
        total, latest = sum(counts[name] for name in rest), max(last[name] for name in rest)
        tallies[OTHERS] = Tally(count=total, last=latest)
    return tallies


def _touches(events: Iterable[Event], referrers: ReferrerLookup) -> tuple[MarkedTouch, ...]:
    touches: list[MarkedTouch] = []
    for event in events:
        mark = touch_mark(event.context.page, event.context.campaign, referrers=referrers)
        if mark is not None and (not touches or touches[-1].mark != mark):
            touches.append(MarkedTouch(at=event.at, mark=mark))
    half = MAX_TOUCHES // 2
    return tuple(touches if len(touches) <= MAX_TOUCHES else touches[:half] + touches[-half:])


def _runs(events: Iterable[Event], gap_ms: int) -> tuple[Run, ...]:
    points = [(e.at, page_key(e) if e.event == "page_view" else None) for e in events]
    return runs_of(points, gap_ms=gap_ms)


def summarise(day: ActivityDay, *, gap_ms: int, referrers: ReferrerLookup) -> DaySummary:
    """Return the summary of a day: a function of its set of events and nothing else.

    Events of crawlers are counted apart and give nothing else. At most ``MAX_NAMES`` event names,
    ``MAX_PAGES`` pages and ``MAX_TOUCHES`` touches are kept by name, the most frequent ones.
    """
    ordered = day.events
    people = [event for event in ordered if event.bot is None]
    views = [event for event in people if event.event in ("page_view", "screen_view")]
    return DaySummary(
        version=day.version,
        events=len(people),
        bots=len(ordered) - len(people),
        runs=_runs(people, gap_ms),
        bot_runs=_runs([event for event in ordered if event.bot is not None], gap_ms),
        names=_tallies(people, lambda event: event.event, MAX_NAMES),
        pages=_tallies(views, page_key, MAX_PAGES),
        touches=_touches(people, referrers),
    )
