"""The sessions of a lead with their events, those of long ago too: read from the stored days
where the lead itself only counts them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol

from leadsignal.domain.periods import is_period
from leadsignal.domain.resolution import Resolution
from leadsignal.domain.secrets import derive
from leadsignal.domain.sessions import MAX_SESSION_MS, runs_of, sessions_of
from leadsignal.models.activity import ActivityDay, DaySummary, Run, Session
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead
from leadsignal.models.snapshots import DayKey
from leadsignal.models.tenants import Tenant
from leadsignal.ports import Snapshots
from leadsignal.services.clusters import block_of, read_witnesses, resolution_of


class DayReader(Protocol):
    """The activity days of one tenant, to read."""

    def days(self, wanted: Iterable[DayKey]) -> dict[DayKey, ActivityDay]: ...
    def each_day(self, member: str, *, period: str = "") -> Iterator[ActivityDay]: ...


class _Runs(NamedTuple):
    """What one summary, or one stored day, says of when something happened."""

    slot: str
    name: str
    runs: tuple[Run, ...]


class OwnEvents:
    """Which events are a lead's own: of a shared browser's, only some."""

    def __init__(self, lead: Lead, *, tenant: Tenant, snapshots: Snapshots) -> None:
        self._lead = lead
        self._tenant = tenant
        self._snapshots = snapshots

    def of(self, events: Iterable[Event]) -> list[Event]:
        """Return those of the events that are the lead's own, but for statements about it."""
        events = [event for event in events if not event.is_statement]
        if not self._lead.peers:
            return events
        resolution = self._resolution
        own = block_of(self._lead, resolution)
        return [event for event in events if resolution.place(event) == own]

    @cached_property
    def _resolution(self) -> Resolution:
        found = read_witnesses([self._lead.lead_id], self._snapshots)
        return resolution_of(found.leads, key=derive(self._tenant, "identity"))


class Timeline:
    """The sessions of one lead, crawlers' ones too, as far as they were looked up."""

    def __init__(
        self, lead: Lead, *, tenant: Tenant, activity: DayReader, snapshots: Snapshots
    ) -> None:
        self._lead = lead
        self._activity = activity
        self._own = OwnEvents(lead, tenant=tenant, snapshots=snapshots)
        self._gap_ms = tenant.session_gap_ms
        self._known: list[_Runs] = []
        self._counted: list[_Runs] = []
        for slot, member in lead.members.items():
            for name, summary in member.days.items():
                found = _Runs(slot, name, (*summary.runs, *summary.bot_runs))
                (self._counted if _is_cut(name, summary) else self._known).append(found)
        self._counted.sort(key=_last)

    @property
    def complete(self) -> bool:
        """True when no sessions are left to be looked up."""
        return not self._counted

    def look_further(self) -> None:
        """Look up the sessions of the day or period that reaches nearest to now."""
        self._open(self._counted.pop())

    def sessions(self) -> list[Session]:
        """Return the sessions that are later than all that was not looked up, oldest first."""
        runs = (run for found in self._known for run in found.runs)
        certain = max(map(_last, self._counted), default=None)
        return [
            session
            for session in sessions_of(runs, gap_ms=self._gap_ms)
            if certain is None or session.start > certain + self._gap_ms
        ]

    def around(self, at: Instant) -> list[Session]:
        """Return the sessions near an instant, oldest first."""
        reach = MAX_SESSION_MS + self._gap_ms
        for found in list(self._counted):
            first = min(run.start for run in found.runs)
            if first - reach <= at <= _last(found) + reach:
                self._counted.remove(found)
                self._open(found)
        runs = (run for found in self._known for run in found.runs)
        return sessions_of(runs, gap_ms=self._gap_ms)

    def events_of(self, sessions: Sequence[Session]) -> tuple[Event, ...]:
        """Return the events of the days that these sessions touch, oldest first."""
        wanted = [
            (found.slot, found.name)
            for found in self._known
            for run in found.runs
            if any(run.start <= session.end and session.start <= run.end for session in sessions)
        ]
        days = self._activity.days(dict.fromkeys(wanted))
        events = self._own.of(event for day in days.values() for event in day.events)
        return tuple(sorted(events, key=lambda event: (event.at, event.message_id)))

    def _open(self, counted: _Runs) -> None:
        """Put the stored days of a summary in its place."""
        names = self._lead.members[counted.slot].days
        if is_period(counted.name):
            days = list(self._activity.each_day(counted.slot, period=counted.name))
        else:
            days = list(self._activity.days([(counted.slot, counted.name)]).values())
        for content in days:
            if home_of(content.day, names) == counted.name:
                points = [(event.at, None) for event in self._own.of(content.events)]
                runs = runs_of(points, gap_ms=self._gap_ms)
                self._known.append(_Runs(counted.slot, content.day, runs))


def _is_cut(name: str, summary: DaySummary) -> bool:
    return is_period(name) or bool(summary.more_sessions or summary.more_bot_runs)


def home_of(day: str, names: Iterable[str]) -> str | None:
    """Return the name under which a lead keeps a day, None if it has no part in it."""
    return max((name for name in names if day.startswith(name)), key=len, default=None)


def _last(found: _Runs) -> Instant:
    return max(run.end for run in found.runs)
