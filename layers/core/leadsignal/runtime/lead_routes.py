"""The routes of ``/v1/leads`` and ``/v1/events``, to read."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.domain.wire import parse_time
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.lists import LeadOrder
from leadsignal.models.pages import Page
from leadsignal.models.views import EventView, LeadView, ScoreView, SessionView, TouchView
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import DEFAULT_LIMIT, Cursor, Limit, found, listing, paged
from leadsignal.runtime.api import caller
from leadsignal.services import leads
from leadsignal.services.leads import Library

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _library() -> Library:
    return wiring.library(caller(router).tenant)


@router.get("/v1/leads")
def list_leads(
    sort: LeadOrder = "-score", limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[LeadView]]:
    """List leads by score, creation or last sight; a leading ``-`` puts the highest first."""
    return paged(leads.list_leads(sort, listing(router, limit, cursor), library=_library()), router)


@router.get("/v1/leads/<lead_id>")
def get_lead(lead_id: str) -> Response[LeadView]:
    """Return one lead; an id that was merged away answers the lead that took it in."""
    lead = leads.get_lead(lead_id, library=_library())
    return found(LeadView, lead, version=lead.version)


@router.get("/v1/leads/<lead_id>/timeline")
def get_timeline(
    lead_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[SessionView]]:
    """List the sessions of a lead with their events, newest first."""
    page = leads.list_sessions(lead_id, listing(router, limit, cursor), library=_library())
    return paged(page, router)


@router.get("/v1/leads/<lead_id>/touchpoints")
def get_touchpoints(
    lead_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[TouchView]]:
    """List the touches of a lead, newest first."""
    page = leads.list_touches(lead_id, listing(router, limit, cursor), library=_library())
    return paged(page, router)


@router.get("/v1/leads/<lead_id>/score")
def get_score(lead_id: str) -> ScoreView:
    """Return the stored score of a lead and every contribution to it."""
    return leads.get_score(lead_id, library=_library())


@router.get("/v1/events/<message_id>")
def get_event(
    message_id: str,
    identifier: Annotated[str | None, Query(max_length=256)] = None,
    at: Annotated[str | None, Query(max_length=40)] = None,
) -> EventView:
    """Return one event; ``identifier`` and ``at`` help where not every event is indexed."""
    try:
        instant = parse_time(at, "at")
    except InvalidInputError as error:
        detail = error.problems[0].detail
        raise InvalidInputError((FieldProblem("at", "invalid_time", detail),)) from error
    return leads.get_event(message_id, identifier=identifier, at=instant, library=_library())
