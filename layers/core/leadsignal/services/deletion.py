"""Deletes leads: a tombstone first, which nobody finds, then all that belongs to the lead.

The tombstone says what must go. Removing it is done by whoever comes first: the request that
deletes, the same request again after a crash, or whoever meets the tombstone on the way to the same
people. So nobody works on half a cluster, and no half is ever seen.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from leadsignal.domain.facts import deletion
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.resolution import Resolution
from leadsignal.domain.secrets import is_opaque_id
from leadsignal.domain.slots import Identifier, slot_id
from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.events import Event
from leadsignal.models.instants import to_instant
from leadsignal.models.leads import Decision, Lead, Pointer, Slot, Tombstone
from leadsignal.models.preconditions import Precondition
from leadsignal.models.profiles import Change
from leadsignal.models.snapshots import DayKey, Snapshot
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.clusters import block_of, decisions_of, members_of, resolution_of
from leadsignal.services.commit import ask_to_enrich
from leadsignal.services.deals import leave_deals
from leadsignal.services.desk import Desk

ATTEMPTS = 6


def delete_lead(lead_id: str, *, precondition: Precondition, desk: Desk, now: datetime) -> None:
    """Delete a lead with all that was taken in with it: events, identifiers, notes.

    The id of a merged lead deletes the one that took it in. Leads whose evidence touches are
    afterwards what they would be had none of the deleted events ever come. Deleting again what a
    crash left half deleted completes it.

    Raises:
        NotFoundError: there is no such lead, or it was deleted.
        PreconditionFailedError: it is in another version than the caller asked for.
        ConflictError: others kept changing the lead.
        TransientError: storage failed; deleting again goes on.
    """
    buried: str | None = None
    for _ in range(ATTEMPTS):
        try:
            buried = buried or _bury(lead_id, precondition, desk, now)
            finish(buried, desk=desk, now=now)
        except ConflictError:
            continue
        return
    raise ConflictError("others kept changing the lead")


def _bury(lead_id: str, precondition: Precondition, desk: Desk, now: datetime) -> str:
    """Put a tombstone where a lead is, unless there is one, and return the slot."""
    slot = _slot_named(lead_id, desk)
    if isinstance(slot, Lead):
        precondition.check(slot.version)
        left = ((slot.lead_id, slot.entries),)
        desk.leads.write(Change(buried=(_tombstone_of(slot, desk, now),), left=left))
    elif slot is None or slot.at_rest:
        raise NotFoundError("lead")
    return slot.lead_id


def _slot_named(lead_id: str, desk: Desk) -> Lead | Tombstone | None:
    """Return what an id leads to; a slot that is only an identifier's is the id of nothing."""
    slot = desk.leads.slot(lead_id, consistent=True) if is_opaque_id("lead", lead_id) else None
    if isinstance(slot, Pointer) and slot.was is None:
        return None
    while isinstance(slot, Pointer):
        slot = desk.leads.slot(slot.into, consistent=True)
    return slot


def _tombstone_of(lead: Lead, desk: Desk, now: datetime) -> Tombstone:
    tombstone = Tombstone(
        lead_id=lead.lead_id,
        version=lead.version + 1,
        at=to_instant(now),
        sequence=lead.sequence,
        lead=lead,
    )
    tenant = desk.tenant
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    told = deletion(lead, profile, tombstone, tenant_id=tenant.tenant_id)
    return tombstone.model_copy(update={"sequence": lead.sequence + len(told)})


def settled_snapshot(
    slots: Collection[str],
    days: Collection[DayKey],
    *,
    desk: Desk,
    now: datetime,
    consistent: bool = False,
) -> Snapshot:
    """Return what slots and days hold once all that was deleted among it is gone.

    Raises:
        ConflictError, TransientError: that could not be done now.
    """
    for _ in range(ATTEMPTS):
        snapshot = desk.snapshots.load(slots, days, consistent=consistent)
        half = [
            slot
            for slot, held in snapshot.slots.items()
            if isinstance(held, Tombstone) and not held.at_rest
        ]
        if not half:
            return snapshot
        for lead_id in half:
            finish(lead_id, desk=desk, now=now)
        consistent = True
    raise ConflictError("others kept deleting the same leads")


