"""``/v1/identify``, ``/v1/enrich``, ``/v1/lookups``: who is it, who knows, and at what price?"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import credit_routes, list_routes, lookup_routes, provider_routes
from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.observability import logger, metrics

app = build_api()
app.include_router(lookup_routes.router)
app.include_router(credit_routes.router)
app.include_router(provider_routes.router)
app.include_router(list_routes.router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(app, event, context)
