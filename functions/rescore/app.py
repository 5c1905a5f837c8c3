"""RescoreQueue consumer: bring leads up to date that are due, and go on with jobs on all leads."""

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
from leadsignal.models.messages import RESCORE_MESSAGE
from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.rescore import go_on
from leadsignal.services.sweep import bring_up_to_date

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def rescore_record(record: SQSRecord) -> None:
    asked = RESCORE_MESSAGE.validate_json(record.body)
    if isinstance(asked, JobStep):
        job = go_on(asked, shift=scoring_wiring.shift(asked.tenant_id), clock=wiring.now)
        status = job.status if job else "left to another"
        logger.info("job went on", job_id=asked.job_id, status=status)
        return
    written = bring_up_to_date(
        asked,
        again=int(record.attributes.approximate_receive_count) > 1,
        desk=wiring.desk_now(asked.tenant_id),
        queue=wiring.rescore_queue(),
        clock=wiring.now,
    )
    metrics.add_metric(name="LeadsMoved", unit="Count", value=written)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=rescore_record, processor=processor, context=context
    )
