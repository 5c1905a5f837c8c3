"""A cluster of leads as it is stored, and what can be asked of it: who is who, whose an event is.

A cluster is the leads whose evidence touches, nearly always one. Who is who is decided for all of
it at once (``domain.identity``).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from leadsignal.domain.evidence import Evidence
from leadsignal.domain.identity import resolve
from leadsignal.domain.resolution import Resolution
from leadsignal.domain.slots import RANK, Identifier, member_of, nobody_of, slot_id
from leadsignal.models.events import Event
from leadsignal.models.leads import Decision, Lead, Member, Pointer, Tombstone
from leadsignal.ports import Snapshots

MAX_LEADS = 20


def decisions_of(leads: Iterable[Lead]) -> tuple[Decision, ...]:
    """Return what was decided about leads; an undone decision stays undone."""
    found: dict[str, Decision] = {}
    for lead in leads:
        for decision in lead.decisions:
            there = found.get(decision.merge_id)
            if there is None or decision.undone:
                found[decision.merge_id] = decision
    return tuple(found[merge_id] for merge_id in sorted(found))


def members_of(leads: Iterable[Lead]) -> list[tuple[str, Member]]:
    """Return all shares of members by slot."""
    return [(slot, member) for lead in leads for slot, member in sorted(lead.members.items())]


def resolution_of(leads: Mapping[str, Lead], *, key: bytes) -> Resolution:
    """Return who is who in a cluster as it is stored."""
    members = [member for _, member in members_of(leads.values())]
    return resolve(Evidence(members, key=key), decisions_of(leads.values()))


def read_cluster(
    slots: Iterable[str], snapshots: Snapshots, *, consistent: bool = False
) -> tuple[dict[str, Lead], dict[str, Pointer]]:
    """Return the leads of the clusters that slots belong to, and the pointers met on the way."""
    held = snapshots.load(list(slots), [], consistent=consistent).slots
    leads = {slot: found for slot, found in held.items() if isinstance(found, Lead)}
    return leads, {slot: found for slot, found in held.items() if isinstance(found, Pointer)}


class Witnesses(NamedTuple):
    """The leads of a cluster by which its events are shared out, those being deleted among
    them."""

    leads: dict[str, Lead]
    deleted: frozenset[str]

    def own(self, lead: Lead | None) -> Lead | None:
        """Return the lead unless it is being deleted."""
        return None if lead is None or lead.lead_id in self.deleted else lead


def read_witnesses(slots: Iterable[str], snapshots: Snapshots) -> Witnesses:
    """Return the leads that say whose the stored events of some slots' clusters are."""
    held = snapshots.load(list(slots), []).slots
    leads = {slot: found for slot, found in held.items() if isinstance(found, Lead)}
    gone = {
        slot: found.lead
        for slot, found in held.items()
        if isinstance(found, Tombstone) and found.lead is not None
    }
    return Witnesses(leads | gone, frozenset(gone))


def lead_of(event: Event, leads: Mapping[str, Lead], *, key: bytes) -> Lead | None:
    """Return the lead of a cluster that an event belongs to."""
    if len(leads) == 1:
        return next(iter(leads.values()))
    resolution = resolution_of(leads, key=key)
    if slot_id(key, member_of(event)) not in resolution.block_of:
        return None
    block = resolution.place(event)
    return next((lead for lead in leads.values() if block_of(lead, resolution) == block), None)


def block_of(lead: Lead, resolution: Resolution) -> int | None:
    """Return the block that a lead of a cluster stands for."""
    reference = reference_of(lead)
    return resolution.block_named(reference) if reference else None


def reference_of(lead: Lead) -> str | None:
    """Return the identifier that a lead is known by: its own strongest, earliest one."""
    if lead.nobody:
        return nobody_of(min(lead.members))
    own = [
        sighting
        for member in lead.members.values()
        for name, sighting in member.sightings.items()
        if name not in lead.refused and not sighting.severed
    ]
    if not own:
        return None
    first = min(own, key=lambda s: (RANK[s.kind], s.first.order, s.value))
    return Identifier(first.kind, first.value).key
