"""What is at the slots that a cluster of leads may need: pointers, tombstones, room for a lead."""

from collections.abc import Iterable, Mapping

from leadsignal.errors import ConflictError
from leadsignal.models.leads import Lead, Pointer, Tombstone
from leadsignal.services.desk import SlotReader


class ClusterSlots:
    """The ``pointers`` and ``tombstones`` known of; others are read when they are needed."""

    def __init__(
        self,
        reader: SlotReader,
        *,
        pointers: Mapping[str, Pointer],
        tombstones: Mapping[str, Tombstone],
        looked_up: Iterable[str],
    ) -> None:
        """``looked_up`` are slots of which it is known what they hold, if anything."""
        self._reader = reader
        self.pointers = dict(pointers)
        self.tombstones = dict(tombstones)
        self._looked_up = set(looked_up)
        self._asked: set[str] = set()

    def expect(self, slots: Iterable[str]) -> None:
        """Note slots that the cluster was read by: a pointer there that is not known is newer."""
        self._asked = set(slots)

    def pointer(self, lead_id: str) -> Pointer | None:
        """Return the pointer at a slot, read if need be; None when there is none.

        Raises:
            ConflictError: there is one now where there was none when the cluster was read, or a
                lead is being deleted there.
        """
        if lead_id not in self.pointers:
            if lead_id in self._looked_up:
                return None
            slot = self._reader.slot(lead_id, consistent=True)
            if isinstance(slot, Tombstone):
                self._meet_tombstone(slot)
            if not isinstance(slot, Pointer):
                return None
            if lead_id in self._asked:
                raise ConflictError("the slot was empty when it was read")
            self.pointers[lead_id] = slot
        return self.pointers[lead_id]

    def is_free(self, slot: str) -> bool:
        """Return whether a lead may begin at a slot: not where one is still being deleted."""
        return slot not in self.tombstones or self.tombstones[slot].at_rest

    def begun(self, lead_id: str) -> Lead:
        """Return the beginning of a lead at a slot; it goes on from what was there before.

        Raises:
            ConflictError: as ``pointer`` does.
        """
        pointer = self.pointer(lead_id)
        if pointer is not None:
            return pointer.lead()
        rest = self.tombstones.get(lead_id)
        return rest.begun() if rest is not None else Lead(lead_id=lead_id)

    def _meet_tombstone(self, found: Tombstone) -> None:
        """Note a tombstone that was not known of when the cluster was read.

        Raises:
            ConflictError: what it stands for is not all removed yet.
        """
        if found.lead_id not in self.tombstones and not found.at_rest:
            raise ConflictError("a lead is being deleted")
        self.tombstones.setdefault(found.lead_id, found)
