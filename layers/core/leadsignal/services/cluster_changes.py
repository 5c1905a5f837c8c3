"""Brings a cluster of leads from one state to the next: new evidence, new events, decisions.

``cluster_shares`` works out who is who and whose the events are, ``cluster_succession`` which ids
go on; what must be written follows from both here.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from leadsignal.domain.evidence import Order
from leadsignal.domain.resolution import Resolution
from leadsignal.domain.secrets import opaque_id
from leadsignal.domain.slots import Identifier, identifiers_of, slot_id
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event
from leadsignal.models.leads import Decision, Entries, Lead, Pointer, Stamp, Tombstone
from leadsignal.models.merges import Candidate
from leadsignal.models.profiles import Change, Settled
from leadsignal.models.snapshots import DayKey
from leadsignal.services.cluster_shares import Division, divide
from leadsignal.services.cluster_slots import ClusterSlots
from leadsignal.services.cluster_succession import Succession
from leadsignal.services.clusters import decisions_of
from leadsignal.services.commit import is_current, settle_with_company
from leadsignal.services.desk import Ground


class Cluster:
    """A cluster as it was read, and as it becomes."""

    def __init__(
        self,
        leads: Mapping[str, Lead],
        desk: Ground,
        *,
        pointers: Mapping[str, Pointer] | None = None,
        looked_up: Iterable[str] = (),
        decisions: Iterable[Decision] | None = None,
        known_as: Mapping[str, str] | None = None,
        tombstones: Mapping[str, Tombstone] | None = None,
    ) -> None:
        """``looked_up`` are slots of which it is known what they hold, if anything. ``decisions``
        and ``known_as`` (the identifier by which a lead goes on) are what a person says now, in
        place of what the leads say themselves. ``tombstones`` stand where leads were deleted; new
        ones begin only where one is at rest."""
        self._leads = dict(leads)
        self._slots = ClusterSlots(
            desk.leads,
            pointers=pointers or {},
            tombstones=tombstones or {},
            looked_up=looked_up,
        )
        self._desk = desk
        self._key = desk.identity_key
        self._decided = decisions_of(leads.values())
        said = self._decided if decisions is None else decisions
        self._decisions = tuple(sorted(said, key=lambda decision: decision.merge_id))
        self._known_as = dict(known_as or {})
        self._division: Division
        self._succession: Succession
        self._ids: dict[int, str] = {}
        self._homes: list[str] = []

    def apply(
        self,
        events: Iterable[Event] = (),
        *,
        days: Mapping[DayKey, ActivityDay] | None = None,
        severed: Iterable[tuple[str, str]] = (),
        again: Iterable[str] = (),
    ) -> None:
        """Add stored events, and decide anew who is who and what is whose.

        ``days`` are the stored days that the events are in. ``severed`` names sightings, by member
        slot and identifier key, that are no evidence; ``again`` the slots of members to fold from
        scratch.
        """
        new = list(events)
        self._slots.expect(slot_id(self._key, i) for event in new for i in identifiers_of(event))
        self._division = divide(
            self._leads,
            new,
            desk=self._desk,
            decisions=self._decisions,
            days=days or {},
            severed=severed,
            again=again,
        )
        self._succession = Succession(
            self._leads,
            self._division,
            self._slots,
            decisions=self._decisions,
            known_as=self._known_as,
        )

    @property
    def after(self) -> Resolution:
        """Who is who now."""
        return self._division.after

    def settled(self, now: datetime, *, rescored: bool = False) -> Change:
        """Return what must be written, every lead rescored; with ``rescored`` leads, too, to which
        nothing happened but that time or the rules went on."""
        named, gone = self._succession.named()
        ids = {block: lead.lead_id for block, lead in named.items()}
        leads = {block: self._composed(block, base, ids, gone) for block, base in named.items()}
        self._ids = ids
        self._homes = sorted(ids[block] for block in self._division.causes)
        settled: list[Settled] = []
        checks: list[tuple[str, int]] = []
        for block, lead in sorted(leads.items()):
            stored = self._leads.get(lead.lead_id)
            made = None
            if lead != stored or rescored:
                made = self._made(lead, named[block], self._division.causes.get(block), now)
            if made is None or (stored is not None and is_current(stored, made.lead)):
                checks.append((lead.lead_id, lead.version))
                continue
            settled.append(made)
        taken = tuple(self._taken(lead_id, ids, block) for lead_id, block in sorted(gone.items()))
        taken += self._redirected(leads, ids, gone)
        links = self._links(ids, {lead.lead_id for lead in leads.values()} | set(gone))
        decided = (
            self._division.before.evidence != self.after.evidence
            or self._decided != self._decisions
        )
        return Change(
            settled=tuple(settled),
            links=links,
            taken=taken,
            checks=tuple(checks) if decided and (settled or taken) else (),
            left=tuple((lead_id, self._leads[lead_id].entries) for lead_id in sorted(gone)),
        )

    def _made(self, lead: Lead, base: Lead, cause: Event | None, now: datetime) -> Settled:
        return settle_with_company(
            base if base.version else None,
            lead,
            tenant=self._desk.tenant,
            mail=self._desk.mail,
            companies=self._desk.companies,
            book=self._desk.book,
            cause=cause.message_id if cause else None,
            why=("edit" if cause.is_statement else "event") if cause else None,
            now=now,
        )

    def candidates(self, *, known: bool = False) -> list[Candidate]:
        """Return pairs of leads that the new evidence names together and the rules keep apart;
        with ``known`` those that evidence named before, too."""
        names = self.after.evidence.names
        before = {frozenset(refusal[:2]) for refusal in self._division.before.refusals if not known}
        found: dict[frozenset[str], Candidate] = {}
        for refusal in self.after.refusals:
            slots = sorted(refusal[:2])
            homes = {self._ids.get(self.after.block_of[slot]) for slot in slots}
            pair = frozenset(slots)
            if refusal.reason == "undone" or pair in before or pair in found or None in homes:
                continue
            if len(homes) == 2:
                found[pair] = Candidate(
                    id=opaque_id("mcd", self._key, *slots),
                    one=names[slots[0]].key,
                    other=names[slots[1]].key,
                    slots=(slots[0], slots[1]),
                    reason=refusal.reason,
                    message_id=refusal.by[1],
                    at=refusal.by[0],
                )
        return list(found.values())

    def touched(self, change: Change) -> list[Lead]:
        """Return the leads that the events belong to, as they are after the change."""
        written = {settled.lead.lead_id: settled.lead for settled in change.settled}
        leads = [self._leads.get(i) or written.get(i) for i in self._homes]
        return [written.get(lead.lead_id, lead) for lead in leads if lead is not None]

    def relinked(self, slots: Iterable[str]) -> tuple[Pointer, ...]:
        """Return new pointers in place of those at the slots, where the identifier is the cluster's
        and what is there says something else; to be asked for once the cluster is settled."""
        there = {slot: self._slots.pointers[slot] for slot in sorted(slots)}
        links = {slot: self.linked(slot, pointer) for slot, pointer in there.items()}
        return tuple(
            link
            for slot, link in links.items()
            if link is not None and (link.into, link.by) != (there[slot].into, there[slot].by)
        )

    def linked(self, slot: str, there: Pointer | Tombstone) -> Pointer | None:
        """Return what leads from a slot, in place of what is there, to the settled lead that its
        identifier belongs to; None when no event of the cluster carries that, or the lead itself
        has that slot."""
        into = self._ids.get(self.after.block_of.get(slot, -1))
        return None if into is None or into == slot else self._link(slot, into, there)

    def _composed(
        self, block: int, base: Lead, ids: Mapping[int, str], gone: Mapping[str, int]
    ) -> Lead:
        after = self.after
        members = self._division.shares[block]
        merged = {
            lead_id: reference
            for lead in self._leads.values()
            for lead_id, reference in self._succession.merged_into(lead)
            if lead_id not in ids.values()
            and (
                after.block_named(reference) == block
                if after.block_named(reference) is not None
                else lead is base
            )
        }
        for lead_id, into in gone.items():
            if into == block:
                merged[lead_id] = self._succession.was(self._leads[lead_id], block)
        carried = {
            name: after.evidence.slot(Identifier(sighting.kind, sighting.value))
            for member in members.values()
            for name, sighting in member.sightings.items()
        }
        concerned = [
            decision
            for decision in self._decisions
            if block in (after.block_named(decision.kept), after.block_named(decision.taken))
            or any(decision.merge_id == mine.merge_id for mine in base.decisions)
        ]
        peers = sorted(set(ids.values()) - {base.lead_id})
        return base.model_copy(
            update={
                "members": members,
                "nobody": after.blocks[block].nobody is not None,
                "merged_from": dict(sorted(merged.items())),
                "refused": tuple(
                    sorted(n for n, slot in carried.items() if not after.own(block, slot))
                ),
                "peers": tuple(peers),
                "decisions": tuple(concerned),
                "entries": self._entries(base, (i for i, into in gone.items() if into == block)),
            }
        )

    def _entries(self, base: Lead, taken: Iterable[str]) -> Entries:
        """Return the lists that a lead was in, or one of those that it takes in: the person has
        been in each since the first of them came."""
        since = dict(base.entries.segments)
        for lead_id in taken:
            for segment_id, at in self._leads[lead_id].entries.segments.items():
                since[segment_id] = min(at, since.get(segment_id, at))
        return base.entries.model_copy(update={"segments": since})

    def _taken(self, lead_id: str, ids: Mapping[int, str], block: int) -> Pointer:
        """Return the pointer that takes the place of a lead that is part of another now."""
        lead = self._leads[lead_id]
        return self._pointer(lead, self._succession.was(lead, block), block, ids)

    def _pointer(
        self, slot: Lead | Pointer, reference: str | None, block: int, ids: Mapping[int, str]
    ) -> Pointer:
        """Return the pointer in place of a lead, or of an older pointer, that is part of a
        block."""
        by, rule = self._reason(reference)
        for decision in self._decisions:
            if decision.taken == reference and not decision.undone:
                by, rule = (decision.at, decision.merge_id), "merged_by_hand"
        into = self._leads.get(ids[block])
        return Pointer(
            lead_id=slot.lead_id,
            version=slot.version + 1,
            into=ids[block],
            by=Stamp(at=by[0], message_id=by[1]),
            rule=rule,
            was=reference,
            kept=self._succession.was(into, block) if into is not None else None,
            sequence=slot.sequence,
            fact_tier=slot.fact_tier,
            score=slot.score.score if isinstance(slot, Lead) else slot.score,
        )

    def _redirected(
        self, leads: Mapping[int, Lead], ids: Mapping[int, str], gone: Mapping[str, int]
    ) -> tuple[Pointer, ...]:
        """Return new pointers for leads merged away earlier that must be found elsewhere now: what
        they are known by went to another lead, or a lead on the way there is one again."""
        was_in = {
            merged: ids[gone[lead_id]] if lead_id in gone else lead_id
            for lead_id, lead in self._leads.items()
            for merged in lead.merged_from
        }
        is_in = {
            merged: block
            for block, lead in leads.items()
            for merged in lead.merged_from
            if merged in was_in
        }
        if all(was_in[merged] == ids[block] for merged, block in is_in.items()) and (
            is_in.keys() == was_in.keys()
        ):
            return ()
        pointers = {merged: self._slots.pointer(merged) for merged in sorted(is_in)}
        return tuple(
            self._pointer(pointer, pointer.was, is_in[merged], ids)
            for merged, pointer in pointers.items()
            if pointer is not None and pointer.into != ids[is_in[merged]]
        )

    def _reason(self, reference: str | None) -> tuple[Order, str]:
        """Return the join that brought an identifier to others last, and by which rule."""
        slot = self.after.evidence.slot_of(reference) if reference else None
        found = [join for join in self.after.joins if slot in (join.one, join.other)]
        last = max(found, key=lambda join: join.by, default=None)
        return (last.by, last.rule) if last else ((0, ""), "linked")

    def _links(self, ids: Mapping[int, str], written: set[str]) -> tuple[Pointer, ...]:
        """Return pointers for identifiers that nothing leads to the cluster from yet."""
        known = self._division.before.evidence.names
        fallback = ids[min(ids)]
        links = []
        for slot in sorted(self.after.evidence.names):
            if slot in known or slot in written or slot in self._slots.pointers:
                continue
            if not self._slots.is_free(slot):
                continue
            into = ids.get(self.after.block_of[slot], fallback)
            rest = self._slots.tombstones.get(slot)
            links.append(self._link(slot, into, rest))
        return tuple(links)

    def _link(self, slot: str, into: str, there: Pointer | Tombstone | None) -> Pointer:
        """Return the pointer of an identifier, in place of what is at its slot."""
        by, rule = self._reason(self.after.evidence.names[slot].key)
        return Pointer(
            lead_id=slot,
            version=there.version + 1 if there else 1,
            into=into,
            by=Stamp(at=by[0], message_id=by[1]),
            rule=rule,
            sequence=there.sequence if there else 0,
        )
