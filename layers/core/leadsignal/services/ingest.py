"""Applies accepted events: each to its member's day, its lead, its score; once, in any order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from leadsignal.domain import activity as days
from leadsignal.domain.slots import identifiers_of, member_of, slot_id
from leadsignal.errors import ConflictError, TooLargeError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event, EventsMessage
from leadsignal.models.records import EventRecord
from leadsignal.models.snapshots import DayKey, Snapshot
from leadsignal.models.tenants import KeyEnv
from leadsignal.services import failures
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.commit import ask_to_enrich
from leadsignal.services.deletion import settled_snapshot
from leadsignal.services.desk import Desk
from leadsignal.services.parts import Clusters, Part, parts_of

ATTEMPTS = 6


class Ingested(NamedTuple):
    """How many events were new, known already, in conflict with a stored one, and too many for
    their leads."""

    applied: int = 0
    duplicates: int = 0
    conflicts: int = 0
    failed: int = 0

    def plus(self, other: "Ingested") -> "Ingested":
        """Return the sums."""
        return Ingested(*(a + b for a, b in zip(self, other, strict=True)))


def ingest_messages(
    messages: Iterable[EventsMessage],
    *,
    desk_of: Callable[[str], Desk],
    now: datetime,
) -> Ingested:
    """Apply the events of several messages together, and say what became of them; keep what was
    refused at the door.

    Raises:
        NotFoundError: a message names a tenant that does not exist.
        ConflictError, TransientError: as ``ingest``.
    """
    by_sender: dict[tuple[str, KeyEnv], list[EventsMessage]] = defaultdict(list)
    for message in messages:
        by_sender[message.tenant_id, message.env].append(message)
    total = Ingested()
    for (tenant_id, env), sent in by_sender.items():
        desk = desk_of(tenant_id)
        events = [event for message in sent for event in message.events]
        total = total.plus(ingest(events, desk=desk, env=env, now=now))
        failures.keep_rejections(sent, key=desk.identity_key, failures=desk.failures, now=now)
    return total


class _Run(NamedTuple):
    """One run of ingest: with what, for which kind of key, and when."""

    desk: Desk
    env: KeyEnv
    now: datetime

    def beside(self, snapshot: Snapshot) -> "_Run":
        """Return the run with the tenant as it was when the snapshot was read."""
        return self._replace(desk=self.desk.beside(snapshot))

    def member(self, event: Event) -> str:
        """Return the slot of an event's member."""
        return slot_id(self.desk.identity_key, member_of(event))

    def conflict(self, event: Event) -> None:
        """Keep an event that contradicts a stored one."""
        key = self.desk.identity_key
        self.desk.failures.keep(failures.conflict(event, key=key, env=self.env, now=self.now))

    def too_large(self, events: Iterable[Event]) -> None:
        """Keep events that their leads cannot hold."""
        key = self.desk.identity_key
        self.desk.failures.keep(
            *(
                failures.profile_too_large(event, key=key, env=self.env, now=self.now)
                for event in events
            )
        )


def ingest(events: Iterable[Event], *, desk: Desk, env: KeyEnv, now: datetime) -> Ingested:
    """Apply events of one tenant and say what became of them.

    Everything is read once, folded in memory and written once per day and lead; events of one
    visitor cost the writes of one. Applying an event again changes and writes nothing. When this
    raises, whatever was written is a valid state and applying the same events again completes it.
    With ``test`` keys a record of each event is kept under its ``messageId``.

    Raises:
        ConflictError: others kept changing the same leads.
        TransientError: storage failed.
    """
    run = _Run(desk, env, now)
    total = Ingested()
    accepted: list[Event] = []
    for event in sorted(events, key=lambda event: event.received_at):
        pinned = _pinned(event, run)
        if pinned is None:
            total = total.plus(Ingested(conflicts=1))
        else:
            accepted.append(pinned)
    if not accepted:
        return total
    snapshot = _load(accepted, run)
    groups = _groups(accepted, snapshot, desk.identity_key)
    for done in desk.each(lambda group: _apply(group, snapshot, run), groups):
        total = total.plus(done)
    return total


def _slots(event: Event, key: bytes) -> list[str]:
    return [slot_id(key, identifier) for identifier in identifiers_of(event)]


def _load(events: Sequence[Event], run: _Run, *, consistent: bool = False) -> Snapshot:
    key = run.desk.identity_key
    slots = {slot for event in events for slot in _slots(event, key)}
    wanted = {(run.member(event), days.day_of(event)) for event in events}
    return settled_snapshot(slots, wanted, desk=run.desk, now=run.now, consistent=consistent)


