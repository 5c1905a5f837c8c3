"""Applies accepted events: each to its member's day, its lead, its score; once, in any order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from leadsignal.domain import activity as days
from leadsignal.domain.companies import filled
from leadsignal.domain.identity import Resolver, identifiers_of, member_of, slot_id
from leadsignal.domain.members import learn
from leadsignal.domain.secrets import derive, opaque_id
from leadsignal.errors import ConflictError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event, EventsMessage
from leadsignal.models.leads import Lead, Pointer
from leadsignal.models.messages import EnrichRequest
from leadsignal.models.profiles import Settled
from leadsignal.models.records import EventRecord, FailedEvent
from leadsignal.models.snapshots import DayKey, Snapshot
from leadsignal.models.tenants import Tenant
from leadsignal.ports import (
    ActivityStore,
    CompanyStore,
    LeadStore,
    MailDomains,
    Networks,
    Queue,
    Referrers,
    Snapshots,
)
from leadsignal.services.commit import settle

ATTEMPTS = 6


class Each(Protocol):
    """Calls a function with each of the values and yields the results; perhaps several at once."""

    def __call__[T, R](self, call: Callable[[T], R], values: Iterable[T], /) -> Iterator[R]: ...


class Desk(NamedTuple):
    """Everything that applying one tenant's events needs.

    ``each`` runs groups of events that have nothing to do with one another.
    """

    tenant: Tenant
    snapshots: Snapshots
    leads: LeadStore
    companies: CompanyStore
    activity: ActivityStore
    networks: Networks
    referrers: Referrers
    mail: MailDomains
    enrich_queue: Queue
    each: Each = map


class Ingested(NamedTuple):
    """How many events were new, known already, and in conflict with a stored one."""

    applied: int = 0
    duplicates: int = 0
    conflicts: int = 0

    def plus(self, other: "Ingested") -> "Ingested":
        """Return the sums."""
        return Ingested(*(a + b for a, b in zip(self, other, strict=True)))


def ingest_messages(
    messages: Iterable[EventsMessage],
    *,
    desk_of: Callable[[str], Desk],
    now: datetime,
) -> Ingested:
    """Apply the events of several messages together and say what became of them.

    Raises:
        NotFoundError: a message names a tenant that does not exist.
        ConflictError, TransientError: as ``ingest``.
    """
    by_tenant: dict[tuple[str, bool], list[Event]] = defaultdict(list)
    for message in messages:
        by_tenant[message.tenant_id, message.env == "test"] += message.events
    total = Ingested()
    for (tenant_id, indexed), events in by_tenant.items():
        done = ingest(events, desk=desk_of(tenant_id), indexed=indexed, now=now)
        total = total.plus(done)
    return total


def ingest(events: Iterable[Event], *, desk: Desk, indexed: bool, now: datetime) -> Ingested:
    """Apply events of one tenant and say what became of them.

    Everything is read once, folded in memory and written once per day and lead; events of one
    visitor cost the writes of one. Applying an event again changes and writes nothing. When this
    raises, whatever was written is a valid state and applying the same events again completes it.
    ``indexed`` keeps a record of each event under its ``messageId``.

    Raises:
        ConflictError: others kept changing the same leads.
        TransientError: storage failed.
    """
    total = Ingested()
    accepted: list[Event] = []
    for event in sorted(events, key=lambda event: event.received_at):
        pinned = _pinned(event, desk, indexed=indexed)
        if pinned is None:
            total = total.plus(Ingested(conflicts=1))
        else:
            accepted.append(pinned)
    snapshot = _load(accepted, desk)
    groups = _groups(accepted, snapshot, _identity_key(desk))
    for done in desk.each(lambda group: _apply(group, snapshot, desk, now), groups):
        total = total.plus(done)
    return total


def _identity_key(desk: Desk) -> bytes:
    return derive(desk.tenant, "identity")


def _member(event: Event, desk: Desk) -> str:
    return slot_id(_identity_key(desk), member_of(event))


def _slots(event: Event, key: bytes) -> list[str]:
    return [slot_id(key, identifier) for identifier in identifiers_of(event)]


def _load(events: Sequence[Event], desk: Desk, *, consistent: bool = False) -> Snapshot:
    key = _identity_key(desk)
    slots = {slot for event in events for slot in _slots(event, key)}
    wanted = {(_member(event, desk), days.day_of(event)) for event in events}
    return desk.snapshots.load(slots, wanted, consistent=consistent)


def _pinned(event: Event, desk: Desk, *, indexed: bool) -> Event | None:
    """Return the event as its record says it first arrived; None when the record contradicts it.

    An event without a time of its own happened when it first arrived: its record says when, so
    that a re-send falls on the same day and instant.
    """
    timeless = event.client_at is None and not event.minted
    if not (indexed or timeless):
        return event
    record = desk.activity.pin(
        EventRecord(
            message_id=event.message_id,
            member=_member(event, desk),
            day=days.day_of(event),
            received_at=event.received_at,
            fingerprint=event.fingerprint,
        )
    )
    if record.fingerprint != event.fingerprint:
        _quarantine(event, desk)
        return None
    if event.client_at is not None or record.received_at == event.received_at:
        return event
    first = {"at": record.received_at, "received_at": record.received_at}
    return event.model_copy(update=first)


def _quarantine(event: Event, desk: Desk) -> None:
    desk.activity.quarantine(
        FailedEvent(
            id=opaque_id("fail", _identity_key(desk), event.message_id, event.fingerprint),
            message_id=event.message_id,
            code="id_conflict",
            detail="an event of this messageId with other content was received before",
            received_at=event.received_at,
            event=event.model_dump(mode="json", exclude_defaults=True),
        )
    )


def _groups(events: Sequence[Event], snapshot: Snapshot, key: bytes) -> list[list[Event]]:
    """Return the events in groups that share no identifier and no lead, so each can be applied
    without regard to the others."""
    resolver = Resolver(snapshot.slots, key=key)
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for event in events:
        first, *others = [resolver.root(slot) for slot in _slots(event, key)]
        for other in others:
            parent[find(other)] = find(first)
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[find(resolver.root(_slots(event, key)[0]))].append(event)
    return list(groups.values())


def _apply(group: Sequence[Event], snapshot: Snapshot, desk: Desk, now: datetime) -> Ingested:
    for _ in range(ATTEMPTS):
        try:
            return _apply_once(group, snapshot, desk, now)
        except ConflictError:
            snapshot = _load(group, desk, consistent=True)
    raise ConflictError("others kept changing the same leads")


def _apply_once(group: Sequence[Event], snapshot: Snapshot, desk: Desk, now: datetime) -> Ingested:
    folded, result, conflicts = _fold_days(group, snapshot, desk)
    resolver = Resolver(snapshot.slots, key=_identity_key(desk))
    homes = _place(group, folded, resolver, desk)
    for conflict in conflicts:
        _quarantine(conflict, desk)
    for key, (before, after) in folded.items():
        saved = before if after is before else desk.activity.save_day(before, after)
        _summarise(key, saved, resolver, desk)
    for pointer in resolver.links.values():
        desk.leads.link(pointer)
    for lead_id, lead in resolver.leads.items():
        stored = snapshot.slots.get(lead_id)
        before_lead = stored if isinstance(stored, Lead) else None
        taken = [
            (loser, pointer)
            for loser, pointer in resolver.merged.values()
            if resolver.root(pointer.into) == lead_id
        ]
        if lead != before_lead or taken:
            _commit(before_lead, lead, taken, desk, now)
        elif lead_id in homes:
            _ask_for_company(lead, desk)
    return result


def _fold_days(
    group: Sequence[Event], snapshot: Snapshot, desk: Desk
) -> tuple[dict[DayKey, tuple[ActivityDay, ActivityDay]], Ingested, list[Event]]:
    """Return each day before and after, the counts, and the events that contradict stored ones."""
    by_day: dict[DayKey, list[Event]] = defaultdict(list)
    for event in group:
        by_day[_member(event, desk), days.day_of(event)].append(event)
    folded = {}
    applied = 0
    conflicts: list[Event] = []
    for key, events in by_day.items():
        before = snapshot.days.get(key) or ActivityDay(member=key[0], day=key[1])
        fold = days.add_events(before, events)
        folded[key] = (before, fold.day)
        applied += len(fold.applied)
        conflicts += fold.conflicts
    duplicates = max(len(group) - applied - len(conflicts), 0)
    return folded, Ingested(applied, duplicates, len(conflicts)), conflicts


def _place(
    group: Sequence[Event],
    folded: dict[DayKey, tuple[ActivityDay, ActivityDay]],
    resolver: Resolver,
    desk: Desk,
) -> set[str]:
    """Find each event's lead, let its member learn from it, and return the ids of these leads.

    What is learned comes from the stored copy of the event, so that a re-send tells nothing new. An
    event that lost to another tells nothing at all.
    """
    homes: set[str] = set()
    stored: dict[tuple[str, str], Event] = {}
    for event in group:
        slot = _member(event, desk)
        copy = folded[slot, days.day_of(event)][1].find(event.message_id)
        if copy is not None and copy.fingerprint == event.fingerprint:
            stored[slot, event.message_id] = copy
    for (own_slot, _), event in sorted(
        stored.items(), key=lambda item: (item[1].at, item[1].message_id)
    ):
        lead_id = resolver.place(event)
        lead = resolver.leads[lead_id]
        address = event.context.ip if event.bot is None else None
        network = desk.networks.match(address) if address else None
        member = learn(lead.members[own_slot], event, network)
        resolver.leads[lead_id] = lead.model_copy(
            update={"members": lead.members | {own_slot: member}}
        )
        homes.add(lead_id)
    return {resolver.root(lead_id) for lead_id in homes}


def _summarise(key: DayKey, day: ActivityDay, resolver: Resolver, desk: Desk) -> None:
    """Put the summary of a stored day in place of an older one on its lead."""
    member_slot, utc_day = key
    lead = resolver.leads.get(resolver.root(member_slot))
    member = lead.members.get(member_slot) if lead else None
    if lead is None or member is None:
        return  # all events lost to stored ones, which somebody else is about to place
    known = member.days.get(utc_day)
    if known is not None and known.version >= day.version:
        return
    summary = days.summarise(
        day,
        gap_ms=desk.tenant.session_gap_ms,
        referrers=desk.referrers.classify,
    )
    updated = member.model_copy(update={"days": member.days | {utc_day: summary}})
    members = lead.members | {member_slot: updated}
    resolver.leads[lead.lead_id] = lead.model_copy(update={"members": members})


def _commit(
    before: Lead | None,
    lead: Lead,
    taken: list[tuple[Lead, Pointer]],
    desk: Desk,
    now: datetime,
) -> None:
    settled = settle(before, lead, tenant=desk.tenant, mail=desk.mail, now=now)
    settled = _with_known_company(before, lead, settled, desk, now)
    if taken:
        desk.leads.save_merge(settled, taken)
    else:
        desk.leads.save(settled)
    _ask_for_company(settled.lead, desk)


def _with_known_company(
    before: Lead | None, lead: Lead, settled: Settled, desk: Desk, now: datetime
) -> Settled:
    """Return the lead with its company's record filled in, when that is on file already."""
    company = settled.lead.company
    if company is None or company.domain is None or company.enriched_at is not None:
        return settled
    record = desk.companies.company(company.id)
    if record is None:
        return settled
    full = filled(company, record.facts, at=record.enriched_at)
    return settle(
        before,
        lead.model_copy(update={"company": full}),
        tenant=desk.tenant,
        mail=desk.mail,
        now=now,
    )


def _ask_for_company(lead: Lead, desk: Desk) -> None:
    """Ask for the record of a company that nobody has looked up yet."""
    company = lead.company
    if company is None or company.domain is None or company.enriched_at is not None:
        return
    request = EnrichRequest(
        tenant_id=desk.tenant.tenant_id,
        lead_id=lead.lead_id,
        company_id=company.id,
        domain=company.domain,
    )
    desk.enrich_queue.send([request.model_dump_json()], group=desk.tenant.tenant_id)
