"""The routes of ``/v1/leads/{lead_id}/outcome``: what became of a lead."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.leads import Lead
from leadsignal.models.outcomes import OutcomeInput, OutcomeView
from leadsignal.runtime import deal_wiring, wiring
from leadsignal.runtime.answers import if_match, seen
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import edits
from leadsignal.services.deals import outcome_view
from leadsignal.services.edits import Author
from leadsignal.services.leads import find_lead

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


@router.get("/v1/leads/<lead_id>/outcome")
def get_outcome(lead_id: str) -> Response[OutcomeView]:
    """Tell what became of a lead: by what was said of it, else by its deals, else by its status.

    Its ``ETag`` changes with the deals, too; ``If-Match`` goes by the version of the lead alone.
    """
    return _shown(find_lead(lead_id, leads=wiring.leads(caller(router).tenant.tenant_id)))


@router.post("/v1/leads/<lead_id>/outcome", status_code=HTTPStatus.OK)
def state_outcome(lead_id: str, given: OutcomeInput) -> Response[OutcomeView]:
    """Say what became of a lead; the last word stands."""
    return _stated(lead_id, given)


@router.delete("/v1/leads/<lead_id>/outcome", status_code=HTTPStatus.OK)
def withdraw_outcome(lead_id: str) -> Response[OutcomeView]:
    """Take back what was said: deals and status tell what became of the lead again."""
    return _stated(lead_id, None)


def _stated(lead_id: str, given: OutcomeInput | None) -> Response[OutcomeView]:
    done = edits.state_outcome(
        lead_id,
        given,
        precondition=if_match(router),
        desk=wiring.edit_desk(caller(router).tenant.tenant_id),
        author=Author("api", caller(router).key_id),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return _shown(done.lead)


def _shown(lead: Lead) -> Response[OutcomeView]:
    desk, reads = deal_wiring.deal_desk(caller(router).tenant), caller(router).may("deals:read")
    return seen(outcome_view(lead, desk=desk, reads_deals=reads), version=lead.version)
