"""Which events and leads have to do with one another: the parts that are decided together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from leadsignal.domain.slots import identifiers_of, member_of, slot_id
from leadsignal.models.events import Event
from leadsignal.models.leads import Lead, Pointer, Tombstone
from leadsignal.models.snapshots import Snapshot
from leadsignal.services.clusters import MAX_LEADS


class Clusters:
    """Which clusters of leads are there, and which ones events bring together."""

    def __init__(self, snapshot: Snapshot, key: bytes) -> None:
        self._key = key
        self._slots = snapshot.slots
        self._parent: dict[str, str] = {}
        self._leads: dict[str, int] = {}
        for slot, held in snapshot.slots.items():
            for other in held.beside:
                self.join(slot, other)
        for slot, held in snapshot.slots.items():
            if isinstance(held, Lead):
                root = self.find(slot)
                self._leads[root] = self._leads.get(root, 0) + 1

    def find(self, slot: str) -> str:
        """Return the name of a slot's cluster."""
        while self._parent.setdefault(slot, slot) != slot:
            slot = self._parent[slot]
        return slot

    def join(self, one: str, other: str) -> None:
        """Make the clusters of two slots one."""
        first, second = self.find(one), self.find(other)
        if first != second:
            self._parent[second] = first
            self._leads[first] = self._leads.get(first, 0) + self._leads.pop(second, 0)

    def meet(self, own: str, other: str) -> bool:
        """Join two clusters unless that made one of more than ``MAX_LEADS`` leads; say whether."""
        first, second = self.find(own), self.find(other)
        together = sum(max(self._leads.get(root, 0), 1) for root in (first, second))
        if first != second and together > MAX_LEADS:
            return False
        self.join(own, other)
        self._leads[self.find(own)] = max(self._leads.get(self.find(own), 0), 1)
        return True


class Part(NamedTuple):
    """Events of one cluster, and the identifiers among theirs that would make it too large."""

    leads: dict[str, Lead]
    pointers: dict[str, Pointer]
    tombstones: dict[str, Tombstone]
    events: list[Event]
    severed: list[tuple[str, str]]


def parts_of(events: Sequence[Event], snapshot: Snapshot, key: bytes) -> list[Part]:
    """Return the events by cluster of leads; clusters that are small enough are joined by them."""
    clusters = Clusters(snapshot, key)
    severed: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for event in events:
        own = slot_id(key, member_of(event))
        for identifier in identifiers_of(event):
            if not clusters.meet(own, slot_id(key, identifier)):
                severed[own].append((own, identifier.key))
    return _sorted_out(events, severed, clusters, snapshot, key)


def _sorted_out(
    events: Sequence[Event],
    severed: Mapping[str, list[tuple[str, str]]],
    clusters: Clusters,
    snapshot: Snapshot,
    key: bytes,
) -> list[Part]:
    """Return the part of each cluster that has events."""
    parts: dict[str, Part] = {}
    for event in events:
        own = slot_id(key, member_of(event))
        parts.setdefault(clusters.find(own), Part({}, {}, {}, [], [])).events.append(event)
    for own, names in severed.items():
        parts[clusters.find(own)].severed.extend(names)
    for slot, held in snapshot.slots.items():
        part = parts.get(clusters.find(slot))
        if part is None:
            continue
        if isinstance(held, Lead):
            part.leads[slot] = held
        elif isinstance(held, Pointer):
            part.pointers[slot] = held
        else:
            part.tombstones[slot] = held
    return list(parts.values())
