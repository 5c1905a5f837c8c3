"""Activity: all events of one member on one UTC day, and the summary a lead keeps of it."""

from typing import Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.touches import TouchMark

type ScannerReason = Literal["honeypot", "burst", "crawler"]
"""Why a member is no person: a link that no eye sees, clicks that no hand makes, a user agent."""


class ActivityDay(Frozen):
    """The events of one member on one UTC day of the client's clock, by ``messageId``.

    ``version`` grows with every write; ``replaced`` counts stored events that gave way to a copy
    received before them. ``sealed`` events are in closed parts. ``parts`` names these in the
    order of closing, or indexes that name them (``adapters.dynamodb.activity``); of an event
    that is in several, the last part counts, and ``open`` before all.
    """

    member: str
    day: str
    version: int = 0
    replaced: int = 0
    parts: tuple[str, ...] = ()
    sealed: dict[str, Event] = Field(default_factory=dict)
    open: dict[str, Event] = Field(default_factory=dict)

    def find(self, message_id: str) -> Event | None:
        """Return the event of that id, or None."""
        return self.open.get(message_id) or self.sealed.get(message_id)

    @property
    def events(self) -> tuple[Event, ...]:
        """All events of the day, oldest first by (instant, messageId)."""
        both = self.sealed | self.open
        return tuple(sorted(both.values(), key=lambda event: (event.at, event.message_id)))


class Run(Frozen):
    """Consecutive events with no gap over the session gap: instants, count, first page."""

    start: Instant
    end: Instant
    events: int
    entry: str | None = None


class Tally(Frozen):
    """How often something happened, and when last."""

    count: int
    last: Instant


class Mark(Frozen):
    """When something happened that a rule or a segment counts: the newest instants, ascending, and
    how often more."""

    at: tuple[Instant, ...] = ()
    more: int = 0


class MarkedTouch(Frozen):
    """A touch and the instant of the event that brought it."""

    at: Instant
    mark: TouchMark


class DaySummary(Frozen):
    """What a lead keeps of one activity day, or of all old days of one month, year or decade: a
    pure function of the events.

    Crawlers' and scanners' events count in ``bots`` and ``bot_runs`` only; ``caught`` of them are
    marked by no user agent. ``scanner`` is why the events say that the member is no person.
    ``pages`` is by host and path of page views, ``names`` by event name. Of many runs the first
    and last ones are kept, and how many sessions, and visits among them, are between these.
    ``marks`` are by the name of what is counted (``domain.conditions.selectors``): one for each
    that there were events of the right name for, whether any is meant or not. ``version`` is that
    of the day it was made from, 0 where there are several.
    """

    version: int = 0
    events: int = 0
    bots: int = 0
    caught: int = 0
    scanner: ScannerReason | None = None
    runs: tuple[Run, ...] = ()
    bot_runs: tuple[Run, ...] = ()
    more_sessions: int = 0
    more_visits: int = 0
    more_bot_runs: int = 0
    names: dict[str, Tally] = Field(default_factory=dict)
    pages: dict[str, Tally] = Field(default_factory=dict)
    touches: tuple[MarkedTouch, ...] = ()
    marks: dict[str, Mark] = Field(default_factory=dict)


class Session(Frozen):
    """Consecutive events of a lead over all its members."""

    start: Instant
    end: Instant
    events: int
    entry: str | None = None
