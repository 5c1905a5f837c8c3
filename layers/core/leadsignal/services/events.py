"""Finds one event by its ``messageId``: where it is stored, and what failed under that id."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from leadsignal.domain import lead_views
from leadsignal.domain.activity import day_of
from leadsignal.domain.email import read_email
from leadsignal.domain.identifiers import usable
from leadsignal.domain.slots import Identifier, member_of, slot_id
from leadsignal.errors import NotFoundError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event
from leadsignal.models.instants import DAY_MS, Instant, utc_day
from leadsignal.models.leads import IdentifierKind, Lead
from leadsignal.models.records import FailedEvent
from leadsignal.models.snapshots import DayKey
from leadsignal.models.views import EventView
from leadsignal.services.clusters import lead_of, read_witnesses
from leadsignal.services.leads import Library, sessions_around

_KINDS: tuple[IdentifierKind, ...] = ("user_id", "anonymous_id", "email", "crm_id", "device_id")


class Stored(NamedTuple):
    """A stored event with its day and the cluster of leads it belongs to; ``lead`` is None while no
    lead tells of it."""

    event: Event
    day: ActivityDay
    leads: Mapping[str, Lead]
    lead: Lead | None

    @property
    def place(self) -> DayKey:
        """The member and the day that it is stored under."""
        return (self.day.member, self.day.day)

    @property
    def counted(self) -> bool:
        """Whether the leads count every event of the day; a day is written before its leads."""
        members = (lead.members.get(self.day.member) for lead in self.leads.values())
        summaries = [member.days.get(self.day.day) for member in members if member]
        return sum(s.events + s.bots for s in summaries if s) >= len(self.day.events)


class Found(NamedTuple):
    """What is known of one ``messageId``: the stored event, and failures, received first first."""

    stored: Stored | None
    failures: Sequence[FailedEvent]

    @property
    def own_failures(self) -> list[FailedEvent]:
        """The failures of the stored event itself, not of others that have its id."""
        if self.stored is None:
            return []
        own = self.stored.event.fingerprint
        copies = [(failed, event_behind(failed)) for failed in self.failures]
        return [failed for failed, copy in copies if copy and copy.fingerprint == own]

    @property
    def applied(self) -> bool:
        """Whether the stored event is part of its lead."""
        if self.stored is None or self.stored.lead is None:
            return False
        return self.stored.counted or not any(f.waiting for f in self.own_failures)


def get_event(
    message_id: str, *, identifier: str | None, at: Instant | None, library: Library
) -> EventView:
    """Return one event by its id.

    Where the tenant keeps no record of each event, ``identifier`` (a user id, e-mail or anonymous
    id of it) and ``at`` (its time, give or take a day) say where to look. An event that only a
    failed one tells of is shown as that has it.

    Raises:
        NotFoundError: it is not there, or cannot be found without hints.
    """
    found = find_event(message_id, identifier=identifier, at=at, library=library)
    stored = found.stored
    if stored and stored.lead and found.applied:
        return lead_views.event_view(
            stored.event, stored.lead, sessions_around(stored.lead, stored.event.at, library)
        )
    if not found.failures:
        raise NotFoundError("event")
    first = next(iter(found.own_failures), found.failures[0])
    return lead_views.failed_event_view(message_id, first, event_behind(first))


def find_event(
    message_id: str, *, identifier: str | None, at: Instant | None, library: Library
) -> Found:
    """Return what is known of an event; hints as for ``get_event``.

    What failed under the same id may be a hint as well: a conflict is of the same member and day.

    Raises:
        NotFoundError: nothing is known of that id.
    """
    failures = [
        failed
        for failed in library.failures.of_message(message_id)
        if failed.source in ("collect", "ingest")  # of other failures the id is that of a fact
    ]
    record = library.activity.record(message_id)
    wanted = [(record.member, record.day)] if record else []
    wanted += [_place(event, library) for f in failures if (event := event_behind(f))]
    wanted += _hinted(identifier, at, library)
    days = library.activity.days(dict.fromkeys(wanted))
    for place in dict.fromkeys(wanted):
        event = days[place].find(message_id) if place in days else None
        if event is not None:
            return Found(_with_lead(event, days[place], library), failures)
    if not failures:
        raise NotFoundError("event")
    return Found(None, failures)


def event_behind(failed: FailedEvent) -> Event | None:
    """Return the accepted event that failed; None for an item that was refused at the door."""
    if failed.source != "ingest" or failed.event is None:
        return None
    try:
        return Event.model_validate(failed.event)
    except ValidationError:
        return None


def _with_lead(event: Event, day: ActivityDay, library: Library) -> Stored:
    key = library.identity_key
    found = read_witnesses([slot_id(key, member_of(event))], library.snapshots)
    lead = lead_of(event, found.leads, key=key) if found.leads else None
    return Stored(event, day, found.leads, found.own(lead))


def _place(event: Event, library: Library) -> DayKey:
    return (slot_id(library.identity_key, member_of(event)), day_of(event))


def _hinted(identifier: str | None, at: Instant | None, library: Library) -> list[DayKey]:
    if identifier is None or at is None:
        return []
    near = [utc_day(at + days * DAY_MS) for days in (0, -1, 1)]
    plain, email = usable(identifier), read_email(identifier)
    named = [(kind, email if kind == "email" else plain) for kind in _KINDS]
    slots = [
        slot_id(library.identity_key, Identifier(kind, value)) for kind, value in named if value
    ]
    return [(slot, day) for slot in slots for day in near]
