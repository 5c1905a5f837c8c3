"""Activity: all events of one member on one UTC day, and the summary a lead keeps of it."""

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.touches import TouchMark


class ActivityDay(Frozen):
    """The events of one member on one UTC day of the client's clock, by ``messageId``.

    ``version`` grows with every write. ``sealed`` events are in closed parts, named by ``parts``
    in the order of closing; of an event that is in several, the last part counts, and ``open``
    before all.
    """

    member: str
    day: str
    version: int = 0
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


class MarkedTouch(Frozen):
    """A touch and the instant of the event that brought it."""

    at: Instant
    mark: TouchMark


class DaySummary(Frozen):
    """What a lead keeps of one activity day: a pure function of the day's events.

    Crawlers' events count in ``bots`` and ``bot_runs`` only. ``pages`` is by host and path of page
    views, ``names`` by event name.
    """

    version: int
    events: int = 0
    bots: int = 0
    runs: tuple[Run, ...] = ()
    bot_runs: tuple[Run, ...] = ()
    names: dict[str, Tally] = Field(default_factory=dict)
    pages: dict[str, Tally] = Field(default_factory=dict)
    touches: tuple[MarkedTouch, ...] = ()


class Session(Frozen):
    """Consecutive events of a lead over all its members."""

    start: Instant
    end: Instant
    events: int
    entry: str | None = None
