"""``/v1/keys``, ``/v1/settings``, ``/v1/webhooks`` and ``/v1/alerts``: how a tenant is set up."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import endpoint_routes, key_routes, settings_routes
from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.observability import logger, metrics

app = build_api()
app.include_router(endpoint_routes.router)
app.include_router(key_routes.router)
app.include_router(settings_routes.router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(app, event, context)
