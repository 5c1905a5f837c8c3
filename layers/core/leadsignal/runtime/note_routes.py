"""The routes of a lead's notes."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.notes import NotePatch, NoteRequest, NoteView
from leadsignal.models.pages import Page
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    created,
    found,
    gone,
    if_match,
    listed,
    listing,
)
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import notes
from leadsignal.services.notes import Notebook

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _book() -> Notebook:
    return wiring.notebook(caller(router).tenant.tenant_id)


@router.post("/v1/leads/<lead_id>/notes", status_code=HTTPStatus.CREATED)
def create_note(lead_id: str, request: NoteRequest) -> Response[NoteView]:
    """Write a note to a lead."""
    note = notes.add_note(
        lead_id,
        request,
        key_id=caller(router).key_id,
        book=_book(),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    location = f"/v1/leads/{lead_id}/notes/{note.id}"
    return created(NoteView, note, location=location, version=note.version)


@router.get("/v1/leads/<lead_id>/notes")
def list_notes(
    lead_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[NoteView]]:
    """List the notes of a lead and of all leads that were merged into it, newest first."""
    page = notes.list_notes(lead_id, listing(router, limit, cursor), book=_book())
    return listed(NoteView, page, router)


@router.get("/v1/leads/<lead_id>/notes/<note_id>")
def get_note(lead_id: str, note_id: str) -> Response[NoteView]:
    """Return one note."""
    note = notes.find_note(lead_id, note_id, book=_book())
    return found(NoteView, note, version=note.version)


@router.patch("/v1/leads/<lead_id>/notes/<note_id>")
def update_note(lead_id: str, note_id: str, patch: NotePatch) -> Response[NoteView]:
    """Change the text or the author of a note."""
    note = notes.change_note(
        lead_id,
        note_id,
        patch,
        key_id=caller(router).key_id,
        precondition=if_match(router),
        book=_book(),
        now=wiring.now(),
    )
    return found(NoteView, note, version=note.version)


@router.delete("/v1/leads/<lead_id>/notes/<note_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_note(lead_id: str, note_id: str) -> Response[None]:
    """Remove a note."""
    notes.remove_note(lead_id, note_id, precondition=if_match(router), book=_book())
    return gone()
