"""The routes of ``/v1/leads/{lead_id}/score``: what it is, was, and is to be."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.domain.wire import parse_time
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.edits import OverrideInput
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.models import ProbabilityView
from leadsignal.models.pages import Page
from leadsignal.models.views import ScoreMarkView, ScoreView
from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.runtime.answers import DEFAULT_LIMIT, Cursor, Limit, if_match, listing, paged
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import edits, scores
from leadsignal.services.edits import Author
from leadsignal.services.models import show_probability
from leadsignal.services.rescore import rescore

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

AsOf = Annotated[
    str | None,
    Query(
        max_length=40,
        description="An instant of the past; now where it is not given",
        json_schema_extra={"format": "date-time"},
    ),
]


def _tenant_id() -> str:
    return caller(router).tenant.tenant_id


@router.get("/v1/leads/<lead_id>/score")
def get_score(lead_id: str, as_of: AsOf = None) -> ScoreView:
    """Return the score of a lead, every contribution to it, and when its tier changes by itself;
    with ``as_of`` as it was then."""
    at, now = _instant(as_of), to_instant(wiring.now())
    if at is None:
        return scores.show_score(lead_id, scorer=scoring_wiring.scorer(_tenant_id()), now=now)
    return scores.score_as_of(lead_id, at, scorer=scoring_wiring.scorer(_tenant_id()), now=now)


@router.get("/v1/leads/<lead_id>/probability")
def get_probability(lead_id: str) -> ProbabilityView:
    """Return how likely a lead is to be won, as of now, and what speaks for and against it; null
    while no model runs."""
    tenant = wiring.tenant_now(_tenant_id())
    return show_probability(
        lead_id,
        library=wiring.library(tenant),
        model=wiring.playbook(tenant).model,
        now=to_instant(wiring.now()),
    )


@router.get("/v1/leads/<lead_id>/score/history")
def get_score_history(
    lead_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[ScoreMarkView]]:
    """List the last changes of the score of a lead, newest first, each with its cause."""
    page = listing(router, limit, cursor)
    library = wiring.library(caller(router).tenant)
    return paged(scores.list_history(lead_id, page, library=library), router)


@router.post("/v1/leads/<lead_id>/score/override", status_code=HTTPStatus.OK)
def override_score(lead_id: str, given: OverrideInput) -> ScoreView:
    """Set the score of a lead by hand, for a while or until it is taken back."""
    return _overridden(lead_id, given)


@router.delete("/v1/leads/<lead_id>/score/override", status_code=HTTPStatus.OK)
def remove_override(lead_id: str) -> ScoreView:
    """Take back what was set by hand: the score follows from the rules again."""
    return _overridden(lead_id, None)


def _overridden(lead_id: str, given: OverrideInput | None) -> ScoreView:
    now = wiring.now()
    done = edits.override_score(
        lead_id,
        given,
        precondition=if_match(router),
        desk=wiring.edit_desk(_tenant_id()),
        author=Author("api", caller(router).key_id),
        new_id=mint(router).new_id,
        now=now,
    )
    return scores.view_of(
        done.lead, scorer=scoring_wiring.scorer(_tenant_id()), now=to_instant(now)
    )


@router.post("/v1/leads/<lead_id>/rescore", status_code=HTTPStatus.OK)
def rescore_lead(lead_id: str) -> ScoreView:
    """Score a lead now."""
    now, scorer = wiring.now(), scoring_wiring.scorer(_tenant_id())
    lead = scores.find(lead_id, scorer=scorer)
    lead = rescore(lead.lead_id, desk=wiring.desk_now(_tenant_id()), now=now) or lead
    return scores.view_of(lead, scorer=scorer, now=to_instant(now))


def _instant(at: str | None) -> Instant | None:
    try:
        return parse_time(at, "as_of")
    except InvalidInputError as error:
        detail = error.problems[0].detail
        raise InvalidInputError((FieldProblem("as_of", "invalid_time", detail),)) from error