def read_standing(
    slots: Collection[str], *, desk: Desk, now: datetime
) -> tuple[dict[str, Lead], dict[str, Pointer]]:
    """Return the leads of the clusters that slots belong to, and the pointers met on the way, read
    consistently, once all that was deleted among them is gone."""
    held = settled_snapshot(slots, [], desk=desk, now=now, consistent=True).slots
    leads = {slot: found for slot, found in held.items() if isinstance(found, Lead)}
    return leads, {slot: found for slot, found in held.items() if isinstance(found, Pointer)}


def finish(lead_id: str, *, desk: Desk, now: datetime) -> None:
    """Remove what is left of a deleted lead; of one that is all gone, nothing.

    Raises:
        ConflictError: somebody else worked on the same leads; do it again.
        TransientError: storage failed; do it again.
    """
    slot = desk.leads.slot(lead_id, consistent=True)
    if isinstance(slot, Tombstone) and slot.lead is not None:
        slot = _remove_events(slot, desk, now)
    if isinstance(slot, Tombstone) and not slot.at_rest:
        _clear_slots(slot, desk, now)


class _Scene(NamedTuple):
    """A cluster in which leads are being deleted, as it is stored."""

    held: Mapping[str, Slot]
    tombstones: dict[str, Tombstone]
    leads: dict[str, Lead]
    pointers: dict[str, Pointer]
    sighted: set[str]

    @property
    def deleted(self) -> dict[str, Lead]:
        """The leads that are being deleted, as they were."""
        return {slot: t.lead for slot, t in self.tombstones.items() if t.lead is not None}

    def grave_of(self, slot: str) -> str | None:
        """Return the deleted lead that a pointer leads to, or None."""
        while slot in self.pointers:
            slot = self.pointers[slot].into
        return slot if slot in self.deleted else None

    @property
    def shaken(self) -> list[str]:
        """The slots of pointers that lead to a deleted lead, or of identifiers that its events
        carried."""
        return [
            slot
            for slot, pointer in self.pointers.items()
            if self.grave_of(slot) or (slot in self.sighted and pointer.was is None)
        ]


def _sighted(lead: Lead, key: bytes) -> set[str]:
    """Return the slots of all identifiers that the events of a lead carried as evidence."""
    return {
        slot_id(key, Identifier(sighting.kind, sighting.value))
        for member in lead.members.values()
        for sighting in member.sightings.values()
        if not sighting.severed
    }


def _slots_of(lead: Lead, key: bytes) -> set[str]:
    return {lead.lead_id, *lead.merged_from, *_sighted(lead, key)}


def _read(tombstone: Tombstone, lead: Lead, desk: Desk) -> _Scene:
    key = desk.identity_key
    deleted = [lead]
    asked: set[str] = set()
    while wanted := {slot for one in deleted for slot in _slots_of(one, key)} - asked:
        asked |= wanted
        held = desk.snapshots.load(asked, [], consistent=True).slots
        tombstones = {slot: found for slot, found in held.items() if isinstance(found, Tombstone)}
        deleted = [found.lead for found in tombstones.values() if found.lead is not None]
    if tombstones.get(lead.lead_id) != tombstone:
        raise ConflictError("somebody else deletes the same lead")
    return _Scene(
        held=held,
        tombstones=tombstones,
        leads={slot: found for slot, found in held.items() if isinstance(found, Lead)},
        pointers={slot: found for slot, found in held.items() if isinstance(found, Pointer)},
        sighted=set().union(*(_sighted(other, key) for other in deleted)),
    )


def _remove_events(tombstone: Tombstone, desk: Desk, now: datetime) -> Tombstone:
    """Remove the events of a deleted lead (and of all others of its cluster that are being deleted)
    and settle the cluster's other leads without them."""
    lead = tombstone.lead
    if lead is None:
        return tombstone
    scene = _read(tombstone, lead, desk)

    def still() -> None:
        if desk.leads.slot(lead.lead_id, consistent=True) != tombstone:
            raise ConflictError("somebody else deleted the same lead")

    goes = _going(scene, desk)
    for slot in sorted({slot for slot, _ in members_of(scene.deleted.values())}):
        desk.activity.forget(slot, goes, at=tombstone.at, still=still)
    cluster = _without(scene, desk)
    change = cluster.settled(now) if cluster is not None else Change()
    _remove_candidates(scene, cluster, desk)
    if cluster is not None:
        desk.leads.write(Change(links=cluster.relinked(scene.shaken)))
    emptied = {slot: _emptied(found, scene, cluster) for slot, found in scene.tombstones.items()}
    buried = tuple(found for found in emptied.values() if found is not None)
    desk.leads.write(change.model_copy(update={"buried": buried}))
    for settled in change.settled:
        ask_to_enrich(settled.lead, tenant=desk.tenant, queue=desk.enrich_queue)
    return emptied[lead.lead_id] or tombstone


