"""Each minute: have the leads brought up to date that time alone brings forward."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.sweep import sweep


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:
    swept = sweep(index=scoring_wiring.due_index(), queue=wiring.rescore_queue(), clock=wiring.now)
    metrics.add_metric(name="LeadsDue", unit="Count", value=swept.leads)
    metrics.add_metric(name="DueLate", unit="Milliseconds", value=swept.late_ms)
    if swept.leads or not swept.complete:
        logger.info("swept", **swept._asdict())
