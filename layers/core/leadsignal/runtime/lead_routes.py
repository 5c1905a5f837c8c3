"""The routes of ``/v1/leads`` and ``/v1/events``, to read."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import AfterValidator

from leadsignal.domain.conditions import fields
from leadsignal.domain.storable import is_text
from leadsignal.domain.wire import MAX_MESSAGE_ID, parse_time
from leadsignal.errors import FieldProblem, InvalidInputError, NotFoundError
from leadsignal.models import text_forms
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.lists import LeadOrder
from leadsignal.models.merges import IdentityView
from leadsignal.models.pages import Page
from leadsignal.models.traces import TraceView
from leadsignal.models.views import (
    EventView,
    LeadDetail,
    LeadEventView,
    LeadView,
    SessionSummary,
    SessionView,
    TouchView,
)
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    found,
    gone,
    if_match,
    listing,
    paged,
)
from leadsignal.runtime.api import caller
from leadsignal.runtime.filters import Filter, condition_in, search, searched
from leadsignal.services import deletion, events, leads, traces
from leadsignal.services.leads import Library
from leadsignal.services.merges import explain
from leadsignal.services.search import search_leads

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _message_id(escaped: str) -> str:
    """Return the id of an event as it was sent; what no event can be called is not there."""
    message_id = unquote(escaped)
    if len(message_id) > MAX_MESSAGE_ID or not is_text(message_id, lines=True):
        raise NotFoundError("event")
    return message_id


MessageId = Annotated[str, AfterValidator(_message_id), Path()]
"""The id of an event: any text that the client chose, escaped in the path."""

Hint = Annotated[
    str | None,
    Query(
        max_length=256,
        description="An identifier of the event, of any kind",
        json_schema_extra=text_forms.shown(text_forms.LINE),
    ),
]
HintedTime = Annotated[
    str | None,
    Query(
        max_length=40,
        description="When the event happened, give or take a day",
        json_schema_extra={"format": "date-time"},
    ),
]


def _library() -> Library:
    return wiring.library(caller(router).tenant)


def _library_now() -> Library:
    return wiring.library_now(caller(router).tenant.tenant_id)


@router.get("/v1/leads")
def list_leads(
    sort: LeadOrder = "-score",
    filter: Filter = None,  # noqa: A002 - the name that clients use
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[Page[LeadView]]:
    """List leads by score, creation or last sight; a leading ``-`` puts the highest first.

    With a ``filter`` a page may be short, or empty, and still have a ``next_cursor``.
    """
    page, library = listing(router, limit, cursor), _library_now()
    condition = condition_in(filter, fields.of_lead)
    if condition is None:
        return paged(leads.list_leads(sort, page, library=library), router)
    found = search_leads(condition, sort, page, library=library, search=search())
    return searched(found, router)


@router.get("/v1/leads/<lead_id>")
def get_lead(lead_id: str) -> Response[LeadDetail]:
    """Return one lead; an id that was merged away answers the lead that took it in."""
    lead = leads.get_lead(lead_id, library=_library_now(), now=to_instant(wiring.now()))
    return found(LeadDetail, lead, version=lead.version)


@router.delete("/v1/leads/<lead_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_lead(lead_id: str) -> Response[None]:
    """Delete a lead with its events, identifiers and notes; an id that was merged away deletes the
    lead that took it in."""
    deletion.delete_lead(
        lead_id,
        precondition=if_match(router),
        desk=wiring.desk_now(caller(router).tenant.tenant_id),
        now=wiring.now(),
    )
    return gone()


@router.get("/v1/leads/<lead_id>/timeline")
def get_timeline(
    lead_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[SessionView]]:
    """List the sessions of a lead with their events, newest first."""
    page = leads.list_sessions(lead_id, listing(router, limit, cursor), library=_library())
    return paged(page, router)


@router.get("/v1/leads/<lead_id>/sessions")
def get_sessions(
    lead_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[SessionSummary]]:
    """List the sessions of a lead without their events, newest first."""
    page = listing(router, limit, cursor)
    return paged(leads.list_session_summaries(lead_id, page, library=_library()), router)


@router.get("/v1/leads/<lead_id>/events")
def get_events(
    lead_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[LeadEventView]]:
    """List the events of a lead, newest first, each with its session."""
    page = listing(router, limit, cursor)
    return paged(leads.list_events(lead_id, page, library=_library()), router)


@router.get("/v1/leads/<lead_id>/touchpoints")
def get_touchpoints(
    lead_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[TouchView]]:
    """List the touches of a lead, newest first."""
    page = leads.list_touches(lead_id, listing(router, limit, cursor), library=_library())
    return paged(page, router)


@router.get("/v1/leads/<lead_id>/identity")
def get_identity(lead_id: str) -> IdentityView:
    """Tell why the identifiers of a lead are one lead's, what was refused, and its merges."""
    library = _library()
    return explain(lead_id, snapshots=library.snapshots, key=library.identity_key)


@router.get("/v1/events/<message_id>")
def get_event(message_id: MessageId, identifier: Hint = None, at: HintedTime = None) -> EventView:
    """Return one event; ``identifier`` and ``at`` help where not every event is indexed."""
    instant = _instant(at)
    return events.get_event(message_id, identifier=identifier, at=instant, library=_library())


@router.get("/v1/events/<message_id>/trace")
def trace_event(message_id: MessageId, identifier: Hint = None, at: HintedTime = None) -> TraceView:
    """Tell what became of one event, step by step; hints as for the event itself."""
    return traces.trace_event(
        message_id,
        identifier=identifier,
        at=_instant(at),
        inquiry=wiring.inquiry(caller(router).tenant),
    )


def _instant(at: str | None) -> Instant | None:
    try:
        return parse_time(at, "at")
    except InvalidInputError as error:
        detail = error.problems[0].detail
        raise InvalidInputError((FieldProblem("at", "invalid_time", detail),)) from error
