"""RescoreQueue consumer: go on with a job that rescores a tenant's leads."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.models.jobs import JobStep
from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.rescore import go_on

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def rescore_record(record: SQSRecord) -> None:
    step = JobStep.model_validate_json(record.body)
    job = go_on(step, shift=scoring_wiring.shift(step.tenant_id), clock=wiring.now)
    status = job.status if job else "left to another"
    logger.info("job went on", job_id=step.job_id, status=status)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=rescore_record, processor=processor, context=context
    )
