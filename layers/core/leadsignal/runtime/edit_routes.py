"""The routes that create and change leads."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.domain.lead_views import lead_view
from leadsignal.models.edits import EditedLead, LeadInput, TagsInput
from leadsignal.models.instants import to_instant
from leadsignal.models.views import LeadView
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import created, found, if_match
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import edits
from leadsignal.services.edits import Author, EditDesk, Edited

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _desk() -> EditDesk:
    return wiring.edit_desk(caller(router).tenant.tenant_id)


def _author() -> Author:
    return Author("api", caller(router).key_id)


@router.post("/v1/leads", status_code=HTTPStatus.CREATED)
def create_lead(given: LeadInput) -> Response[EditedLead]:
    """Create a lead, or change the one that it is a duplicate of.

    A lead is a duplicate of the one that an identifier leads to, and of one with the same phone
    number and a similar name. ``potential_duplicate_id`` only points at one that may be the same.
    """
    desk = _desk()
    done = edits.create_lead(
        given, desk=desk, author=_author(), new_id=mint(router).new_id, now=wiring.now()
    )
    view = _edited(done, desk)
    if view.duplicate:
        return found(EditedLead, view, version=view.version)
    return created(EditedLead, view, location=f"/v1/leads/{view.id}", version=view.version)


@router.patch("/v1/leads/<lead_id>")
def update_lead(lead_id: str, given: LeadInput) -> Response[LeadView]:
    """Change a lead by JSON merge patch; null withdraws what was said of a field."""
    desk = _desk()
    done = edits.update_lead(
        lead_id,
        given,
        precondition=if_match(router),
        desk=desk,
        author=_author(),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return _changed(done, desk)


@router.post("/v1/leads/<lead_id>/tags", status_code=HTTPStatus.OK)
def add_tags(lead_id: str, given: TagsInput) -> Response[LeadView]:
    """Put tags on a lead; those that it has stay."""
    return _tagged(lead_id, given, on=True)


@router.delete("/v1/leads/<lead_id>/tags", status_code=HTTPStatus.OK)
def remove_tags(lead_id: str, given: TagsInput) -> Response[LeadView]:
    """Take tags off a lead; those that it does not have are no error."""
    return _tagged(lead_id, given, on=False)


def _tagged(lead_id: str, given: TagsInput, *, on: bool) -> Response[LeadView]:
    desk = _desk()
    done = edits.tag_lead(
        lead_id,
        given.tags,
        on=on,
        precondition=if_match(router),
        desk=desk,
        author=_author(),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return _changed(done, desk)


def _changed(done: Edited, desk: EditDesk) -> Response[LeadView]:
    view = _view(done, desk)
    return found(LeadView, view, version=view.version)


def _edited(done: Edited, desk: EditDesk) -> EditedLead:
    view = _view(done, desk)
    return EditedLead(
        **dict(view),
        duplicate=not done.created,
        potential_duplicate_id=done.potential_duplicate_id,
    )


def _view(done: Edited, desk: EditDesk) -> LeadView:
    tenant = desk.desk.tenant
    return lead_view(
        done.lead,
        done.profile,
        now=to_instant(wiring.now()),
        statuses=tenant.statuses,
        country=tenant.default_country,
        attributes=desk.desk.book.attributes,
    )
