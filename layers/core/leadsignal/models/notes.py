"""Notes on leads: as sent, as stored and as shown."""

from typing import Annotated

from pydantic import Field, StringConstraints

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.instants import Instant, Timestamp

type NoteText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=10_000),
    Field(json_schema_extra=text_forms.shown(text_forms.PROSE)),
]
type Author = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(json_schema_extra=text_forms.shown(text_forms.LINE)),
]


class NoteRequest(Strict):
    """The body of ``POST /v1/leads/{id}/notes``. Without an author it is the key that wrote it."""

    text: NoteText
    author: Author | None = None


class NotePatch(Strict):
    """The body of ``PATCH /v1/leads/{id}/notes/{note_id}``: what is left out stays as it is. An
    ``author`` of null is the key that writes it."""

    text: NoteText = ""
    author: Author | None = None


class Note(Frozen):
    """A note as stored, under the slot ``lead_id`` of the lead that it was written to."""

    id: str
    lead_id: str
    text: str
    author: str
    created_at: Instant
    updated_at: Instant | None = None
    version: int = 0

    @property
    def position(self) -> str:
        """Its place among the notes of a lead, oldest first."""
        return f"{self.created_at:014d}#{self.id}"


class NoteView(Frozen):
    """A note as a client sees it."""

    id: str
    text: str
    author: str
    created_at: Timestamp
    updated_at: OrAbsent[Timestamp] = None
