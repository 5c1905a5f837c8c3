"""Which lead an event belongs to: identity slots, links and merges, decided in event order.

Every identifier has a slot whose id follows from (tenant, kind, value). A slot holds a lead, or
a pointer to another slot, or nothing yet; following pointers leads to the one lead of an
identifier. A new identifier's lead thus has an id before it exists, and creating it twice is
creating it once.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from leadsignal.domain.secrets import opaque_id
from leadsignal.models.events import Event
from leadsignal.models.leads import (
    IdentifierKind,
    KnownIdentifier,
    Lead,
    Member,
    Pointer,
    Slot,
    Stamp,
)

MAX_EMAILS = 5
MAX_ANONYMOUS = 100
LIMITS: dict[IdentifierKind, int] = {
    "user_id": 1,
    "email": MAX_EMAILS,
    "anonymous_id": MAX_ANONYMOUS,
}


class Identifier(NamedTuple):
    """One way in which a person is named."""

    kind: IdentifierKind
    value: str


def identifiers_of(event: Event) -> tuple[Identifier, ...]:
    """Return the identifiers an event carries, strongest first. An alias's old id is a weak one."""
    weak = event.anonymous_id or (event.previous_id if event.type == "alias" else None)
    candidates: tuple[tuple[IdentifierKind, str | None], ...] = (
        ("user_id", event.user_id),
        ("email", event.email),
        ("anonymous_id", weak),
    )
    return tuple(Identifier(kind, value) for kind, value in candidates if value is not None)


def member_of(event: Event) -> Identifier:
    """Return the identifier an event is recorded under: user id, else anonymous id, else e-mail."""
    if event.user_id is not None:
        return Identifier("user_id", event.user_id)
    if event.anonymous_id is not None:
        return Identifier("anonymous_id", event.anonymous_id)
    return identifiers_of(event)[0]


@lru_cache(maxsize=10_000)
def slot_id(key: bytes, identifier: Identifier) -> str:
    """Return the id of an identifier's slot, which is its lead's id when it has one of its own."""
    return opaque_id("lead", key, identifier.kind, identifier.value)


