"""``/v1/scoring``, ``/v1/jobs``, ``/v1/deals``: by what rules leads are scored; what is sold."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import deal_routes, scoring_routes
from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.observability import logger, metrics

app = build_api()
app.include_router(scoring_routes.router)
app.include_router(deal_routes.router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(app, event, context)
