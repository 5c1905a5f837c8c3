"""``/v1/scoring`` and ``/v1/jobs``: by what rules leads are scored, and how far jobs are."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import scoring_routes
from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.observability import logger, metrics

app = build_api()
app.include_router(scoring_routes.router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(app, event, context)
