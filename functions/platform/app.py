"""``/v1/health``, ``/v1/openapi.json``, and the answer to every path that no other function has."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.observability import logger, metrics
from leadsignal.runtime.platform_routes import router

app = build_api()
app.include_router(router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(app, event, context, public=True)
