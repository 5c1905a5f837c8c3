"""The routes of ``/v1/scoring/models``: what is learned from leads that were won and lost."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.models import ModelDetail, ModelSummary, TrainRequest
from leadsignal.models.pages import Page
from leadsignal.models.rulesets import JobRef
from leadsignal.runtime import model_wiring, wiring
from leadsignal.runtime.answers import DEFAULT_LIMIT, Cursor, Limit, listing, paged, started
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import models, training

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _tenant_id() -> str:
    return caller(router).tenant.tenant_id


def _runs() -> str | None:
    """Return the id of the model that runs at this moment."""
    return wiring.tenant_now(_tenant_id()).model


@router.post("/v1/scoring/models", status_code=HTTPStatus.ACCEPTED)
def train_model(request: TrainRequest) -> Response[JobRef]:
    """Train a model from the leads that were won and lost, now and from then on daily. It runs only
    if it is better than the rules and than the model that runs."""
    store = wiring.models(_tenant_id())
    job = training.ask_for_training(
        request.wishes(training.wishes_before(store)),
        enrolment=model_wiring.enrolment(_tenant_id()),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return started(JobRef(job_id=job.id))


@router.get("/v1/scoring/models")
def list_models(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[ModelSummary]]:
    """List the models, newest first. One that never ran stays for 90 days."""
    page = models.list_models(
        listing(router, limit, cursor), models=wiring.models(_tenant_id()), runs=_runs()
    )
    return paged(page, router)


@router.get("/v1/scoring/models/<model_id>")
def get_model(model_id: str) -> ModelDetail:
    """Return one model: how well it told leads that it had not seen, what its columns add, and
    which ones were left out as they know the outcome."""
    found = models.find_model(model_id, models=wiring.models(_tenant_id()))
    return models.detail_of(found, _runs())


@router.post("/v1/scoring/models/<model_id>/promote", status_code=HTTPStatus.ACCEPTED)
def promote_model(model_id: str) -> Response[JobRef]:
    """Let a candidate run; not one that is worse than what runs."""
    school = model_wiring.school(_tenant_id())
    job = models.promote_model(
        model_id, school=school._replace(new_id=mint(router).new_id), now=wiring.now()
    )
    return started(JobRef(job_id=job.id))
