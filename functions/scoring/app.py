"""``/v1/scoring``, ``/v1/segments``, ``/v1/attributes``, ``/v1/deals`` and ``/v1/jobs``: how leads
are measured."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import (
    attribute_routes,
    deal_routes,
    model_routes,
    scoring_routes,
    segment_routes,
)
from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.observability import logger, metrics

app = build_api()
app.include_router(scoring_routes.router)
app.include_router(segment_routes.router)
app.include_router(attribute_routes.router)
app.include_router(deal_routes.router)
app.include_router(model_routes.router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(app, event, context)
