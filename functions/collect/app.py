"""``/v1/track`` and its siblings, the pixel and ``/v1/e``: take events in."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import track
from leadsignal.runtime.observability import logger, metrics


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    request = track.read_request(event, context.aws_request_id)
    answer, collected = track.answer(request)
    accepted = sum(verdict.status == "accepted" for verdict in collected.results)
    rejected = len(collected.results) - accepted
    metrics.add_metric(name="EventsAccepted", unit="Count", value=accepted)
    metrics.add_metric(name="EventsRejected", unit="Count", value=rejected)
    logger.info(
        "request collected", status=answer["statusCode"], accepted=accepted, rejected=rejected
    )
    return track.with_request_id(answer, context.aws_request_id)
