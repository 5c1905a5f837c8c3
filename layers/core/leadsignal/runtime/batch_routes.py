"""The route of many operations on leads at once."""

import json
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.errors import ConflictError, LeadSignalError, TransientError
from leadsignal.models.batches import BatchAnswer, BatchRequest, BatchSummary, OperationResult
from leadsignal.runtime import problems, wiring
from leadsignal.runtime.api import JSON, caller, deadline
from leadsignal.runtime.minting import mint
from leadsignal.services.batches import Outcome, counted, run_batch
from leadsignal.services.edits import Author

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

_STATUS = {
    "created": HTTPStatus.CREATED,
    "updated": HTTPStatus.OK,
    "deleted": HTTPStatus.NO_CONTENT,
}


@router.post("/v1/leads/batch", status_code=HTTPStatus.MULTI_STATUS)
def run_lead_batch(request: BatchRequest) -> Response[BatchAnswer]:
    """Create, change and delete up to 500 leads; each operation has a result of its own."""
    principal = caller(router)
    outcomes = run_batch(
        request,
        desk=wiring.edit_desk(principal.tenant.tenant_id),
        author=Author("api", principal.key_id),
        new_id=mint(router).new_id,
        deadline=deadline(router),
        now=wiring.now(),
    )
    identifier = str(router.context["request_id"])
    results = tuple(_result(number, each, identifier) for number, each in enumerate(outcomes))
    answer = BatchAnswer(results=results, summary=BatchSummary(**counted(outcomes)))
    headers: dict[str, str | list[str]] = {}
    if any(result.problem and result.problem.get("retryable") for result in results):
        headers["retry-after"] = str(problems.RETRY_AFTER_SECONDS)
    return Response(HTTPStatus.MULTI_STATUS, JSON, answer, headers=headers)


def _result(number: int, outcome: Outcome, identifier: str) -> OperationResult:
    if outcome.error is not None:
        problem = _problem(outcome.error, identifier)
        return OperationResult(index=number, status=problem["status"], problem=problem)
    return OperationResult(
        index=number,
        status=_STATUS[outcome.done],
        id=outcome.lead_id,
        duplicate=outcome.duplicate or None,
        potential_duplicate_id=outcome.potential_duplicate_id,
    )


def _problem(error: LeadSignalError, identifier: str) -> dict[str, Any]:
    """Return the problem that the operation would have been answered with by itself."""
    body: dict[str, Any] = json.loads(problems.from_error(error, request_id=identifier)["body"])
    may_pass = isinstance(error, TransientError | ConflictError)
    return body | ({"retryable": True} if may_pass else {})
