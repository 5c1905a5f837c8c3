"""The routes of ``/v1/scoring`` and ``/v1/jobs``."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.domain.rulebook import Rulebook
from leadsignal.models.instants import to_instant
from leadsignal.models.jobs import JobView
from leadsignal.models.pages import Page
from leadsignal.models.rulesets import (
    JobRef,
    RuleSetPatch,
    RuleSetRequest,
    RuleSetView,
    Simulation,
)
from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.runtime.answers import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    created,
    found,
    gone,
    if_match,
    listing,
    paged,
    started,
)
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import rulesets
from leadsignal.services.jobs import find_job
from leadsignal.services.rulesets import ruleset_view
from leadsignal.services.simulate import simulate

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _store() -> rulesets.RuleSetStore:
    return wiring.rulesets(caller(router).tenant.tenant_id)


@router.post("/v1/scoring/rulesets", status_code=HTTPStatus.CREATED)
def create_ruleset(request: RuleSetRequest) -> Response[RuleSetView]:
    """Create a draft, from rules or from the strings of LeadBoxer. It scores nobody."""
    made = rulesets.create_ruleset(
        request, rulesets=_store(), new_id=mint(router).new_id, now=wiring.now()
    )
    location = f"/v1/scoring/rulesets/{made.id}"
    return created(RuleSetView, ruleset_view(made), location=location, version=made.version)


@router.get("/v1/scoring/rulesets")
def list_rulesets(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[RuleSetView]]:
    """List the rule sets, oldest first."""
    page = rulesets.list_rulesets(listing(router, limit, cursor), rulesets=_store())
    return paged(page.shown(ruleset_view), router)


@router.get("/v1/scoring/rulesets/<ruleset_id>")
def get_ruleset(ruleset_id: str) -> Response[RuleSetView]:
    """Return one rule set."""
    there = rulesets.find_ruleset(ruleset_id, rulesets=_store())
    return found(RuleSetView, ruleset_view(there), version=there.version)


@router.patch("/v1/scoring/rulesets/<ruleset_id>")
def change_ruleset(ruleset_id: str, patch: RuleSetPatch) -> Response[RuleSetView]:
    """Change one rule set, by a JSON merge patch: it is a draft then, and leads go on being scored
    by the version that was published."""
    changed = rulesets.change_ruleset(
        ruleset_id, patch, demand=if_match(router), rulesets=_store(), now=wiring.now()
    )
    return found(RuleSetView, ruleset_view(changed), version=changed.version)


@router.delete("/v1/scoring/rulesets/<ruleset_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_ruleset(ruleset_id: str) -> Response[None]:
    """Delete one rule set; not the one that leads are scored by."""
    rulesets.remove_ruleset(ruleset_id, demand=if_match(router), rulesets=_store())
    return gone()


@router.post("/v1/scoring/rulesets/<ruleset_id>/simulate", status_code=HTTPStatus.OK)
def simulate_ruleset(ruleset_id: str) -> Simulation:
    """Tell what publishing a rule set would change, of as many leads as there is time for."""
    there = rulesets.find_ruleset(ruleset_id, rulesets=_store())
    return simulate(
        Rulebook(there),
        library=wiring.library_now(caller(router).tenant.tenant_id),
        deals=wiring.deals(caller(router).tenant.tenant_id),
        clock=lambda: to_instant(wiring.now()),
    )


@router.post("/v1/scoring/rulesets/<ruleset_id>/publish", status_code=HTTPStatus.ACCEPTED)
def publish_ruleset(ruleset_id: str) -> Response[JobRef]:
    """Score every lead by a rule set: those that are written from now on at once, all others by a
    job."""
    job = rulesets.publish_ruleset(
        ruleset_id,
        demand=if_match(router),
        press=scoring_wiring.press(caller(router).tenant.tenant_id),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return started(JobRef(job_id=job.id))


@router.get("/v1/jobs/<job_id>")
def get_job(job_id: str) -> Response[JobView]:
    """Tell how far a job is."""
    job = find_job(job_id, jobs=scoring_wiring.jobs(caller(router).tenant.tenant_id))
    return found(JobView, job, version=job.version)
