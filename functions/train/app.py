"""Trains models: daily asks who is due, and as TrainQueue's consumer trains one tenant's."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.models.messages import TRAIN_MESSAGE, TrainRound
from leadsignal.runtime import model_wiring, wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.training import ask_all, ask_if_due, train_model

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def train_record(record: SQSRecord) -> None:
    asked = TRAIN_MESSAGE.validate_json(record.body)
    school = model_wiring.school(asked.tenant_id)
    if isinstance(asked, TrainRound):
        job = ask_if_due(
            school, enrolment=model_wiring.enrolment(asked.tenant_id), now=wiring.now()
        )
    else:
        job = train_model(asked, school=school, clock=wiring.now)
        metrics.add_metric(name="ModelsTrained", unit="Count", value=1)
    logger.info("training", tenant_id=asked.tenant_id, status=job.status if job else "none")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Go on with what is on the queue; without records it is the day's turn of all tenants."""
    if "Records" not in event:
        asked = ask_all(model_wiring.trainees(), queue=wiring.train_queue())
        logger.info("tenants asked", tenants=asked)
        return {"batchItemFailures": []}
    return process_partial_response(
        event=event, record_handler=train_record, processor=processor, context=context
    )
