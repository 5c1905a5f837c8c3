"""``/v1/failed-events``: what could not be done, and the way to do it once more."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.failure_routes import router
from leadsignal.runtime.observability import logger, metrics

app = build_api()
app.include_router(router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(app, event, context)
