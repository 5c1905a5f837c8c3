"""What one event changed of a score, worked out anew from the events that are stored.

All events of the lead (and of the leads that evidence touches) that come before it by (instant,
``messageId``) are folded as ingest folds them, then the event. So this tells what the event meant
at its own instant, whatever arrived in which order, or was joined later.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from leadsignal.domain.periods import is_period
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.secrets import derive
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant, to_datetime, utc_day
from leadsignal.models.leads import Lead, Score, Slot
from leadsignal.models.snapshots import DayKey
from leadsignal.models.tenants import Tenant
from leadsignal.models.traces import Omitted
from leadsignal.ports import CompanyStore, MailDomains, Networks, Referrers
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.clusters import decisions_of
from leadsignal.services.desk import HistoryReader, SlotReader

MAX_DAYS = 100  # that are kept by themselves: one read of a hundred keys
MAX_EVENTS = 1000  # read, unpacked and folded within a second
MAX_PAST_DAYS, MAX_PAST_EVENTS = 1_000, 10_000  # of a whole score of the past: some seconds
LATEST = "\U0010ffff"  # after every ``messageId``

type Order = tuple[Instant, str]


class DayReader(Protocol):
    """Activity days of one tenant, to read."""

    def days(self, wanted: Iterable[DayKey]) -> dict[DayKey, ActivityDay]: ...
    def each_day(self, member: str, *, period: str = "") -> Iterator[ActivityDay]: ...


class Archive(NamedTuple):
    """What folding stored events of one tenant anew needs."""

    tenant: Tenant
    days: DayReader
    companies: CompanyStore
    networks: Networks
    referrers: Referrers
    mail: MailDomains
    book: Playbook


class ScoreChange(NamedTuple):
    """The score of an event's lead without it (None: there was no lead) and with it, and the scores
    of the leads that it joined to this one; the segments that the lead entered with it, and those
    that it left."""

    before: Score | None
    after: Score
    merged: tuple[int, ...]
    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class _Past(NamedTuple):
    """The days of a time before, in the place of those that are stored."""

    stored: Mapping[DayKey, ActivityDay]

    def member_days(self, member: str, *, period: str = "") -> dict[str, ActivityDay]:
        return {content.day: content for content in self.each_day(member, period=period)}

    def each_day(self, member: str, *, period: str = "") -> Iterator[ActivityDay]:
        for (slot, day), content in sorted(self.stored.items()):
            if slot == member and day.startswith(period):
                yield content


class _NoSlots(NamedTuple):
    """No lead is stored yet."""

    def slot(self, lead_id: str, *, consistent: bool = False) -> Slot | None:
        del lead_id, consistent
        return None


class _Ground(NamedTuple):
    """What a cluster reads, as of a time before."""

    tenant: Tenant
    leads: SlotReader
    activity: HistoryReader
    companies: CompanyStore
    networks: Networks
    referrers: Referrers
    mail: MailDomains
    book: Playbook

    @property
    def identity_key(self) -> bytes:
        """The key that slot ids of the tenant are made with."""
        return derive(self.tenant, "identity")


def score_change(
    event: Event, own: DayKey, leads: Mapping[str, Lead], *, archive: Archive
) -> ScoreChange | Omitted:
    """Return what a stored event, which is in the day ``own``, changed of its lead's score and
    segments at its own instant.

    ``leads`` is the cluster that the event belongs to. The company is counted as it is known today,
    rules and segments as they are. More than ``MAX_DAYS`` or ``MAX_EVENTS`` until the event are not
    read.
    """
    counts = _until(event, leads)
    days = _read(counts | {own: counts.get(own, 0)}, archive.days)
    if isinstance(days, str):
        return days
    order = (event.at, event.message_id)
    before = {key: past for key, day in days.items() if (past := _cut(day, order, 1)).events}
    stamped = days[own].model_copy(update={"open": days[own].open | {event.message_id: event}})
    told = before | {own: _cut(stamped, order, 2, through=True)}
    return _change(event, before, told, leads, archive)


def lead_as_of(
    lead: Lead, at: Instant, leads: Mapping[str, Lead], *, archive: Archive
) -> Lead | Omitted | None:
    """Return what a lead was at an instant, from the events until then of the cluster that it is in
    (``leads``); None when there was nothing of it yet.

    More than ``MAX_PAST_DAYS`` or ``MAX_PAST_EVENTS`` are not read.
    """
    order = (at, LATEST)
    counts = _before(at, leads)
    days = _read(counts, archive.days, most_days=MAX_PAST_DAYS, most_events=MAX_PAST_EVENTS)
    if isinstance(days, str):
        return days
    past = {key: kept for key, day in days.items() if (kept := _cut(day, order, 1)).events}
    if not past:
        return None
    decisions = [d for d in decisions_of(leads.values()) if d.undone or d.at <= at]
    cluster = Cluster({}, _ground(past, archive), decisions=decisions)
    events = [found for day in past.values() for found in day.events]
    cluster.apply(events, days=past, severed=_severed(leads))
    settled = [each.lead for each in cluster.settled(to_datetime(at)).settled]
    own = lead.members.keys()
    return next((was for was in settled if was.lead_id == lead.lead_id), None) or max(
        (was for was in settled if own & was.members.keys()),
        key=lambda was: len(own & was.members.keys()),
        default=None,
    )


def _until(event: Event, leads: Mapping[str, Lead]) -> dict[DayKey, int]:
    """Return the days and periods that hold events until this one, with how many each has."""
    return _before(event.at, leads)


def _before(at: Instant, leads: Mapping[str, Lead]) -> dict[DayKey, int]:
    """Return the days and periods that hold events until an instant, with how many each has."""
    counts: dict[DayKey, int] = {}
    for lead in leads.values():
        for slot, member in lead.members.items():
            for day, summary in member.days.items():
                runs = (*summary.runs, *summary.bot_runs)
                if any(run.start <= at for run in runs):
                    found = counts.get((slot, day), 0)
                    counts[slot, day] = found + summary.events + summary.bots
            for said in member.said.values():  # in no summary: a day may hold nothing else
                if said.by.at <= at:
                    counts.setdefault((slot, utc_day(said.by.at)), 0)
    return counts


def _read(
    counts: Mapping[DayKey, int],
    reader: DayReader,
    *,
    most_days: int = MAX_DAYS,
    most_events: int = MAX_EVENTS,
) -> dict[DayKey, ActivityDay] | Omitted:
    """Return the days of these names, and those of the periods; all of their events, or none."""
    single = [(slot, name) for slot, name in counts if not is_period(name)]
    if len(single) > most_days or sum(counts.values()) > most_events:
        return "too_many_events"
    days = reader.days(single)
    total = sum(len(day.events) for day in days.values())
    for slot, name in counts.keys() - set(single):
        for day in reader.each_day(slot, period=name):
            total += 0 if (slot, day.day) in days else len(day.events)
            if total > most_events:
                return "too_many_events"
            days[slot, day.day] = day
    complete = all(_held(days, slot, name) >= count for (slot, name), count in counts.items())
    return days if complete else "events_missing"


def _held(days: Mapping[DayKey, ActivityDay], slot: str, name: str) -> int:
    return sum(
        len(content.events)
        for (member, day), content in days.items()
        if member == slot and day.startswith(name)
    )


def _cut(day: ActivityDay, order: Order, version: int, *, through: bool = False) -> ActivityDay:
    """Return a day with its events before an instant, or up to it."""
    kept = {
        event.message_id: event
        for event in day.events
        if (event.at, event.message_id) < order
        or (through and (event.at, event.message_id) == order)
    }
    return ActivityDay(member=day.member, day=day.day, version=version, open=kept)


def _change(
    event: Event,
    before: Mapping[DayKey, ActivityDay],
    told: Mapping[DayKey, ActivityDay],
    leads: Mapping[str, Lead],
    archive: Archive,
) -> ScoreChange:
    now = to_datetime(event.at)
    decisions = [d for d in decisions_of(leads.values()) if d.undone or d.at <= event.at]
    severed = _severed(leads)
    ground = _ground(before, archive)
    held: dict[str, Lead] = {}
    if before:
        earlier = Cluster({}, ground, decisions=decisions)
        events = [found for day in before.values() for found in day.events]
        earlier.apply(events, days=before, severed=severed)
        held = {settled.lead.lead_id: settled.lead for settled in earlier.settled(now).settled}
    cluster = Cluster(held, ground, decisions=decisions)
    changed = {key: day for key, day in told.items() if before.get(key) != day}
    cluster.apply([event], days=changed, severed=severed)
    change = cluster.settled(now)
    [after] = cluster.touched(change)
    was = held.get(after.lead_id)
    inside = after.entries.segments.keys()
    had = was.entries.segments.keys() if was else set[str]()
    return ScoreChange(
        entered=tuple(sorted(inside - had)),
        left=tuple(sorted(had - inside)),
        before=was.score if was else None,
        after=after.score,
        merged=tuple(
            held[pointer.lead_id].score.score
            for pointer in change.taken
            if pointer.into == after.lead_id
        ),
    )


def _severed(leads: Mapping[str, Lead]) -> set[tuple[str, str]]:
    """Return the sightings that are no evidence today, and so never were."""
    return {
        (slot, name)
        for lead in leads.values()
        for slot, member in lead.members.items()
        for name, sighting in member.sightings.items()
        if sighting.severed
    }


def _ground(stored: Mapping[DayKey, ActivityDay], archive: Archive) -> _Ground:
    return _Ground(
        tenant=archive.tenant,
        leads=_NoSlots(),
        activity=_Past(stored),
        companies=archive.companies,
        networks=archive.networks,
        referrers=archive.referrers,
        mail=archive.mail,
        book=archive.book,
    )
