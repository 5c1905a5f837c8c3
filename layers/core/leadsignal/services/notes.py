"""Notes on leads: written, listed, changed, removed.

A note stays under the lead it was written to. A lead that took others in shows theirs too, so they
come along with a merge, and go back when it is undone, without being touched.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from leadsignal.domain.secrets import is_opaque_id
from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.instants import to_instant
from leadsignal.models.leads import Lead, Pointer, Slot
from leadsignal.models.notes import Note, NotePatch, NoteRequest
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import Precondition
from leadsignal.ports import NewId, NoteStore
from leadsignal.services.desk import SlotReader
from leadsignal.services.listing import Listing

ATTEMPTS = 6
_ID = re.compile(r"note_[0-9A-Za-z]{24}", re.ASCII)


class Notebook(NamedTuple):
    """What notes of one tenant's leads need."""

    leads: SlotReader
    notes: NoteStore


class _Holder(NamedTuple):
    """A lead, and the slots by which it was found: the addressed one first, its own last."""

    lead: Lead
    found_by: tuple[Slot, ...]

    @property
    def slots(self) -> tuple[str, ...]:
        """All slots whose notes are the lead's."""
        return tuple(dict.fromkeys((self.lead.lead_id, *self.lead.merged_from)))


def _holder(lead_id: str, book: Notebook) -> _Holder:
    slot = book.leads.slot(lead_id, consistent=True) if is_opaque_id("lead", lead_id) else None
    if isinstance(slot, Pointer) and slot.was is None:
        raise NotFoundError("lead")
    found_by: list[Slot] = []
    while isinstance(slot, Pointer):
        found_by.append(slot)
        slot = book.leads.slot(slot.into, consistent=True)
    if not isinstance(slot, Lead):
        raise NotFoundError("lead")
    return _Holder(slot, (*found_by, slot))


def add_note(
    lead_id: str,
    request: NoteRequest,
    *,
    key_id: str,
    book: Notebook,
    new_id: NewId,
    now: datetime,
) -> Note:
    """Write a note to a lead and return it; the same one, should a run before have written it.

    Raises:
        NotFoundError: there is no such lead.
        ConflictError: others kept changing the lead.
    """
    note = Note(
        id=new_id("note"),
        lead_id=lead_id,
        text=request.text,
        author=request.author or key_id,
        created_at=to_instant(now),
    )
    for _ in range(ATTEMPTS):
        holder = _holder(lead_id, book)
        try:
            return book.notes.add(note, beside=holder.found_by)
        except ConflictError:
            there = book.notes.find([lead_id], note.id)
            if there is not None:
                return there
    raise ConflictError("others kept changing the lead")


def list_notes(lead_id: str, listing: Listing, *, book: Notebook) -> Page[Note]:
    """Return one page of the notes of a lead and of all that it took in, newest first.

    Raises:
        NotFoundError: there is no such lead.
        MalformedInputError: the cursor is not one of this list.
    """
    listing.place()
    holder = _holder(lead_id, book)
    scope = f"notes/{holder.lead.lead_id}"
    after = listing.position(scope)
    notes = book.notes.of(holder.slots)
    rest = [note for note in notes if after is None or note.position < after]
    return listing.page(scope, rest, lambda note: note.position)


def find_note(lead_id: str, note_id: str, *, book: Notebook) -> Note:
    """Return a note of a lead, or of one that it took in.

    Raises:
        NotFoundError: there is no such lead, or it has no such note.
    """
    holder = _holder(lead_id, book)
    note = book.notes.find(holder.slots, note_id) if _ID.fullmatch(note_id) else None
    if note is None:
        raise NotFoundError("note")
    return note


def change_note(
    lead_id: str,
    note_id: str,
    patch: NotePatch,
    *,
    key_id: str,
    precondition: Precondition,
    book: Notebook,
    now: datetime,
) -> Note:
    """Change a note and return it. A patch that changes nothing writes nothing.

    Raises:
        NotFoundError: as ``find_note``.
        PreconditionFailedError: it is in another version than the caller asked for.
        ConflictError: others kept changing it.
    """
    said: Mapping[str, str | None] = patch.model_dump(exclude_unset=True)
    changes = dict(said)
    if "author" in said:
        changes["author"] = said["author"] or key_id
    for _ in range(ATTEMPTS):
        note = find_note(lead_id, note_id, book=book)
        precondition.check(note.version)
        changed = note.model_copy(update=changes)
        if changed == note:
            return note
        try:
            return book.notes.replace(changed.model_copy(update={"updated_at": to_instant(now)}))
        except ConflictError:
            continue
    raise ConflictError("others kept changing the note")


def remove_note(lead_id: str, note_id: str, *, precondition: Precondition, book: Notebook) -> None:
    """Remove a note.

    Raises:
        NotFoundError, PreconditionFailedError, ConflictError: as ``change_note``.
    """
    for _ in range(ATTEMPTS):
        note = find_note(lead_id, note_id, book=book)
        precondition.check(note.version)
        try:
            book.notes.remove(note)
        except ConflictError:
            continue
        return
    raise ConflictError("others kept changing the note")
