"""Which leads of a cluster go on, so that ids stay with the persons they stand for."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count

from leadsignal.domain.evidence import Order
from leadsignal.domain.resolution import Block
from leadsignal.domain.secrets import opaque_id
from leadsignal.domain.slots import STRONG, Identifier
from leadsignal.models.leads import Decision, Lead
from leadsignal.services.cluster_shares import Division
from leadsignal.services.cluster_slots import ClusterSlots
from leadsignal.services.clusters import reference_of


class Succession:
    """What the leads of a cluster are known by, and what becomes of them."""

    def __init__(
        self,
        leads: Mapping[str, Lead],
        division: Division,
        slots: ClusterSlots,
        *,
        decisions: Sequence[Decision],
        known_as: Mapping[str, str],
    ) -> None:
        """``known_as`` gives the identifier by which a lead goes on, where that is not its own
        strongest."""
        self._leads = leads
        self._after = division.after
        self._shares = division.shares
        self._slots = slots
        self._decisions = decisions
        self._known_as = known_as

    def named(self) -> tuple[dict[int, Lead], dict[str, int]]:
        """Return the lead that each block goes on from, and in which block the other ones end."""
        claims: dict[int, list[Lead]] = {}
        gone: dict[str, int] = {}
        for _, lead in sorted(self._leads.items()):
            claims.setdefault(self._block_of(lead), []).append(lead)
        named: dict[int, Lead] = {}
        for block, found in claims.items():
            if block not in self._shares or not self._shares[block]:
                continue
            survivor = self._survivor(block, found)
            named[block] = survivor
            gone |= {lead.lead_id: block for lead in found if lead is not survivor}
        used = {lead.lead_id for lead in named.values()} | set(gone)
        for block in sorted(self._shares):
            if self._shares[block] and block not in named:
                base = (
                    self._restored(block, used)
                    or self._left_over(block, gone)
                    or self._new(block, used)
                )
                gone.pop(base.lead_id, None)
                named[block] = base
                used.add(base.lead_id)
        for lead_id, lead in self._leads.items():
            if lead_id not in used:
                gone[lead_id] = self._heir(lead)
        return named, gone

    def merged_into(self, lead: Lead) -> Iterator[tuple[str, str]]:
        """Yield the leads that a lead took in, and the identifiers that they are known by."""
        for lead_id, reference in lead.merged_from.items():
            yield lead_id, self._known_as.get(lead_id, reference)

    def was(self, lead: Lead, block: int) -> str:
        """Return the identifier that a lead is known by in the block that took it in."""
        reference = self._known_as.get(lead.lead_id) or reference_of(lead)
        if reference is None or self._after.block_named(reference) != block:
            return self._after.reference(block)
        return reference

    def _block_of(self, lead: Lead) -> int:
        reference = self._known_as.get(lead.lead_id) or reference_of(lead)
        block = self._after.block_named(reference) if reference else None
        if block is None or not self._shares.get(block):
            return self._heir(lead)
        return block

    def _heir(self, lead: Lead) -> int:
        """Return the block that the first of a lead's members went to."""
        for slot in sorted(lead.members):
            for block, members in sorted(self._shares.items()):
                if slot in members:
                    return block
        return min(self._shares)

    def _survivor(self, block: int, leads: list[Lead]) -> Lead:
        """Return the lead whose id goes on: the one that a decision keeps, a known one before an
        anonymous one, the one first seen earlier."""
        by_name = {reference_of(lead): lead for lead in leads}
        for decision in sorted(self._decisions, key=lambda d: (d.at, d.merge_id)):
            kept = by_name.get(decision.kept)
            if kept is not None and decision.taken in by_name and not decision.undone:
                return kept

        def place(lead: Lead) -> tuple[bool, Order, str]:
            own = [
                sighting
                for member in lead.members.values()
                for name, sighting in member.sightings.items()
                if name not in lead.refused
            ]
            first = min((sighting.first.order for sighting in own), default=(1 << 62, ""))
            return (all(s.kind not in STRONG for s in own), first, lead.lead_id)

        return min(leads, key=place)

    def _restored(self, block: int, used: set[str]) -> Lead | None:
        """Return a lead merged away that the block is again, to go on from where it was: the one
        whose merge was undone before others that it had taken in."""
        undone = {f"lead_{d.merge_id.split('_')[1]}" for d in self._decisions if d.undone}
        was = {
            lead_id: reference
            for lead in self._leads.values()
            for lead_id, reference in self.merged_into(lead)
            if lead_id not in used and self._after.block_named(reference) == block
        }
        name = self._after.reference(block)
        for lead_id in sorted(was, key=lambda i: (i not in undone, was[i] != name, i)):
            slot = self._slots.pointer(lead_id)
            if slot is not None:
                return slot.lead()
        return None

    def _left_over(self, block: int, gone: Mapping[str, int]) -> Lead | None:
        """Return a lead that lost its name to another, but whose identifiers partly are this
        block."""
        for lead_id in sorted(gone):
            lead = self._leads[lead_id]
            for member in lead.members.values():
                for name, sighting in member.sightings.items():
                    slot = self._after.evidence.slot(Identifier(sighting.kind, sighting.value))
                    if name not in lead.refused and self._after.block_of.get(slot) == block:
                        return lead
        return None

    def _new(self, block: int, used: set[str]) -> Lead:
        """Return the beginning of a lead: at the slot that somebody's pointer promised, at its own
        strongest identifier's slot, or at one that nothing else can have."""
        found: Block = self._after.blocks[block]
        taken = {*self._leads, *used}
        for slot in found.slots:
            pointer = self._slots.pointers.get(slot)
            promised = pointer.into if pointer and pointer.was is None else None
            if promised and promised not in taken and not self._slots.pointer(promised):
                return self._slots.begun(promised)
        free = (found.nobody,) if found.nobody is not None else found.slots
        key = self._after.evidence.key
        others = (opaque_id("lead", key, "again", free[0], str(n)) for n in count(1))
        return self._slots.begun(
            next(
                slot
                for slot in chain(free, others)
                if slot not in taken and self._slots.is_free(slot)
            )
        )
