"""What a lead did, by event name and time: from its stored days, and only where its summaries do
not say already that there is nothing."""

from collections.abc import Iterable, Iterator

from leadsignal.domain.conditions.selectors import OTHERS
from leadsignal.domain.periods import is_period
from leadsignal.domain.scanners import findings
from leadsignal.models.activity import ActivityDay, DaySummary
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead
from leadsignal.models.snapshots import DayKey
from leadsignal.services.timelines import DayReader, OwnEvents, home_of


class StoredBehaviour:
    """The events of one lead that a person caused: no crawler's, no scanner's, and on a shared
    browser nobody else's. A day is read once."""

    def __init__(self, lead: Lead, *, days: DayReader, own: OwnEvents) -> None:
        self._lead = lead
        self._reader = days
        self._own = own
        self._days: dict[DayKey, list[ActivityDay]] = {}

    def events(self, name: str, since: Instant | None, until: Instant) -> Iterable[Event]:
        """Return the events of that name from ``since`` (None: from the first) to ``until``."""
        wanted = {
            (slot, day): summary
            for slot, member in self._lead.members.items()
            if not member.scanner
            for day, summary in member.days.items()
            if _may_hold(summary, name, since, until)
        }
        self._read(wanted)
        found = (
            event
            for key, summary in wanted.items()
            for day in self._days[key]
            for event in _people(day, summary)
            if event.event == name and event.at <= until and (since is None or since <= event.at)
        )
        return self._own.of(found)

    def _read(self, wanted: Iterable[DayKey]) -> None:
        missing = [key for key in wanted if key not in self._days]
        single = [key for key in missing if not is_period(key[1])]
        stored = self._reader.days(single) if single else {}
        self._days |= {key: [stored[key]] if key in stored else [] for key in single}
        for slot, period in missing:
            if is_period(period):
                names = self._lead.members[slot].days
                self._days[slot, period] = [
                    day
                    for day in self._reader.each_day(slot, period=period)
                    if home_of(day.day, names) == period
                ]


def _may_hold(summary: DaySummary, name: str, since: Instant | None, until: Instant) -> bool:
    """Return whether the days of a summary can have an event of that name and time."""
    tallies = [summary.names[key] for key in (name, OTHERS) if key in summary.names]
    first = min((run.start for run in summary.runs), default=until)
    return first <= until and any(since is None or since <= tally.last for tally in tallies)


def _people(day: ActivityDay, summary: DaySummary) -> Iterator[Event]:
    caught = findings(day.events).caught if summary.caught else frozenset()
    for event in day.events:
        if event.bot is None and event.message_id not in caught:
            yield event