def _going(scene: _Scene, desk: Desk) -> Callable[[Event], bool]:
    """Return which events are those of the deleted leads."""
    if not scene.leads:
        return lambda event: True
    resolution = resolution_of(scene.leads | scene.deleted, key=desk.identity_key)
    blocks = {_block_of(deleted, resolution) for deleted in scene.deleted.values()}
    return lambda event: resolution.place(event) in blocks


def _remove_candidates(scene: _Scene, cluster: Cluster | None, desk: Desk) -> None:
    """Remove the merge candidates that name an identifier of the deleted leads, and keep those that
    the other events still make."""
    desk.candidates.remove(scene.sighted)
    if cluster is None:
        return
    for candidate in cluster.candidates(known=True):
        if not scene.sighted.isdisjoint(candidate.slots):
            desk.candidates.keep(candidate)


def _block_of(lead: Lead, resolution: Resolution) -> int:
    block = block_of(lead, resolution)
    return resolution.block_of[min(lead.members)] if block is None else block


def _without(scene: _Scene, desk: Desk) -> Cluster | None:
    """Return what is left of a cluster, made of the events that are left; None when nothing is."""
    if not scene.leads:
        return None
    members = [slot for slot, _ in members_of(scene.leads.values())]
    decisions = decisions_of(scene.leads.values())
    for _ in range(2):
        cluster = Cluster(
            scene.leads,
            desk,
            pointers=scene.pointers,
            decisions=decisions,
            tombstones=scene.tombstones,
        )
        cluster.apply(again=members)
        standing = tuple(decision for decision in decisions if _stands(decision, cluster))
        if standing == decisions:
            break
        decisions = standing
    return cluster


def _stands(decision: Decision, cluster: Cluster) -> bool:
    """Return whether both sides of a decision are still known by any event."""
    evidence = cluster.after.evidence
    sides = (evidence.slot_of(decision.kept), evidence.slot_of(decision.taken))
    return all(slot in evidence.names for slot in sides)


def _emptied(found: Tombstone, scene: _Scene, cluster: Cluster | None) -> Tombstone | None:
    """Return a tombstone once the events are gone: what it has left to clear."""
    slot = found.lead_id
    if found.lead is None:
        if found.heir is None or scene.grave_of(found.heir.into) is None:
            return None
        after = found.model_copy(update={"version": found.version + 1})
        heir = cluster.linked(slot, after) if cluster is not None else None
        return after.model_copy(update={"heir": heir})
    pointing = {one for one in scene.pointers if scene.grave_of(one) == slot}
    emptied = Tombstone(
        lead_id=slot,
        version=found.version + 1,
        at=found.at,
        sequence=found.sequence,
        left=tuple(sorted({slot, *pointing, *found.lead.merged_from})),
    )
    heir = cluster.linked(slot, emptied) if cluster is not None else None
    return emptied.model_copy(update={"heir": heir})


def _clear_slots(tombstone: Tombstone, desk: Desk, now: datetime) -> None:
    """Remove notes and pointers of a deleted lead and take it out of its deals, then let the
    tombstone rest."""
    slots = {tombstone.lead_id, *tombstone.left}
    for slot in tombstone.left:
        desk.notes.remove_all(slot, until=tombstone.at)
        leave_deals(slot, until=tombstone.at, deals=desk.deals, now=now)
    held = desk.snapshots.load(tombstone.left, [], consistent=True).slots
    for slot in tombstone.left:
        pointer = held.get(slot)
        if isinstance(pointer, Pointer) and pointer.into in slots:
            _clear(pointer, tombstone, desk)
    if tombstone.heir is not None:
        desk.leads.write(Change(links=(tombstone.heir,)))
        return
    rest = {"version": tombstone.version + 1, "left": ()}
    desk.leads.write(Change(buried=(tombstone.model_copy(update=rest),)))


def _clear(pointer: Pointer, tombstone: Tombstone, desk: Desk) -> None:
    """Remove a pointer; where there was a lead once, a later one must go on with its numbers."""
    if pointer.was is None and not pointer.sequence:
        desk.leads.remove(pointer)
        return
    rest = Tombstone(
        lead_id=pointer.lead_id,
        version=pointer.version + 1,
        at=tombstone.at,
        sequence=pointer.sequence,
    )
    desk.leads.write(Change(buried=(rest,)))
