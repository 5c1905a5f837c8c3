"""Notes on leads, as stored in LeadTable beside them; bound to one tenant."""

from collections.abc import Collection, Sequence

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Check, Item, Put, Table, get_many
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Slot
from leadsignal.models.notes import Note


class DynamoNotes:
    """The notes of one tenant, each under the slot that it was written to."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def of(self, slots: Sequence[str]) -> list[Note]:
        """Return all notes under these slots, newest first."""
        notes = [note for slot in slots for note in self._under(slot)]
        return sorted(notes, key=lambda note: note.position, reverse=True)

    def find(self, slots: Sequence[str], note_id: str) -> Note | None:
        """Return the note of that id under one of the slots, read consistently, or None."""
        wanted = [(self._table, keys.note(self._tenant_id, slot, note_id)) for slot in slots]
        found = get_many(wanted, consistent=True).values()
        return next((Note.model_validate_json(item["data"]) for item in found), None)

    def add(self, note: Note, *, beside: Collection[Slot]) -> Note:
        """Write a new note and return it with its version.

        Raises:
            ConflictError: it is there already, or the slots are no longer as they were read.
        """
        saved = note.model_copy(update={"version": 1})
        checks = [Check(keys.lead(self._tenant_id, s.lead_id), s.version) for s in beside]
        self._table.write_all([self._put(saved, if_absent=True), *checks])
        return saved

    def replace(self, note: Note) -> Note:
        """Write a changed note and return it with its new version.

        Raises:
            ConflictError: it changed since it was read, or is gone.
        """
        saved = note.model_copy(update={"version": note.version + 1})
        self._table.put(self._put(saved, if_version=note.version))
        return saved

    def remove(self, note: Note) -> None:
        """Remove a note.

        Raises:
            ConflictError: it changed since it was read, or is gone.
        """
        key = keys.note(self._tenant_id, note.lead_id, note.id)
        self._table.delete(key, if_holds={"version": note.version})

    def remove_all(self, slot: str, *, until: Instant) -> None:
        """Remove the notes under a slot that were written until an instant."""
        gone = [note for note in self._under(slot) if note.created_at <= until]
        self._table.delete_many([keys.note(self._tenant_id, slot, note.id) for note in gone])

    def _under(self, slot: str) -> list[Note]:
        first = keys.note(self._tenant_id, slot, "")
        items = self._table.query(first.pk, prefix=first.sk, consistent=True)
        return [Note.model_validate_json(item["data"]) for item in items]

    def _put(self, note: Note, *, if_absent: bool = False, if_version: int | None = None) -> Put:
        key = keys.note(self._tenant_id, note.lead_id, note.id)
        item: Item = {"data": note.model_dump_json(exclude_none=True), "version": note.version}
        return Put(key, item, if_absent=if_absent, if_version=if_version)
