"""The routes of ``/v1/failed-events``: what could not be done, and once more."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.pages import Page
from leadsignal.models.records import (
    FailedEventView,
    FailureCode,
    Replayed,
    ReplayedView,
    ReplayRequest,
)
from leadsignal.ports import FailureStore
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import DEFAULT_LIMIT, Cursor, Limit, listed, listing
from leadsignal.runtime.api import JSON, caller
from leadsignal.services import failures
from leadsignal.services.replay import replay_many, replay_one

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

Code = Annotated[FailureCode | None, Query(description="only what failed for this reason")]


def _failures() -> FailureStore:
    return wiring.failures(caller(router).tenant.tenant_id)


@router.get("/v1/failed-events")
def list_failed_events(
    code: Code = None, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[FailedEventView]]:
    """List what failed, received last first; large originals are left out."""
    page = failures.list_failures(listing(router, limit, cursor), code, failures=_failures())
    return listed(FailedEventView, page.shown(failures.shortened), router)


@router.post("/v1/failed-events/replay", status_code=HTTPStatus.ACCEPTED)
def replay_failed_events(request: ReplayRequest) -> Response[Replayed]:
    """Replay up to 100 failed events by their ids, or a page of those that wait with one code."""
    done = replay_many(
        request,
        listing=listing(router, DEFAULT_LIMIT, None),
        dock=wiring.dock(caller(router).tenant),
        now=wiring.now(),
    )
    return Response(HTTPStatus.ACCEPTED, JSON, done)


@router.get("/v1/failed-events/<failed_id>")
def get_failed_event(failed_id: str) -> FailedEventView:
    """Return one failed event with its original."""
    found = failures.get_failure(failed_id, failures=_failures(), originals=wiring.originals())
    return FailedEventView.model_validate(found, from_attributes=True)


@router.post("/v1/failed-events/<failed_id>/replay", status_code=HTTPStatus.ACCEPTED)
def replay_failed_event(failed_id: str) -> Response[ReplayedView]:
    """Replay one failed event; ``replay`` says whether it is on its way or still not valid."""
    dock = wiring.dock(caller(router).tenant)
    found = failures.get_failure(failed_id, failures=dock.failures, originals=dock.originals)
    verdict = replay_one(found, dock=dock, now=wiring.now())
    after = dock.failures.get(failed_id) or found
    shown = {**dict(after), "event": found.event, "replay": verdict}
    return Response(HTTPStatus.ACCEPTED, JSON, ReplayedView.model_validate(shown))
