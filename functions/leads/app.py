"""``/v1/leads``, ``/v1/events`` and ``/v1/merges``: read leads and what they did; change them."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import (
    batch_routes,
    company_routes,
    edit_routes,
    lead_routes,
    merge_routes,
    note_routes,
    outcome_routes,
    score_routes,
)
from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.observability import logger, metrics

app = build_api()
app.include_router(lead_routes.router)
app.include_router(score_routes.router)
app.include_router(outcome_routes.router)
app.include_router(edit_routes.router)
app.include_router(merge_routes.router)
app.include_router(company_routes.router)
app.include_router(note_routes.router)
app.include_router(batch_routes.router)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return handle(app, event, context)