class Resolver:
    """Places events on leads, in memory; what must be written can be read off afterwards.

    ``leads`` are the leads as they stand, ``links`` the new pointers of slots that were empty,
    ``merged`` the leads that were taken in, each with the pointer that replaces it.
    """

    def __init__(self, slots: Mapping[str, Slot], *, key: bytes) -> None:
        self._key = key
        self._pointers = {s: v for s, v in slots.items() if isinstance(v, Pointer)}
        self.leads = {s: v for s, v in slots.items() if isinstance(v, Lead)}
        self.links: dict[str, Pointer] = {}
        self.merged: dict[str, tuple[Lead, Pointer]] = {}

    def root(self, slot: str) -> str:
        """Return the slot at the end of the pointers."""
        seen = {slot}
        while pointer := self._pointers.get(slot):
            slot = pointer.into
            if slot in seen:
                raise ValueError("identity pointers form a circle")
            seen.add(slot)
        return slot

    def place(self, event: Event) -> str:
        """Return the id of the lead an event belongs to, linking and merging as it commands.

        The strongest identifier that has a lead decides; if none has, the strongest one's slot
        becomes a lead. Identifiers that nobody has are linked to it. An anonymous lead that is
        met is merged in; a known one only if the sender is trusted and the two do not hold
        different user ids. Call in event order.
        """
        identifiers = identifiers_of(event)
        slots = [slot_id(self._key, identifier) for identifier in identifiers]
        roots = [self.root(slot) for slot in slots]
        target = self._target(slots, roots, event)
        if target not in self.leads:
            self.leads[target] = Lead(lead_id=target)
        stamp = Stamp(at=event.at, message_id=event.message_id)
        for identifier, slot, root in zip(identifiers, slots, roots, strict=True):
            if self.root(slot) == target:
                continue
            if root in self.leads:
                target = self._join(target, root, event, stamp)
            elif slot == root and self._has_room(target, identifier.kind):
                pointer = Pointer(lead_id=slot, into=target, by=stamp, rule="linked")
                self._pointers[slot] = self.links[slot] = pointer
        home = self.root(slot_id(self._key, member_of(event)))
        if home not in self.leads:
            self.leads[home] = Lead(lead_id=home)
        if not self.leads[target].members and home != target:
            del self.leads[target]  # nobody's event is there
        linked = [i for i, slot in zip(identifiers, slots, strict=True) if self.root(slot) == home]
        self._note(home, event, linked)
        return home

    def _target(self, slots: list[str], roots: list[str], event: Event) -> str:
        """Return the slot of the lead that the event belongs to, there already or not.

        A slot that another points to has been chosen by somebody who is about to write its lead,
        or was stopped before it: an event that names no user goes there too.
        """
        for root in roots:
            if root in self.leads and self._compatible(root, event.user_id):
                return root
        if event.user_id is None:
            return next((r for s, r in zip(slots, roots, strict=True) if s != r), roots[0])
        return roots[0]

    def _note(self, lead_id: str, event: Event, identifiers: list[Identifier]) -> None:
        """Record on the event's member which identifiers it carried, and when it came."""
        lead = self.leads[lead_id]
        own = member_of(event)
        slot = slot_id(self._key, own)
        member = lead.members.get(slot) or Member(
            kind=own.kind,
            value=own.value,
            first_received_at=event.received_at,
        )
        found = dict(member.identifiers)
        for identifier in identifiers:
            name = f"{identifier.kind}:{identifier.value}"
            since = min(event.at, found[name].first_seen_at) if name in found else event.at
            found[name] = KnownIdentifier(
                kind=identifier.kind,
                value=identifier.value,
                first_seen_at=since,
                verified=event.trusted or (name in found and found[name].verified),
            )
        noted = member.model_copy(
            update={
                "identifiers": found,
                "first_received_at": min(member.first_received_at, event.received_at),
            }
        )
        self.leads[lead_id] = lead.model_copy(update={"members": lead.members | {slot: noted}})

    def _join(self, target: str, other: str, event: Event, stamp: Stamp) -> str:
        """Merge two leads if the rules allow it and return the id of the one to go on with."""
        if not self._known(other):
            return self._merge(target, other, stamp, "anonymous_met_known")
        held = (*self._held(target), *self._held(other))
        users = {i.value for i in held if i.kind == "user_id"} | ({event.user_id} - {None})
        if not event.trusted or len(users) > 1:
            return target
        first, second = sorted((target, other), key=lambda lead: (self._since(lead), lead))
        return self._merge(first, second, stamp, "trusted_identify")

    def _merge(self, survivor: str, loser: str, stamp: Stamp, rule: str) -> str:
        taken = self.leads.pop(loser)
        kept = self.leads[survivor]
        self.leads[survivor] = kept.model_copy(
            update={
                "members": kept.members | taken.members,
                "merged_from": tuple(sorted({*kept.merged_from, *taken.merged_from, loser})),
            }
        )
        pointer = Pointer(lead_id=loser, into=survivor, by=stamp, rule=rule)
        self._pointers[loser] = pointer
        if taken.version:
            self.merged[loser] = (taken, pointer)
        else:
            self.links[loser] = pointer
        return survivor

    def _held(self, lead_id: str) -> list[Identifier]:
        return [
            Identifier(found.kind, found.value)
            for member in self.leads[lead_id].members.values()
            for found in member.identifiers.values()
        ]

    def _has_room(self, lead_id: str, kind: IdentifierKind) -> bool:
        return sum(held.kind == kind for held in set(self._held(lead_id))) < LIMITS[kind]

    def _known(self, lead_id: str) -> bool:
        return any(identifier.kind != "anonymous_id" for identifier in self._held(lead_id))

    def _compatible(self, lead_id: str, user_id: str | None) -> bool:
        held = {i.value for i in self._held(lead_id) if i.kind == "user_id"}
        return user_id is None or not held or held == {user_id}

    def _since(self, lead_id: str) -> int:
        return min((m.first_received_at for m in self.leads[lead_id].members.values()), default=0)