def _pinned(event: Event, run: _Run) -> Event | None:
    """Return the event as its record says it first arrived; None when the record contradicts it.

    An event without a time of its own happened when it first arrived: its record says when, so
    that a re-send falls on the same day and instant.
    """
    timeless = event.client_at is None and not event.minted
    if not (run.env == "test" or timeless):
        return event
    record = run.desk.activity.pin(
        EventRecord(
            message_id=event.message_id,
            member=run.member(event),
            day=days.day_of(event),
            received_at=event.received_at,
            fingerprint=event.fingerprint,
        )
    )
    if record.fingerprint != event.fingerprint:
        run.conflict(event)
        return None
    if event.client_at is not None or record.received_at == event.received_at:
        return event
    first = {"at": record.received_at, "received_at": record.received_at}
    return event.model_copy(update=first)


def _groups(events: Sequence[Event], snapshot: Snapshot, key: bytes) -> list[list[Event]]:
    """Return the events in groups that share no identifier and no lead, so each can be applied
    without regard to the others."""
    clusters = Clusters(snapshot, key)
    for event in events:
        first, *others = _slots(event, key)
        for other in others:
            clusters.join(first, other)
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[clusters.find(_slots(event, key)[0])].append(event)
    return list(groups.values())


def _apply(group: Sequence[Event], snapshot: Snapshot, run: _Run) -> Ingested:
    for _ in range(ATTEMPTS):
        try:
            return _apply_once(group, snapshot, run.beside(snapshot))
        except ConflictError:
            snapshot = _load(group, run, consistent=True)
    raise ConflictError("others kept changing the same leads")


def _apply_once(group: Sequence[Event], snapshot: Snapshot, run: _Run) -> Ingested:
    fold = _fold_days(group, snapshot, run)
    for conflict in fold.conflicts:
        run.conflict(conflict)
    stored = {
        key: before if after is before else run.desk.activity.save_day(before, after)
        for key, (before, after) in fold.days.items()
    }
    failed = 0
    for part in parts_of(_stored_copies(group, stored, run), snapshot, run.desk.identity_key):
        failed += _settle(part, stored, run)
    return fold.result._replace(failed=failed)


class _Fold(NamedTuple):
    """Each day before and after, what became of the events, and those that contradict stored
    ones."""

    days: dict[DayKey, tuple[ActivityDay, ActivityDay]]
    result: Ingested
    conflicts: list[Event]


def _fold_days(group: Sequence[Event], snapshot: Snapshot, run: _Run) -> _Fold:
    by_day: dict[DayKey, list[Event]] = defaultdict(list)
    for event in group:
        by_day[run.member(event), days.day_of(event)].append(event)
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
    return _Fold(folded, Ingested(applied, duplicates, len(conflicts)), conflicts)


def _stored_copies(
    group: Sequence[Event], stored: Mapping[DayKey, ActivityDay], run: _Run
) -> list[Event]:
    """Return the stored copy of each event, so that a re-send tells nothing new. An event that lost
    to another tells nothing at all."""
    copies: dict[tuple[str, str], Event] = {}
    for event in group:
        slot = run.member(event)
        copy = stored[slot, days.day_of(event)].find(event.message_id)
        if copy is not None and copy.fingerprint == event.fingerprint:
            copies[slot, event.message_id] = copy
    return sorted(copies.values(), key=lambda event: (event.at, event.message_id))


def _settle(part: Part, stored: Mapping[DayKey, ActivityDay], run: _Run) -> int:
    """Bring one cluster up to date and write it; return how many events its leads cannot hold."""
    slots = {run.member(event) for event in part.events}
    looked_up = {slot for event in part.events for slot in _slots(event, run.desk.identity_key)}
    cluster = Cluster(
        part.leads,
        run.desk,
        pointers=part.pointers,
        looked_up=looked_up,
        tombstones=part.tombstones,
    )
    cluster.apply(
        part.events,
        days={key: day for key, day in stored.items() if key[0] in slots},
        severed=part.severed,
    )
    change = cluster.settled(run.now)
    for candidate in cluster.candidates():
        run.desk.candidates.keep(candidate)
    try:
        run.desk.leads.write(change)
    except TooLargeError:
        run.too_large(part.events)
        return len(part.events)
    for lead in cluster.touched(change):
        ask_to_enrich(lead, tenant=run.desk.tenant, queue=run.desk.enrich_queue)
    return 0
