"""``/v1/merges`` and ``/v1/merge-candidates``: merge leads, undo it, see which may be one."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.merge_routes import router
from leadsignal.runtime.observability import logger, metrics

app = build_api()
app.include_router(router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(app, event, context)
