"""What events say about identifiers: which they carry, and which they carry together.

A member keeps the identifiers of its events as *sightings*; what those of a cluster say together (a
user id and an e-mail, an e-mail on a browser) is its evidence. Both are the same in whatever order
the events arrive.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from leadsignal.domain.slots import NOBODY, Identifier, identifier_of, identifiers_of, slot_id
from leadsignal.models.events import Event
from leadsignal.models.leads import Member, Sighting, Stamp

type Order = tuple[int, str]
"""An event's place among the others: its instant, its ``messageId``."""


def vouched(event: Event, identifier: Identifier) -> bool:
    """Return whether the sender may say that the identifier is this person's: a secret key always,
    a signed browser event for the identifiers that the signature covers."""
    return event.trusted or (event.signed and identifier.strong)


def sighted(known: Mapping[str, Sighting], event: Event) -> dict[str, Sighting]:
    """Return the sightings of a member with what one of its events carried."""
    stamp = Stamp(at=event.at, message_id=event.message_id)
    found = dict(known)
    for identifier in identifiers_of(event):
        new = Sighting(
            kind=identifier.kind,
            value=identifier.value,
            first=stamp,
            verified=vouched(event, identifier),
        )
        there = found.get(identifier.key)
        found[identifier.key] = both_sightings(there, new) if there else new
    return found


def both_sightings(one: Sighting, other: Sighting) -> Sighting:
    """Return what two sightings of one identifier say together."""
    first = min(one.first, other.first, key=lambda stamp: stamp.order)
    words = [stamp for stamp in (one.vouched, other.vouched) if stamp is not None]
    word = min(words, key=lambda stamp: stamp.order, default=None)
    verified = word == first
    together = one.model_copy(
        update={
            "first": first,
            "verified": verified,
            "trusted": None if verified else word,
            "severed": one.severed and other.severed,
        }
    )
    return one if together == one else together


class Link(NamedTuple):
    """Two identifiers that events said together: when first, when first by a trusted sender."""

    one: str
    other: str
    first: Order
    trusted: Order | None


class Evidence:
    """All that the members of a cluster say about identifiers; slots stand for identifiers.

    ``names`` gives each slot's identifier, ``since`` the first event that carried it.
    """

    def __init__(self, members: Iterable[Member], *, key: bytes) -> None:
        self.key = key
        self.names: dict[str, Identifier] = {}
        self.since: dict[str, Order] = {}
        self.links: dict[tuple[str, str], Link] = {}
        for member in members:
            own = self.slot(Identifier(member.kind, member.value))
            for sighting in member.sightings.values():
                if not sighting.severed:
                    self._add(own, sighting)

    def slot(self, identifier: Identifier) -> str:
        """Return the slot of an identifier."""
        return slot_id(self.key, identifier)

    def slot_of(self, reference: str) -> str:
        """Return the slot of what a decision names: an identifier's key, or a slot already."""
        kind, _, value = reference.partition(":")
        return value if kind == NOBODY else self.slot(identifier_of(reference))

    def _add(self, own: str, sighting: Sighting) -> None:
        identifier = Identifier(sighting.kind, sighting.value)
        slot = self.slot(identifier)
        named = self.names.get(slot)
        if named is None or (named.value.startswith("sha256:") and named != identifier):
            self.names[slot] = identifier
        first = sighting.first.order
        self.since[slot] = min(first, self.since.get(slot, first))
        if slot == own:
            return
        pair = (own, slot) if own < slot else (slot, own)
        word = sighting.vouched.order if sighting.vouched else None
        there = self.links.get(pair)
        if there is not None:
            first = min(first, there.first)
            word = min((w for w in (word, there.trusted) if w is not None), default=None)
        self.links[pair] = Link(*pair, first, word)

    def __eq__(self, other: object) -> bool:
        """Evidence is the same when it leads to the same decisions."""
        return (
            isinstance(other, Evidence)
            and self.since == other.since
            and self.links == other.links
            and self.names == other.names
        )

    __hash__ = None  # type: ignore[assignment]
