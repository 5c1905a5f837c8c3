"""The routes of merges: shown, carried out, undone; candidates; why a lead is one."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BeforeValidator

from leadsignal.models.merges import CandidateView, MergeRequest, MergeView
from leadsignal.models.pages import Page
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import DEFAULT_LIMIT, Cursor, Limit, listing, paged
from leadsignal.runtime.api import JSON, caller
from leadsignal.services import merges
from leadsignal.services.desk import Desk

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _true_or_false(value: object) -> object:
    """Let these two words through and nothing else that a boolean is read from (``1``, ``yes``):
    who means to look must not merge."""
    if value not in ("true", "false", False):
        raise ValueError("must be true or false")
    return value


DryRun = Annotated[bool, BeforeValidator(_true_or_false), Query()]
"""The query parameter ``dry_run``: whether to show only what would come of it."""


def _desk() -> Desk:
    return wiring.desk_now(caller(router).tenant.tenant_id)


@router.post("/v1/merges", status_code=HTTPStatus.CREATED)
def create_merge(request: MergeRequest, dry_run: DryRun = False) -> Response[MergeView]:
    """Merge one lead into another; with ``dry_run`` only show what that would do."""
    done = merges.merge(request, desk=_desk(), now=wiring.now(), dry_run=dry_run)
    status = HTTPStatus.OK if dry_run else HTTPStatus.CREATED
    return Response(status, JSON, done)


@router.post("/v1/merges/<merge_id>/undo", status_code=HTTPStatus.OK)
def undo_merge(merge_id: str) -> MergeView:
    """Undo a merge: both leads are as if they had never been merged."""
    return merges.undo(merge_id, desk=_desk(), now=wiring.now())


@router.get("/v1/merge-candidates")
def list_candidates(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[CandidateView]]:
    """List pairs of leads that an event named together and the rules kept apart."""
    page = merges.list_candidates(listing(router, limit, cursor), desk=_desk())
    return paged(page, router)
