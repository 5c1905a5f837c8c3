"""LeadTable stream consumer: put on the bus what somebody asked to be told."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.announce import companies_to_spread, facts_to_tell

SPREAD_AFTER_SECONDS = 1  # the index of a company's leads may be a moment behind them


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Tell the facts of a whole batch, in order; when that fails the batch comes again."""
    changes = [wiring.stored_change(record) for record in event["Records"]]
    facts = facts_to_tell(changes, tenant=wiring.tenant_store().tenant, wanted=wiring.wanted_facts)
    wiring.bus().tell(facts)
    for request in companies_to_spread(changes):
        wiring.enrich_queue().send(
            [request.model_dump_json(exclude_none=True)],
            group=request.tenant_id,
            delay_seconds=SPREAD_AFTER_SECONDS,
        )
    metrics.add_metric(name="FactsTold", unit="Count", value=len(facts))
    logger.info("changes announced", changes=len(changes), facts=len(facts))
    return {"batchItemFailures": []}
