"""What the evidence of a cluster comes to: persons, shared browsers, and whose an event is."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from leadsignal.domain.evidence import Evidence, Order
from leadsignal.domain.slots import (
    NOBODY,
    RANK,
    STRONG,
    Identifier,
    identifiers_of,
    is_nobody,
    nobody_of,
)
from leadsignal.models.events import Event
from leadsignal.models.leads import Sighting
from leadsignal.models.merges import RefusalReason

type Rule = Literal["linked", "same_browser", "trusted_sender", "logged_in", "merged_by_hand"]


class Join(NamedTuple):
    """Two identifiers found to be one person's, by which event and rule."""

    one: str
    other: str
    by: Order
    rule: Rule


class Refusal(NamedTuple):
    """Two identifiers that an event said together and that stay apart, and why."""

    one: str
    other: str
    by: Order
    reason: RefusalReason


class Block(NamedTuple):
    """What makes one lead: a person's identifiers, or those of an anonymous device, or (``nobody``)
    what happened on a shared browser while nobody was logged in."""

    strong: tuple[str, ...]
    weak: tuple[str, ...]
    nobody: str | None = None

    @property
    def slots(self) -> tuple[str, ...]:
        """The identifiers that are the lead's own, strongest and earliest first."""
        return self.strong + self.weak


class Resolution:
    """What the evidence of a cluster comes to.

    ``blocks`` are numbered; ``block_of`` gives the block of each identifier, ``shared`` of each
    shared browser the instant from which it is, and the block of what nobody did there.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.blocks: list[Block] = []
        self.block_of: dict[str, int] = {}
        self.shared: dict[str, tuple[Order, int]] = {}
        self.joins: list[Join] = []
        self.refusals: list[Refusal] = []

    def place(self, event: Event) -> int:
        """Return the block that an event belongs to: that of its strongest identifier that is
        evidence."""
        strongest, slot = next(
            (identifier, slot)
            for identifier in identifiers_of(event)
            if (slot := self.evidence.slot(identifier)) in self.block_of
        )
        if not strongest.strong and slot in self.shared:
            cut, nobody = self.shared[slot]
            if (event.at, event.message_id) >= cut:
                return nobody
        return self.block_of[slot]

    def plan(self, slot: str, said: Iterable[Sighting]) -> tuple[Order | None, dict[str, int]]:
        """Return how a member's events are shared out: from which instant the browser is nobody's,
        and the block of each class of events (by who is logged in, of those whom the member
        said)."""
        if slot not in self.block_of:
            return None, {}
        classes = {"": self.block_of[slot]}
        cut = None
        if slot in self.shared:
            cut, classes[NOBODY] = self.shared[slot]
        rank = RANK[self.evidence.names[slot].kind]
        for sighting in said:
            other = self.evidence.slot(Identifier(sighting.kind, sighting.value))
            if sighting.kind in STRONG and RANK[sighting.kind] < rank and other in self.block_of:
                classes[other] = self.block_of[other]
        return cut, classes

    def own(self, block: int, slot: str) -> bool:
        """Return whether an identifier is one of the block's own; a shared device is nobody's
        too."""
        nobody = self.shared[slot][1] if slot in self.shared else None
        found = self.blocks[block].nobody is not None and nobody == block
        return found or self.block_of.get(slot) == block

    def reference(self, block: int) -> str:
        """Return the name by which decisions know a block: its strongest, earliest identifier."""
        found = self.blocks[block]
        if found.nobody is not None:
            return nobody_of(min(s for s, (_, number) in self.shared.items() if number == block))
        return self.evidence.names[found.slots[0]].key

    def block_named(self, reference: str) -> int | None:
        """Return the block that a reference is in now, or None."""
        slot = self.evidence.slot_of(reference)
        if is_nobody(reference) and slot in self.shared:
            return self.shared[slot][1]
        return self.block_of.get(slot)
