"""The routes of ``/v1/credits`` and ``/v1/usage``."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.credits import CreditsView, EntryView, Usage
from leadsignal.models.pages import Page
from leadsignal.runtime import lookup_wiring, wiring
from leadsignal.runtime.answers import (
    DEFAULT_LIMIT,
    Cursor,
    FirstDay,
    LastDay,
    Limit,
    listing,
    paged,
)
from leadsignal.runtime.api import caller
from leadsignal.services import credit_reports
from leadsignal.services.credits import Cashier

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _cashier() -> Cashier:
    return lookup_wiring.cashier(caller(router).tenant)


@router.get("/v1/credits")
def get_credits() -> CreditsView:
    """Return what is left of this month's credits, and what was spent today (UTC)."""
    return credit_reports.overview(caller(router), cashier=_cashier(), now=wiring.now())


@router.get("/v1/credits/ledger")
def list_credit_entries(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[EntryView]]:
    """List what happened to the credits, newest first, for 400 days."""
    asked = listing(router, limit, cursor)
    return paged(credit_reports.list_entries(asked, store=_cashier().store), router)


@router.get("/v1/usage")
def list_usage(
    from_day: FirstDay = None,
    to_day: LastDay = None,
    key_id: Annotated[
        str | None,
        Query(max_length=64, description="Only of this key; `-`: what no key asked for"),
    ] = None,
    provider: Annotated[
        str | None, Query(max_length=64, description="Only of this provider")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[Page[Usage]]:
    """List the look-ups by day, key and provider, newest day first.

    With a filter a page may be short, or empty, and still have a ``next_cursor``.
    """
    page = credit_reports.list_usage(
        listing(router, limit, cursor),
        first=from_day,
        last=to_day,
        key_id=key_id,
        provider=provider,
        store=_cashier().store,
    )
    return paged(page, router)
