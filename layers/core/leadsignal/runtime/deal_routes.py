"""The routes of ``/v1/deals``."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.deals import Deal, DealOrder, DealPatch, DealRequest, DealView
from leadsignal.models.outcomes import AnyOutcome
from leadsignal.models.pages import Page
from leadsignal.runtime import deal_wiring, wiring
from leadsignal.runtime.answers import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    created,
    gone,
    if_match,
    listing,
    paged,
    seen,
)
from leadsignal.runtime.api import caller
from leadsignal.runtime.filters import search
from leadsignal.runtime.minting import mint
from leadsignal.services import deals
from leadsignal.services.deals import DealDesk, DealFilter

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

OfLead = Annotated[
    str | None, Query(max_length=64, description="Only deals with this lead, or one it took in")
]
OfCompany = Annotated[str | None, Query(max_length=64, description="Only deals of this company")]
WithOutcome = Annotated[AnyOutcome | None, Query(description="Only deals with this outcome")]


def _desk() -> DealDesk:
    return deal_wiring.deal_desk(caller(router).tenant)


def _shown(deal: Deal, desk: DealDesk) -> Response[DealView]:
    [view] = deals.deal_views([deal], desk=desk)
    return seen(view, version=deal.version)


@router.post("/v1/deals", status_code=HTTPStatus.CREATED)
def create_deal(request: DealRequest) -> Response[DealView]:
    """Store a deal with some leads."""
    desk = _desk()
    deal = deals.create_deal(request, desk=desk, new_id=mint(router).new_id, now=wiring.now())
    [view] = deals.deal_views([deal], desk=desk)
    return created(DealView, view, location=f"/v1/deals/{deal.id}", version=deal.version)


@router.get("/v1/deals")
def list_deals(
    sort: DealOrder = "-created_at",
    lead_id: OfLead = None,
    company_id: OfCompany = None,
    outcome: WithOutcome = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[Page[DealView]]:
    """List the deals by creation; a leading ``-`` puts the newest first.

    With an ``outcome`` a page may be short, or empty, and still have a ``next_cursor``.
    """
    desk, wanted = _desk(), DealFilter(lead_id, company_id, outcome)
    page = deals.list_deals(
        wanted, sort, listing(router, limit, cursor), desk=desk, search=search()
    )
    views = {view.id: view for view in deals.deal_views(page.data, desk=desk)}
    return paged(page.shown(lambda deal: views[deal.id]), router)


@router.get("/v1/deals/<deal_id>")
def get_deal(deal_id: str) -> Response[DealView]:
    """Return one deal."""
    desk = _desk()
    return _shown(deals.find_deal(deal_id, deals=desk.deals), desk)


@router.patch("/v1/deals/<deal_id>")
def change_deal(deal_id: str, patch: DealPatch) -> Response[DealView]:
    """Change one deal, by a JSON merge patch. What is won or lost now was closed now, unless
    ``closed_at`` says when; one that is open again was not."""
    desk = _desk()
    deal = deals.change_deal(deal_id, patch, demand=if_match(router), desk=desk, now=wiring.now())
    return _shown(deal, desk)


@router.delete("/v1/deals/<deal_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_deal(deal_id: str) -> Response[None]:
    """Delete one deal: it counts for its leads no more."""
    deals.remove_deal(deal_id, demand=if_match(router), deals=_desk().deals)
    return gone()
